"""ECS task definitions, CloudFormation and SAM: the images of containers and functions.

ECS, task definition parameters: `containerDefinitions[].image`; CloudFormation: the properties
`ContainerDefinitions`, `ContainerProperties` and `ImageUri`. Intrinsic functions give no text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.occurrence import Reason
from pinner.scanners.yaml_places import scan_places, value_at
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_TASKS = KeyPaths(["containerDefinitions.*.image", "taskDefinition.containerDefinitions.*.image"])
_RESOURCES = KeyPaths(["Resources.*", "Globals.Function"])
_PROPERTIES = KeyPaths(
    [
        "Properties.ContainerDefinitions.*.Image",
        "Properties.ContainerProperties.Image",
        "Properties.ImageUri",
        "Properties.Code.ImageUri",
        "ImageUri",
    ]
)
_FUNCTION = "!"  # how tags of intrinsic functions begin
_SUBSTITUTED = "!Sub"


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; what `!Sub` or a deployment fills in is `templated`."""
    return scan_places(source, name, _TASKS, more=_read)


def _read(reader: YamlReader, root: Node) -> None:
    for resource in find_nodes(root, _RESOURCES, reader.merger):
        is_built = value_at(resource.node, reader.merger, "Metadata", "Dockerfile") is not None
        for reached in find_nodes(resource.node, _PROPERTIES, reader.merger):
            node, where = reached.node, f"{resource.where}.{reached.where}"
            if not isinstance(node, ScalarNode) or _is_function(node):
                continue
            if is_built and reached.keys[-1] == "ImageUri":
                reader.judge.refuse(node, where, Reason.BUILT_LOCALLY)
            else:
                reader.judge.note(node, where)


def _is_function(node: ScalarNode) -> bool:
    return (node.tag or "").startswith(_FUNCTION) and node.tag not in (_SUBSTITUTED, _FUNCTION)
