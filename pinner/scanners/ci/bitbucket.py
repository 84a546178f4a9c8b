"""Bitbucket Pipelines: the images of steps and services, and pipes of `docker://…`.

bitbucket-pipelines.yml reference: `image` as text or with a `name`, at the top, in steps at any
depth, and in `definitions`. Any other pipe is named by its repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.yaml_places import scan_places
from pinner.spans.judging import URL_SCHEME
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_merging import Merger
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_HOMES = ("", "[pipelines|definitions].**.step.", "definitions.[steps|services].*.")
_IMAGES = KeyPaths([f"{home}image{form}" for home in _HOMES for form in ("", ".name")])
_PIPES = KeyPaths(["[pipelines|definitions].**.[script|after-script].*.pipe"])


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; a variable in one makes it `templated`."""
    return scan_places(source, name, _IMAGES, guard=_is_pipeline, more=_read_pipes)


def _is_pipeline(root: Node, merger: Merger) -> bool:
    return not {"pipelines", "definitions"}.isdisjoint(merger.items(root))


def _read_pipes(reader: YamlReader, root: Node) -> None:
    for reached in find_nodes(root, _PIPES, reader.merger):
        if isinstance(reached.node, ScalarNode) and reached.node.value.startswith(URL_SCHEME):
            reader.judge.note(reached.node, reached.where)
