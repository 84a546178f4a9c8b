"""Woodpecker, Crow, Drone and Vela: the images of steps, services, clones and secrets' origins.

They descend from one program. Values for `${…}` are put into the text before it is YAML. Where
Woodpecker's `labels` ask for the local backend, `image` names a shell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.yaml_places import scan_places, text_at
from pinner.spans.key_paths import KeyPaths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_merging import Merger
    from pinner.spans.yaml_nodes import Node

_PATHS = KeyPaths(
    [
        "[steps|services|clone|pipeline].*.image",
        "stages.*.steps.*.image",
        "secrets.*.origin.image",
    ]
)


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; a substitution in one makes it `templated`."""
    return scan_places(source, name, _PATHS, guard=_runs_containers)


def _runs_containers(root: Node, merger: Merger) -> bool:
    return text_at(root, merger, "labels", "backend") != "local"
