"""Read the expressions of HCL 2, after its native syntax specification."""

from __future__ import annotations

import re

from msgspec import Struct, field

from pinner.spans.hcl_nodes import (
    Call,
    Expression,
    HclSyntaxError,
    ListValue,
    Name,
    ObjectValue,
    Other,
    Template,
)
from pinner.spans.hcl_templates import TemplateText, heredoc_lines

_DEEPEST = 100
_MOST_EXPRESSIONS = 150_000
_MOST_SEARCHED = 4_000_000
_BLANKS = re.compile(r"[ \t\r]*")
_BLANKS_AND_LINES = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*(?s:.*?)\*/")
IDENTIFIER = re.compile(r"[^\W\d][\w-]*")
_FUNCTION = re.compile(r"[^\W\d][\w-]*(?:::[^\W\d][\w-]*)*[ \t]*\(")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_OPERATOR = re.compile(r"==|!=|<=|>=|&&|\|\||[-+*/%<>?]")
_STEP = re.compile(r"\.[ \t\r\n]*(?:[^\W\d][\w-]*|[0-9]+|\*)|\[\*\]")
_SEPARATOR = re.compile(r"=>|\.\.\.|[,:]")
_KEYWORD = re.compile(
    r"for[ \t\r\n]+([^\W\d][\w-]*)(?:[ \t\r\n]*,[ \t\r\n]*([^\W\d][\w-]*))?"
    r"|(?:in|if|else|endif|endfor)(?![\w.-])"
)
_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)[ \t]*\r?\n")
_PLAIN = re.compile(r'"[^"\\$%\n]*"')


class HclReader(Struct):
    """Where reading has come to, and what was seen on the way."""

    text: str
    at: int = 0
    depth: int = 0
    count: int = 0
    searched: int = 0
    comments: list[tuple[int, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)

    def skip(self, *, lines: bool) -> str:
        """Skip blanks and comments, and give the character that follows."""
        blanks = _BLANKS_AND_LINES if lines else _BLANKS
        while True:
            match = blanks.match(self.text, self.at)
            self.at = match.end() if match else self.at
            sign = self.text[self.at : self.at + 1]
            if sign not in ("#", "/"):
                return sign
            comment = _COMMENT.match(self.text, self.at)
            if comment is None:
                return sign
            self.comments.append(comment.span())
            self.at = comment.end()

    def fail(self, message: str, at: int | None = None) -> HclSyntaxError:
        return HclSyntaxError(f"not HCL: {message}", self.at if at is None else at)

    def take(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def enter(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.fail(f"nested more than {_DEEPEST} deep")
        self.note_one_more()

    def note_one_more(self) -> None:
        self.count += 1
        if self.count > _MOST_EXPRESSIONS:
            raise self.fail(f"more than {_MOST_EXPRESSIONS} expressions")

    def read_value(self, *, lines: bool) -> Expression:
        """Read operands with operators between them; `lines` may be within."""
        self.skip(lines=lines)
        start, conditions = self.at, 0
        operands = [self.read_operand(lines=lines)]
        while True:
            sign = self.skip(lines=lines)
            operator = _OPERATOR.match(self.text, self.at)
            if operator:
                conditions += operator[0] == "?"
                self.at = operator.end()
            elif sign == ":" and conditions:
                conditions -= 1
                self.at += 1
            else:
                break
            operands.append(self.read_operand(lines=lines))
        return (
            operands[0] if len(operands) == 1 else Other(start, operands[-1].end, tuple(operands))
        )

    def read_operand(self, *, lines: bool) -> Expression:
        self.enter()
        sign = self.skip(lines=lines)
        start = self.at
        if sign and sign in "!-":
            self.at += 1
            operand = self.read_operand(lines=lines)
            value: Expression = Other(start, operand.end, (operand,))
        else:
            value = self.read_term(sign)
        while self.skip(lines=lines) in (".", "["):
            step = _STEP.match(self.text, self.at)
            inner: tuple[Expression, ...] = ()
            if step:
                self.at = step.end()
            elif self.text.startswith("...", self.at):
                break
            elif self.take("["):
                inner = (self.read_value(lines=True),)
                self.close("]")
            else:
                raise self.fail("a name is missing")
            value = Other(start, self.at, (value, *inner))
        self.depth -= 1
        return value

    def read_term(self, sign: str) -> Expression:
        match sign:
            case '"':
                return self.read_quoted()
            case "<":
                return self.read_heredoc()
            case "{":
                return self.read_object()
            case "[":
                return self.read_sequence()
            case "(":
                self.at += 1
                value = self.read_value(lines=True)
                self.close(")")
                return value
            case _:
                return self.read_word()

    def read_sequence(self) -> Expression:
        start = self.at
        self.at += 1
        if self.is_loop():
            return self.read_loop(start, "]")
        items = self.read_list("]")
        return ListValue(start, self.at, items)

    def read_word(self) -> Expression:
        start = self.at
        if function := _FUNCTION.match(self.text, start):
            self.at = function.end()
            arguments = self.read_list(")")
            return Call(start, self.at, function[0][:-1].rstrip(), arguments)
        if word := IDENTIFIER.match(self.text, start):
            self.at = word.end()
            self.names.append(word[0])
            return Name(start, self.at, word[0])
        if number := _NUMBER.match(self.text, start):
            self.at = number.end()
            return Other(start, self.at)
        raise self.fail("a value is missing")

    def read_list(self, close: str) -> tuple[Expression, ...]:
        items = []
        while self.skip(lines=True) != close:
            items.append(self.read_value(lines=True))
            self.skip(lines=True)
            self.take("...")
            if self.skip(lines=True) != close and not self.take(","):
                raise self.fail(f"neither a comma nor {close!r} follows a value")
        self.at += 1
        return tuple(items)

    def read_object(self) -> Expression:
        start = self.at
        self.at += 1
        if self.is_loop():
            return self.read_loop(start, "}")
        items = []
        while self.skip(lines=True) != "}":
            key = self.read_key()
            if self.skip(lines=False) not in ("=", ":"):
                raise self.fail("neither '=' nor ':' follows a key")
            self.at += 1
            items.append((key, self.read_value(lines=False)))
            if self.skip(lines=False) not in ("\n", "}") and not self.take(","):
                raise self.fail("neither a comma nor a new line follows a value")
        self.at += 1
        return ObjectValue(start, self.at, tuple(items))

    def read_key(self) -> str | None:
        match self.read_value(lines=False):
            case Name(text=text):
                self.names.pop()
                return text
            case Template(literal=literal) if literal is not None:
                return literal.text
            case _:
                return None

    def is_loop(self) -> bool:
        self.skip(lines=True)
        word = IDENTIFIER.match(self.text, self.at)
        return word is not None and word[0] == "for"

    def read_loop(self, start: int, close: str) -> Expression:
        """Read what a `for` is made of, whatever its order."""
        operands: list[Expression] = []
        while self.skip(lines=True) != close:
            operands += self.read_part()
        self.at += 1
        return Other(start, self.at, tuple(operands))

    def read_part(self) -> tuple[Expression, ...]:
        """Read a value, or what stands between values: a keyword takes no index of its own."""
        between = _SEPARATOR.match(self.text, self.at) or _KEYWORD.match(self.text, self.at)
        if between is None:
            return (self.read_value(lines=True),)
        self.at = between.end()
        self.bound.update(name for name in between.groups() if name)
        return ()

    def close(self, sign: str) -> None:
        if self.skip(lines=True) != sign:
            raise self.fail(f"{sign!r} is missing")
        self.at += 1

    def read_quoted(self) -> Template:
        start = self.at
        built = TemplateText(self.text)
        if plain := _PLAIN.match(self.text, start):
            self.at = plain.end()
            built.add_run(start + 1, self.at - 1)
            return Template(start, self.at, built.parts())
        self.at += 1
        while not self.text.startswith('"', self.at):
            if self.at >= len(self.text) or self.text[self.at] == "\n":
                raise self.fail("a text is not closed", start)
            self.at = built.add_quoted(self.at)
            self.read_hole(built)
        self.at += 1
        return Template(start, self.at, built.parts())

    def read_hole(self, built: TemplateText) -> None:
        """Read an interpolation or a directive, if one begins here."""
        start = self.at
        is_directive = self.take("%{")
        if not is_directive and not self.take("${"):
            return
        self.take("~")
        name = None
        if is_directive:
            while self.skip(lines=True) not in ("}", "~"):
                self.read_part()
        else:
            value = self.read_value(lines=True)
            name = value.text if isinstance(value, Name) else None
            self.skip(lines=True)
        self.take("~")
        self.close("}")
        built.add_hole(start, self.at, name)

    def read_heredoc(self) -> Template:
        start = self.at
        head = _HEREDOC.match(self.text, start)
        if head is None:
            raise self.fail("a value is missing")
        found = heredoc_lines(self.text, head.end(), head[2])
        if found is None:
            raise self.fail("a heredoc is not closed", start)
        indent, stop = found
        self.searched += stop - start
        if self.searched > _MOST_SEARCHED:
            raise self.fail("heredocs are nested beyond reason", start)
        built = TemplateText(self.text)
        self.at = head.end()
        while self.at < stop:
            self.at = built.add_line(self.at, indent if head[1] else 0)
            while self.text[self.at : self.at + 1] not in ("", "\n"):
                self.read_hole(built)
                self.at = built.add_rest(self.at)
            self.at = built.add_end(self.at)
        line_end = self.text.find("\n", self.at)
        self.at = len(self.text) if line_end < 0 else line_end
        return Template(start, self.at, built.parts())
