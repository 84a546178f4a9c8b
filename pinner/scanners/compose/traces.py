"""Texts of a compose file whose characters do not all stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.traced import NOWHERE, Traced
from pinner.spans.yaml_scalars import content_range

if TYPE_CHECKING:
    from pinner.spans.yaml_nodes import ScalarNode


def untraced(node: ScalarNode, text: str) -> Traced:
    """Place a value that cannot be traced at its scalar, where no edit is possible."""
    start, _ = content_range(node, text)
    nowhere = [NOWHERE] * len(node.value)
    return Traced(node.value, [start, *nowhere[1:]], nowhere)
