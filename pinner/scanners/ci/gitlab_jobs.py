"""The jobs of a GitLab pipeline: what they extend, which image they run in, what they see."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.scanners.ci.gitlab_variables import MIRRORS, Definition, Variables
from pinner.scanners.yaml_places import text_at, value_at
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.yaml_nodes import MappingNode, ScalarNode, SequenceNode, TooDeepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.spans.source import Source
    from pinner.spans.yaml_merging import Merger
    from pinner.spans.yaml_nodes import Node

_REFERENCE = "!reference"
# Keys at the top that are no jobs.
_SETTINGS = frozenset({
    "after_script", "before_script", "cache", "default", "image", "include", "services", "spec",
    "stages", "types", "variables", "workflow",
})  # fmt: skip
# Where a variable gets values that depend on how a pipeline runs.
_OPEN = KeyPaths(["workflow.rules.*.variables", "*.rules.*.variables", "*.parallel.matrix.*"])
_MOST_EXTENDED = 11  # GitLab follows so many
_MOST_STEPS = 100_000


class _View(Struct, frozen=True):
    """The variables that a job sees, and whether it runs: a hidden one is for others."""

    variables: Variables
    runs: bool


class Image(Struct, frozen=True):
    """A scalar that is an image in some job, and what this job sees."""

    node: ScalarNode
    where: str
    view: _View


class Jobs:
    """The jobs of one document."""

    def __init__(self, source: Source, root: MappingNode, merger: Merger) -> None:
        """Read the names of jobs, hidden ones too."""
        self._source = source
        self._root = root
        self._merger = merger
        self._jobs = [
            (name, body)
            for name, body in [*merger.items(root).items(), *merger.rivals(root)]
            if name not in _SETTINGS and isinstance(body, MappingNode)
        ]
        self._globals = self._defined(root)
        self._steps = 0

    def images(self) -> Iterator[Image]:
        """Give the images of each job as it sees them; one may come up in many."""
        bare = Variables(self._source, self._globals)
        plain = set()  # what jobs without variables of their own take from the defaults
        for name, body in self._jobs:
            chain = self._chain(name, body)
            seen = self._seen_by(chain)
            runs = not name.startswith(".")
            view = _View(bare if seen == self._globals else Variables(self._source, seen), runs)
            for key in ("image", "services"):
                own = next((at for at in chain if self._merger.values_of(at[1], key)), None)
                if own:
                    yield from self._images_at(own[1], key, own[0], view)
                elif view.variables is not bare:
                    yield from self._default_images(key, view)
                elif runs:
                    plain.add(key)
        for key in ("image", "services"):
            yield from self._default_images(key, _View(bare, key in plain))

    @cached_property
    def open_names(self) -> frozenset[str]:
        """The variables whose value depends on how the pipeline runs."""
        names = {
            name
            for reached in find_nodes(self._root, _OPEN, self._merger)
            for name in self._merger.items(reached.node)
        }
        homes = [self._root, *(body for _, body in self._jobs)]
        for home in homes:
            for name, node in self._merger.items(value_at(home, self._merger, "variables")).items():
                if "options" in self._merger.items(node):
                    names.add(name)
        return frozenset(names - MIRRORS)

    def _default_images(self, key: str, view: _View) -> Iterator[Image]:
        for where, home in self._defaults(key):
            yield from self._images_at(home, key, where, view)

    def _defaults(self, key: str) -> list[tuple[str, Node]]:
        homes = [("default", node) for node in self._merger.values_of(self._root, "default")]
        return [home for home in [*homes, ("", self._root)] if self._merger.values_of(home[1], key)]

    def _chain(self, name: str, body: Node) -> list[tuple[str, Node]]:
        """Give a job and all that it extends, the nearest first."""
        chain, pending = [], [(name, body, 0)]
        seen = set()
        while pending:
            at, node, depth = pending.pop()
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise TooDeepError("jobs extend each other without end", node.start)
            if id(node) in seen or depth > _MOST_EXTENDED:
                continue
            seen.add(id(node))
            chain.append((at, node))
            pending += [
                (parent, other, depth + 1)
                for parent in self._extended(node)
                for other in self._merger.values_of(self._root, parent)
            ]
        return chain

    def _extended(self, body: Node) -> list[str]:
        extends = value_at(body, self._merger, "extends")
        nodes = extends.items if isinstance(extends, SequenceNode) else [extends]
        return [node.value for node in nodes if isinstance(node, ScalarNode)]

    def _seen_by(self, chain: list[tuple[str, Node]]) -> dict[str, Definition]:
        seen = dict(self._inherited(chain[0][1]))
        for _, node in reversed(chain):
            seen |= self._defined(node)
        return seen

    def _inherited(self, body: Node) -> dict[str, Definition]:
        inherit = value_at(body, self._merger, "inherit", "variables")
        if isinstance(inherit, SequenceNode):
            names = {item.value for item in inherit.items if isinstance(item, ScalarNode)}
            return {name: known for name, known in self._globals.items() if name in names}
        if isinstance(inherit, ScalarNode) and inherit.value.lower() == "false":
            return {}
        return self._globals

    def _defined(self, home: Node) -> dict[str, Definition]:
        """Give what a job or the document says of variables: a text, or a mapping with `value`."""
        defined = {}
        for name, node in self._merger.items(value_at(home, self._merger, "variables")).items():
            value = node if isinstance(node, ScalarNode) else value_at(node, self._merger, "value")
            if isinstance(value, ScalarNode):
                raw = text_at(node, self._merger, "expand") == "false"
                defined[name] = Definition(value, raw)
        return defined

    def _images_at(self, home: Node, key: str, where: str, view: _View) -> Iterator[Image]:
        where = f"{where}.{key}" if where else key
        for value in self._merger.values_of(home, key):
            if key == "image":
                yield from self._named(value, where, view)
            elif isinstance(value, SequenceNode) and value.tag != _REFERENCE:
                for at, item in enumerate(value.items):
                    yield from self._named(item, f"{where}[{at}]", view)

    def _named(self, node: Node, where: str, view: _View) -> Iterator[Image]:
        names = self._merger.values_of(node, "name")
        for name in names or [node]:
            if isinstance(name, ScalarNode) and _is_text(name):
                yield Image(name, f"{where}.name" if names else where, view)


def _is_text(node: ScalarNode) -> bool:
    return node.is_string and node.value != "" and node.tag != _REFERENCE
