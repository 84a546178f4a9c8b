"""Google Cloud Build: the builders that steps name, not the images that come out.

Build configuration file schema: `steps[].name`; `images` and what `docker build` is told to tag are
built here, and a step may use them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pinner.model.occurrence import Reason
from pinner.scanners.yaml_places import scan_places, value_at
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_merging import Merger
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_NAMES = KeyPaths(["steps.*.name"])
_OUTPUTS = KeyPaths(["images.*"])
_ARGUMENTS = KeyPaths(["steps.*.args"])
_TAG = frozenset({"-t", "--tag"})


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; a substitution in one makes it `templated`."""
    return scan_places(source, name, KeyPaths([]), more=_read)


def _read(reader: YamlReader, root: Node) -> None:
    if not isinstance(value_at(root, reader.merger, "steps"), SequenceNode):
        return
    built = set(_built_here(root, reader.merger))
    for reached in find_nodes(root, _NAMES, reader.merger):
        node = reached.node
        if isinstance(node, ScalarNode) and node.value in built:
            reader.judge.refuse(node, reached.where, Reason.BUILT_LOCALLY)
        else:
            reader.judge.note(node, reached.where)


def _built_here(root: Node, merger: Merger) -> Iterator[str]:
    for reached in find_nodes(root, _OUTPUTS, merger):
        if isinstance(reached.node, ScalarNode):
            yield reached.node.value
    for reached in find_nodes(root, _ARGUMENTS, merger):
        if isinstance(reached.node, SequenceNode):
            words = [item.value for item in reached.node.items if isinstance(item, ScalarNode)]
            yield from (word for flag, word in pairwise(words) if flag in _TAG)
