"""Mappings of YAML as their engines read them: merge keys, keys that are given twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.yaml_nodes import (
    DEEPEST,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    TooDeepError,
    YamlSyntaxError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MERGE = "tag:yaml.org,2002:merge"
# Merges of merges multiply: more is nobody's file.
_MOST_MERGED = 200_000


class Merger:
    """Reads mappings as a loader would: the last of equal keys wins, `<<` fills in the rest.

    Values of the tag `removed` are not there. With `unique`, a key that is given twice is an error.
    """

    def __init__(self, *, removed: str | None = None, unique: bool = False) -> None:
        """Start with nothing read."""
        self._removed = removed
        self._unique = unique
        self._known: dict[MappingNode, dict[str, Node]] = {}
        self._rivals: dict[MappingNode, list[tuple[str, Node]]] = {}
        self._depth = 0
        self._merged = 0

    def items(self, node: Node | None) -> dict[str, Node]:
        """Give a mapping's scalar keys and their values; nothing for other nodes.

        Raises YamlSyntaxError with an index of the whole text.
        """
        if not isinstance(node, MappingNode):
            return {}
        known = self._known.get(node)
        if known is None:
            self._known[node] = {}  # what an anchor that contains itself sees
            if self._depth > DEEPEST:
                raise TooDeepError(f"merged more than {DEEPEST} times over", node.start)
            self._depth += 1
            known = self._known[node] = self._read(node)
            self._depth -= 1
        return known

    def _read(self, node: MappingNode) -> dict[str, Node]:
        plain = self._read_plain(node)
        if plain is not None:
            self._rivals[node] = []
            return plain
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        if self._unique:
            _refuse_doubles(node)
        for key, value in self._pairs(node):
            if _is_merge(key):
                for source in _sources(value):
                    self._merge(merged, source, node)
            else:
                own[key.value] = value
        return {**merged, **own}

    def _read_plain(self, node: MappingNode) -> dict[str, Node] | None:
        """Read what nearly all mappings are: each key once, nothing merged or removed."""
        found: dict[str, Node] = {}
        removed = self._removed
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode) or key.tag is not None:
                return None
            if removed is not None and value.tag == removed:
                return None
            found[key.value] = value
        return found if len(found) == len(node.pairs) and "<<" not in found else None

    def _merge(self, merged: dict[str, Node], source: Node, node: MappingNode) -> None:
        pairs = self.items(source)
        self._merged += len(pairs)
        if self._merged > _MOST_MERGED:
            raise TooDeepError(f"merges come to more than {_MOST_MERGED} keys", node.start)
        for key, value in pairs.items():
            merged.setdefault(key, value)

    def _pairs(self, node: MappingNode) -> Iterator[tuple[ScalarNode, Node]]:
        for key, value in node.pairs:
            if isinstance(key, ScalarNode) and (
                self._removed is None or value.tag != self._removed
            ):
                yield key, value

    def values_of(self, node: Node | None, key: str) -> list[Node]:
        """Give a key's value, and those that another engine would read."""
        own = self.items(node).get(key)
        rivals = [value for name, value in self.rivals(node) if name == key]
        return [own, *rivals] if own is not None else rivals

    def rivals(self, node: Node | None) -> list[tuple[str, Node]]:
        """Give the values that another engine would read in place of those of `items`.

        Of equal keys each may count, and what `<<` brings after a key or another `<<`, wins for
        some.
        """
        if not isinstance(node, MappingNode):
            return []
        known = self._rivals.get(node)
        if known is None:
            self.items(node)  # which finds those of most, none
            known = self._rivals.get(node)
        if known is None:
            known = self._rivals[node] = self._find_rivals(node)
        return known

    def _find_rivals(self, node: MappingNode) -> list[tuple[str, Node]]:
        found: list[tuple[str, Node]] = []
        chosen = self.items(node)
        before: set[str] = set()
        for key, value in self._pairs(node):
            if _is_merge(key):
                merged = [pair for source in _sources(value) for pair in self.items(source).items()]
                found += [pair for pair in merged if pair[0] in before]
                before.update(name for name, _ in merged)
            else:
                before.add(key.value)
                found.append((key.value, value))
        return [(key, value) for key, value in found if chosen.get(key) is not value]


def _sources(value: Node) -> list[Node]:
    return value.items if isinstance(value, SequenceNode) else [value]


def _refuse_doubles(node: MappingNode) -> None:
    seen: set[tuple[str, str | None]] = set()
    for key, _ in node.pairs:
        if isinstance(key, ScalarNode):
            # What base64 comes to is no double for go-yaml: the last wins.
            name = (key.value, key.tag if key.tag and key.tag.endswith("binary") else None)
            if name in seen:
                raise YamlSyntaxError(f"the key {key.value!r} is given twice", key.start)
            seen.add(name)


def _is_merge(key: ScalarNode) -> bool:
    """Recognise a merge key as go-yaml does: by its tag, whatever its quotes."""
    if key.value != "<<":
        return key.tag == _MERGE
    return key.tag in ("!", _MERGE) or (key.tag is None and not key.style)
