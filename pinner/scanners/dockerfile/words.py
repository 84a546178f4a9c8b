"""Expand a Dockerfile's words as BuildKit's shell lexer does.

Quotes and escapes are removed, variables replaced; nothing is split.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from pinner.scanners.dockerfile.letters import BYTE_ORDER_MARK, end_of_name
from pinner.scanners.dockerfile.patterns import (
    PatternError,
    replace_all,
    replace_first,
    trim_end,
    trim_start,
)
from pinner.scanners.dockerfile.runs import Run
from pinner.spans.variables import (
    WILDCARD,
    Computed,
    Default,
    Piece,
    Region,
    RequiredVariableError,
    TooMuchError,
    Value,
    Variable,
    WordError,
    check_growth,
    expanded,
    names_used,
    unset_names,
)

if TYPE_CHECKING:
    from pinner.spans.traced import Traced

_END = ""
_DEEPEST = 50
# Characters that mean nothing to the lexer, whatever the escape and the stop are.
_PLAIN = re.compile(r"""[^$'"\\`}/]+""")


class Lookup(Protocol):
    """The variables that a word may use."""

    def get(self, name: str, /) -> Value | None:
        """Give a value, None where there is none; raises TooMuchError for one given up on."""


def expand_word(
    word: Traced, scope: Lookup, *, escape: str = "\\", file: str = ""
) -> tuple[Piece, ...]:
    """Expand a word; raises WordError with BuildKit's reasons, TooMuchError for reasons of ours."""
    if word.text.startswith(BYTE_ORDER_MARK):  # Go's scanner reads over one
        word = word.cut(1, len(word.text))
    return _Lexer(word, scope, escape, file).read_until(_END)


class _Lexer:
    """A reading position in a word."""

    def __init__(self, word: Traced, scope: Lookup, escape: str, file: str) -> None:
        self.word = word
        self.scope = scope
        self.escape = escape
        self.file = file
        self.at = 0
        self.depth = 0
        self.raw_escapes = False

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

    def read_until(self, stop: str, *, in_pattern: bool = False) -> tuple[Piece, ...]:
        """Read to the stop character, and over it; the empty string is the word's end."""
        pieces = tuple(self.read_pieces(stop, in_pattern=in_pattern))
        check_growth(pieces)
        return pieces

    def read_pieces(self, stop: str, *, in_pattern: bool) -> list[Piece]:
        run = Run(self.word)
        while character := self.peek():
            if character == stop:
                self.at += 1
                return run.flush()
            if character == "'":
                self.read_single_quoted(run, in_pattern=in_pattern)
            elif character == '"':
                self.read_double_quoted(run)
            elif character == "$":
                self.read_dollar(run)
            else:
                self.read_plain(run)
        if stop:
            raise WordError(f"unexpected end of statement while looking for matching {stop}")
        return run.flush()

    def read_plain(self, run: Run) -> None:
        """Read characters; an escape is dropped, or kept where another reader follows."""
        match = _PLAIN.match(self.word.text, self.at)
        start = self.at
        if match:
            self.at = match.end()
        elif self.peek() == self.escape:
            start += not self.raw_escapes
            self.at = min(self.at + 2, len(self.word.text))
        else:
            self.at += 1
        if start < self.at:
            run.keep(start, self.at)

    def read_single_quoted(self, run: Run, *, in_pattern: bool) -> None:
        start = self.at + 1
        end = self.word.text.find("'", start)
        if end < 0:
            raise WordError("unexpected end of statement while looking for matching single-quote")
        self.at = end + 1
        if not in_pattern:
            if start < end:
                run.keep(start, end)
            return
        for index in range(start, end):
            if self.word.text[index] == self.escape:  # the pattern is to see it as a character
                run.keep(index, index + 1)
            run.keep(index, index + 1)

    def read_double_quoted(self, run: Run) -> None:
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
                if self.raw_escapes:
                    run.keep(self.at, self.at + 1)
                if following in ('"', "$", self.escape):
                    self.at += 1
            run.keep(self.at, self.at + 1)
            self.at += 1
        raise WordError("unexpected end of statement while looking for matching double-quote")

    def read_dollar(self, run: Run) -> None:
        dollar = self.at
        self.at += 1
        if self.peek() != "{":
            name = self.read_name()
            if name:
                run.add(self.variable(name))
            else:
                run.keep(dollar, dollar + 1)
            return
        self.at += 1
        if self.peek() in ("", "{", "}", ":"):
            raise WordError("bad substitution")
        outer, self.raw_escapes = self.raw_escapes, False
        self.depth += 1
        if self.depth > _DEEPEST:
            raise TooMuchError("variables are nested too deeply")
        run.add(self.read_braced(self.read_name()))
        self.depth -= 1
        self.raw_escapes = outer

    def variable(self, name: str) -> Variable:
        end = self.word.ends[self.at - 1]
        return Variable(name, self.scope.get(name), end)

    def read_name(self) -> str:
        start, self.at = self.at, end_of_name(self.word.text, self.at)
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
            text = expanded(operand) if is_set else ""
            if value is not None and null_is_unset and WILDCARD in value.text:
                text = WILDCARD  # the platform has the variable, perhaps without a value
            return Computed(names, text, end)
        if is_set:
            return Variable(name, value, end)
        if operator == "?":
            raise RequiredVariableError(f"{name}: {expanded(operand) or 'not set'}")
        return Default(name, operand, region, end)

    def trimmed(self, name: str, operator: str) -> Computed:
        operand = self.read_operand("}", in_pattern=True)
        pattern = expanded(operand)
        greedy = pattern.startswith(operator)
        pattern = pattern.removeprefix(operator)
        trim = trim_end if operator == "%" else trim_start
        value = self.value_text(name)
        try:
            text = trim(value, pattern, greedy=greedy)
        except PatternError as error:
            raise WordError(str(error)) from error
        return self.computed(name, operand, _decided(value, pattern, text))

    def replacement(self, name: str) -> Computed:
        replaces_all = self.peek() == "/"
        if replaces_all:
            self.at += 1
        operand = self.read_operand("/", in_pattern=True)
        other = self.read_operand("}")
        replace = replace_all if replaces_all else replace_first
        value, pattern = self.value_text(name), expanded(operand)
        try:
            text = replace(value, pattern, expanded(other))
        except PatternError as error:
            raise WordError(str(error)) from error
        return self.computed(name, (*operand, *other), _decided(value, pattern, text))

    def read_operand(self, stop: str, *, in_pattern: bool = False) -> tuple[Piece, ...]:
        """Read what is read again, as a pattern or as a replacement: escapes stay in it."""
        outer, self.raw_escapes = self.raw_escapes, True
        pieces = self.read_until(stop, in_pattern=in_pattern)
        self.raw_escapes = outer
        return pieces

    def computed(self, name: str, operand: tuple[Piece, ...], text: str) -> Computed:
        names = (name, *sorted(names_used(operand)))
        end = self.word.ends[self.at - 1]
        missing = tuple(sorted(unset_names(operand)))
        unset = missing if self.scope.get(name) is not None else (name, *missing)
        return Computed(names, text, end, unset)

    def value_text(self, name: str) -> str:
        value = self.scope.get(name)
        return value.text if value else ""


def _decided(value: str, pattern: str, text: str) -> str:
    """Give a result; what a pattern makes of text that only the build knows is not known either."""
    return WILDCARD if WILDCARD in value or WILDCARD in pattern else text
