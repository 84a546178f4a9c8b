"""Helmfiles: the values that they give their releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.helm_values import HelmValues
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import MappingNode
from pinner.spans.yaml_reading import YamlReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node

_VALUES = KeyPaths(["[releases|templates].*.values.*", "environments.*.values.*"])


def scan(source: Source, options: ScanOptions, name: str) -> Iterator[Occurrence | Problem]:
    """Find the images of values that stand in the file itself; it may be a template."""
    reader = YamlReader.of(source)
    values = HelmValues(reader.merger, reader.judge, options.pins_helm_tags)

    def visit(root: Node) -> None:
        for reached in find_nodes(root, _VALUES, reader.merger):
            if isinstance(reached.node, MappingNode):
                values.read(reached.node, reached.keys)

    reader.read(visit)
    return reader.results(name)
