"""The `args` of a compose service's build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.compose.interpolation import interpolate
from pinner.scanners.mentions import Argument
from pinner.spans.traced import Traced
from pinner.spans.variables import (
    Computed,
    Literal,
    Region,
    Value,
    WordError,
    expanded,
    unset_names,
)
from pinner.spans.yaml_nodes import Node, ScalarNode, SequenceNode
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pinner.spans.source import Source
    from pinner.spans.variables import Piece


def build_arguments(
    node: Node | None,
    source: Source,
    scope: Mapping[str, Value | None],
    live: Callable[[Node | None], dict[str, Node]],
) -> Iterator[tuple[str, Argument]]:
    """Give a build's arguments by their names, those whose value can be told.

    `live` gives the members of a mapping as compose reads it.
    """
    for name, value, skip in _written(node, live):
        yield from _argument(name, value, skip, source, scope)


def argument_names(node: Node | None, live: Callable[[Node | None], dict[str, Node]]) -> set[str]:
    """Name all of a build's arguments."""
    plain = {item.value for item in listed_items(node) if isinstance(item, ScalarNode)}
    return {*live(node), *(name.partition("=")[0] for name in plain)}


def listed_items(node: Node | None) -> list[Node]:
    """Give the items of a list; nothing for what is none."""
    return node.items if isinstance(node, SequenceNode) else []


def _written(
    node: Node | None, live: Callable[[Node | None], dict[str, Node]]
) -> Iterator[tuple[str, ScalarNode, int]]:
    """Give names, scalars, and how many characters of these stand before the value."""
    for name, value in live(node).items():
        if isinstance(value, ScalarNode) and (value.is_string or value.value):
            yield name, value, 0
    for item in listed_items(node):
        if isinstance(item, ScalarNode) and "=" in item.value:
            name = item.value.partition("=")[0]
            yield name, item, len(name) + 1


def _argument(
    name: str, node: ScalarNode, skip: int, source: Source, scope: Mapping[str, Value | None]
) -> Iterator[tuple[str, Argument]]:
    region = Region(source.path, *content_range(node, source.text))
    scalar = trace_scalar(node, source.text)
    own = scalar.cut(skip, len(scalar.text)) if scalar is not None else None
    try:
        shown = own if own is not None else Traced.of(node.value[skip:])
        pieces = interpolate(shown, scope, file=source.path)
    except WordError:
        return
    if unset_names(pieces):
        return
    if own is not None and own.text:
        region = Region(source.path, own.starts[0], own.ends[-1])
    if own is None or not all(isinstance(piece, Literal) for piece in pieces):
        # No edit may reach through further variables: what it comes to counts.
        text = expanded(pieces)
        made_of = pieces if own is not None else ()
        pieces = (Computed((name,), text, region.end, made_of=made_of, home=source.path),)
    kept: tuple[Piece, ...] = tuple(piece for piece in pieces if piece.text)
    try:
        yield name, Argument(Value(name, kept, region), region, expanded(kept))
    except WordError:
        return
