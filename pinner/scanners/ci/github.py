"""GitHub Actions: the images of containers, services, `uses: docker://…` and Docker actions.

Workflow syntax: `jobs.<job_id>.container`, `services`, `steps[*].uses`; metadata syntax:
`runs.image`. An expression that is all of an image and names a matrix value leads to the literals
of the matrix.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.scanners.yaml_places import scan_places, value_at
from pinner.spans.judging import URL_SCHEME
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import MappingNode, ScalarNode, SequenceNode

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
_WHOLE = re.compile(r"\$\{\{\s*matrix\.([A-Za-z_][\w-]*)((?:\.[A-Za-z_][\w-]*)*)\s*\}\}")


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
    for job in find_nodes(root, _JOBS, reader.merger):
        for reached in find_nodes(job.node, _IMAGES, reader.merger):
            where = f"{job.where}.{reached.where}"
            values = _Matrix(reader, job.node).values_of(reached.node)
            for value, inside in values:
                reader.judge.note(value, f"{job.where}.{inside}" if inside else where)


class _Matrix(Struct, frozen=True):
    """The literals that a job's `strategy.matrix` gives an image."""

    reader: YamlReader
    job: Node

    def values_of(self, node: Node) -> list[tuple[Node, str]]:
        """Give an image's literals and where they stand; itself where it is no matrix value."""
        match = _WHOLE.fullmatch(node.value.strip()) if isinstance(node, ScalarNode) else None
        matrix = value_at(self.job, self.reader.merger, "strategy", "matrix")
        if match is None or not isinstance(matrix, MappingNode):
            return [(node, "")]
        keys = (match[1], *match[2].split(".")[1:])
        found = self._listed(matrix, keys)
        included = value_at(matrix, self.reader.merger, "include")
        if isinstance(included, SequenceNode):
            for at, item in enumerate(included.items):
                value = value_at(item, self.reader.merger, *keys)
                found.append((value, f"strategy.matrix.include[{at}].{'.'.join(keys)}"))
        literals = [(value, where) for value, where in found if isinstance(value, ScalarNode)]
        return list(literals) or [(node, "")]

    def _listed(self, matrix: Node, keys: tuple[str, ...]) -> list[tuple[Node | None, str]]:
        listed = value_at(matrix, self.reader.merger, keys[0])
        if not isinstance(listed, SequenceNode):
            return []
        return [
            (
                value_at(item, self.reader.merger, *keys[1:]),
                ".".join((f"strategy.matrix.{keys[0]}[{at}]", *keys[1:])),
            )
            for at, item in enumerate(listed.items)
        ]
