"""Which here-documents an instruction asks for, after BuildKit's shell lexer with its quirks.

The lexer runs here over a whole instruction: quotes and escapes stay, variables are not replaced.
"""

from __future__ import annotations

import re

from pinner.scanners.dockerfile.letters import (
    BYTE_ORDER_MARK,
    GO_BLANKS,
    REGEX_BLANKS,
    end_of_name,
)

_ESCAPE = "\\"
_BLANK_RUN = re.compile(f"[{GO_BLANKS}]+")
_PLAIN = re.compile(r"""[^$<'"\\]+""")
_PLAIN_QUOTED = re.compile(r'[^"$\\]+')
_PLAIN_OPERAND = re.compile(r"""[^$<'"\\}/]+""")
_AFTER_SIGNS = re.compile(r"[\t\r ]*")
_DEEPEST = 50


class ShellSyntaxError(ValueError):
    """A line cannot be split into words."""


class TooDeepError(ValueError):
    """Variables stand in each other's defaults beyond reason."""


class HeredocError(ValueError):
    """A here-document for which the engine refuses the file."""


def heredocs_of(line: str) -> list[tuple[str, bool]]:
    """Give the terminators that an instruction asks for, and whether leading tabs are dropped.

    Raises HeredocError and TooDeepError.
    """
    try:
        words = shell_words(line, raw_quotes=True, raw_escapes=True)
    except ShellSyntaxError:
        return []
    found = []
    for word in words:
        descriptor, signs, rest = word.partition("<<")
        if not signs or (descriptor and not (descriptor.isascii() and descriptor.isdigit())):
            continue
        chomp = rest.startswith("-")
        rest = rest[chomp:].lstrip(REGEX_BLANKS)
        terminator = _terminator(rest) if "<" not in rest else None
        if terminator is not None:
            found.append((terminator, chomp))
    return found


def _terminator(rest: str) -> str | None:
    try:
        words = shell_words(rest, raw_quotes=False, raw_escapes=False)
        if len(words) != 1:
            return None
        raw_words = shell_words(rest, raw_quotes=True, raw_escapes=False)
    except ShellSyntaxError as error:
        raise HeredocError(f"malformed heredoc: {error}") from error
    if len(raw_words) != 1:
        raise HeredocError("malformed heredoc: its quotes are ambiguous")
    return words[0]


def shell_words(line: str, *, raw_quotes: bool, raw_escapes: bool) -> list[str]:
    """Split as ProcessWords does without any variable; raises ShellSyntaxError, TooDeepError."""
    lexer = _Lexer(line, raw_quotes=raw_quotes, raw_escapes=raw_escapes)
    return lexer.read_words()


class _Lexer:
    """A reading position in a line, and the words so far."""

    def __init__(self, text: str, *, raw_quotes: bool, raw_escapes: bool) -> None:
        self.text = text
        self.at = int(text.startswith(BYTE_ORDER_MARK))
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.word: list[str] = []
        self.words: list[str] = []
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def chunk(self, plain: re.Pattern[str]) -> str:
        match = plain.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match[0] if match else ""

    def read_words(self) -> list[str]:
        while sign := self.peek():
            if sign == "$":
                self.add_splitting(self.read_dollar())
            elif sign == _ESCAPE:
                kept = self.raw_escapes
                self.word.append(self.text[self.at + (not kept) : self.at + 2])
                self.at += 2
            elif special := self.read_special(sign, preserve=False):
                self.word.append(special)
            elif sign not in "'\"":  # quotes around nothing add nothing
                self.add_splitting(self.chunk(_PLAIN))
        self.end_word()
        return self.words

    def add_splitting(self, text: str) -> None:
        first, *others = _BLANK_RUN.split(text)
        self.word.append(first)
        for other in others:
            self.end_word()
            self.word.append(other)

    def end_word(self) -> None:
        if word := "".join(self.word):
            self.words.append(word)
        self.word.clear()

    def read_special(self, sign: str, *, preserve: bool) -> str:
        if sign == "<":
            return self.read_signs()
        if sign == "'":
            return self.read_single_quoted(preserve=preserve)
        if sign == '"':
            return self.read_double_quoted(preserve=preserve)
        return ""

    def read_signs(self) -> str:
        """Read `<<` and the blanks behind it, which do not end a word."""
        start = self.at
        self.at += 2 if self.text.startswith("<<", start) else 1
        if self.at == start + 2:
            self.chunk(_AFTER_SIGNS)
        return self.text[start : self.at]

    def read_single_quoted(self, *, preserve: bool) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ShellSyntaxError("a single quote is not closed")
        inner = self.text[self.at + 1 : end]
        self.at = end + 1
        inner = inner.replace(_ESCAPE, _ESCAPE * 2) if preserve else inner
        return f"'{inner}'" if self.raw_quotes else inner

    def read_double_quoted(self, *, preserve: bool) -> str:
        self.at += 1
        quote = '"' if self.raw_quotes else ""
        result = [quote]
        while sign := self.peek():
            if sign == '"':
                self.at += 1
                return "".join([*result, quote])
            if sign == "$":
                result.append(self.read_dollar())
            elif sign == _ESCAPE:
                result.append(self.read_quoted_escape(preserve=preserve))
            else:
                result.append(self.chunk(_PLAIN_QUOTED))
        raise ShellSyntaxError("a double quote is not closed")

    def read_quoted_escape(self, *, preserve: bool) -> str:
        self.at += 1
        following = self.peek()
        if not following:
            return ""
        if following in '"$\\':
            self.at += 1
            return _ESCAPE * self.raw_escapes + following
        doubled = self.raw_escapes and (not self.raw_quotes or preserve)
        return _ESCAPE * (1 + doubled)

    def read_dollar(self) -> str:
        start = self.at
        self.at += 1
        if self.peek() != "{":
            self.at = end_of_name(self.text, self.at)
            return self.text[start : self.at]
        self.at += 1
        if self.peek() in ("", "{", "}", ":"):
            raise ShellSyntaxError("bad substitution")
        end = end_of_name(self.text, self.at)
        name, self.at = self.text[self.at : end], end
        self.depth += 1
        if self.depth > _DEEPEST:
            raise TooDeepError("variables are nested too deeply")
        result = self.read_braced(name)
        self.depth -= 1
        return result

    def read_braced(self, name: str) -> str:
        operator = self.peek()
        self.at += 1
        if operator == "}":
            return f"${{{name}}}"
        if operator == "/":
            self.at += self.peek() == "/"
            pattern = self.read_operand("/", raw_escapes=True, preserve=True)
            replacement = self.read_operand("}", raw_escapes=True, preserve=False)
            return f"${{{name}/{pattern}/{replacement}}}"
        colon = operator == ":"
        if colon:
            operator = self.peek()
            self.at += 1
        is_pattern = operator in ("#", "%")
        if not (colon or operator in tuple("+-?#%")) or (colon and is_pattern):
            raise ShellSyntaxError("unsupported modifier in a substitution")
        operand = self.read_operand("}", raw_escapes=is_pattern, preserve=is_pattern)
        return f"${{{name}{':' * colon}{operator}{operand}}}"

    def read_operand(self, stop: str, *, raw_escapes: bool, preserve: bool) -> str:
        """Read to the stop character, and over it.

        BuildKit gathers the words of an operand where it gathers those around it: what stood
        before it in its word is lost.
        """
        outer = self.raw_escapes
        self.raw_escapes = raw_escapes
        result: list[str] = []
        while sign := self.peek():
            if sign == stop:
                self.at += 1
                self.word.clear()
                self.raw_escapes = outer
                return "".join(result)
            if sign == "$":
                result.append(self.read_dollar())
            elif sign == _ESCAPE:
                result.append(self.text[self.at + (not raw_escapes) : self.at + 2])
                self.at += 2
            elif sign in "<'\"":
                result.append(self.read_special(sign, preserve=preserve))
            else:
                result.append(self.chunk(_PLAIN_OPERAND) or self.take())
        raise ShellSyntaxError(f"{stop} is missing")

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1]
