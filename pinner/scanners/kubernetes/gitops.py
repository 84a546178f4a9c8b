"""What Flux, Argo CD and K3s deploy: the values of Helm releases, the images of kustomizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.helm_values import HelmValues
from pinner.scanners.kustomize_images import note_kustomize_images
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import ScalarNode
from pinner.spans.yaml_parts import parse_part

if TYPE_CHECKING:
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_SOURCES = (
    "spec.source",
    "spec.sources.*",
    "**.template.spec.source",
    "**.template.spec.sources.*",
)
_VALUES = {
    "helm.toolkit.fluxcd.io": KeyPaths(["spec.values"]),
    "argoproj.io": KeyPaths([f"{path}.helm.[values|valuesObject]" for path in _SOURCES]),
    "helm.cattle.io": KeyPaths(["spec.valuesContent"]),
}
_IMAGES = {
    "helm.toolkit.fluxcd.io": KeyPaths(["spec.postRenderers.*.kustomize.images"]),
    "argoproj.io": KeyPaths([f"{path}.kustomize.images" for path in _SOURCES]),
    "kustomize.toolkit.fluxcd.io": KeyPaths(["spec.images"]),
}


def read_gitops(reader: YamlReader, root: Node, group: str, options: ScanOptions) -> None:
    """Note the images of an object that deploys others."""
    if group in _VALUES:
        values = HelmValues(reader.merger, reader.judge, options.pins_helm_tags)
        for reached in find_nodes(root, _VALUES[group], reader.merger):
            for node in _parsed(reader, reached.node):
                values.read(node, reached.keys)
    if group in _IMAGES:
        for reached in find_nodes(root, _IMAGES[group], reader.merger):
            note_kustomize_images(reached.node, reached.where, reader.merger, reader.judge)


def _parsed(reader: YamlReader, node: Node) -> list[Node]:
    """Give values, or the roots of the text that holds them."""
    if not isinstance(node, ScalarNode):
        return [node]
    roots = parse_part(node, reader.source.text, reader.budget)
    reader.roots += roots
    return roots
