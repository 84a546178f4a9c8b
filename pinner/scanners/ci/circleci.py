"""CircleCI: the images of jobs and executors, not those of machines.

Configuration reference: `docker` of `jobs`, `executors` and inline `orbs`.
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

_PATHS = KeyPaths(
    [
        "[jobs|executors].*.docker.*.image",
        "orbs.*.[jobs|executors].*.docker.*.image",
    ]
)


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; a parameter or a variable in one makes it `templated`."""
    return scan_places(source, name, _PATHS)
