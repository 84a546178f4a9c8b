"""Groovy as tokens that know their place in the text: names, texts and signs.

What stands in comments and in texts of other kinds is passed over as Groovy's lexer does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 50
_MOST_TOKENS = 400_000
_MOST_RUNS = 200_000
_BLANKS = re.compile(r"[ \t\r\n\f]+|\\\r?\n")
_COMMENT = re.compile(r"//[^\n]*|/\*(?s:.*?)\*/")
_SHEBANG = re.compile(r"#![^\n]*")
_NAME = re.compile(r"[^\W\d][\w$]*|\$[\w$]+")
_NUMBER = re.compile(r"[0-9][\w.]*")
_QUOTES = ("'''", '"""', "'", '"')
# What each kind of text holds up to its end, an escape or an interpolation.
_RUNS = {
    "'": re.compile(r"[^'\\\n]+"),
    '"': re.compile(r'[^"\\\n$]+'),
    "'''": re.compile(r"(?:[^'\\]+|'(?!''))+"),
    '"""': re.compile(r'(?:[^"\\$]+|"(?!""))+'),
}
_REFERENCE = re.compile(r"\$[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SLASHY = re.compile(r"/(?:[^/\\]|\\.)+/", re.DOTALL)
_BEFORE_VALUES = ("return", "case", "in")
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f", "s": " "}
_UNICODE = re.compile(r"\\u+([0-9a-fA-F]{4})")
_OCTAL = re.compile(r"\\([0-3]?[0-7]{1,2})")
_INSIDE_HOLE = re.compile(r"[^{}'\"]+")


class GroovySyntaxError(MalformedTextError):
    """Text is not Groovy."""


class Token(Struct, frozen=True):
    """A name, a sign, or a text with its value; `has_holes` says that some is interpolated.

    What is interpolated is in the value as it is written.
    """

    kind: str
    text: str
    start: int
    end: int
    value: Traced | None = None
    has_holes: bool = False


class GroovyTokens(Struct):
    """The tokens of a text, and the ranges of its comments."""

    text: str
    at: int = 0
    comments: list[tuple[int, int]] = field(default_factory=list)
    runs: int = 0

    def read_all(self) -> Iterator[Token]:
        """Read the tokens; raises GroovySyntaxError."""
        if match := _SHEBANG.match(self.text):
            self.at = match.end()
        count, last = 0, None
        while self._skip():
            last = self._token(last)
            yield last
            count += 1
            if count > _MOST_TOKENS:
                raise GroovySyntaxError(f"more than {_MOST_TOKENS} words and signs", self.at)

    def _skip(self) -> bool:
        """Skip blanks and comments; say whether something follows."""
        while True:
            if match := _BLANKS.match(self.text, self.at):
                self.at = match.end()
            elif match := _COMMENT.match(self.text, self.at):
                self.comments.append(match.span())
                self.at = match.end()
            else:
                return self.at < len(self.text)

    def _token(self, last: Token | None) -> Token:
        start = self.at
        for kind, pattern in (("name", _NAME), ("number", _NUMBER)):
            if match := pattern.match(self.text, start):
                self.at = match.end()
                return Token(kind, match[0], start, self.at)
        for quote in _QUOTES:
            if self.text.startswith(quote, start):
                return self._quoted(quote, 0)
        if self.text.startswith("/*", start):
            raise GroovySyntaxError("not Groovy: a comment is not closed", start)
        sign = self.text[start]
        if sign == "/" and self._may_be_slashy(last) and (match := _SLASHY.match(self.text, start)):
            return self._verbatim(start + 1, match.end() - 1, match.end())
        if self.text.startswith("$/", start):
            end = self.text.find("/$", start + 2)
            if end < 0:
                raise GroovySyntaxError("not Groovy: a text is not closed", start)
            return self._verbatim(start + 2, end, end + 2)
        if sign == "\\":
            raise GroovySyntaxError("not Groovy: unexpected character", start)
        self.at = start + 1
        return Token("sign", sign, start, self.at)

    @staticmethod
    def _may_be_slashy(last: Token | None) -> bool:
        """Say whether a slash begins a text: behind a value it divides."""
        if last is None or last.text in _BEFORE_VALUES:
            return True
        return last.kind == "sign" and last.text not in (")", "]", "}")

    def _verbatim(self, start: int, end: int, stop: int) -> Token:
        begin, self.at = self.at, stop
        text = self.text[start:end]
        return Token("text", "/", begin, stop, Traced.of(text, start), "$" in text or "\\" in text)

    def _quoted(self, quote: str, depth: int) -> Token:
        start, run = self.at, _RUNS[quote]
        self.at += len(quote)
        parts: list[Traced] = []
        has_holes = False
        while not self.text.startswith(quote, self.at):
            at = self.at
            if match := run.match(self.text, at):
                self.at = match.end()
                parts.append(Traced.of(match[0], at))
            elif self.text.startswith("\\", at):
                parts += self._escape()
            elif self.text.startswith("$", at):
                has_holes |= self._hole(depth)
                parts.append(Traced.of(self.text[at : self.at], at))
            else:
                raise GroovySyntaxError("not Groovy: a text is not closed", start)
            self.runs += 1
            if self.runs > _MOST_RUNS:
                raise GroovySyntaxError("not Groovy: texts of too many parts", start)
        self.at += len(quote)
        value = Traced.join(parts) if parts else Traced("", (), ())
        return Token("text", quote, start, self.at, value, has_holes)

    def _escape(self) -> list[Traced]:
        at = self.at
        sign = self.text[at + 1 : at + 2]
        if match := _UNICODE.match(self.text, at):
            self.at, character = match.end(), chr(int(match[1], 16))
        elif match := _OCTAL.match(self.text, at):
            self.at, character = match.end(), chr(int(match[1], 8))
        elif sign in ("\n", "\r"):
            self.at = at + (3 if self.text.startswith("\\\r\n", at) else 2)
            return []
        else:
            self.at, character = at + 2, _ESCAPES.get(sign, sign)
        return [Traced(character, [at], [self.at])] if character else []

    def _hole(self, depth: int) -> bool:
        """Pass over an interpolation, or a dollar that is none."""
        if match := _REFERENCE.match(self.text, self.at):
            self.at = match.end()
            return True
        start = self.at
        self.at += 1
        if not self.text.startswith("{", self.at):
            return False
        if depth > _DEEPEST:
            raise GroovySyntaxError(f"texts are nested more than {_DEEPEST} deep", start)
        self.at += 1
        braces = 1
        while braces:
            if match := _INSIDE_HOLE.match(self.text, self.at):
                self.at = match.end()
            sign = self.text[self.at : self.at + 1]
            if not sign:
                raise GroovySyntaxError("not Groovy: an interpolation is not closed", start)
            if sign in "{}":
                braces += 1 if sign == "{" else -1
                self.at += 1
            else:
                quote = next(one for one in _QUOTES if self.text.startswith(one, self.at))
                self._quoted(quote, depth + 1)
        return True
