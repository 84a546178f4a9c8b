"""Shell patterns of `${v#p}`, `${v%p}` and `${v/p/r}`, matched without backtracking.

A pattern is stretches of characters with `*` between them. The leftmost place of each stretch
gives the shortest match, the rightmost the longest; both take one pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.scanners.dockerfile.letters import BYTE_ORDER_MARK
from pinner.spans.variables import TooMuchError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ESCAPABLE = ("*", "?", "\\")
_ANY = ""
_MOST_STEPS = 100_000
_GROUP = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


class PatternError(ValueError):
    """A pattern that BuildKit refuses."""


def trim_start(value: str, pattern: str, *, greedy: bool) -> str:
    """Take the match at the start of a value off it; raises PatternError."""
    parts = _parse(pattern, value)
    end = _end_of_match(parts, value, 0, greedy=greedy) if parts[0].starts(value) else None
    return value if end is None else value[end:]


def trim_end(value: str, pattern: str, *, greedy: bool) -> str:
    """Take the match at the end of a value off it; raises PatternError."""
    return trim_start(value[::-1], _reversed(pattern), greedy=greedy)[::-1]


def replace_first(value: str, pattern: str, replacement: str) -> str:
    """Put a text in the place of the first, longest match; raises PatternError."""
    found = _search(_parse(pattern, value), value, 0)
    return value if found is None else value[: found[0]] + replacement + value[found[1] :]


def replace_all(value: str, pattern: str, replacement: str) -> str:
    """Replace every match, in a replacement with Go's `$0`; raises PatternError."""
    parts = _parse(pattern, value)
    result: list[str] = []
    at, done = 0, 0
    while at <= len(value) and (found := _search(parts, value, at)):
        start, end = found
        result.append(value[done:start])
        if end > done or start == 0:
            result.append(_fill(replacement, value[start:end]))
        done = end
        at = max(end, at + 1)
    return "".join([*result, value[done:]])


def matches(pattern: Sequence[str], text: str) -> bool:
    """Say whether text is these stretches with anything between them."""
    first, *others = pattern
    if not others:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for stretch in others[:-1]:
        at = text.find(stretch, at)
        if at < 0:
            return False
        at += len(stretch)
    return len(text) - at >= len(others[-1]) and text.endswith(others[-1])


class _Stretch(Struct, frozen=True):
    """Characters in a row, some of which may be any."""

    signs: tuple[str, ...]

    @property
    def is_literal(self) -> bool:
        return _ANY not in self.signs

    def starts(self, text: str) -> bool:
        return self.find(text[: len(self.signs)], 0) == 0

    def find(self, text: str, at: int) -> int:
        if self.is_literal:
            return text.find("".join(self.signs), at)
        if len(text) - at < len(self.signs):
            return -1
        match = re.compile("".join(re.escape(sign) or "." for sign in self.signs)).search(text, at)
        return match.start() if match else -1

    def backwards(self) -> _Stretch:
        return _Stretch(self.signs[::-1])


def _parse(pattern: str, value: str) -> list[_Stretch]:
    if "?" in pattern and len(pattern) * len(value) > _MOST_STEPS:
        raise TooMuchError("a pattern is too long for its value")
    pattern = pattern.removeprefix(BYTE_ORDER_MARK)
    parts: list[list[str]] = [[]]
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        if sign == "*":
            parts.append([])
        elif sign == "?":
            parts[-1].append(_ANY)
        elif sign != "\\":
            parts[-1].append(sign)
        elif pattern[at : at + 1] not in ("}", "/"):
            if pattern[at : at + 1] not in _ESCAPABLE:
                raise PatternError(f"invalid pattern ({pattern}) in substitution")
            parts[-1].append(pattern[at])
            at += 1
    return [_Stretch(tuple(part)) for part in parts]


def _reversed(pattern: str) -> str:
    """Turn a pattern round, escapes kept before what they escape."""
    signs = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(reversed(signs))


def _end_of_match(parts: list[_Stretch], value: str, at: int, *, greedy: bool) -> int | None:
    """Give where a match ends whose first stretch stands at an index; None if there is none."""
    at += len(parts[0].signs)
    if len(parts) == 1:
        return at
    if not greedy:
        return _placed(parts[1:], value, at)
    rest = value[at:][::-1]
    backwards = [part.backwards() for part in reversed(parts[1:])]
    if _placed(backwards, rest, 0) is None:
        return None
    return len(value) - backwards[0].find(rest, 0)


def _placed(parts: list[_Stretch], text: str, at: int) -> int | None:
    """Put stretches one behind the other, each as far left as can be; give the last one's end."""
    for part in parts:
        at = part.find(text, at)
        if at < 0:
            return None
        at += len(part.signs)
    return at


def _search(parts: list[_Stretch], value: str, at: int) -> tuple[int, int] | None:
    start = parts[0].find(value, at)
    if start < 0:
        return None
    end = _end_of_match(parts, value, start, greedy=True)
    return None if end is None else (start, end)


def _fill(replacement: str, matched: str) -> str:
    """Expand `$0`, `${0}` and `$$`; there are no other groups, so they are empty."""

    def expand(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        return matched if (match[2] or match[3]) == "0" else ""

    return _GROUP.sub(expand, replacement) if "$" in replacement else replacement
