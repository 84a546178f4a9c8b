"""YAML inside a block of YAML: read where it stands, so that its places are those of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.yaml_nodes import YamlSyntaxError, parse_documents
from pinner.spans.yaml_scalars import block_content

if TYPE_CHECKING:
    from pinner.spans.yaml_nodes import Node, ScalarNode, SlowBudget


def parse_part(node: ScalarNode, text: str, budget: SlowBudget) -> list[Node]:
    """Parse a literal block's text; nothing of what is no YAML by itself, or stands otherwise.

    A block is indented throughout, which YAML allows its own lines to be.
    """
    if node.style != "|":
        return []
    start, end = block_content(node, text)
    try:
        return parse_documents(text[start:end], start, budget)
    except YamlSyntaxError:
        return []
