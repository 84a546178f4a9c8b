"""The targets and variables of a bake file, written in HCL or in JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.spans.hcl_nodes import (
    Call,
    Expression,
    Hole,
    ListValue,
    Name,
    ObjectValue,
    Other,
    Template,
    inner_expressions,
)
from pinner.spans.source import MalformedTextError
from pinner.spans.yaml_nodes import MappingNode, ScalarNode, SequenceNode
from pinner.spans.yaml_scalars import trace_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pinner.spans.source import Source
    from pinner.spans.traced import Traced
    from pinner.spans.yaml_nodes import Node

# The last is an expression with braces of its own, and whatever follows it.
_HOLE = re.compile(r"\$?\$\{([^{}]*)\}|%?%\{[^{}]*\}|\$\$\{|%%\{|[$%]\{(?s:.*)")
_NAME = re.compile(r"[^\W\d][\w-]*")
_MOST_TARGETS = 2_000


class Target(Struct, frozen=True):
    """A target as one block says it; others of its name may say more."""

    name: str
    start: int
    values: tuple[tuple[str, Expression], ...]

    def all(self, key: str) -> list[Expression]:
        """Give a key's values."""
        return [value for name, value in self.values if name == key]


class BakeFile(Struct, frozen=True):
    """A file's targets, its variables' defaults, its comments, and each use of a variable.

    `functions` has what the file's own functions give.
    """

    targets: list[Target]
    variables: dict[str, Expression | None]
    comments: list[tuple[int, int]]
    names: list[str]
    functions: dict[str, Expression | None]


def read_bake_file(source: Source) -> BakeFile:
    """Read HCL, or JSON by the file's name; raises MalformedTextError."""
    file = _read_json(source) if source.path.endswith(".json") else _read_hcl(source.text)
    if len(file.targets) > _MOST_TARGETS:
        raise MalformedTextError(f"more than {_MOST_TARGETS} targets", file.targets[-1].start)
    return file


def _read_hcl(text: str) -> BakeFile:
    from pinner.spans.hcl_reading import parse_hcl  # noqa: PLC0415 - not for JSON

    file = parse_hcl(text)
    variables: dict[str, Expression | None] = {one.name: one.value for one in file.body.attributes}
    functions: dict[str, Expression | None] = {}
    targets = []
    for block in file.body.blocks:
        name = block.labels[0] if block.labels else ""
        if block.kind == "target":
            values = tuple((one.name, one.value) for one in block.attributes)
            targets.append(Target(name, block.start, values))
        elif block.kind == "variable":
            variables[name] = block.get("default")
        elif block.kind == "function":
            functions[name] = block.get("result")
    for name in file.bound:
        variables.pop(name, None)
    return _without_matrices(BakeFile(targets, variables, file.comments, file.names, functions))


def _read_json(source: Source) -> BakeFile:
    from pinner.spans.json_nodes import parse_json_stream  # noqa: PLC0415 - not for HCL

    reader = _JsonReader(source, [])
    top = [pair for root in parse_json_stream(source.text) for pair in _pairs(reader.value(root))]
    variables: dict[str, Expression | None] = {}
    functions: dict[str, Expression | None] = {}
    targets = []
    for kind, value in top:
        if kind == "target":
            targets += [
                Target(name, body.start, tuple(_pairs(body))) for name, body in _pairs(value)
            ]
        elif kind == "variable":
            variables |= {name: dict(_pairs(body)).get("default") for name, body in _pairs(value)}
        elif kind == "function":
            functions |= {name: dict(_pairs(body)).get("result") for name, body in _pairs(value)}
        else:
            variables[kind] = value
    return _without_matrices(BakeFile(targets, variables, [], reader.names, functions))


def _without_matrices(file: BakeFile) -> BakeFile:
    """Forget the variables whose names a matrix takes: only bake can tell what they come to."""
    for target in file.targets:
        for matrix in target.all("matrix"):
            for name, _ in members(matrix):
                file.variables.pop(name or "", None)
    return file


def members(value: Expression) -> Iterator[tuple[str | None, Expression]]:
    """Give the members of an object, and of those that functions and conditions put together.

    What loops and conditions put in an object has no key.
    """
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, ObjectValue):
            yield from one.items
        elif isinstance(one, Template) and one is not value:
            yield None, one
        else:
            takes_texts = not isinstance(one, Call)
            inner = inner_expressions(one)
            pending += [x for x in reversed(inner) if takes_texts or not isinstance(x, Template)]


def _pairs(value: Expression) -> Iterator[tuple[str, Expression]]:
    """Give an object's members, or those of a list of objects."""
    match value:
        case ObjectValue(items=items):
            yield from ((key, inner) for key, inner in items if key is not None)
        case ListValue(items=items):
            for item in items:
                if isinstance(item, ObjectValue):
                    yield from _pairs(item)
        case _:
            pass


class _JsonReader(Struct):
    """Turns JSON into expressions: a text in it is a template, as in HCL."""

    source: Source
    names: list[str]

    def value(self, node: Node) -> Expression:
        match node:
            case MappingNode(pairs=pairs):
                items = tuple(
                    (key.value, self.value(inner))
                    for key, inner in pairs
                    if isinstance(key, ScalarNode)
                )
                return ObjectValue(node.start, node.start + 1, items)
            case SequenceNode(items=inner):
                return ListValue(node.start, node.start + 1, tuple(map(self.value, inner)))
            case ScalarNode(style='"'):
                text = trace_scalar(node, self.source.text)
                parts = [Hole(node.start, node.end)] if text is None else self.parts(text)
                return Template(node.start, node.end, tuple(parts))
            case ScalarNode():
                return Other(node.start, node.end)

    def parts(self, text: Traced) -> Iterable[Traced | Hole]:
        """Split at interpolations; those that are no name alone stay without one."""
        at = 0
        for match in _HOLE.finditer(text.text):
            if match[0][:2] in ("$$", "%%"):
                yield text.cut(at, match.start() + 1)
                at = match.start() + 2
                continue
            if match.start() > at:
                yield text.cut(at, match.start())
            at = match.end()
            names = _NAME.findall(match[0])
            self.names += names
            inner = (match[1] or "").strip(" \t~")
            is_name = names == [inner]
            start, end = text.starts[match.start()], text.ends[at - 1]
            yield Hole(start, end, inner if is_name else None)
        if at < len(text.text):
            yield text.cut(at, len(text.text))


def is_null(value: Expression | None) -> bool:
    """Say whether a variable has no default."""
    return value is None or (isinstance(value, Name) and value.text == "null")
