"""The texts of TOML by their keys, with where each character stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 100
_BLANKS = re.compile(r"[ \t]*")
_COMMENT = re.compile(r"#[^\n]*")
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LITERAL = re.compile(r"'([^'\n]*)'")
_BASIC = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LONG_LITERAL = re.compile(r"'''(?:\r?\n)?((?s:.*?)'{0,2})'''(?!')")
_LONG_BASIC = re.compile(r'"""(?:\r?\n)?((?:[^"\\]|\\(?s:.)|"{1,2}(?!"))*"{0,2})"""')
_OTHER = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")
_PARTS = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\[ \t]*\r?\n\s*|\\(.)|[^\\]+")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_GREATEST = 0x10FFFF

Keys = tuple[str, ...]


def toml_texts(text: str, comments: list[tuple[int, int]]) -> Iterator[tuple[Keys, Traced]]:
    """Give every text with its keys, `*` for an item of a list; raises MalformedTextError."""
    reader = _Reader(text, comments)
    table: Keys = ()
    while reader.skip(lines=True):
        if reader.take("["):
            double = reader.take("[")
            table = reader.keys()
            if not reader.take("]]" if double else "]"):
                raise reader.fail("a table's name is not closed")
        else:
            yield from reader.pair(table, 0)
        if reader.skip(lines=False) not in ("", "\n"):
            raise reader.fail("a new line is missing")


class _Reader(Struct):
    text: str
    comments: list[tuple[int, int]]
    at: int = 0

    def fail(self, message: str) -> MalformedTextError:
        return MalformedTextError(f"not TOML: {message}", self.at)

    def take(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found

    def skip(self, *, lines: bool) -> str:
        """Skip blanks and comments, and give the character that follows."""
        while True:
            if blanks := _BLANKS.match(self.text, self.at):
                self.at = blanks.end()
            if comment := _COMMENT.match(self.text, self.at):
                self.comments.append(comment.span())
                self.at = comment.end()
            self.at += self.text.startswith("\r\n", self.at)
            sign = self.text[self.at : self.at + 1]
            if sign != "\n" or not lines:
                return sign
            self.at += 1

    def keys(self) -> Keys:
        parts = []
        while True:
            self.skip(lines=False)
            if key := _KEY.match(self.text, self.at):
                parts.append(key[0])
                self.at = key.end()
            elif (quoted := self.string()) is not None:
                parts.append(quoted.text)
            else:
                raise self.fail("a key is missing")
            self.skip(lines=False)
            if not self.take("."):
                return tuple(parts)

    def pair(self, table: Keys, depth: int) -> Iterator[tuple[Keys, Traced]]:
        keys = self.keys()
        if not self.take("="):
            raise self.fail("'=' is missing")
        yield from self.value((*table, *keys), depth)

    def value(self, keys: Keys, depth: int) -> Iterator[tuple[Keys, Traced]]:
        if depth > _DEEPEST:
            raise self.fail(f"nested more than {_DEEPEST} deep")
        self.skip(lines=False)
        string = self.string()
        if string is not None:
            yield keys, string
        elif self.take("["):
            while self.skip(lines=True) != "]":
                yield from self.value((*keys, "*"), depth + 1)
                self.comma("]")
            self.at += 1
        elif self.take("{"):
            while self.skip(lines=True) != "}":
                yield from self.pair(keys, depth + 1)
                self.comma("}")
            self.at += 1
        elif other := _OTHER.match(self.text, self.at):
            self.at = other.end()
        else:
            raise self.fail("a value is missing")

    def comma(self, close: str) -> None:
        if self.skip(lines=True) != close and not self.take(","):
            raise self.fail("a comma is missing")

    def string(self) -> Traced | None:
        """Read a text of any of the four kinds, if one begins here."""
        for sign, pattern in (
            ('"""', _LONG_BASIC), ("'''", _LONG_LITERAL), ('"', _BASIC), ("'", _LITERAL),
        ):  # fmt: skip
            if self.text.startswith(sign, self.at):
                match = pattern.match(self.text, self.at)
                if match is None:
                    raise self.fail("a text is not closed")
                self.at = match.end()
                plain = sign[0] == "'" or "\\" not in match[1]
                return Traced.of(match[1], match.start(1)) if plain else self.decoded(match)
        return None

    def decoded(self, string: re.Match[str]) -> Traced:
        parts = []
        for part in _PARTS.finditer(string[1]):
            start, end = (string.start(1) + at for at in part.span())
            code = part[1] or part[2]
            if code and int(code, 16) <= _GREATEST:
                parts.append(Traced(chr(int(code, 16)), [start], [end]))
            elif part[3]:
                parts.append(Traced(_ESCAPES.get(part[3], part[3]), [start], [end]))
            elif part[0][0] != "\\":
                parts.append(Traced.of(part[0], start))
        return Traced.join(parts) if parts else Traced("", (), ())
