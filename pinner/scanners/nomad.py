"""Nomad jobs: the images of tasks that a container driver runs.

The job specification: `config` of `task` and `sidecar_task`, whose driver says what `image` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.hcl_literals import chains, note_value, written_chain
from pinner.spans.hcl_nodes import Template
from pinner.spans.literals import Literals, scan_literals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.hcl_nodes import Block, Expression
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
    for chain in chains(literals):
        if chain[0].kind == "job" and chain[-1].kind == "config":
            image = chain[-1].get("image")
            if _is_pulled(chain[-2], _literal(image)):
                note_value(literals, image, f"{written_chain(chain)}.image")


def _is_pulled(task: Block, image: str | None) -> bool:
    """Say whether a task's driver runs containers; docker is the one of sidecars."""
    if task.kind not in ("task", "sidecar_task"):
        return False
    driver = _literal(task.get("driver"))
    if driver == "podman" and image is not None and image.startswith(_ELSEWHERE):
        return False
    return driver is None or driver in _DRIVERS


def _literal(value: Expression | None) -> str | None:
    text = value.literal if isinstance(value, Template) else None
    return None if text is None else text.text
