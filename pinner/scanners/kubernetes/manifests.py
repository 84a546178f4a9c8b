"""Kubernetes manifests: PodSpecs wherever they stand, and custom resources with images."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.scanners.kubernetes.custom_resources import (
    GROUPS_WITHOUT_IMAGES,
    image_paths,
    is_built_in,
    matches_any,
)
from pinner.scanners.kubernetes.walk import Walk
from pinner.spans.hidden_words import may_hide_words
from pinner.spans.judging import URL_SCHEME
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import (
    Node,
    ScalarNode,
    SequenceNode,
)
from pinner.spans.yaml_reading import YamlReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_merging import Merger

_OCI_SCHEME = "oci://"
# A schema's document, recognised without parsing it: block style from its first line on, its kind
# right after at most its version, and nothing at the left that could be another kind.
_SCHEMA_HEAD = (
    r"(?:---[ \t]*\r?\n|[ \t]*(?:#[^\n]*)?\r?\n)*"
    r"(?:apiVersion:[ \t]+[\w./-]+[ \t]*\r?\n)?"
    r"kind:[ \t]+CustomResourceDefinition[ \t]*\r?\n"
)
_AT_THE_LEFT = r"(?m:^(?!(?:metadata|spec|status|apiVersion):|[ \t#\r\n]|\.\.\.\s|\Z))"
_OTHER_LINE_ENDS = ("\x85", "\u2028", "\u2029")
_DEPLOYING_KINDS = frozenset({
    "HelmRelease", "Application", "ApplicationSet", "HelmChart", "HelmChartConfig",
    "Kustomization",
})  # fmt: skip
_FREE_FORM_KINDS = frozenset({"ConfigMap", "Secret", "CustomResourceDefinition"})


def scan_manifests(
    source: Source,
    options: ScanOptions,
    name: str,
    may_hold: Callable[[bytes, ScanOptions], bool],
) -> Iterator[Occurrence | Problem]:
    """Find references; a document that cannot be read is a Problem, the others go on.

    `may_hold` says whether a manifest may hold any: of a stream's documents, most do not.
    """
    reader = YamlReader.of(source)
    objects = _Objects(options, reader, may_hold)
    reader.read(objects.read_object, objects.is_worth_parsing)
    return reader.results(name)


class _Objects(Struct):
    options: ScanOptions
    reader: YamlReader
    may_hold: Callable[[bytes, ScanOptions], bool]
    known: set[int] = field(default_factory=set)

    @property
    def merger(self) -> Merger:
        return self.reader.merger

    def is_worth_parsing(self, document: str) -> bool:
        content = document.encode("utf-8", "surrogatepass")
        if not self.may_hold(content, self.options):
            return False
        return may_hide_words(content) or not _is_schema(document)

    def read_object(self, root: Node, group: str | None = None, kind: str | None = None) -> None:
        """Read an object; those of a list have its group and kind where they name none."""
        if id(root) in self.known:  # an alias may lead here again, or a list hold itself
            return
        self.known.add(id(root))
        if isinstance(root, SequenceNode):
            for item in root.items:
                self.read_object(item)
        version = self.texts_of(root, "apiVersion")
        group = version[0].rpartition("/")[0] if version else group
        kinds = self.texts_of(root, "kind") or ([kind] if kind else [])
        lists = [
            node for node in self.merger.values_of(root, "items") if isinstance(node, SequenceNode)
        ]
        for items in lists:
            self.read_items(items, group, kinds)
        kind = next((name for name in kinds if name not in _FREE_FORM_KINDS), None)
        if group is None or kind is None or (lists and kind.endswith("List")):
            return
        if not matches_any(group, GROUPS_WITHOUT_IMAGES):
            self.walk(root, self.merger.items(root), group, kind)

    def read_items(self, items: SequenceNode, group: str | None, kinds: list[str]) -> None:
        """Read a list's items; kubectl takes every object with `items` for a list."""
        inner = next((kind.removesuffix("List") for kind in kinds), "")
        for item in items.items:
            self.read_object(item, group if inner else None, inner or None)

    def texts_of(self, root: Node, key: str) -> list[str]:
        """Give the texts that a key has, for one engine or another."""
        return [
            node.value for node in self.merger.values_of(root, key) if isinstance(node, ScalarNode)
        ]

    def walk(self, root: Node, top: dict[str, Node], group: str, kind: str) -> None:
        merger, judge = self.merger, self.reader.judge
        replaced = self.placeholders(top) if kind == "DeploymentConfig" else frozenset()
        Walk(merger, judge, is_built_in=is_built_in(group), placeholders=replaced).visit(root)
        paths = (*image_paths(group, kind), *self.options.image_paths)
        if paths:
            self.note_paths(root, paths)
        if kind in _DEPLOYING_KINDS:
            from pinner.scanners.kubernetes.gitops import read_gitops  # noqa: PLC0415 - start-up

            read_gitops(self.reader, root, group, self.options)

    def note_paths(self, root: Node, paths: tuple[str, ...]) -> None:
        """Note what stands at paths; a URL only if its scheme is that of an image."""
        for reached in find_nodes(root, _key_paths(paths), self.reader.merger):
            node = reached.node
            if reached.keys[:1] == ("status",) or not isinstance(node, ScalarNode):
                continue
            if reached.keys[-1] != "url" or node.value.startswith(URL_SCHEME):
                self.reader.judge.note(node, reached.where)
            elif node.value.startswith(_OCI_SCHEME):
                self.reader.judge.note_part(node, reached.where, len(_OCI_SCHEME))

    def placeholders(self, top: dict[str, Node]) -> frozenset[str]:
        """Name the containers whose image OpenShift writes when an image stream changes."""
        triggers = self.merger.items(top.get("spec")).get("triggers")
        names = set()
        for trigger in triggers.items if isinstance(triggers, SequenceNode) else ():
            change = self.merger.items(self.merger.items(trigger).get("imageChangeParams"))
            listed = change.get("containerNames")
            if isinstance(listed, SequenceNode):
                names |= {item.value for item in listed.items if isinstance(item, ScalarNode)}
        return frozenset(names)


@cache
def _key_paths(paths: tuple[str, ...]) -> KeyPaths:
    return KeyPaths(paths)


def _is_schema(document: str) -> bool:
    """Say whether text is nothing but a schema, for every engine."""
    if "CustomResourceDefinition" not in document:
        return False
    head = re.match(_SCHEMA_HEAD, document)
    if head is None or re.search(_AT_THE_LEFT, document[head.end() :]):
        return False
    has_other_ends = document.count("\r") != document.count("\r\n")
    return not has_other_ends and not any(end in document for end in _OTHER_LINE_ENDS)
