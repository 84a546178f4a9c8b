"""Azure Pipelines: container resources, and the containers and services of jobs.

YAML schema reference: `resources.containers`, `jobs.job.container`, `services`. Jobs stand in
stages, templates and parameters, and below `${{ if … }}:`. A text is the name of a resource if one
of the file is called so. A bare word that is none may be a resource of the file that uses this
template, so it is not edited.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pinner.model.occurrence import Reason
from pinner.scanners.mentions import Mention
from pinner.scanners.yaml_places import nodes_at, scan_places, text_at
from pinner.spans.key_paths import KeyPaths, find_nodes, written_path
from pinner.spans.yaml_nodes import MappingNode, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.key_paths import Reached
    from pinner.spans.source import Source
    from pinner.spans.yaml_merging import Merger
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_CONDITION = "${{"
_RESOURCES = KeyPaths([f"resources.containers.*{inside}" for inside in ("", ".${{*", ".${{*.*")])
_TEMPLATES = KeyPaths(["**.template"])
_SELF = "@self"  # of this repository, not of another
_EVERYTHING = KeyPaths(["**"])
_OF_JOBS = KeyPaths(["container", "services.*"])


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; an expression or a variable in one makes it `templated`."""
    return scan_places(source, name, KeyPaths([]), more=_read)


def mentions(source: Source) -> Iterator[Mention]:
    """Give the templates of this repository that a pipeline uses."""
    for reached in nodes_at(source, _TEMPLATES):
        user = reached.keys[-2:-1]
        is_used = any(key == "extends" or _is_place(key) for key in user)
        if not isinstance(reached.node, ScalarNode) or not is_used:
            continue
        path = reached.node.value.removesuffix(_SELF)
        if path.endswith((".yml", ".yaml")) and "$" not in path:
            folder = "" if path.startswith("/") else posixpath.dirname(source.path)
            yield Mention(
                path=posixpath.normpath(posixpath.join(folder, path.lstrip("/"))),
                format="azure-pipelines",
                line=source.line(reached.node.start),
                where=reached.where,
            )


def _read(reader: YamlReader, root: Node) -> None:
    names = set()
    for resource in find_nodes(root, _RESOURCES, reader.merger):
        names.add(text_at(resource.node, reader.merger, "container"))
        _note_image(reader, resource.node, resource.where)
    for job in find_nodes(root, _EVERYTHING, reader.merger):
        if isinstance(job.node, MappingNode) and _is_job(job, reader.merger):
            for reached in find_nodes(job.node, _OF_JOBS, reader.merger):
                node, where = reached.node, written_path((*job.keys, *reached.keys))
                if not isinstance(node, ScalarNode):
                    _note_image(reader, node, where)
                elif node.value not in names:
                    is_image = any(sign in node.value for sign in "/:@")
                    reader.judge.note(node, where, is_editable=is_image)


def _note_image(reader: YamlReader, container: Node, where: str) -> None:
    is_local = text_at(container, reader.merger, "localImage") == "true"
    for image in reader.merger.values_of(container, "image"):
        if is_local and isinstance(image, ScalarNode):
            reader.judge.refuse(image, f"{where}.image", Reason.BUILT_LOCALLY)
        else:
            reader.judge.note(image, f"{where}.image")


def _is_job(reached: Reached, merger: Merger) -> bool:
    """Say whether a mapping is a job, or a pipeline of a single one."""
    named = [key for key in reached.keys if not _is_place(key)]
    if not named or named[-1] == "jobs":
        return True
    return not {"job", "deployment"}.isdisjoint(merger.items(reached.node))


def _is_place(key: str) -> bool:
    """Say whether a key is a number in a list, or a condition."""
    return key.isdecimal() or key.startswith(_CONDITION)
