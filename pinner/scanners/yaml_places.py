"""Formats of YAML and JSON whose references stand at known paths of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import (
    MappingNode,
    ScalarNode,
    YamlSyntaxError,
    parse_documents,
)
from pinner.spans.yaml_reading import YamlReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.spans.key_paths import Reached
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node

Guard = "Callable[[Node, Merger], bool]"
More = "Callable[[YamlReader, Node], None]"


def scan_places(
    source: Source,
    name: str,
    paths: KeyPaths,
    *,
    guard: Callable[[Node, Merger], bool] | None = None,
    more: Callable[[YamlReader, Node], None] | None = None,
) -> Iterator[Occurrence | Problem]:
    """Find what stands at paths, in the documents that a guard lets through.

    `more` notes what paths cannot say with the reader's judge.
    """
    reader = YamlReader.of(source)

    def visit(root: Node) -> None:
        if guard is not None and not guard(root, reader.merger):
            return
        note_places(reader, root, paths)
        if more is not None:
            more(reader, root)

    reader.read(visit)
    return reader.results(name)


def note_places(reader: YamlReader, root: Node, paths: KeyPaths) -> None:
    """Judge the scalars that stand at paths; raises YamlSyntaxError where they are too many."""
    for reached in find_nodes(root, paths, reader.merger):
        reader.judge.note(reached.node, reached.where)


def nodes_at(
    source: Source, paths: KeyPaths, guard: Callable[[Node, Merger], bool] | None = None
) -> list[Reached]:
    """Give what stands at paths in the documents that a guard lets through.

    Nothing where the file is no YAML, which is said by whoever scans it.
    """
    merger = Merger()
    try:
        roots = parse_documents(source.text)
        return [
            reached
            for root in roots
            if guard is None or guard(root, merger)
            for reached in find_nodes(root, paths, merger)
        ]
    except YamlSyntaxError:
        return []


def value_at(node: Node | None, merger: Merger, *keys: str) -> Node | None:
    """Follow keys from a node; None where one is missing."""
    for key in keys:
        node = merger.items(node).get(key)
    return node


def text_at(node: Node | None, merger: Merger, *keys: str) -> str | None:
    """Follow keys to a scalar and give its text."""
    found = value_at(node, merger, *keys)
    return found.value if isinstance(found, ScalarNode) else None


def has_keys(*keys: str) -> Callable[[Node, Merger], bool]:
    """Make a guard for mappings that have all of some keys."""

    def guard(root: Node, merger: Merger) -> bool:
        return isinstance(root, MappingNode) and all(key in merger.items(root) for key in keys)

    return guard
