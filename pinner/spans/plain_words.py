"""Lines of plain text and the words in them, as shells and their like split them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_CONTINUED = 20_000
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"(?:[^\s'\"]+|'[^']*'?|\"[^\"]*\"?)+")
_QUOTED = re.compile(r"'([^']*)'?|\"([^\"]*)\"?")


def stripped_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that are not blank, without blanks around them, and where they begin."""
    for match in _LINE.finditer(text):
        line = match[0].lstrip()
        start = match.end() - len(line)
        line = line.rstrip()
        if line:
            yield start, line


def continued_lines(
    text: str, comments: list[tuple[int, int]], *, signs: Sequence[str], joint: str
) -> Iterator[Traced]:
    """Give lines without blanks around them; those that end with a backslash go on.

    Comments between them, which begin with one of some signs, are noted; `joint` stands for a
    line's end inside. Raises MalformedTextError for a line that goes on beyond reason.
    """
    continued: list[Traced] = []
    for start, line in stripped_lines(text):
        end = start + len(line)
        if line[0] in signs:
            comments.append((start, end))
            continue
        if line[-1] != "\\":
            yield Traced.join([*continued, Traced.of(line, start)])
            continued = []
            continue
        continued.append(Traced.of(line[:-1], start))
        if joint:
            continued.append(Traced(joint, [end], [end]))
        if len(continued) > _MOST_CONTINUED:
            raise MalformedTextError("a line goes on beyond reason", start)
    last = Traced.join(continued) if continued else None
    if last is not None and last.text.strip():
        yield last


def split_words(text: Traced) -> list[Traced]:
    """Split at blanks that stand in no quotes, and drop the quotes."""
    words = []
    for match in _WORD.finditer(text.text):
        word = text.cut(match.start(), match.end())
        words.append(_unquoted(word) if "'" in word.text or '"' in word.text else word)
    return words


def _unquoted(word: Traced) -> Traced:
    kept: list[int] = []
    at = 0
    for match in _QUOTED.finditer(word.text):
        kept += range(at, match.start())
        kept += range(*match.span(1 if match[1] is not None else 2))
        at = match.end()
    return word.pick([*kept, *range(at, len(word.text))])
