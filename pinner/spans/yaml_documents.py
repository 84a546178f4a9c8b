"""Where the documents of a YAML stream begin and end."""

from __future__ import annotations

import re
from functools import cache


def split_documents(text: str) -> list[tuple[int, int]]:
    """Give the range of each document, so that a broken one does not hide the others."""
    if "---" not in text:
        return [(0, len(text))]
    separator, prologue = _between_documents()
    bounds = [match.start() for match in separator.finditer(text)]
    if not bounds or bounds[0] != 0:
        bounds.insert(0, 0)
    ranges = list(zip(bounds, [*bounds[1:], len(text)], strict=True))
    if len(ranges) > 1 and prologue.fullmatch(text, *ranges[0]):
        ranges[:2] = [(ranges[0][0], ranges[1][1])]
    return [(_after_mark(text, start), end) for start, end in ranges]


def _after_mark(text: str, start: int) -> int:
    """Pass over a byte order mark right after a separator, as kubectl does."""
    mark = text.find("\n", start) + 1
    return (
        mark + 1
        if mark and text.startswith("---", start) and text.startswith("\ufeff", mark)
        else start
    )


@cache
def _between_documents() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Give the expressions for a separator, and for what may stand before the first one."""
    separator = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
    prologue = re.compile(
        r"(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*(?:[ \t]*(?:#[^\n]*)?|%[^\n]*)?\Z"
    )
    return separator, prologue
