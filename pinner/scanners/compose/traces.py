"""Texts of a compose file whose characters do not all stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.traced import NOWHERE, Traced
from pinner.spans.variables import Literal, characters
from pinner.spans.yaml_scalars import content_range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinner.spans.variables import Piece
    from pinner.spans.yaml_nodes import ScalarNode


def untraced(node: ScalarNode, text: str) -> Traced:
    """Place a value that cannot be traced at its scalar, where no edit is possible."""
    start, _ = content_range(node, text)
    nowhere = [NOWHERE] * len(node.value)
    return Traced(node.value, [start, *nowhere[1:]], nowhere)


def flattened(pieces: Iterable[Piece], file: str) -> Traced:
    """Make one text of pieces; what a variable supplied stands where the variable ends."""
    parts = []
    for piece in pieces:
        origins = characters([piece], file)
        if isinstance(piece, Literal):
            parts.append(piece.traced)
        else:
            at = [piece.end] * len(origins)
            parts.append(Traced(piece.text, at, at))
    return Traced.join(parts) if parts else Traced("", (), ())
