"""What else a global ARG serves: an edit of its default reaches all of that."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.spans.variables import Default, Literal, Variable, expanded, names_used, whole_variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.spans.variables import Piece


class ArgumentUses(Struct, dict=True):  # dict: for what is worked out once
    """Every word that reads a global ARG; asked only when all of them are known."""

    words: list[tuple[Piece, ...]] = field(default_factory=list)
    defaults: list[tuple[str, tuple[Piece, ...]]] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    redeclared: set[str] = field(default_factory=set)

    def is_only_whole(self, name: str) -> bool:
        """Say whether every use of the ARG is the whole of a reference."""
        return name not in self._partly_used

    def is_only_tag_of(self, name: str, reference: str) -> bool:
        """Say whether every use of the ARG ends this same reference."""
        if name in self.others or name in self.redeclared or name in self._in_defaults:
            return False
        return self._ended.get(name, reference) == reference

    @cached_property
    def _partly_used(self) -> set[str]:
        """ARGs that serve as less than a reference, be it through other ARGs."""
        partly = set(self.others)
        for pieces in self.words:
            partly.update(name for name in names_used(pieces) if not _is_whole_use(pieces, name))
        sources: dict[str, set[str]] = {}
        for target, pieces in self.defaults:
            for name in names_used(pieces) - {target}:
                if not _is_whole_use(pieces, name):
                    partly.add(name)
                sources.setdefault(target, set()).add(name)
        left = list(partly)
        while left:
            further = sources.get(left.pop(), set()) - partly
            partly |= further
            left += further
        return partly

    @cached_property
    def _in_defaults(self) -> set[str]:
        return {name for _, pieces in self.defaults for name in names_used(pieces)}

    @cached_property
    def _ended(self) -> dict[str, str | None]:
        """The one reference that an ARG ends; None where it serves otherwise."""
        ended: dict[str, str | None] = {}
        for pieces in self.words:
            text = expanded(pieces)
            for name in names_used(pieces):
                alone = sum(not isinstance(piece, Literal) for piece in pieces) == 1
                fits = alone and _ends_with(pieces, name) and ended.get(name, text) == text
                ended[name] = text if fits else None
        return ended


def _is_whole_use(pieces: Sequence[Piece], name: str) -> bool:
    variable = whole_variable(pieces)
    if variable is not None:
        return variable.name == name
    match pieces:
        case [Default(pieces=inner)]:
            return _is_whole_use(inner, name)
        case _:
            return False


def _ends_with(pieces: Sequence[Piece], name: str) -> bool:
    return isinstance(pieces[-1], Variable) and pieces[-1].name == name
