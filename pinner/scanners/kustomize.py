"""Kustomizations: the tags and digests of `images`.

What a manifest has under such a name is replaced, if every kustomization over it does so: its own
text then counts for nobody.
"""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING

from pinner.scanners.kustomize_images import note_kustomize_images
from pinner.scanners.mentions import Overlay
from pinner.spans.yaml_nodes import ScalarNode, SequenceNode
from pinner.spans.yaml_reading import YamlReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find the references of a kustomization."""
    reader = YamlReader.of(source)

    def visit(root: Node) -> None:
        for images in reader.merger.values_of(root, "images"):
            note_kustomize_images(images, "images", reader.merger, reader.judge)

    reader.read(visit)
    return reader.results(name)


def mentions(source: Source) -> Iterator[Overlay]:
    """Say which files a kustomization lies over, and the images that it replaces."""
    reader = YamlReader.of(source)
    found: list[Overlay] = []
    folder = source.path.rpartition("/")[0]

    def visit(root: Node) -> None:
        merger = reader.merger
        below = [
            normpath(f"{folder}/{item.value}" if folder else item.value)
            for key in ("resources", "bases", "components")
            for items in merger.values_of(root, key)
            if isinstance(items, SequenceNode)
            for item in items.items
            if isinstance(item, ScalarNode) and "://" not in item.value
        ]
        rows = [merger.items(row) for row in _rows(merger.items(root).get("images"))]
        names = [row["name"] for row in rows if "name" in row and len(row) > 1]
        replaced = frozenset(name.value for name in names if isinstance(name, ScalarNode))
        found.append(Overlay(tuple(below), replaced))

    reader.read(visit)
    yield from found


def _rows(images: Node | None) -> list[Node]:
    return images.items if isinstance(images, SequenceNode) else []
