"""The build arguments of targets, as far as the file says what they come to."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.scanners.bake.files import BakeFile, is_null, members
from pinner.scanners.bake.words import Scope, VariableUses, region_of
from pinner.scanners.mentions import Argument, literal_argument
from pinner.spans.hcl_nodes import Expression, Template
from pinner.spans.traced import NOWHERE, Traced
from pinner.spans.variables import (
    Computed,
    Value,
    WordError,
    expanded,
    unset_names,
    whole_variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinner.scanners.bake.inheritance import Values
    from pinner.spans.variables import Piece


class Arguments(Struct):
    """Works arguments out; variables are known by all their uses."""

    scope: Scope
    uses: VariableUses
    worked_out: dict[tuple[str, int], Argument | None] = field(default_factory=dict)

    @classmethod
    def of(cls, file: BakeFile, scope: Scope) -> Arguments:
        """Count the arguments' uses of variables."""
        uses = VariableUses(file.names)
        for target in file.targets:
            for one in target.all("args"):
                for _, value in members(scope.resolved(one)):
                    with suppress(WordError):
                        uses.add(scope.pieces(value) or ())
        return cls(scope, uses)

    def known(self, values: Mapping[str | None, Expression]) -> Iterator[tuple[str, Argument]]:
        """Give the arguments whose values are known."""
        for name, value in values.items():
            argument = self._remembered(name, value) if name else None
            if name and argument is not None:
                yield name, argument

    def _remembered(self, name: str, value: Expression) -> Argument | None:
        """Work an argument out once for all targets that inherit it."""
        key = (name, id(value))
        if key not in self.worked_out:
            self.worked_out[key] = None
            with suppress(WordError):
                self.worked_out[key] = self._argument(name, value)
        return self.worked_out[key]

    def _argument(self, name: str, value: Expression) -> Argument | None:
        region = region_of(value, self.scope.file)
        match value:
            case Template(literal=Traced() as text):
                return literal_argument(name, text, region)
            case _:
                pass
        pieces = self.scope.pieces(value)
        if pieces is None or unset_names(pieces):
            return None
        variable = whole_variable(pieces)
        if variable is not None and variable.value and self.uses.is_only_whole(variable.name):
            return Argument(variable.value, variable.value.region, variable.value.text)
        # No edit may reach through variables that others read too: what it comes to counts.
        end = region.end if isinstance(value, Template) else NOWHERE
        return _computed(name, pieces, value, self.scope.file, end)

    def of_inline(
        self, users: Sequence[Values], counted: Mapping[int, int]
    ) -> dict[str, Value | None]:
        """Give what builds of an inline Dockerfile are given; None for what only bake can tell.

        That is what differs from one to the other, too. No edit goes where other builds read, of
        which `counted` tells, by the ids of expressions.
        """
        given: dict[str, Value | None] = {}
        for name in {key: None for values in users for key in values.get("args", {}) if key}:
            found = {id(one): one for one in (_argument_of(values, name) for values in users)}
            value = next(iter(found.values()))
            if len(found) > 1 or value is None:
                given[name] = None
            elif not is_null(value):
                argument = dict(self.known({name: value})).get(name)
                if argument is not None and counted[id(value)] > len(users):
                    own = argument.value.pieces
                    argument = _computed(name, own, value, self.scope.file, NOWHERE)
                given[name] = argument.value if argument else None
        return given


def _argument_of(values: Values, name: str) -> Expression | None:
    return values.get("args", {}).get(name)


def _computed(
    name: str, pieces: tuple[Piece, ...], value: Expression, file: str, end: int
) -> Argument:
    region, text = region_of(value, file), expanded(pieces)
    computed = Computed((name,), text, end, made_of=pieces, home=file)
    return Argument(Value(name, (computed,), region), region, text)
