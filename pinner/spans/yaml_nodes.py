"""YAML and JSON as nodes that know their place in the text; nothing is ever dumped again.

ruamel.yaml's pure parser decides what is YAML.
Its libyaml parser is several times faster and refuses some valid text, so it goes first.
Nodes are composed here, without recursion, so that no depth of nesting can exhaust the stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pinner.spans.source import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 200
# What libyaml refuses above this size is taken for wrong: the pure parser would take minutes.
_LARGEST_SLOW = 1024 * 1024
_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_PROLOGUE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*(?:[ \t]*(?:#[^\n]*)?|%[^\n]*)?\Z")
_NOT_A_STRING = re.compile(
    r"""~|null|Null|NULL|true|True|TRUE|false|False|FALSE
    |[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+
    |[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|""",
    re.VERBOSE,
)


class YamlSyntaxError(MalformedTextError):
    """Text is not YAML."""


@dataclass(slots=True, eq=False)  # compared and hashed by identity
class ScalarNode:
    """A scalar; start and end include its quotes, and before them its tag and anchor."""

    value: str
    style: str
    tag: str | None
    start: int
    end: int

    @property
    def is_string(self) -> bool:
        """Say whether YAML reads it as a string."""
        if self.style or self.tag is not None:
            return self.tag in (None, "!") or not self.tag.startswith(
                ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:null")
            )
        return _NOT_A_STRING.fullmatch(self.value) is None


@dataclass(slots=True, eq=False)
class SequenceNode:
    """A sequence."""

    start: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class MappingNode:
    """A mapping, with its pairs as they are written."""

    start: int
    pairs: list[tuple[Node, Node]] = field(default_factory=list)


Node = ScalarNode | SequenceNode | MappingNode


def split_documents(text: str) -> list[tuple[int, int]]:
    """Give the range of each document, so that a broken one does not hide the others."""
    bounds = [match.start() for match in _SEPARATOR.finditer(text)]
    if not bounds or bounds[0] != 0:
        bounds.insert(0, 0)
    ranges = list(zip(bounds, [*bounds[1:], len(text)], strict=True))
    if len(ranges) > 1 and _PROLOGUE.fullmatch(text, *ranges[0]):
        ranges[:2] = [(ranges[0][0], ranges[1][1])]
    return ranges


def parse_documents(text: str, offset: int = 0) -> list[Node]:
    """Parse a stream; node offsets have `offset` added; raises YamlSyntaxError."""
    # Imported on first use: most runs read no YAML that has changed since the last one.
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    events = _authoritative_events
    try:
        return _compose_all(_fast_events(text), offset)
    except (YAMLError, ValueError):
        if len(text) > _LARGEST_SLOW:
            events = _fast_events  # once more, for its words
    try:
        return _compose_all(events(text), offset)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "not YAML"
        raise YamlSyntaxError(str(message), mark.index if mark else 0) from error
    except YamlSyntaxError:
        raise
    except (YAMLError, ValueError, RecursionError, IndexError, AttributeError) as error:
        message = (str(error).splitlines() or ["unreadable"])[0]
        raise YamlSyntaxError(f"not YAML: {message}", 0) from error


def _fast_events(text: str) -> Iterator[Any]:
    try:
        from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # noqa: PLC0415
    except ImportError as error:  # no wheel of the extension for this platform
        raise ValueError("libyaml is not installed") from error
    parser = CParser(text)
    try:
        while (event := parser.get_event()) is not None:
            yield event
    finally:
        parser.dispose()


def _authoritative_events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML  # noqa: PLC0415

    yield from YAML(typ="safe", pure=True).parse(text)


class _Composer:
    """Nodes under construction."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.documents: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.open: list[SequenceNode | MappingNode] = []
        self.keys: list[Node | None] = []

    def add(self, node: Node) -> None:
        if not self.open:
            self.documents.append(node)
            return
        parent = self.open[-1]
        if isinstance(parent, SequenceNode):
            parent.items.append(node)
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self.keys[-1] = None

    def begin(self, node: SequenceNode | MappingNode) -> None:
        self.add(node)
        self.open.append(node)
        self.keys.append(None)
        if len(self.open) > DEEPEST:
            raise YamlSyntaxError(f"nested more than {DEEPEST} deep", node.start - self.offset)

    def finish(self) -> None:
        self.open.pop()
        self.keys.pop()

    def alias(self, name: str, at: int) -> None:
        if name not in self.anchors:
            raise YamlSyntaxError(f"undefined alias {name!r}", at)
        self.add(self.anchors[name])


def _compose_all(events: Iterator[Any], offset: int) -> list[Node]:
    """Compose events; those of both parsers are of the same classes."""
    from ruamel.yaml import events as kinds  # noqa: PLC0415 - loaded by now

    composer = _Composer(offset)
    for event in events:
        kind = event.__class__
        start = event.start_mark.index + offset
        node: Node
        if kind is kinds.ScalarEvent:
            tag = event.tag
            if tag is not None and tag.__class__ is not str:
                tag = str(tag)
            end = event.end_mark.index + offset
            node = ScalarNode(event.value, event.style or "", tag or None, start, end)
            composer.add(node)
        elif kind is kinds.MappingStartEvent:
            node = MappingNode(start)
            composer.begin(node)
        elif kind is kinds.MappingEndEvent or kind is kinds.SequenceEndEvent:
            composer.finish()
            continue
        elif kind is kinds.SequenceStartEvent:
            node = SequenceNode(start)
            composer.begin(node)
        elif kind is kinds.AliasEvent:
            composer.alias(event.anchor, start - offset)
            continue
        else:
            if kind is kinds.DocumentStartEvent:
                composer.anchors.clear()
            continue
        if event.anchor:
            composer.anchors[event.anchor] = node
    return composer.documents


class Merger:
    """Reads mappings as a loader would: the last of equal keys wins, `<<` fills in the rest."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._known: dict[MappingNode, dict[str, Node]] = {}
        self._depth = 0

    def items(self, node: Node | None) -> dict[str, Node]:
        """Give a mapping's scalar keys and their values; nothing for other nodes.

        Raises YamlSyntaxError with an index of the whole text.
        """
        if not isinstance(node, MappingNode):
            return {}
        if node not in self._known:
            self._known[node] = {}  # what an anchor that contains itself sees
            if self._depth > DEEPEST:
                raise YamlSyntaxError(f"merged more than {DEEPEST} times over", node.start)
            self._depth += 1
            self._known[node] = self._read(node)
            self._depth -= 1
        return self._known[node]

    def _read(self, node: MappingNode) -> dict[str, Node]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode):
                continue
            if key.value == "<<" and not key.style:
                sources = value.items if isinstance(value, SequenceNode) else [value]
                for source in sources:
                    merged = {**self.items(source), **merged}
            else:
                own[key.value] = value
        return {**merged, **own}
