"""GitLab CI's variables: how they are expanded, and what else reads them.

Runner and server know `$NAME`, `${NAME}` and `%NAME%`, no default; `$$` is a dollar. A variable may
be made of others. Those of GitLab itself have no value here, but for the two that stand for a
mirror of Docker Hub.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.spans.traced import NOWHERE, Traced
from pinner.spans.variables import (
    MOST_PIECES,
    Computed,
    Literal,
    Region,
    Value,
    Variable,
    WordError,
    check_growth,
    expanded,
    names_used,
)
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.spans.source import Source
    from pinner.spans.variables import Piece
    from pinner.spans.yaml_nodes import ScalarNode

# What they give is what Docker Hub has, whatever a rule sets them to.
MIRRORS = frozenset({
    "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX",
    "CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX",
})  # fmt: skip
_HUB = "docker.io"
_DEEPEST = 100
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_USE = re.compile(rf"\$\$|\$\{{([^}}]*)\}}|\$({_NAME})|%({_NAME})%")


class Definition(Struct, frozen=True):
    """What a variable is defined as; a raw one is not expanded."""

    node: ScalarNode
    is_raw: bool = False


class Variables:
    """The variables that a job sees."""

    def __init__(self, source: Source, definitions: Mapping[str, Definition]) -> None:
        """Work nothing out yet."""
        self._source = source
        self._depth = 0
        self._definitions = definitions
        nowhere = Region(source.path, 0, 0)
        self._values: dict[str, Value | None] = {
            name: Value(name, (Computed((), _HUB, NOWHERE),), nowhere)
            for name in MIRRORS
            if name not in definitions
        }

    def expand(self, text: Traced | None, plain: str) -> tuple[Piece, ...]:
        """Expand a value, `plain` where it has no trace; raises WordError for too much."""
        pieces: list[Piece] = []
        text = text or Traced(plain, [NOWHERE] * len(plain), [NOWHERE] * len(plain))
        at = 0
        for match in _USE.finditer(text.text):
            if match.start() > at:
                pieces.append(Literal(text.cut(at, match.start())))
            at = match.end()
            name = match[1] or match[2] or match[3]
            if match[0] == "$$":
                pieces.append(Literal(text.cut(at - 1, at)))
            else:
                pieces.append(Variable(name or "", self.value(name or ""), text.ends[at - 1]))
            if len(pieces) > MOST_PIECES:
                break  # which is refused below
        if at < len(text.text):
            pieces.append(Literal(text.cut(at, len(text.text))))
        check_growth(pieces)
        return tuple(pieces)

    def value(self, name: str) -> Value | None:
        """Give a variable's value; None where it has none, or is made of itself."""
        if name not in self._values:
            self._values[name] = None  # what it sees of itself
            definition = self._definitions.get(name)
            if definition is not None and self._depth < _DEEPEST:
                self._depth += 1
                self._values[name] = self._worked_out(name, definition)
                self._depth -= 1
        return self._values[name]

    def _worked_out(self, name: str, definition: Definition) -> Value | None:
        node = definition.node
        if not _is_text(node):
            return None
        region = Region(self._source.path, *content_range(node, self._source.text))
        text = trace_scalar(node, self._source.text)
        try:
            if definition.is_raw and text is not None:
                return Value(name, (Literal(text),) if text.text else (), region)
            return Value(name, self.expand(text, node.value), region)
        except WordError:
            return None


class VariableUses(Struct, frozen=True):
    """What reads variables: the readings of words that are images, and `others`, by their names.

    Those of a pipeline that is not `alone` in its file are read by other files too: a tag that one
    image ends with here may be a part of another there.
    """

    readings: Sequence[Sequence[Piece]]
    others: frozenset[str]
    alone: bool

    def is_only_whole(self, name: str) -> bool:
        """Say whether a variable is nothing but whole images."""
        return name not in self.others and all(
            len(pieces) == 1 and isinstance(pieces[0], Variable) for pieces in self._readers(name)
        )

    def is_only_tag_of(self, name: str, reference: str) -> bool:
        """Say whether a variable is nothing but the tag of one reference."""
        return (
            self.alone
            and name not in self.others
            and all(expanded(pieces) == reference for pieces in self._readers(name))
        )

    def _readers(self, name: str) -> list[Sequence[Piece]]:
        return [pieces for pieces in self.readings if name in names_used(pieces)]


def names_within(pieces: Sequence[Piece]) -> set[str]:
    """Name the variables that a word reads, and those that their values read."""
    return {variable.name for variable in _variables_within(pieces)}


def origins(pieces: Sequence[Piece]) -> list[Region]:
    """Give the places of all values that a word is made of."""
    return [found.value.region for found in _variables_within(pieces) if found.value]


def _variables_within(pieces: Sequence[Piece]) -> list[Variable]:
    """Give the variables of a word, and those of their values, each name once."""
    found, pending = dict[str, Variable](), list(pieces)
    while pending:
        piece = pending.pop()
        if isinstance(piece, Variable) and piece.name not in found:
            found[piece.name] = piece
            pending += piece.value.pieces if piece.value else ()
    return list(found.values())


def words_of(text: str) -> list[str]:
    """Give what could be names of variables in a text."""
    return re.findall(_NAME, text)


def _is_text(node: ScalarNode) -> bool:
    """Say whether a variable's value is written as GitLab passes it on: no `1.10`, which is 1.1."""
    if node.is_string:
        return True
    return re.fullmatch(r"0|[1-9]\d*|(?:0|[1-9]\d*)\.\d*[1-9]|true|false", node.value) is not None
