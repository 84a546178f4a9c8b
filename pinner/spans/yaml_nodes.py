"""YAML and JSON as nodes that know their place in the text; nothing is ever dumped again.

ruamel.yaml's pure parser decides what is YAML.
Its libyaml parser is several times faster and refuses some valid text, so it goes first.
Nodes are composed here, without recursion, so that no depth of nesting can exhaust the stack.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pinner.spans.source import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

DEEPEST = 200
# What libyaml refuses above this size is taken for wrong: the pure parser would take minutes.
_LARGEST_SLOW = 64 * 1024
_NOT_A_STRING = re.compile(
    r"""~|null|Null|NULL|true|True|TRUE|false|False|FALSE
    |[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+
    |[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|""",
    re.VERBOSE,
)


_CORE = "tag:yaml.org,2002:"
_OTHER_TYPES = frozenset(f"{_CORE}{name}" for name in ("int", "float", "null", "bool", "timestamp"))
_BINARY, _MERGE = f"{_CORE}binary", f"{_CORE}merge"


class YamlSyntaxError(MalformedTextError):
    """Text is not YAML."""


class TooDeepError(YamlSyntaxError):
    """Text is nested or merged beyond reason, whatever else is wrong with it."""


class ScalarNode(Struct, eq=False):  # compared and hashed by identity
    """A scalar; start and end include its quotes, and before them its tag and anchor."""

    value: str
    style: str
    tag: str | None
    start: int
    end: int

    @property
    def is_string(self) -> bool:
        """Say whether YAML reads it as a string."""
        if self.tag is not None:
            return self.tag not in _OTHER_TYPES
        if self.style:
            return True
        return _NOT_A_STRING.fullmatch(self.value) is None


class SequenceNode(Struct, eq=False):
    """A sequence."""

    start: int
    items: list[Node] = field(default_factory=list)
    tag: str | None = None


class MappingNode(Struct, eq=False):
    """A mapping, with its pairs as they are written."""

    start: int
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    tag: str | None = None


Node = ScalarNode | SequenceNode | MappingNode
# Stands for a key where there are none.
_ITEM = SequenceNode(-1)


def split_documents(text: str) -> list[tuple[int, int]]:
    """Give the range of each document, so that a broken one does not hide the others."""
    if "---" not in text:
        return [(0, len(text))]
    separator, prologue = _between_documents()
    bounds = [match.start() for match in separator.finditer(text)]
    if not bounds or bounds[0] != 0:
        bounds.insert(0, 0)
    ranges = list(zip(bounds, [*bounds[1:], len(text)], strict=True))
    if len(ranges) > 1 and prologue.fullmatch(text, *ranges[0]):
        ranges[:2] = [(ranges[0][0], ranges[1][1])]
    return ranges


@cache
def _between_documents() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Give the expressions for a separator, and for what may stand before the first one."""
    separator = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
    prologue = re.compile(
        r"(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*(?:[ \t]*(?:#[^\n]*)?|%[^\n]*)?\Z"
    )
    return separator, prologue


def parse_documents(text: str, offset: int = 0) -> list[Node]:
    """Parse a stream; node offsets have `offset` added; raises YamlSyntaxError.

    go-yaml takes tabs for blanks in places where neither parser here does: text that is only
    refused for its tabs is read without them.
    """
    try:
        return _parse(text, offset)
    except TooDeepError:
        raise
    except YamlSyntaxError:
        if "\t" not in text:
            raise
        try:
            return _parse(_without_tabs(text), offset)
        except TooDeepError:
            raise
        except YamlSyntaxError:
            pass
        raise


def _without_tabs(text: str) -> str:
    """Put blanks in the place of tabs, but for those that indent lines."""
    return re.sub(r"(?<=[^\s])[ \t]+", lambda match: " " * len(match[0]), text)


def _parse(text: str, offset: int) -> list[Node]:
    # Imported on first use: most runs read no YAML that has changed since the last one.
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    events = _authoritative_events
    try:
        return _compose_all(_fast_events(text), offset)
    except TooDeepError:
        raise
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
    return iter(CParser(text).get_event, None)


def _authoritative_events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML  # noqa: PLC0415

    return iter(YAML(typ="safe", pure=True).parse(text))


def _compose_all(events: Iterator[Any], offset: int) -> list[Node]:
    """Compose events; those of both parsers are of the same classes.

    `into` is the list that the next node goes to, `key` the key that waits there for its value:
    None if a key comes next, _ITEM where there are no keys.
    """
    from ruamel.yaml import events as kinds  # noqa: PLC0415 - loaded by now

    makers: dict[type, Callable[[Any, int], Node]] = {
        kinds.ScalarEvent: _scalar,
        kinds.MappingStartEvent: _mapping,
        kinds.SequenceStartEvent: _sequence,
    }
    ends = (kinds.MappingEndEvent, kinds.SequenceEndEvent)
    documents: list[Node] = []
    anchors: dict[str, Node] = {}
    enclosing: list[tuple[list[Any], Node | None]] = []
    into: list[Any] = documents
    key: Node | None = _ITEM
    for event in events:
        kind = event.__class__
        maker = makers.get(kind)
        if kind in ends:
            into, key = enclosing.pop()
            continue
        if maker is not None:
            node = maker(event, offset)
            if event.anchor:
                anchors[event.anchor] = node
        elif kind is kinds.AliasEvent:
            node = _anchored(anchors, event)
        else:
            anchors.clear()  # a document or the stream begins or ends
            continue
        if key is _ITEM:
            into.append(node)
        elif key is None:
            key = node
        else:
            into.append((key, node))
            key = None
        if maker is not None and maker is not _scalar:
            enclosing.append((into, key))
            into, key = _contents(node)
            if len(enclosing) > DEEPEST:
                raise TooDeepError(f"nested more than {DEEPEST} deep", node.start - offset)
    return documents


def _scalar(event: Any, offset: int) -> ScalarNode:
    start, end = event.start_mark.index + offset, event.end_mark.index + offset
    tag = event.tag
    if tag is None:
        return ScalarNode(event.value, event.style or "", None, start, end)
    tag = str(tag) or None
    value = _decoded(event.value) if tag == _BINARY else event.value
    return ScalarNode(value, event.style or "", tag, start, end)


def _decoded(text: str) -> str:
    """Decode base64 as a loader does; what is none stays as it is."""
    import base64  # noqa: PLC0415 - seldom needed

    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except ValueError:
        return text


def _mapping(event: Any, offset: int) -> MappingNode:
    tag = None if event.tag is None else str(event.tag)
    return MappingNode(event.start_mark.index + offset, [], tag)


def _sequence(event: Any, offset: int) -> SequenceNode:
    tag = None if event.tag is None else str(event.tag)
    return SequenceNode(event.start_mark.index + offset, [], tag)


def _anchored(anchors: Mapping[str, Node], event: Any) -> Node:
    if event.anchor not in anchors:
        raise YamlSyntaxError(f"undefined alias {event.anchor!r}", event.start_mark.index)
    return anchors[event.anchor]


def _contents(node: Node) -> tuple[list[Any], Node | None]:
    """Give the list that a collection's nodes go to, and the first key that waits there."""
    match node:
        case MappingNode():
            return node.pairs, None
        case SequenceNode():
            return node.items, _ITEM
        case _:
            raise TypeError(node)


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
                raise TooDeepError(f"merged more than {DEEPEST} times over", node.start)
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
            if _is_merge(key):
                sources = value.items if isinstance(value, SequenceNode) else [value]
                for source in sources:
                    merged = {**self.items(source), **merged}
            else:
                own[key.value] = value
        return {**merged, **own}

    def rivals(self, node: Node | None) -> list[tuple[str, Node]]:
        """Give the values that another engine would read in place of those of `items`.

        Of equal keys each may count, and what `<<` brings after a key, wins for some.
        """
        if not isinstance(node, MappingNode):
            return []
        found: list[tuple[str, Node]] = []
        chosen = self.items(node)
        before: set[str] = set()
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode):
                continue
            if _is_merge(key):
                sources = value.items if isinstance(value, SequenceNode) else [value]
                merged = [pair for source in sources for pair in self.items(source).items()]
                found += [pair for pair in merged if pair[0] in before]
            else:
                before.add(key.value)
                found.append((key.value, value))
        return [(key, value) for key, value in found if chosen.get(key) is not value]


def _is_merge(key: ScalarNode) -> bool:
    """Recognise a merge key as go-yaml does: by its tag, whatever its quotes."""
    return key.value == "<<" and (key.tag in ("!", _MERGE) or (key.tag is None and not key.style))


def comment_test(roots: Sequence[Node], text: str) -> Callable[[int], bool]:
    """Make a test for the indexes at which a `#` begins a comment: in no scalar, after a blank."""
    ranges: list[tuple[int, int]] = []
    pending, visited = list(roots), set()
    while pending:
        node = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        match node:
            case ScalarNode():
                ranges.append((node.start, node.end))
            case SequenceNode():
                pending += node.items
            case MappingNode():
                pending += [part for pair in node.pairs for part in pair]
    ranges.sort()

    def is_comment(index: int) -> bool:
        if text[index] != "#" or (index and text[index - 1] not in " \t\r\n"):
            return False
        at = bisect_right(ranges, (index, len(text) + 1)) - 1
        return at < 0 or index >= ranges[at][1]

    return is_comment
