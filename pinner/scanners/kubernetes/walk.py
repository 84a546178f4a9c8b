"""A walk over one object: PodSpecs wherever they stand, and the image fields of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.kubernetes.custom_resources import path_matches
from pinner.scanners.kubernetes.judging import URL_SCHEME
from pinner.spans.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode, TooDeepError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinner.scanners.kubernetes.judging import Judge
    from pinner.spans.yaml_merging import Merger

_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_OTHER_MEANINGS = frozenset({"status", "metadata", "rbd", "output", "openAPIV3Schema"})
_ISTIO_PLACEHOLDER = "auto"
_LONGEST_PATH = 1000


class Walk(Struct):
    """A walk over one object; what an alias leads to a second time is not visited again.

    A walk that looks everywhere follows the user's paths, and only these.
    """

    merger: Merger
    judge: Judge
    paths: tuple[tuple[str, ...], ...]
    is_built_in: bool = False
    looks_everywhere: bool = False
    placeholders: frozenset[str] = frozenset()
    visited: set[int] = field(default_factory=set)

    def visit(self, root: Node) -> None:
        pending: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
        merger = self.merger
        while pending:
            node, path = pending.pop()
            if id(node) in self.visited:
                continue
            if len(path) > _LONGEST_PATH:
                raise TooDeepError(f"aliases lead more than {_LONGEST_PATH} deep", node.start)
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
            self.judge.note(value, _where(inner))
        if any(path_matches(pattern, inner) for pattern in self.paths):
            self.note_field(value, inner)

    def note_each(self, items: SequenceNode, keys: tuple[str, ...], path: tuple[str, ...]) -> None:
        for at, item in enumerate(items.items):
            values = [item]
            for key in keys:
                values = [found for value in values for found in self.merger.values_of(value, key)]
            for value in values:
                self.note_container(item, value, _where((*path, str(at), *keys)))

    def note_container(self, item: Node, value: Node, where: str) -> None:
        name = self.merger.items(item).get("name")
        is_replaced = isinstance(name, ScalarNode) and name.value in self.placeholders
        if isinstance(value, ScalarNode) and (is_replaced or value.value == _ISTIO_PLACEHOLDER):
            self.judge.refuse(value, where, Reason.TEMPLATED)
        else:
            self.judge.note(value, where)

    def note_field(self, node: ScalarNode, path: tuple[str, ...]) -> None:
        if path[-1] == "url" and not node.value.startswith(URL_SCHEME):
            return
        self.judge.note(node, _where(path))

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
