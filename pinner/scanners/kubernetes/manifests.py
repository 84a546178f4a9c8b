"""Kubernetes manifests: PodSpecs wherever they stand, and custom resources with images."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Problem, Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.kubernetes.custom_resources import (
    GROUPS_WITHOUT_IMAGES,
    image_paths,
    is_built_in,
    matches_any,
    path_matches,
)
from pinner.spans.sightings import Sighting, judge_literal, report_sightings
from pinner.spans.template_lines import find_image_lines, is_placeholder, is_template
from pinner.spans.traced import NOWHERE, Traced
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import (
    MappingNode,
    Merger,
    Node,
    ScalarNode,
    SequenceNode,
    YamlSyntaxError,
    parse_documents,
    split_documents,
)
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

_WORDS_PATTERN = re.compile("image|package|docker://")
_API_VERSION = re.compile(r"apiVersion[\"']?[ \t\r\n]*:")
_KIND = re.compile(r"kind[\"']?[ \t\r\n]*:")
_SCHEMA_KIND = re.compile(r"^kind:[ \t]*[\"']?CustomResourceDefinition\b", re.MULTILINE)
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_FREE_FORM_KINDS = frozenset({"ConfigMap", "Secret", "CustomResourceDefinition"})
_OTHER_MEANINGS = frozenset({"status", "metadata", "rbd", "output", "openAPIV3Schema"})
_BUILD_SCHEME = "ko://"
_URL_SCHEME = "docker://"


def scan_manifests(
    source: Source, options: ScanOptions, name: str
) -> Iterator[Occurrence | Problem]:
    """Find references; a document that cannot be read is a Problem, the others go on."""
    reader = _Reader(source, options)
    if source.text.lstrip()[:1] in ("{", "[") and not is_template(source.text):
        reader.read_json()
    else:
        for start, end in split_documents(source.text):
            reader.read_document(start, end)
    yield from report_sightings(reader.seen, source, name)
    yield from reader.problems


class _Reader(Struct):
    source: Source
    options: ScanOptions
    merger: Merger = field(default_factory=Merger)
    seen: list[Sighting] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    roots: list[Node] = field(default_factory=list)

    def read_json(self) -> None:
        from pinner.spans.json_nodes import parse_json_stream  # noqa: PLC0415 - start-up

        text = self.source.text
        try:
            roots = parse_json_stream(text)
        except YamlSyntaxError:
            self.read_document(0, len(text))  # flow style YAML, perhaps
            return
        self.read_objects(roots)

    def read_objects(self, roots: list[Node]) -> None:
        self.roots += roots  # kept, so that an id stands for one node
        try:
            for root in roots:
                self.read_object(root)
        except YamlSyntaxError as error:
            line = self.source.line(error.at)
            self.problems.append(Problem(self.source.path, line, str(error)))

    def read_document(self, start: int, end: int) -> None:
        text = self.source.text
        document = text[start:end]
        if not self.is_worth_parsing(document):
            return
        try:
            roots = parse_documents(document, start)
        except YamlSyntaxError as error:
            if is_template(document):
                self.seen += find_image_lines(text, start, end, self.source.path)
            else:
                line = self.source.line(start + error.at)
                self.problems.append(Problem(self.source.path, line, f"not YAML: {error}"))
            return
        self.read_objects(roots)

    def is_worth_parsing(self, document: str) -> bool:
        if not _API_VERSION.search(document) or not _KIND.search(document):
            return False
        if _SCHEMA_KIND.search(document):
            return False
        return bool(self.options.image_paths) or bool(_WORDS_PATTERN.search(document))

    def read_object(self, root: Node) -> None:
        if id(root) in self.known:  # an alias may lead here again, or a list hold itself
            return
        self.known.add(id(root))
        top = self.merger.items(root)
        api_version, kind = top.get("apiVersion"), top.get("kind")
        if isinstance(root, SequenceNode):
            for item in root.items:
                self.read_object(item)
        if not isinstance(api_version, ScalarNode) or not isinstance(kind, ScalarNode):
            return
        if kind.value.endswith("List") and isinstance(items := top.get("items"), SequenceNode):
            for item in items.items:
                self.read_object(item)
            return
        group = api_version.value.rpartition("/")[0]
        if kind.value in _FREE_FORM_KINDS or matches_any(group, GROUPS_WITHOUT_IMAGES):
            return
        _Walk(self, image_paths(group, kind.value), is_built_in=is_built_in(group)).visit(root)
        if self.options.image_paths:
            configured = tuple(tuple(path.split(".")) for path in self.options.image_paths)
            _Walk(self, configured, looks_everywhere=True).visit(root)

    def note(self, node: Node | None, where: str) -> None:
        """Judge a scalar that is an image by its place."""
        if not isinstance(node, ScalarNode) or not node.is_string or not node.value:
            return
        if node.value.startswith(_BUILD_SCHEME):
            self.seen.append(self.refused(node, where, Reason.BUILT_LOCALLY))
        elif is_placeholder(node.value):
            self.seen.append(self.refused(node, where, Reason.TEMPLATED))
        else:
            self.seen.append(self.judge(node, where))

    def refused(self, node: ScalarNode, where: str, reason: Reason) -> Sighting:
        region = Region(self.source.path, *content_range(node, self.source.text))
        return Sighting(region, where, region.start, reason=reason)

    def judge(self, node: ScalarNode, where: str) -> Sighting:
        traced = trace_scalar(node, self.source.text)
        if traced is None:
            nowhere = [NOWHERE] * len(node.value)
            traced = Traced(node.value, nowhere, nowhere)
        if traced.text.startswith(_URL_SCHEME):
            traced = traced.cut(len(_URL_SCHEME), len(traced.text))
        if not traced.text:
            return self.refused(node, where, Reason.INVALID_REFERENCE)
        seen = judge_literal(traced, where, self.source.path)
        if seen.region.start == NOWHERE:
            region = Region(self.source.path, *content_range(node, self.source.text))
            seen = replace(seen, region=region, seen_at=region.start)
        return seen


class _Walk(Struct):
    """A walk over one object; what an alias leads to a second time is not visited again.

    A walk that looks everywhere follows the user's paths, and only these.
    """

    reader: _Reader
    paths: tuple[tuple[str, ...], ...]
    is_built_in: bool = False
    looks_everywhere: bool = False
    visited: set[int] = field(default_factory=set)

    def visit(self, root: Node) -> None:
        pending: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
        items_of = self.reader.merger.items
        while pending:
            node, path = pending.pop()
            if id(node) in self.visited:
                continue
            self.visited.add(id(node))
            children: Iterable[tuple[str, Node]] = items_of(node).items()
            if isinstance(node, SequenceNode):
                children = ((str(at), item) for at, item in enumerate(node.items))
            for key, value in children:
                if not isinstance(value, ScalarNode):
                    self.visit_field(key, value, path)
                    if self.looks_everywhere or key not in _OTHER_MEANINGS:
                        pending.append((value, (*path, key)))
                elif key == "image" or self.paths:
                    self.visit_scalar(key, value, path)

    def visit_field(
        self, key: str, value: MappingNode | SequenceNode, path: tuple[str, ...]
    ) -> None:
        if self.looks_everywhere or not isinstance(value, SequenceNode):
            return
        if key in _CONTAINERS:
            self.note_each(value, ("image",), (*path, key))
        elif key == "volumes":
            self.note_each(value, ("image", "reference"), (*path, key))

    def visit_scalar(self, key: str, value: ScalarNode, path: tuple[str, ...]) -> None:
        inner = (*path, key)
        if key == "image" and not self.looks_everywhere and self.is_image(value, path):
            self.reader.note(value, _where(inner))
        if any(path_matches(pattern, inner) for pattern in self.paths):
            self.note_field(value, inner)

    def note_each(self, items: SequenceNode, keys: tuple[str, ...], path: tuple[str, ...]) -> None:
        for at, item in enumerate(items.items):
            value: Node | None = item
            for key in keys:
                value = self.reader.merger.items(value).get(key)
            self.reader.note(value, _where((*path, str(at), *keys)))

    def note_field(self, node: ScalarNode, path: tuple[str, ...]) -> None:
        if path[-1] == "url" and not node.value.startswith(_URL_SCHEME):
            return
        self.reader.note(node, _where(path))

    def is_image(self, node: ScalarNode, path: tuple[str, ...]) -> bool:
        """Take an `image` field of a custom resource for one if it bears a tag, digest or host."""
        if self.is_built_in or not path:
            return False
        try:
            reference = ImageReference.parse(node.value)
        except ReferenceSyntaxError:
            return False
        host, slash, _ = node.value.partition("/")
        return bool(reference.tag or reference.digest or (slash and "." in host))


def _where(path: tuple[str, ...]) -> str:
    """Write a path as people do: `spec.containers[0].image`."""
    first, *others = path
    return first + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in others)
