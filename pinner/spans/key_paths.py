"""Paths of keys in YAML and JSON, and what stands at them.

A path is written `spec.containers.*.image`: keys with dots between them. `*` is any one key or
list item, `**` any number of them, none included; `[a|b]` is one of several keys, and in a key
`*` stands for any characters at its beginning or end, as in `RELATED_IMAGE_*`. A key that holds a
dot is written in quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.spans.yaml_nodes import MappingNode, Node, SequenceNode, TooDeepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.spans.yaml_merging import Merger

_PART = r"\"([^\"]*)\"|\[([^\]]*)\]|([^.\[\"]+)"
_LONGEST = 1000
_MOST_VISITS = 500_000


class PathSyntaxError(ValueError):
    """Text is not a path of keys."""


def split_path(path: str) -> tuple[str, ...]:
    """Split a path into its parts, quoted ones without quotes; raises PathSyntaxError."""
    parts, at = [], 0
    for match in re.finditer(rf"(?:{_PART})(?:\.|\Z)", path):
        if match.start() != at:
            break
        quoted, several, plain = match.groups()
        parts.append(quoted if quoted is not None else plain if several is None else f"[{several}]")
        at = match.end()
    if at != len(path) or not path or path.endswith("."):
        raise PathSyntaxError(f"{path!r} is not a path: write it as in spec.*.image")
    return tuple(parts)


class KeyPaths:
    """Several paths, followed at once: each key leads from one state to the next.

    A state is a number; 0 is where nothing leads on. The time for a document is linear in it,
    whatever the paths.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        """Raise PathSyntaxError for what is no path."""
        self._paths = [split_path(path) for path in paths]
        self._states: dict[frozenset[tuple[int, int]], int] = {frozenset(): 0}
        self._sets: list[frozenset[tuple[int, int]]] = [frozenset()]
        self._steps: dict[tuple[int, str], int] = {}
        parts = {part for path in self._paths for part in path}
        names = {name for part in parts for name in _alternatives(part)}
        self._names = {name for name in names if "*" not in name}
        self._has_globs = any(map(_is_glob, names))
        self.first = self._number({(at, 0) for at in range(len(self._paths))})

    def step(self, state: int, key: str) -> int:
        """Give the state that a key leads to."""
        if not state:
            return 0
        # All keys that no path names lead to the same state.
        kind = key if key in self._names or self._has_globs else "*"
        known = self._steps.get((state, kind))
        if known is None:
            reached = {
                (path, at if self._paths[path][at] == "**" else at + 1)
                for path, at in self._sets[state]
                if at < len(self._paths[path]) and _matches(self._paths[path][at], key)
            }
            known = self._number(reached)
            if not self._has_globs or len(self._steps) < _MOST_VISITS:
                self._steps[state, kind] = known
        return known

    def ends(self, state: int) -> bool:
        """Say whether a path ends here."""
        return any(at == len(self._paths[path]) for path, at in self._sets[state])

    def _number(self, reached: set[tuple[int, int]]) -> int:
        pending = list(reached)
        while pending:  # `**` may stand for nothing
            path, at = pending.pop()
            if at < len(self._paths[path]) and self._paths[path][at] == "**":
                follower = (path, at + 1)
                if follower not in reached:
                    reached.add(follower)
                    pending.append(follower)
        key = frozenset(reached)
        if key not in self._states:
            self._states[key] = len(self._sets)
            self._sets.append(key)
        return self._states[key]


def _is_glob(part: str) -> bool:
    return "*" in part and part.strip("*") != ""


def _alternatives(part: str) -> list[str]:
    return part[1:-1].split("|") if part[:1] == "[" else [part]


def _matches(part: str, key: str) -> bool:
    if part == "**":
        return True
    return any(_matches_name(name, key) for name in _alternatives(part))


def _matches_name(name: str, key: str) -> bool:
    if name.startswith("*"):
        return key.endswith(name[1:])
    return key.startswith(name[:-1]) if name.endswith("*") else key == name


class Reached(Struct, frozen=True):
    """A node at the end of a path, and the keys that lead there."""

    node: Node
    keys: tuple[str, ...]

    @property
    def where(self) -> str:
        """Write the keys as people do: `spec.containers[0].image`."""
        return written_path(self.keys)


def find_nodes(root: Node, paths: KeyPaths, merger: Merger) -> Iterator[Reached]:
    """Give every node at the end of a path; a value that another engine would read too.

    Raises YamlSyntaxError where aliases lead on without end.
    """
    pending: list[tuple[Node, int, tuple[str, ...]]] = [(root, paths.first, ())]
    visited: set[tuple[int, int]] = set()
    while pending:
        node, state, keys = pending.pop()
        if (id(node), state) in visited:
            continue
        visited.add((id(node), state))
        if len(keys) > _LONGEST or len(visited) > _MOST_VISITS:
            raise TooDeepError("aliases lead too deep", node.start)
        if paths.ends(state):
            yield Reached(node, keys)
        pending += reversed(
            [
                (value, reached, (*keys, key))
                for key, value in children(node, merger)
                if (reached := paths.step(state, key))
            ]
        )


def children(node: Node, merger: Merger) -> list[tuple[str, Node]]:
    """Give what stands in a node by its keys, list items by their numbers."""
    if isinstance(node, SequenceNode):
        return [(str(at), item) for at, item in enumerate(node.items)]
    if not isinstance(node, MappingNode):
        return []
    return [*merger.items(node).items(), *merger.rivals(node)]


def written_path(keys: Sequence[str]) -> str:
    """Write keys as people do: `spec.containers[0].image`."""
    if not keys:
        return "the document"
    first, *others = keys
    return first + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in others)
