"""A walk over one object: PodSpecs wherever they stand, and the image fields of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.spans.key_paths import children, written_path
from pinner.spans.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode, TooDeepError

if TYPE_CHECKING:
    from pinner.spans.judging import Judge
    from pinner.spans.yaml_merging import Merger

_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_OTHER_MEANINGS = frozenset({"status", "metadata", "rbd", "output", "openAPIV3Schema"})
_ISTIO_PLACEHOLDER = "auto"
_LONGEST_PATH = 1000
_OPERANDS = "RELATED_IMAGE_"
# Arguments of well-known operators that hold images and do not end as the others do.
_IMAGE_ARGUMENTS = frozenset({"prometheus-config-reloader"})


class Walk(Struct):
    """A walk over one object; what an alias leads to again is not visited twice."""

    merger: Merger
    judge: Judge
    is_built_in: bool = False
    placeholders: frozenset[str] = frozenset()
    visited: set[int] = field(default_factory=set)

    def visit(self, root: Node) -> None:
        pending: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
        while pending:
            node, path = pending.pop()
            if id(node) in self.visited:
                continue
            if len(path) > _LONGEST_PATH:
                raise TooDeepError(f"aliases lead more than {_LONGEST_PATH} deep", node.start)
            self.visited.add(id(node))
            for key, value in children(node, self.merger):
                if not isinstance(value, ScalarNode):
                    self.visit_field(key, value, path)
                    if key not in _OTHER_MEANINGS:
                        pending.append((value, (*path, key)))
                elif key == "image" and self.is_image(value, path):
                    self.judge.note(value, written_path((*path, key)))

    def visit_field(
        self, key: str, value: MappingNode | SequenceNode, path: tuple[str, ...]
    ) -> None:
        if isinstance(value, MappingNode):
            if key == "from":
                self.note_docker_image(value, (*path, key))
        elif key in _CONTAINERS:
            self.note_each(value, ("image",), (*path, key))
        elif key == "volumes":
            self.note_each(value, ("image", "reference"), (*path, key))
        elif key == "env":
            self.note_variables(value, (*path, key))
        elif key in ("args", "command"):
            self.note_arguments(value, (*path, key))

    def note_docker_image(self, source: MappingNode, path: tuple[str, ...]) -> None:
        """Note what OpenShift takes an image from."""
        fields = self.merger.items(source)
        kind = fields.get("kind")
        if isinstance(kind, ScalarNode) and kind.value == "DockerImage":
            self.judge.note(fields.get("name"), written_path((*path, "name")))

    def note_variables(self, variables: SequenceNode, path: tuple[str, ...]) -> None:
        """Note the images that an operator is told by its environment."""
        for at, item in enumerate(variables.items):
            fields = self.merger.items(item)
            name = fields.get("name")
            if isinstance(name, ScalarNode) and name.value.startswith(_OPERANDS):
                self.judge.note(fields.get("value"), written_path((*path, str(at), "value")))

    def note_arguments(self, arguments: SequenceNode, path: tuple[str, ...]) -> None:
        """Note the images that an operator is told by its arguments."""
        for at, node in enumerate(arguments.items):
            if not isinstance(node, ScalarNode) or not node.is_string:
                continue
            name, sign, value = node.value.partition("=")
            if not sign or not name.startswith("-") or not _is_about_images(name.lstrip("-")):
                continue
            if bears_image(value):
                where = written_path((*path, str(at)))
                self.judge.note_part(node, where, len(name) + 1)

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

    def is_image(self, node: ScalarNode, path: tuple[str, ...]) -> bool:
        """Take an `image` field of a custom resource for one if it bears a tag, digest or host."""
        return not self.is_built_in and bool(path) and bears_image(node.value)


def bears_image(text: str) -> bool:
    """Say whether text is a reference with a tag, a digest or a host."""
    try:
        reference = ImageReference.parse(text)
    except ReferenceSyntaxError:
        return False
    host, slash, _ = text.partition("/")
    return bool(reference.tag or reference.digest or (slash and "." in host))


def _is_about_images(argument: str) -> bool:
    return argument.endswith("-image") or argument in _IMAGE_ARGUMENTS
