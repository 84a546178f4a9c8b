"""The grammar of Dockerfiles, after BuildKit's parser: lines, directives, flags, heredocs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

BLANKS = "\t\v\f\r "
_LONGEST_LINE = 65_535
_BLANK_RUN = re.compile(r"[\t\v\f\r ]+")
_COMMENT = re.compile(r"\s*#")
_DIRECTIVE = re.compile(r"(#|//)\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_HEREDOC = re.compile(r"(\d*)<<(-?)\s*([^<]*)")
_WITH_HEREDOCS = frozenset({"run", "copy", "add"})
_DIRECTIVES = frozenset({"syntax", "escape", "check"})


class DockerfileError(MalformedTextError):
    """The text is not a Dockerfile."""


class Directive(Struct, frozen=True):
    """`# key=value` at the top of the file; the key is in lower case."""

    key: str
    value: Traced


class Flag(Struct, frozen=True):
    """`--name=value` before an instruction's arguments; value is None without `=`."""

    name: str
    value: Traced | None


class Instruction(Struct, frozen=True):
    """A logical line: the keyword in lower case, and what follows it."""

    keyword: str
    body: Traced


class Dockerfile(Struct, frozen=True):
    """A parsed Dockerfile."""

    escape: str
    directives: tuple[Directive, ...]
    instructions: tuple[Instruction, ...]


def parse_dockerfile(source: Traced) -> Dockerfile:
    """Parse text that has no byte order mark; raises DockerfileError."""
    lines = _physical_lines(source.text)
    directives = tuple(_directives(source, lines))
    escape = "\\"
    for directive in directives:
        if directive.key == "escape":
            escape = directive.value.text
            if escape not in ("\\", "`"):
                raise DockerfileError(f"invalid escape token {escape!r}", 0)
    return Dockerfile(escape, directives, tuple(_instructions(source, lines, escape)))


def _physical_lines(text: str) -> list[tuple[int, int]]:
    """Give each line's start and end, without its line end."""
    lines = []
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start >= _LONGEST_LINE:
            raise DockerfileError(f"a line is longer than {_LONGEST_LINE} bytes", start)
        lines.append((start, start + len(text[start:end].rstrip("\r"))))
        start = end + 1
    return lines


def _directives(source: Traced, lines: list[tuple[int, int]]) -> Iterator[Directive]:
    seen: set[str] = set()
    for number, (start, end) in enumerate(lines):
        line = source.text[start:end]
        if number == 0 and line.startswith("#!"):
            continue
        indent = len(line) - len(line.lstrip())
        match = _DIRECTIVE.match(line, indent)
        key = match[2].lower() if match else ""
        if match is None or key not in _DIRECTIVES or (match[1] == "//" and key != "syntax"):
            return
        if key in seen:
            raise DockerfileError(f"only one {key} directive can be used", start)
        seen.add(key)
        if not (indent and key == "syntax"):
            yield Directive(key, source.cut(start + match.start(3), start + match.end(3)))
        if match[1] == "//":
            return


def _instructions(
    source: Traced, lines: list[tuple[int, int]], escape: str
) -> Iterator[Instruction]:
    token = re.escape(escape)
    continued = re.compile(rf"(?:(?<=[^{token}])|^){token}[ \t]*$")
    text = source.text
    at = 0
    while at < len(lines):
        start, end = lines[at]
        at += 1
        start += len(text[start:end]) - len(text[start:end].lstrip())
        if _COMMENT.match(text, start, end):
            continue
        parts = []
        match = continued.search(text[start:end])
        parts.append((start, start + match.start() if match else end))
        if start == parts[0][1] and not match:
            continue
        while match and at < len(lines):
            start, end = lines[at]
            at += 1
            line = text[start:end]
            if _COMMENT.match(line) or not line.strip():
                continue
            match = continued.search(line)
            parts.append((start, start + match.start() if match else end))
        logical = Traced.join([source.cut(first, last) for first, last in parts])
        instruction = _split_keyword(logical)
        if instruction is None:
            continue
        at = _skip_heredocs(text, lines, at, instruction)
        yield instruction


def _split_keyword(logical: Traced) -> Instruction | None:
    logical = logical.strip()
    if not logical.text:
        return None
    match = _BLANK_RUN.search(logical.text)
    if match is None:
        return Instruction(logical.text.lower(), logical.cut(len(logical.text), len(logical.text)))
    keyword = logical.text[: match.start()].lower()
    return Instruction(keyword, logical.cut(match.end(), len(logical.text)))


def onbuild_trigger(instruction: Instruction) -> Instruction | None:
    """Give the instruction inside an ONBUILD."""
    return _split_keyword(instruction.body)


def _skip_heredocs(
    text: str, lines: list[tuple[int, int]], at: int, instruction: Instruction
) -> int:
    """Give the number of the line after the bodies of an instruction's heredocs."""
    inner = instruction
    while inner.keyword == "onbuild":
        trigger = onbuild_trigger(inner)
        if trigger is None:
            return at
        inner = trigger
    if inner.keyword not in _WITH_HEREDOCS or "<<" not in inner.body.text:
        return at
    begun = inner.body.starts[0]
    for terminator, chomp in _heredocs(inner.body.text):
        while at < len(lines):
            start, end = lines[at]
            at += 1
            line = text[start:end]
            if (line.lstrip("\t") if chomp else line) == terminator:
                break
        else:
            raise DockerfileError(f"unterminated heredoc {terminator!r}", begun)
    return at


def _heredocs(line: str) -> Iterator[tuple[str, bool]]:
    """Give the terminators that a line asks for, and whether leading tabs are dropped."""
    if _is_json_array(line):
        return
    words = _shell_words(line)
    for word in words or ():
        match = _HEREDOC.fullmatch(word)
        if match and match[3]:
            terminator = _unquote(match[3])
            if terminator:
                yield terminator, match[2] == "-"


def _is_json_array(line: str) -> bool:
    rest = line.lstrip()
    while rest.startswith("--"):
        rest = rest.partition(" ")[2].lstrip()
    return rest.startswith("[") and rest.rstrip().endswith("]")


def _shell_words(line: str) -> list[str] | None:
    r"""Split at blanks outside quotes and `$(…)`, keeping the quotes; None if one stays open.

    The escape here is always a backslash, as in BuildKit.
    """
    words, word, quote, at = [], "", "", 0
    while at < len(line):
        character = line[at]
        if character == "\\" and quote != "'":
            word += line[at : at + 2]
            at += 2
            continue
        if quote:
            quote = "" if character == quote else quote
            word += character
        elif character in BLANKS and not word.endswith("<<") and not word.endswith("<<-"):
            words.append(word)
            word = ""
        elif character in BLANKS:
            pass
        else:
            quote = character if character in "'\"" else ""
            word += character
        at += 1
    words.append(word)
    return None if quote else [word for word in words if word]


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)|['\"]", lambda match: match[1] or "", text)


def split_flags(body: Traced, escape: str) -> tuple[list[Flag], Traced]:
    """Take the flags off an instruction's body, quotes and escapes removed from them."""
    flags: list[Flag] = []
    at = 0
    text = body.text
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if not text.startswith("--", at):
            return flags, body.cut(at, len(text)).strip()
        kept, at = _flag_word(text, at, escape)
        word = body.pick(kept)
        if word.text == "--":
            return flags, body.cut(at, len(text)).strip()
        name, equals, _ = word.text[2:].partition("=")
        value = word.cut(len(name) + 3, len(word.text)) if equals else None
        flags.append(Flag(name, value))


def _flag_word(text: str, at: int, escape: str) -> tuple[list[int], int]:
    """Give the indexes of a flag's characters and where the flag ends."""
    kept: list[int] = []
    quote = ""
    while at < len(text):
        character = text[at]
        if not quote and character.isspace():
            break
        if character == escape and at + 1 < len(text):
            kept.append(at + 1)
            at += 2
            continue
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        elif character != escape:
            kept.append(at)
        at += 1
    return kept, at


def split_words(body: Traced) -> list[Traced]:
    """Split at blanks, quotes or not, as FROM does."""
    return [
        body.cut(match.start(), match.end()) for match in re.finditer(r"[^\t\v\f\r ]+", body.text)
    ]


def split_quoted_words(body: Traced, escape: str) -> list[Traced]:
    """Split at blanks outside quotes, keeping quotes and escapes, as ARG does."""
    words: list[Traced] = []
    start, quote, at = -1, "", 0
    text = body.text
    while at < len(text):
        character = text[at]
        if not quote and character.isspace():
            if start >= 0:
                words.append(body.cut(start, at))
            start = -1
            at += 1
            continue
        start = at if start < 0 else start
        if character == escape and quote != "'":
            at += 2
            continue
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        at += 1
    if start >= 0:
        words.append(body.cut(start, len(text)))
    return words
