"""GitHub Actions: the literals of `strategy.matrix` that images name by `${{ matrix.… }}`.

A value that something else reads too, a script or the condition of a step, must stay as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.scanners.yaml_places import value_at
from pinner.spans.key_paths import KeyPaths, find_nodes, written_path
from pinner.spans.yaml_nodes import ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.spans.key_paths import Reached
    from pinner.spans.yaml_merging import Merger
    from pinner.spans.yaml_nodes import Node

# Names of contexts and their properties are the same in any case.
_USE = re.compile(r"(?<![\w.-])matrix\b((?:\s*\.\s*[a-z_][\w-]*)*)", re.IGNORECASE)
_WHOLE = re.compile(rf"\s*\$\{{\{{\s*{_USE.pattern}\s*\}}\}}\s*", re.IGNORECASE)
_EVERYTHING = KeyPaths(["**"])


class Literal(Struct):
    """A scalar that names an image; `is_shared` says that other text reads it too."""

    node: Node
    where: str
    is_shared: bool = False


class JobMatrix:
    """The literals that a job's matrix gives its images."""

    def __init__(self, job: Reached, images: Sequence[Reached], merger: Merger) -> None:
        """Begin to read a job; `images` are the places where images stand."""
        self._job = job
        self._images = {id(image.node) for image in images}
        self._merger = merger
        matrix = value_at(job.node, merger, "strategy", "matrix")
        self._matrix = matrix
        self._others: list[tuple[str, ...]] | None = None

    def values_of(self, image: Node) -> list[Literal]:
        """Give the literals that an image names; nothing where it is no value of the matrix."""
        match = _WHOLE.fullmatch(image.value) if isinstance(image, ScalarNode) else None
        keys = _keys(match[1]) if match else ()
        if not keys:
            return []
        shared = self._is_shared(tuple(map(str.lower, keys)))
        return [
            Literal(node, f"{self._job.where}.strategy.matrix.{where}", shared)
            for node, where in self._rows(keys)
            if isinstance(node, ScalarNode)
        ]

    def _rows(self, keys: tuple[str, ...]) -> Iterator[tuple[Node | None, str]]:
        """Give what stands at keys in each row of the matrix, and in those that it includes."""
        for name, listed in self._merger.items(self._matrix).items():
            inside = keys if name == "include" else keys[1:]
            if name not in (keys[0], "include") or not isinstance(listed, SequenceNode):
                continue
            for at, item in enumerate(listed.items):
                yield value_at(item, self._merger, *inside), written_path((name, str(at), *inside))

    def _is_shared(self, keys: tuple[str, ...]) -> bool:
        if self._others is None:
            self._others = list(self._other_uses())
        return any(keys[: len(other)] == other[: len(keys)] for other in self._others)

    def _other_uses(self) -> Iterator[tuple[str, ...]]:
        """Give the values of the matrix that the job reads elsewhere, or excludes by."""
        for item in _items(value_at(self._matrix, self._merger, "exclude")):
            yield from ((key.lower(),) for key in self._merger.items(item))
        for reached in find_nodes(self._job.node, _EVERYTHING, self._merger):
            node = reached.node
            if not isinstance(node, ScalarNode) or "matrix" not in node.value.lower():
                continue
            is_image = id(node) in self._images and _WHOLE.fullmatch(node.value)
            if not is_image and ("${{" in node.value or reached.keys[-1:] == ("if",)):
                yield from map(_keys, _USE.findall(node.value.lower()))


def _keys(path: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in path.split(".")[1:])


def _items(node: Node | None) -> Sequence[Node]:
    return node.items if isinstance(node, SequenceNode) else ()
