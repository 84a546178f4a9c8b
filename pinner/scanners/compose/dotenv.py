"""The `.env` file beside a compose file, after compose-go's dotenv/parser.go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.scanners.compose.interpolation import interpolate
from pinner.spans.traced import Traced
from pinner.spans.variables import Literal, Region, Value, WordError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.spans.source import Source
    from pinner.spans.variables import Piece

_BLANKS = " \t\v\f\r\x85\xa0"
_SPACE = re.compile(rf"[{_BLANKS}\n\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*")
_EXPORT = re.compile(r"export[\t\n\f\r ]+")
_BLANK = re.compile(rf"[{_BLANKS}]*")
_KEY = re.compile(rf"(?P<name>[\w.\-\[\]{_BLANKS}]*)(?P<end>[=:\n])")
_ESCAPE = re.compile(r"\\(?:[abcfnrtv$\"\\]|0[0-9]{0,3})")
_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
    '"': '"', "$": "$$",  # kept for interpolation, where `$$` is a dollar sign
}  # fmt: skip
_OCTAL = re.compile(r"[0-3][0-7]{2}")


def parse_env_file(source: Source) -> dict[str, Value | None]:
    """Read a `.env` file; the last definition wins, and lines that are none are passed over.

    compose-go refuses the whole file for such a line: then nothing is pulled at all.
    """
    scope: dict[str, Value | None] = {}
    for name, traced, is_literal, start in _statements(source.text):
        if traced is None:
            scope.setdefault(name, None)
            continue
        try:
            pieces: tuple[Piece, ...] = (Literal(traced),)
            if not is_literal:
                pieces = interpolate(traced, scope, file=source.path)
            first = traced.starts[0] if traced.text else start
            last = traced.ends[-1] if traced.text else start
            scope[name] = Value(name, pieces, Region(source.path, first, last))
        except WordError:
            scope[name] = None
    return scope


def _statements(text: str) -> Iterator[tuple[str, Traced | None, bool, int]]:
    """Give each name with its text, whether that is literal, and where it begins."""
    at = 0
    while True:
        at = _end_of(_SPACE, text, at)
        if at >= len(text):
            return
        key = None if text[at] == "#" else _KEY.match(text, _end_of(_EXPORT, text, at))
        if key is None:
            at = _line_end(text, at)
            continue
        name = key["name"].strip()
        start = _end_of(_BLANK, text, key.end())
        if key["end"] == "\n":
            at = start
            yield name, None, True, start
            continue
        traced, is_literal, at = _value(text, start)
        yield name, traced, is_literal, start


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value(text: str, start: int) -> tuple[Traced, bool, int]:
    """Read a value: its text, whether it is taken literally, and where what follows begins."""
    quote = text[start : start + 1]
    if quote and quote in "'\"":
        inner, end = _quoted(text, start + 1, quote)
        if inner is not None:
            return (inner, True, end) if quote == "'" else (_unescape(inner), False, end)
    end = _line_end(text, start)
    value = text[start:end].partition(" #")[0].rstrip()
    return Traced.of(value, start), False, end


def _quoted(text: str, start: int, quote: str) -> tuple[Traced | None, int]:
    """Read to the closing quote, without the escapes of quotes; None where there is no end."""
    kept: list[int] = []
    at = start
    while at < len(text):
        if text[at] == quote:
            whole = Traced.of(text[start:at], start)
            if len(kept) == at - start:
                return whole, at + 1
            return whole.pick(index - start for index in kept), at + 1
        if text[at] == "\\" and at + 1 < len(text):
            if text[at + 1] != quote:
                kept.append(at)
            at += 1
        kept.append(at)
        at += 1
    return None, start


def _unescape(inner: Traced) -> Traced:
    if "\\" not in inner.text:
        return inner
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(inner.text):
        match = _ESCAPE.match(inner.text, at)
        stop = match.end() if match else at + 1
        shown = _meaning(match[0]) if match else inner.text[at]
        width = len(shown) == stop - at and stop - at > 1
        for number, sign in enumerate(shown):
            characters.append(sign)
            starts.append(inner.starts[at + number * width])
            ends.append(inner.ends[at + number] if width else inner.ends[stop - 1])
        at = stop
    return Traced("".join(characters), starts, ends)


def _meaning(escape: str) -> str:
    """Give what an escape stands for; as Go unquotes it, or itself."""
    if escape[1] != "0":
        return _SIMPLE.get(escape[1], escape)
    digits = escape[2:]
    return chr(int(digits, 8)) if _OCTAL.fullmatch(digits) else escape
