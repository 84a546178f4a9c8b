"""Nomad jobs: the images of tasks that a container driver runs.

The job specification: `config` of `task` and `sidecar_task`, whose driver says what `image` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.hcl_literals import note_value
from pinner.spans.hcl_nodes import Template, all_blocks
from pinner.spans.hcl_reading import parse_hcl
from pinner.spans.literals import Literals, scan_literals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.hcl_nodes import Block
    from pinner.spans.source import Source

_DRIVERS = frozenset({"docker", "podman", "containerd", "containerd-driver"})
_ELSEWHERE = ("oci-archive:", "docker-archive:", "oci:", "dir:")


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find references; raises ScanError for what is not HCL."""
    return scan_literals(source, name, _read)


def _read(literals: Literals) -> None:
    file = parse_hcl(literals.source.text)
    literals.comments = file.comments
    for chain in all_blocks(file.body):
        if chain[0].kind == "job" and chain[-1].kind == "config" and _is_container(chain):
            image = chain[-1].get("image")
            literal = image.literal if isinstance(image, Template) else None
            if literal is None or not literal.text.startswith(_ELSEWHERE):
                path = ".".join(part for block in chain for part in (block.kind, *block.labels))
                note_value(literals, image, f"{path}.image")


def _is_container(chain: tuple[Block, ...]) -> bool:
    """Say whether a `config` is one of a driver that runs containers; docker is the sidecars'."""
    task = chain[-2]
    if task.kind not in ("task", "sidecar_task"):
        return False
    driver = task.get("driver")
    literal = driver.literal if isinstance(driver, Template) else None
    return literal is None or literal.text in _DRIVERS
