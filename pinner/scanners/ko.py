"""ko: the base images that Go programs are built upon.

ko, configuration: `defaultBaseImage` and `baseImageOverrides`, whose letters may be of any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.yaml_places import scan_places
from pinner.spans.key_paths import KeyPaths, children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references."""
    return scan_places(source, name, KeyPaths([]), more=_read)


def _read(reader: YamlReader, root: Node) -> None:
    for key, node in children(root, reader.merger):
        if key.lower() == "defaultbaseimage":
            reader.judge.note(node, key)
        elif key.lower() == "baseimageoverrides":
            for package, image in children(node, reader.merger):
                reader.judge.note(image, f"{key}.{package}")
