"""Kustomizations: the tags and digests of `images`.

What a manifest of `resources` has under such a name is replaced: its own text counts for nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.kustomize_images import note_kustomize_images
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
