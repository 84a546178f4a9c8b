"""YAML of a pod that stands as a text inside another file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.source import MalformedTextError
from pinner.spans.template_lines import find_image_lines
from pinner.spans.traced import Traced
from pinner.spans.yaml_comments import comment_test
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import ScalarNode, SlowBudget, YamlSyntaxError, parse_documents
from pinner.spans.yaml_scalars import trace_scalar

if TYPE_CHECKING:
    from pinner.spans.literals import Literals
    from pinner.spans.yaml_nodes import Node

_IMAGES = KeyPaths(
    [
        "**.[containers|initContainers|ephemeralContainers].*.image",
        "**.volumes.*.image.reference",
    ]
)
_MARK = re.compile(r"#[^\n]*pinner:[^\n]*")


def note_pod(
    literals: Literals, text: Traced, where: str, *, has_holes: bool, budget: SlowBudget
) -> None:
    """Note the images of a pod; one with holes that is no YAML is read line by line.

    Raises MalformedTextError.
    """
    try:
        roots = parse_documents(text.text, 0, budget)
    except YamlSyntaxError as error:
        if has_holes:
            _note_lines(literals, text)
            return
        at = text.starts[min(error.at, len(text.text) - 1)]
        raise MalformedTextError(f"{where}: not YAML: {error}", at) from error
    for root in roots:
        for reached in find_nodes(root, _IMAGES, Merger()):
            node = reached.node
            inner = trace_inner(node, text) if isinstance(node, ScalarNode) else None
            if inner is not None:
                literals.note(inner, f"{where}: {reached.where}")
    _note_comments(literals, text, roots)


def trace_inner(node: ScalarNode, text: Traced) -> Traced | None:
    """Trace a scalar of a text to the file that the text stands in."""
    inner = trace_scalar(node, text.text)
    if inner is None or not inner.text:
        return None
    starts = [text.starts[at] for at in inner.starts]
    if isinstance(inner.starts, range) and isinstance(text.starts, range):
        return Traced.of(inner.text, starts[0])
    return Traced(inner.text, starts, [text.ends[at - 1] for at in inner.ends])


def _note_lines(literals: Literals, text: Traced) -> None:
    start, end = text.starts[0], text.ends[-1]
    for seen in find_image_lines(literals.source.text, start, end, literals.source.path):
        literals.add(seen)


def _note_comments(literals: Literals, text: Traced, roots: list[Node]) -> None:
    if "pinner:" not in text.text:
        return
    is_comment = comment_test(roots, text.text)
    for match in _MARK.finditer(text.text):
        if is_comment(match.start()):
            literals.comments.append((text.starts[match.start()], text.ends[match.end() - 1]))
