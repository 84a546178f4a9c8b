"""HCL as nodes that know their place in the text: bodies, blocks and expressions.

Only structure counts: what operators and functions come to is nobody's concern here, so their
operands are kept and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator


class HclSyntaxError(MalformedTextError):
    """Text is not HCL."""


class Hole(Struct, frozen=True):
    """An interpolation or directive in a template; `name` is the variable that is all of it."""

    start: int
    end: int
    name: str | None = None


class Template(Struct, frozen=True):
    """A quoted text or a heredoc; start and end include its quotes or markers."""

    start: int
    end: int
    parts: tuple[Traced | Hole, ...]

    @property
    def literal(self) -> Traced | None:
        """The text, where nothing is interpolated."""
        texts = [part for part in self.parts if isinstance(part, Traced)]
        if len(texts) < len(self.parts):
            return None
        return Traced.join(texts) if texts else Traced("", (), ())

    @property
    def inner(self) -> tuple[int, int]:
        """The range between the quotes."""
        return self.start + 1, self.end - 1


class Name(Struct, frozen=True):
    """A variable, or a keyword such as `true`."""

    start: int
    end: int
    text: str


class Call(Struct, frozen=True):
    """A function with its arguments."""

    start: int
    end: int
    name: str
    arguments: tuple[Expression, ...]


class ListValue(Struct, frozen=True):
    """A list of values."""

    start: int
    end: int
    items: tuple[Expression, ...]


class ObjectValue(Struct, frozen=True):
    """Values by keys, as they are written; a key that is not literal is None."""

    start: int
    end: int
    items: tuple[tuple[str | None, Expression], ...]

    def get(self, key: str) -> Expression | None:
        """Give a key's last value."""
        found = [value for name, value in self.items if name == key]
        return found[-1] if found else None


class Other(Struct, frozen=True):
    """Any other expression, with its operands."""

    start: int
    end: int
    operands: tuple[Expression, ...] = ()


Expression = Template | Name | Call | ListValue | ObjectValue | Other


class Attribute(Struct, frozen=True):
    """A name and its value."""

    name: str
    value: Expression
    start: int


class Block(Struct, frozen=True):
    """A block with its labels; the file is one without kind."""

    kind: str
    labels: tuple[str, ...]
    start: int
    attributes: list[Attribute] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def get(self, name: str) -> Expression | None:
        """Give an attribute's last value."""
        found = [one.value for one in self.attributes if one.name == name]
        return found[-1] if found else None


class HclFile(Struct, frozen=True):
    """What a file holds: its body, its comments' ranges, and each use of a variable by name.

    `bound` are the names that loops give their values.
    """

    body: Block
    comments: list[tuple[int, int]]
    names: list[str]
    bound: set[str]


def inner_expressions(value: Expression) -> tuple[Expression, ...]:
    """Give what an expression is made of."""
    match value:
        case Call(arguments=inner) | ListValue(items=inner) | Other(operands=inner):
            return inner
        case ObjectValue(items=items):
            return tuple(inner for _, inner in items)
        case Template() | Name():
            return ()


def all_blocks(body: Block) -> Iterator[tuple[Block, ...]]:
    """Give every block in a body, with those around it before it."""
    pending: list[tuple[Block, ...]] = [(block,) for block in reversed(body.blocks)]
    while pending:
        chain = pending.pop()
        yield chain
        pending += [(*chain, block) for block in reversed(chain[-1].blocks)]
