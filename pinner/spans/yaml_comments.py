"""Where comments begin in YAML that was parsed."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from pinner.spans.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def comment_test(roots: Sequence[Node], text: str) -> Callable[[int], bool]:
    """Make a test for the indexes at which a `#` begins a comment: in no scalar, after a blank."""
    ranges: list[tuple[int, int]] = []
    pending, visited = list(roots), set()
    while pending:
        node = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        match node:
            case ScalarNode():
                ranges.append((node.start, node.end))
            case SequenceNode():
                pending += node.items
            case MappingNode():
                pending += [part for pair in node.pairs for part in pair]
    ranges.sort()

    def is_comment(index: int) -> bool:
        if text[index] != "#" or (index and text[index - 1] not in " \t\r\n"):
            return False
        at = bisect_right(ranges, (index, len(text) + 1)) - 1
        return at < 0 or index >= ranges[at][1]

    return is_comment
