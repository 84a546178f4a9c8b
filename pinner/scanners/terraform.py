"""Terraform and OpenTofu: the literal images of resources that run containers.

The providers' documentation of each resource. What a resource builds or pushes is its output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.occurrence import Reason
from pinner.spans.hcl_literals import chains, note_value, refuse_range, written_chain
from pinner.spans.hcl_nodes import (
    Expression,
    ObjectValue,
    Template,
    inner_expressions,
)
from pinner.spans.json_nodes import parse_json_stream
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.pod_texts import trace_inner
from pinner.spans.traced import Traced
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import ScalarNode, YamlSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.hcl_nodes import Block
    from pinner.spans.source import Source


class _Place(Struct, frozen=True):
    """Resources by the beginning of their type, blocks inside them or none, and an attribute.

    `data` says of objects and JSON in the attribute under which keys those with an `image` stand;
    the empty key is the attribute itself.
    """

    resource: str
    blocks: tuple[str, ...]
    attribute: str = "image"
    data: tuple[str, ...] = ()


_CONTAINERS = ("container", "init_container", "containers")
_POD_LISTS = ("containers", "initContainers", "ephemeralContainers")
_PLACES = (
    _Place("docker_image", (), "name"),
    _Place("docker_container", ()),
    _Place("docker_service", ("container_spec",)),
    _Place("kubernetes_manifest", (), "manifest", _POD_LISTS),
    _Place("kubernetes_", _CONTAINERS),
    _Place("google_cloud_run", _CONTAINERS),
    _Place("azurerm_container_", _CONTAINERS),
    _Place("aws_lambda_function", (), "image_uri"),
    _Place("aws_apprunner_service", ("image_repository",), "image_identifier"),
    _Place("aws_ecs_task_definition", (), "container_definitions", ("",)),
    _Place("aws_batch_job_definition", (), "container_properties", ("",)),
)
_RESOURCES = tuple(place.resource for place in _PLACES)
# What other resources give: theirs are the references.
_OWN = ("docker_image.", "data.docker_image.", "docker_registry_image.")
_JSON_IMAGES = KeyPaths(["*.image", "image"])


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find references; raises ScanError for what is not HCL."""
    return scan_literals(source, name, _read)


def _read(literals: Literals) -> None:
    for chain in chains(literals):
        resource = chain[0]
        kind = resource.labels[0] if resource.kind == "resource" and resource.labels else ""
        if not kind.startswith(_RESOURCES):
            continue
        for place in _PLACES:
            if kind.startswith(place.resource) and _is_at(chain, place.blocks):
                _read_place(literals, chain, place)


def _is_at(chain: tuple[Block, ...], blocks: tuple[str, ...]) -> bool:
    if not blocks:
        return len(chain) == 1
    block = chain[-1]
    if block.kind == "content" and chain[-2].kind == "dynamic":
        return chain[-2].labels[:1] != () and chain[-2].labels[0] in blocks
    return len(chain) > 1 and block.kind in blocks


def _read_place(literals: Literals, chain: tuple[Block, ...], place: _Place) -> None:
    value = chain[-1].get(place.attribute)
    where = f"{written_chain(chain)}.{place.attribute}"
    if value is None or literals.source.text.startswith(_OWN, value.start):
        return
    if place.data:
        _read_data(literals, value, where, place.data)
    elif place.resource == "docker_image" and any(one.kind == "build" for one in chain[0].blocks):
        region = value.inner if isinstance(value, Template) else (value.start, value.end)
        refuse_range(literals, region, where, Reason.BUILT_LOCALLY)
    else:
        note_value(literals, value, where)


def _read_data(literals: Literals, value: Expression, where: str, keys: tuple[str, ...]) -> None:
    """Read the images of objects, of what functions make of them, and of JSON."""
    pending = [(value, "" in keys)]
    while pending:
        one, is_container = pending.pop()
        match one:
            case Template():
                if is_container:
                    _read_json(literals, one, where)
            case ObjectValue(items=items):
                if is_container:
                    note_value(literals, one.get("image"), where)
                pending += [(inner, key in keys) for key, inner in reversed(items)]
            case _:
                pending += [(inner, is_container) for inner in reversed(inner_expressions(one))]


def _read_json(literals: Literals, value: Template, where: str) -> None:
    """Read JSON in a text; what is interpolated stands there as it is written."""
    source = literals.source
    parts = [
        part
        if isinstance(part, Traced)
        else Traced.of(source.text[part.start : part.end], part.start)
        for part in value.parts
    ]
    text = Traced.join(parts) if parts else Traced("", (), ())
    try:
        roots = parse_json_stream(text.text)
    except YamlSyntaxError:
        if '"image"' in text.text.lower():
            refuse_range(literals, value.inner, where, Reason.TEMPLATED)
        return
    for root in roots:
        for reached in find_nodes(root, _JSON_IMAGES, Merger()):
            node = reached.node
            inner = trace_inner(node, text) if isinstance(node, ScalarNode) else None
            if inner is not None:
                literals.note(inner, where)
