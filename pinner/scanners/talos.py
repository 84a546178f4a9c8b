"""Talos machine configurations: the installer, kubelet, static pods and control plane.

Talos Linux, v1alpha1 configuration reference: `machine` and `cluster`, also alone, as in patches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.yaml_places import scan_places
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
        "machine.[install|kubelet].image",
        "machine.install.extensions.*.image",
        "machine.pods.*.spec.[containers|initContainers].*.image",
        "cluster.[apiServer|controllerManager|scheduler|proxy|etcd|coreDNS].image",
    ]
)
_TOP = frozenset({"version", "debug", "persist", "machine", "cluster"})


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references in configurations; other documents are passed over."""
    return scan_places(source, name, _PATHS, guard=_is_configuration)


def _is_configuration(root: Node, merger: Merger) -> bool:
    return merger.items(root).keys() <= _TOP
