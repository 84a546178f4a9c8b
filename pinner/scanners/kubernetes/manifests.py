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
from pinner.spans.hidden_words import may_hide_words
from pinner.spans.sightings import Sighting, judge_literal, report_sightings
from pinner.spans.source import IsComment, any_comment
from pinner.spans.template_lines import find_image_lines, is_placeholder, is_template
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import (
    MappingNode,
    Merger,
    Node,
    ScalarNode,
    SequenceNode,
    TooDeepError,
    YamlSyntaxError,
    comment_test,
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
# A schema's document, recognised without parsing it: block style from its first line on, its kind
# right after at most its version, and nothing at the left that could be another kind.
_SCHEMA_HEAD = re.compile(
    r"(?:---[ \t]*\r?\n|[ \t]*(?:#[^\n]*)?\r?\n)*"
    r"(?:apiVersion:[ \t]+[\w./-]+[ \t]*\r?\n)?"
    r"kind:[ \t]+CustomResourceDefinition[ \t]*\r?\n"
)
_AT_THE_LEFT = re.compile(
    r"^(?!(?:metadata|spec|status|apiVersion):|[ \t#\r\n]|\.\.\.\s|\Z)", re.MULTILINE
)
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_FREE_FORM_KINDS = frozenset({"ConfigMap", "Secret", "CustomResourceDefinition"})
_OTHER_MEANINGS = frozenset({"status", "metadata", "rbd", "output", "openAPIV3Schema"})
_BUILD_SCHEME = "ko://"
_URL_SCHEME = "docker://"
_ISTIO_PLACEHOLDER = "auto"


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
    is_comment = reader.comment_test() if "pinner:" in source.text else any_comment
    yield from report_sightings(reader.seen, source, name, is_comment)
    yield from reader.problems


class _Reader(Struct):
    source: Source
    options: ScanOptions
    merger: Merger = field(default_factory=Merger)
    seen: list[Sighting] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    roots: list[Node] = field(default_factory=list)
    is_json: bool = False

    def comment_test(self) -> IsComment:
        """Tell comments from other text, if all of the text was parsed."""
        if self.is_json:
            return lambda _: False
        return comment_test(self.roots, self.source.text)

    def read_json(self) -> None:
        from pinner.spans.json_nodes import parse_json_stream  # noqa: PLC0415 - start-up

        text = self.source.text
        try:
            roots = parse_json_stream(text)
        except YamlSyntaxError:
            self.read_document(0, len(text))  # flow style YAML, perhaps
            return
        self.is_json = True
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
            if is_template(document) and not isinstance(error, TooDeepError):
                self.seen += find_image_lines(text, start, end, self.source.path)
            else:
                line = self.source.line(start + error.at)
                self.problems.append(Problem(self.source.path, line, f"not YAML: {error}"))
            return
        self.read_objects(roots)

    def is_worth_parsing(self, document: str) -> bool:
        if may_hide_words(document.encode("utf-8", "surrogatepass")):
            return True
        if "apiVersion" not in document or "kind" not in document:
            return False
        head = _SCHEMA_HEAD.match(document)
        if head and not _AT_THE_LEFT.search(document, head.end()):
            return False
        return bool(self.options.image_paths) or bool(_WORDS_PATTERN.search(document))

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
        kind = next((name for name in kinds if name not in _FREE_FORM_KINDS), None)
        if group is None or kind is None:
            return
        top = self.merger.items(root)
        if kind.endswith("List") and isinstance(items := top.get("items"), SequenceNode):
            inner = kind.removesuffix("List") or None
            for item in items.items:
                self.read_object(item, group if inner else None, inner)
        elif not matches_any(group, GROUPS_WITHOUT_IMAGES):
            self.walk(root, top, group, kind)

    def texts_of(self, root: Node, key: str) -> list[str]:
        """Give the texts that a key has, for one engine or another."""
        pairs = (*self.merger.items(root).items(), *self.merger.rivals(root))
        return [node.value for name, node in pairs if name == key and isinstance(node, ScalarNode)]

    def walk(self, root: Node, top: dict[str, Node], group: str, kind: str) -> None:
        _Walk(
            self,
            image_paths(group, kind),
            is_built_in=is_built_in(group),
            placeholders=self.placeholders(top) if kind == "DeploymentConfig" else frozenset(),
        ).visit(root)
        if self.options.image_paths:
            configured = tuple(tuple(path.split(".")) for path in self.options.image_paths)
            _Walk(self, configured, looks_everywhere=True).visit(root)

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

    def refused(self, node: ScalarNode, where: str, reason: Reason | None) -> Sighting:
        region = Region(self.source.path, *content_range(node, self.source.text))
        return Sighting(region, where, region.start, reason=reason)

    def judge(self, node: ScalarNode, where: str) -> Sighting:
        traced = trace_scalar(node, self.source.text)
        if traced is None:
            return self.untraced(node, where)
        if traced.text.startswith(_URL_SCHEME):
            traced = traced.cut(len(_URL_SCHEME), len(traced.text))
        if not traced.text:
            return self.refused(node, where, Reason.INVALID_REFERENCE)
        return judge_literal(traced, where, self.source.path)

    def untraced(self, node: ScalarNode, where: str) -> Sighting:
        """Judge text that no edit can reach: it is found all the same."""
        try:
            reference = ImageReference.parse(node.value.removeprefix(_URL_SCHEME).strip())
        except ReferenceSyntaxError:
            return self.refused(node, where, Reason.INVALID_REFERENCE)
        return replace(self.refused(node, where, None), reference=reference.tagged())


class _Walk(Struct):
    """A walk over one object; what an alias leads to a second time is not visited again.

    A walk that looks everywhere follows the user's paths, and only these.
    """

    reader: _Reader
    paths: tuple[tuple[str, ...], ...]
    is_built_in: bool = False
    looks_everywhere: bool = False
    placeholders: frozenset[str] = frozenset()
    visited: set[int] = field(default_factory=set)

    def visit(self, root: Node) -> None:
        pending: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
        merger = self.reader.merger
        while pending:
            node, path = pending.pop()
            if id(node) in self.visited:
                continue
            self.visited.add(id(node))
            children: Iterable[tuple[str, Node]]
            if isinstance(node, SequenceNode):
                children = ((str(at), item) for at, item in enumerate(node.items))
            else:
                children = (*merger.items(node).items(), *merger.rivals(node))
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
            values = [item]
            for key in keys:
                values = [found for value in values for found in self.values_of(value, key)]
            for value in values:
                self.note_container(item, value, _where((*path, str(at), *keys)))

    def values_of(self, node: Node, key: str) -> list[Node]:
        """Give a key's value, and those that another engine would read."""
        merger = self.reader.merger
        own = merger.items(node).get(key)
        rivals = [value for name, value in merger.rivals(node) if name == key]
        return [own, *rivals] if own is not None else rivals

    def note_container(self, item: Node, value: Node, where: str) -> None:
        name = self.reader.merger.items(item).get("name")
        is_replaced = isinstance(name, ScalarNode) and name.value in self.placeholders
        if isinstance(value, ScalarNode) and (is_replaced or value.value == _ISTIO_PLACEHOLDER):
            self.reader.seen.append(self.reader.refused(value, where, Reason.TEMPLATED))
        else:
            self.reader.note(value, where)

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
