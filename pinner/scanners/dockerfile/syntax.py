"""The grammar of Dockerfiles, after BuildKit's parser: lines, instructions, what is a comment."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.scanners.dockerfile.flags import split_flags
from pinner.scanners.dockerfile.heredocs import HeredocError, TooDeepError, heredocs_of
from pinner.scanners.dockerfile.letters import GO_BLANKS, lower_case
from pinner.spans.source import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.spans.traced import Traced

_LONGEST_LINE = 65_535
_BLANK_RUN = re.compile(r"[\t\v\f\r ]+")
_WITH_HEREDOCS = frozenset({"run", "copy", "add"})
# Instructions that may hold references or here-documents; of the others nothing is kept.
_WANTED = frozenset({"from", "arg", "copy", "run", "add", "onbuild"})
# Without one of these such an instruction has neither flags nor here-documents.
_MARKS = re.compile("--|<<")
_MOST_HEREDOCS = 10_000
_FIRST_LETTERS = frozenset("fFaAcCrRoO")


class DockerfileError(MalformedTextError):
    """The text is not a Dockerfile, or one beyond reason."""


class Instruction(Struct, frozen=True):
    """A logical line: the keyword in lower case, and what follows it."""

    keyword: str
    body: Traced


class Lines(Struct):
    """The physical lines of a text, and what the parser took them for."""

    text: str
    ranges: list[tuple[int, int]]
    comments: set[int] = field(default_factory=set)
    heredocs: set[int] = field(default_factory=set)
    heredoc_count: int = 0
    quotes: dict[int, list[int]] = field(default_factory=dict)

    def length_at(self, index: int) -> int:
        """Give the length of the line that an index stands in, and of the one before."""
        number = bisect_right(self.ranges, (index, len(self.text)))
        return sum(end - start for start, end in self.ranges[max(number - 2, 0) : number])

    @classmethod
    def of(cls, text: str) -> Lines:
        """Split text at line feeds, and nowhere else; raises DockerfileError."""
        ranges: list[tuple[int, int]] = []
        start = 0
        for line in text.split("\n"):
            size = len(line) if line.isascii() else len(line.encode(errors="replace"))
            if size > _LONGEST_LINE:
                raise DockerfileError(f"a line is longer than {_LONGEST_LINE} bytes", start)
            ranges.append((start, start + len(line.rstrip("\r"))))
            start += len(line) + 1
        if ranges[-1][0] == len(text):
            ranges.pop()
        return cls(text, ranges)

    def is_comment(self, index: int) -> bool:
        """Say whether a comment begins at the index of a `#`.

        That is so on lines that are comments, in continuations too but not in here-documents.
        At the end of an instruction nothing is a comment for BuildKit; a `#` behind a blank and
        outside quotes is one for people, and for the shell of a RUN.
        """
        start = self.text.rfind("\n", 0, index) + 1
        if start in self.comments:
            return True
        if start in self.heredocs or self.text[index] != "#":
            return False
        if self.text[index - 1 : index] not in (" ", "\t"):
            return False
        if start not in self.quotes:
            end = self.text.find("\n", index)
            self.quotes[start] = _quotes_of(self.text, start, len(self.text) if end < 0 else end)
        return bisect_right(self.quotes[start], index) % 2 == 0


def _quotes_of(text: str, start: int, end: int) -> list[int]:
    """Give the indexes at which quoted text begins and ends in turns."""
    turns: list[int] = []
    quote = ""
    for match in re.compile(r"\\.|['\"]").finditer(text, start, end):
        if match[0] == quote:
            quote = ""
            turns.append(match.start())
        elif not quote and len(match[0]) == 1:
            quote = match[0]
            turns.append(match.start())
    return turns


def read_instructions(source: Traced, lines: Lines, escape: str) -> Iterator[Instruction]:
    """Give the instructions that may hold references; raises DockerfileError."""
    at = 0
    while at < len(lines.ranges):
        parts, at = _logical_line(lines, at, escape)
        if len(parts) == 1 and lines.text[parts[0][0] : parts[0][0] + 1] not in _FIRST_LETTERS:
            continue
        logical = "".join(lines.text[start:end] for start, end in parts)
        keyword = lower_case(_BLANK_RUN.split(logical.strip(GO_BLANKS), maxsplit=1)[0])
        if keyword not in _WANTED or (keyword in _WITH_HEREDOCS and not _MARKS.search(logical)):
            continue
        traced = source.join([source.cut(start, end) for start, end in parts])
        instruction = split_keyword(traced)
        if instruction is None:
            continue
        if "<<" in logical and _may_have_heredocs(instruction, escape):
            at = _skip_heredocs(lines, at, logical, parts[0][0])
        yield instruction


def _logical_line(lines: Lines, at: int, escape: str) -> tuple[list[tuple[int, int]], int]:
    """Put a line and its continuations together; give its parts and the next line's number."""
    start, end = lines.ranges[at]
    at += 1
    first = lines.text[start:end].lstrip(GO_BLANKS)
    if first[:1] == "#":
        lines.comments.add(start)
        return [], at
    cut = _continued_at(first, escape)
    begin = end - len(first)
    parts = [(begin, end if cut is None else begin + cut)]
    while cut is not None and at < len(lines.ranges):
        start, end = lines.ranges[at]
        at += 1
        line = lines.text[start:end]
        stripped = line.lstrip(GO_BLANKS)
        if stripped[:1] == "#":
            lines.comments.add(start)
        elif stripped:
            cut = _continued_at(line, escape)
            parts.append((start, end if cut is None else start + cut))
    return parts, at


def _continued_at(line: str, escape: str) -> int | None:
    """Give the index of the escape that ends a line; none for a doubled one."""
    if escape not in line:
        return None
    line = line.rstrip(" \t")
    continues = line.endswith(escape) and line[-2:-1] != escape
    return len(line) - 1 if continues else None


def split_keyword(logical: Traced) -> Instruction | None:
    """Take the keyword off a line; None for an empty one."""
    logical = logical.strip(GO_BLANKS)
    if not logical.text:
        return None
    match = _BLANK_RUN.search(logical.text)
    start, end = match.span() if match else (len(logical.text), len(logical.text))
    return Instruction(lower_case(logical.text[:start]), logical.cut(end, len(logical.text)))


def onbuild_trigger(instruction: Instruction, escape: str) -> Instruction | None:
    """Give the instruction inside an ONBUILD."""
    return split_keyword(split_flags(instruction.body, escape)[1])


def _may_have_heredocs(instruction: Instruction, escape: str) -> bool:
    inner: Instruction | None = instruction
    if instruction.keyword == "onbuild":
        inner = onbuild_trigger(instruction, escape)
    if inner is None or inner.keyword not in _WITH_HEREDOCS:
        return False
    return not _is_json_array(split_flags(inner.body, escape)[1].text)


def _is_json_array(text: str) -> bool:
    """Say whether a body is the JSON form, and not only looks like it."""
    if not (text.startswith("[") and text.endswith("]")):
        return False
    import json  # noqa: PLC0415 - start-up: seldom needed

    try:
        value = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, list)


def _skip_heredocs(lines: Lines, at: int, logical: str, begun: int) -> int:
    """Give the number of the line after the bodies of an instruction's heredocs."""
    try:
        heredocs: Sequence[tuple[str, bool]] = heredocs_of(logical)
    except (HeredocError, TooDeepError) as error:
        raise DockerfileError(str(error), begun) from error
    lines.heredoc_count += len(heredocs)
    if lines.heredoc_count > _MOST_HEREDOCS:
        raise DockerfileError(f"there are more than {_MOST_HEREDOCS} heredocs", begun)
    for terminator, chomp in heredocs:
        while at < len(lines.ranges):
            start, end = lines.ranges[at]
            at += 1
            lines.heredocs.add(start)
            line = lines.text[start:end]
            if (line.lstrip("\t") if chomp else line) == terminator:
                break
        else:
            raise DockerfileError(f"unterminated heredoc {terminator!r}", begun)
    return at
