"""Expand a Dockerfile's words as BuildKit's shell lexer does.

Quotes and escapes are removed, variables replaced; nothing is split.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.spans.variables import (
    Computed,
    Default,
    Literal,
    Piece,
    Region,
    RequiredVariableError,
    Value,
    Variable,
    WordError,
    check_growth,
    expanded,
    names_used,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinner.spans.traced import Traced

_SPECIAL = frozenset("@*#?-$!0")
_ESCAPABLE = frozenset("*?\\")
_END = ""
_DEEPEST = 100


def expand_word(
    word: Traced, scope: Mapping[str, Value | None], *, escape: str = "\\", file: str = ""
) -> tuple[Piece, ...]:
    """Expand a word; raises WordError with BuildKit's reasons."""
    return _Lexer(word, scope, escape, file).read_until(_END)


class _Run(Struct):
    """Pieces under way; characters gather into one literal."""

    word: Traced
    pieces: list[Piece] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)

    def flush(self) -> list[Piece]:
        if self.pending:
            first, last = self.pending[0], self.pending[-1] + 1
            whole = last - first == len(self.pending)
            traced = self.word.cut(first, last) if whole else self.word.pick(self.pending)
            self.pieces.append(Literal(traced))
            self.pending.clear()
        return self.pieces

    def add(self, piece: Piece) -> None:
        self.flush().append(piece)


class _Lexer:
    """A reading position in a word."""

    def __init__(
        self, word: Traced, scope: Mapping[str, Value | None], escape: str, file: str
    ) -> None:
        self.word = word
        self.scope = scope
        self.escape = escape
        self.file = file
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.word.text[self.at : self.at + 1]

    def take(self) -> str:
        character = self.peek()
        self.at += 1
        return character

    def file_offset(self) -> int:
        """Where in the file the next character stands, or the last one ends."""
        if self.at < len(self.word.text):
            return self.word.starts[self.at]
        return self.word.ends[-1] if self.word.text else 0

    def read_until(self, stop: str, *, raw_escapes: bool = False) -> tuple[Piece, ...]:
        """Read to the stop character, and over it; the empty string is the word's end."""
        pieces = tuple(self.read_pieces(stop, raw_escapes=raw_escapes))
        check_growth(pieces)
        return pieces

    def read_pieces(self, stop: str, *, raw_escapes: bool) -> list[Piece]:
        run = _Run(self.word)
        while character := self.peek():
            if character == stop:
                self.at += 1
                return run.flush()
            if character == "'":
                self.read_single_quoted(run)
            elif character == '"':
                self.read_double_quoted(run)
            elif character == "$":
                self.read_dollar(run)
            else:
                self.read_plain(run, kept_unless=stop if raw_escapes else None)
        if stop:
            raise WordError(f"unexpected end of statement while looking for matching {stop}")
        return run.flush()

    def read_plain(self, run: _Run, *, kept_unless: str | None) -> None:
        """Read a character; an escape is dropped, or in patterns kept unless it is of the stop."""
        if self.peek() == self.escape:
            following = self.word.text[self.at + 1 : self.at + 2]
            if kept_unless is not None and following != kept_unless:
                run.pending.append(self.at)
            self.at += 1
        if self.peek():
            run.pending.append(self.at)
            self.at += 1

    def read_single_quoted(self, run: _Run) -> None:
        self.at += 1
        end = self.word.text.find("'", self.at)
        if end < 0:
            raise WordError("unexpected end of statement while looking for matching single-quote")
        run.pending += range(self.at, end)
        self.at = end + 1

    def read_double_quoted(self, run: _Run) -> None:
        self.at += 1
        while character := self.peek():
            if character == '"':
                self.at += 1
                return
            if character == "$":
                self.read_dollar(run)
                continue
            if character == self.escape:
                following = self.word.text[self.at + 1 : self.at + 2]
                if following in ('"', "$", self.escape):
                    self.at += 1
            run.pending.append(self.at)
            self.at += 1
        raise WordError("unexpected end of statement while looking for matching double-quote")

    def read_dollar(self, run: _Run) -> None:
        dollar = self.at
        self.at += 1
        if self.peek() != "{":
            name = self.read_name()
            if name:
                run.add(self.variable(name))
            else:
                run.pending.append(dollar)
            return
        self.at += 1
        if self.peek() in ("", "{", "}", ":"):
            raise WordError("bad substitution")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise WordError("variables are nested too deeply")
        run.add(self.read_braced(self.read_name()))
        self.depth -= 1

    def variable(self, name: str) -> Variable:
        end = self.word.ends[self.at - 1]
        return Variable(name, self.scope.get(name), end)

    def read_name(self) -> str:
        start = self.at
        if self.peek().isdigit():
            while self.peek().isdigit():
                self.at += 1
        elif self.peek() in _SPECIAL and self.peek():
            self.at += 1
        else:
            while self.peek().isalnum() or self.peek() == "_":
                self.at += 1
        return self.word.text[start : self.at]

    def read_braced(self, name: str) -> Piece:
        operator = self.take()
        if operator == "}":
            return self.variable(name)
        if operator == "/":
            return self.replacement(name)
        null_is_unset = operator == ":"
        if null_is_unset:
            operator = self.take()
        if operator in ("#", "%") and not null_is_unset:
            return self.trimmed(name, operator)
        if operator in ("-", "+", "?") and operator:
            return self.conditional(name, operator, null_is_unset=null_is_unset)
        raise WordError(f"unsupported modifier ({operator}) in substitution")

    def conditional(self, name: str, operator: str, *, null_is_unset: bool) -> Piece:
        start = self.file_offset()
        operand = self.read_until("}")
        end = self.word.ends[self.at - 1]
        region = Region(self.file, start, self.word.starts[self.at - 1])
        value = self.scope.get(name)
        is_set = value is not None and not (null_is_unset and not value.text)
        if operator == "+":
            names = (name, *sorted(names_used(operand)))
            return Computed(names, expanded(operand) if is_set else "", end)
        if is_set:
            return Variable(name, value, end)
        if operator == "?":
            raise RequiredVariableError(f"{name}: {expanded(operand) or 'not set'}")
        return Default(name, operand, region, end)

    def trimmed(self, name: str, operator: str) -> Computed:
        pattern = expanded(self.read_until("}", raw_escapes=True))
        greedy = pattern.startswith(operator)
        value = self.value_text(name)
        text = _trim(value, pattern.removeprefix(operator), at_end=operator == "%", greedy=greedy)
        return Computed((name,), text, self.word.ends[self.at - 1])

    def replacement(self, name: str) -> Computed:
        replace_all = self.peek() == "/"
        if replace_all:
            self.at += 1
        pattern = expanded(self.read_until("/", raw_escapes=True))
        replacement = expanded(self.read_until("}", raw_escapes=True))
        regex = "".join(_glob_tokens(pattern, greedy=True))
        count = 0 if replace_all else 1
        text = re.sub(regex, lambda _: replacement, self.value_text(name), count=count)
        return Computed((name,), text, self.word.ends[self.at - 1])

    def value_text(self, name: str) -> str:
        value = self.scope.get(name)
        return value.text if value else ""


def _glob_tokens(pattern: str, *, greedy: bool) -> list[str]:
    """Translate a shell pattern without classes, a regular expression for each of its signs."""
    tokens = []
    for match in re.finditer(r"\\(.)|(.)", pattern, re.DOTALL):
        if match[1] and match[1] not in _ESCAPABLE:
            raise WordError(f"invalid pattern ({pattern}) in substitution")
        if match[2] == "*":
            tokens.append("(?s:.*)" if greedy else "(?s:.*?)")
        elif match[2] == "?":
            tokens.append("(?s:.)")
        else:
            tokens.append(re.escape(match[1] or match[2]))
    return tokens


def _trim(value: str, pattern: str, *, at_end: bool, greedy: bool) -> str:
    tokens = _glob_tokens(pattern, greedy=greedy)
    if not at_end:
        match = re.match("".join(tokens), value)
        return value[match.end() :] if match else value
    match = re.match("".join(reversed(tokens)), value[::-1])
    return value[: len(value) - match.end()] if match else value
