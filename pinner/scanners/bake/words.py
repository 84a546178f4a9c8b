"""What a bake file's expressions come to: text with variables, or nothing that can be told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.scanners.bake.files import is_null
from pinner.spans.hcl_nodes import Expression, Hole, Name, Template
from pinner.spans.traced import NOWHERE, Traced
from pinner.spans.variables import (
    Literal,
    Region,
    TooMuchError,
    Value,
    Variable,
    WordError,
    characters,
    check_growth,
    expanded,
    unset_names,
    whole_variable,
    without_start,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pinner.spans.variables import Piece

_DEEPEST = 50
_KEYWORDS = frozenset({"true", "false", "null"})


class Scope(Struct):
    """The variables of a file, worked out when asked for; None where they have no value."""

    file: str
    defaults: Mapping[str, Expression | None]
    values: dict[str, Value | None] = field(default_factory=dict)
    depth: int = 0

    def pieces(self, value: Expression) -> tuple[Piece, ...] | None:
        """Give what an expression comes to; None where only bake can tell. Raises WordError."""
        match value:
            case Name(text=name) if name not in _KEYWORDS:
                # No digest can follow the bare name of a variable.
                parts: tuple[Traced | Hole, ...] = (Hole(value.start, NOWHERE, name),)
            case Template():
                parts = value.parts
            case _:
                return None
        found: list[Piece] = []
        for part in parts:
            if isinstance(part, Traced):
                found.append(Literal(part))
            elif part.name is None or part.name not in self.defaults:
                return None
            else:
                inner = self._value(part.name)
                if inner is None and not is_null(self.defaults[part.name]):
                    return None
                found.append(Variable(part.name, inner, part.end))
        check_growth(found)
        return tuple(found)

    def resolved(self, value: Expression) -> Expression:
        """Give the default of a variable that is all of a value."""
        default = self.defaults.get(value.text) if isinstance(value, Name) else None
        return value if default is None else default

    def _value(self, name: str) -> Value | None:
        """Work a variable's default out; one that leads to itself has no value."""
        if name not in self.values:
            if self.depth > _DEEPEST:
                raise TooMuchError(f"variables are made of variables more than {_DEEPEST} deep")
            self.values[name] = None
            default = self.defaults[name]
            self.depth += 1
            pieces = None if default is None or is_null(default) else self.pieces(default)
            self.depth -= 1
            if pieces is not None and default is not None:
                self.values[name] = Value(name, pieces, region_of(default, self.file))
        return self.values[name]


def region_of(value: Expression, file: str) -> Region:
    """Give the range of a text without its quotes, or of all of another expression."""
    if isinstance(value, Template):
        return Region(file, *value.inner)
    return Region(file, value.start, value.end)


def text_of(scope: Scope, value: Expression | None) -> str | None:
    """Give the text that an expression comes to; None where it cannot be told."""
    try:
        pieces = None if value is None else scope.pieces(value)
    except WordError:
        return None
    return None if pieces is None or unset_names(pieces) else expanded(pieces)


def after_scheme(pieces: tuple[Piece, ...], length: int, file: str) -> tuple[Piece, ...]:
    """Drop a scheme, be it in a variable that is all of the word."""
    variable = whole_variable(pieces)
    if variable is None or variable.value is None:
        return without_start(pieces, length)
    value = variable.value
    kept = without_start(value.pieces, length)
    starts = [start for _, start, _ in characters(kept, file) if start != NOWHERE]
    region = Region(value.region.file, starts[0] if starts else value.region.end, value.region.end)
    return (Variable(variable.name, Value(value.name, kept, region), variable.end),)


class VariableUses:
    """What the words of images use of the variables, compared with all that uses them."""

    def __init__(self, names: Iterable[str]) -> None:
        """Count every use."""
        self._all = Counter(names)
        self._whole: Counter[str] = Counter()
        self._ends: dict[str, Counter[str]] = {}

    def add(self, pieces: tuple[Piece, ...]) -> None:
        """Note a word that is an image."""
        variable = whole_variable(pieces)
        if variable is not None:
            self._whole[variable.name] += 1
            if variable.value is not None and self._whole[variable.name] == 1:
                self.add(variable.value.pieces)
        elif pieces and isinstance(pieces[-1], Variable):
            self._ends.setdefault(pieces[-1].name, Counter())[expanded(pieces)] += 1

    def is_only_whole(self, name: str) -> bool:
        """Say whether every use of the variable is the whole of a reference."""
        return self._whole[name] == self._all[name]

    def is_only_tag_of(self, name: str, reference: str) -> bool:
        """Say whether every use of the variable ends this same reference."""
        return self._ends.get(name, Counter())[reference] == self._all[name]
