"""A file's text, and the positions in it: bytes, lines, columns, and what is marked as ignored."""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.errors import ScanError
from pinner.model.occurrence import Place, Span
from pinner.spans.directives import UnknownDirective, mark_pattern, read_directive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.model.occurrence import Ignore

_OTHER_LINE_ENDS = ("\r", "\x85", "\u2028", "\u2029")  # which end a line in YAML
_NOT_ASCII = r"[^\x00-\x7f]"


IsComment = Callable[[int], bool]


def any_comment(index: int) -> bool:  # noqa: ARG001 - IsComment
    """Take every mark for the beginning of a comment: for text read line by line."""
    return True


class MalformedTextError(ValueError):
    """Text is not what it should be; `at` is an index of it."""

    def __init__(self, message: str, at: int) -> None:
        """Keep the index for whoever knows its line."""
        super().__init__(message)
        self.at = at


class Source(Struct, frozen=True, dict=True):  # dict: for what is worked out once
    """A file's path below the project root, with `/`, and its text.

    The text has no byte order mark; `bom` is the number of bytes it took.
    Where it is of two bytes a letter no edit can be placed: `is_editable` is false.
    `companions` are the files beside it that a scanner asked for, by name.
    """

    path: str
    text: str
    bom: int = 0
    companions: Mapping[str, Source] = field(default_factory=dict)
    is_editable: bool = True

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def _wide_characters(self) -> tuple[list[int], list[int]]:
        """Where characters of several bytes stand, and the bytes they add up to there."""
        positions, extra, total = [], [], 0
        for match in re.finditer(_NOT_ASCII, self.text):
            total += len(match[0].encode()) - 1
            positions.append(match.start())
            extra.append(total)
        return positions, extra

    @cached_property
    def _has_directives(self) -> bool:
        return "pinner:" in self.text

    def byte_offset(self, index: int) -> int:
        """Turn an index of the text into an offset of the file."""
        if self.text.isascii():
            return self.bom + index
        positions, extra = self._wide_characters
        before = bisect_right(positions, index - 1)
        return self.bom + index + (extra[before - 1] if before else 0)

    def span(self, start: int, end: int) -> Span:
        """Turn a range of the text into one of the file."""
        return Span(self.byte_offset(start), self.byte_offset(end))

    def line(self, index: int) -> int:
        """Count the lines to an index, from 1."""
        return bisect_right(self._line_starts, index)

    def line_length(self, index: int) -> int:
        """Count the characters of the line of an index, with its end."""
        number = self.line(index)
        following = self._line_starts[number : number + 1] or [len(self.text)]
        return following[0] - self._line_starts[number - 1]

    def place(self, start: int, end: int, *, scanner: str, where: str) -> Place:
        """Describe the text between two indexes."""
        line = self.line(start)
        return Place(
            file=self.path,
            line=line,
            column=start - self._line_starts[line - 1] + 1,
            scanner=scanner,
            where=where,
            text=self.text[start:end],
        )

    def directives(
        self, index: int, is_comment: IsComment
    ) -> Iterator[tuple[int, Ignore | UnknownDirective]]:
        """Give what comments say to pinner on the line of an index, or alone on the one before.

        `is_comment` says of the index of a `#` or `//` whether a comment begins there. Each comes
        with the number of its line.
        """
        if not self._has_directives:
            return
        number = self.line(index)
        beside = (
            mark
            for mark in self._marks(number, alone=False)
            if not self._has_line_end(min(mark.start(), index), max(mark.start(), index))
        )
        before = self._marks(number - 1, alone=True) if number > 1 else iter(())
        for at, marks in ((number, beside), (number - 1, before)):
            # A comment lasts to the end of its line: the first says all.
            for mark in marks:
                if is_comment(mark.start()):
                    yield at, read_directive(self.text, mark.end())
                    break

    def _has_line_end(self, start: int, end: int) -> bool:
        return any(self.text.find(sign, start, end) >= 0 for sign in _OTHER_LINE_ENDS)

    def _marks(self, number: int, *, alone: bool) -> Iterator[re.Match[str]]:
        """Find where a line speaks to pinner, or only where that is all of the line."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        end = len(self.text) if end < 0 else end
        for match in mark_pattern().finditer(self.text, start, end):
            if not alone or not self.text[start : match.start()].strip():
                yield match


def decode_source(path: str, content: bytes, *, wide: bool = False) -> Source:
    """Decode a file's content; raises ScanError where it is not UTF-8.

    With `wide`, UTF-16 with a byte order mark is read too, as go-yaml does.
    """
    if wide and content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return Source(path, content.decode("utf-16"), is_editable=False)
        except UnicodeDecodeError as error:
            raise ScanError(path, 0, "is not UTF-16, as its beginning says") from error
    bom = len(BOM_UTF8) if content.startswith(BOM_UTF8) else 0
    try:
        return Source(path, content[bom:].decode("utf-8"), bom)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, bom + error.start) + 1
        raise ScanError(path, line, "is not UTF-8") from error
