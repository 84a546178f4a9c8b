"""A walk over one object: PodSpecs wherever they stand, and the image fields of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.spans.judging import URL_SCHEME
from pinner.spans.key_paths import children, written_path
from pinner.spans.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode, TooDeepError

if TYPE_CHECKING:
    from pinner.spans.judging import Judge
    from pinner.spans.key_paths import KeyPaths
    from pinner.spans.yaml_merging import Merger

_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_OTHER_MEANINGS = frozenset({"status", "metadata", "rbd", "output", "openAPIV3Schema"})
_ISTIO_PLACEHOLDER = "auto"
_LONGEST_PATH = 1000


class Walk(Struct):
    """A walk over one object; what an alias leads to again in the same way is not visited twice.

    A walk that looks everywhere follows the user's paths, and only these.
    """

    merger: Merger
    judge: Judge
    paths: KeyPaths
    is_built_in: bool = False
    looks_everywhere: bool = False
    placeholders: frozenset[str] = frozenset()
    visited: set[tuple[int, int]] = field(default_factory=set)

    def visit(self, root: Node) -> None:
        paths = self.paths
        pending: list[tuple[Node, tuple[str, ...], int]] = [(root, (), paths.first)]
        while pending:
            node, path, state = pending.pop()
            if (id(node), state) in self.visited:
                continue
            if len(path) > _LONGEST_PATH:
                raise TooDeepError(f"aliases lead more than {_LONGEST_PATH} deep", node.start)
            self.visited.add((id(node), state))
            for key, value in children(node, self.merger):
                reached = paths.step(state, key) if state else 0
                if not isinstance(value, ScalarNode):
                    self.visit_field(key, value, path)
                    if self.looks_everywhere or key not in _OTHER_MEANINGS:
                        pending.append((value, (*path, key), reached))
                    continue
                if key == "image" and not self.looks_everywhere and self.is_image(value, path):
                    self.judge.note(value, written_path((*path, key)))
                if reached and paths.ends(reached):
                    self.note_field(value, (*path, key))

    def visit_field(
        self, key: str, value: MappingNode | SequenceNode, path: tuple[str, ...]
    ) -> None:
        if self.looks_everywhere or not isinstance(value, SequenceNode):
            return
        if key in _CONTAINERS:
            self.note_each(value, ("image",), (*path, key))
        elif key == "volumes":
            self.note_each(value, ("image", "reference"), (*path, key))

    def note_each(self, items: SequenceNode, keys: tuple[str, ...], path: tuple[str, ...]) -> None:
        for at, item in enumerate(items.items):
            values = [item]
            for key in keys:
                values = [found for value in values for found in self.merger.values_of(value, key)]
            for value in values:
                self.note_container(item, value, written_path((*path, str(at), *keys)))

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
        self.judge.note(node, written_path(path))

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
