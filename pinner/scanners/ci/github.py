"""GitHub Actions: the images of containers, services, `uses: docker://…` and Docker actions.

Workflow syntax: `jobs.<job_id>.container`, `services`, `steps[*].uses`; metadata syntax:
`runs.image`. Gitea and Forgejo read the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.ci.github_matrix import JobMatrix, Literal
from pinner.scanners.yaml_places import scan_places
from pinner.spans.judging import URL_SCHEME
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_IMAGES = KeyPaths(["container", "container.image", "services.*.image"])
_USES = KeyPaths(["jobs.*.steps.*.uses", "runs.steps.*.uses", "runs.image"])
_JOBS = KeyPaths(["jobs.*"])


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references in a workflow or an action."""
    return scan_places(source, name, KeyPaths([]), more=_read)


def _read(reader: YamlReader, root: Node) -> None:
    for reached in find_nodes(root, _USES, reader.merger):
        if isinstance(reached.node, ScalarNode) and reached.node.value.startswith(URL_SCHEME):
            reader.judge.note(reached.node, reached.where)
    literals: dict[int, Literal] = {}
    for job in find_nodes(root, _JOBS, reader.merger):
        images = list(find_nodes(job.node, _IMAGES, reader.merger))
        matrix = JobMatrix(job, images, reader.merger)
        for image in images:
            values = matrix.values_of(image.node)
            for found in values or [Literal(image.node, f"{job.where}.{image.where}")]:
                known = literals.setdefault(id(found.node), found)
                known.is_shared |= found.is_shared
    for literal in literals.values():
        reader.judge.note(literal.node, literal.where, is_editable=not literal.is_shared)
