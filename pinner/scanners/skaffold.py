"""Skaffold: what artifacts are built with and upon; the artifacts themselves are built here.

skaffold.yaml reference: `build.artifacts`, `verify`, `customActions`, and the same in `profiles`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.mentions import BuiltImage
from pinner.scanners.yaml_places import nodes_at, scan_places, text_at
from pinner.spans.key_paths import KeyPaths
from pinner.spans.yaml_nodes import ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_merging import Merger
    from pinner.spans.yaml_nodes import Node

_HOMES = ("", "profiles.*.")
_PATHS = KeyPaths(
    [
        f"{home}{path}"
        for home in _HOMES
        for path in (
            "build.artifacts.*.buildpacks.[builder|runImage]",
            "build.artifacts.*.[jib|ko].fromImage",
            "build.artifacts.*.kaniko.[image|initImage]",
            "verify.*.container.image",
            "customActions.*.containers.*.image",
        )
    ]
)
_ARTIFACTS = KeyPaths([f"{home}build.artifacts.*.image" for home in _HOMES])


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; what a template fills in is `templated`."""
    return scan_places(source, name, _PATHS, guard=_is_configuration)


def mentions(source: Source) -> Iterator[BuiltImage]:
    """Give the artifacts: nobody pulls them; nothing where the file is no YAML."""
    for reached in nodes_at(source, _ARTIFACTS, _is_configuration):
        node = reached.node
        if isinstance(node, ScalarNode):
            with suppress(ReferenceSyntaxError):
                yield BuiltImage(ImageReference.parse(node.value).tagged().without_digest())


def _is_configuration(root: Node, merger: Merger) -> bool:
    return (text_at(root, merger, "apiVersion") or "").startswith("skaffold/")
