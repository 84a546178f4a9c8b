"""YAML and JSON as nodes that know their place in the text; nothing is ever dumped again.

ruamel.yaml's pure parser decides what is YAML.
Its libyaml parser is several times faster and refuses some valid text, so it goes first.
Nodes are composed here, without recursion, so that no depth of nesting can exhaust the stack.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pinner.spans.source import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEEPEST = 200
MOST_REFERENCES = 20_000
# What libyaml refuses above this size is taken for wrong: the pure parser would take minutes.
_LARGEST_SLOW = 64 * 1024
_NOT_A_STRING = r"""(?x:~|null|Null|NULL|true|True|TRUE|false|False|FALSE
    |[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+
    |[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|)"""
_FIRST_OF_OTHERS = "~nNtTfF-+.0123456789"


_CORE = "tag:yaml.org,2002:"
_OTHER_TYPES = frozenset(f"{_CORE}{name}" for name in ("int", "float", "null", "bool"))
_BINARY = f"{_CORE}binary"


class Refusal(Struct, frozen=True):
    """What was known when a parser gave up; it tells templates from other text.

    `context` is an index of what was being read, None where unknown or inside a scalar;
    `has_odd_key` says that a collection was a key before, which no engine takes; `is_partial` that
    a whole document came before, which an engine may read alone.
    """

    context: int | None = None
    in_scalar: bool = False
    has_odd_key: bool = False
    is_partial: bool = False


class YamlSyntaxError(MalformedTextError):
    """Text is not YAML."""

    def __init__(self, message: str, at: int, refusal: Refusal | None = None) -> None:
        """Keep what tells a template from other text."""
        super().__init__(message, at)
        self.refusal = refusal or Refusal()


class TooDeepError(YamlSyntaxError):
    """Text is nested or merged beyond reason, whatever else is wrong with it."""


def check_count(count: int, at: int) -> None:
    """Raise YamlSyntaxError for more references than anybody has in a file."""
    if count > MOST_REFERENCES:
        raise YamlSyntaxError(f"more than {MOST_REFERENCES} references", at)


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
        if self.value[:1] not in _FIRST_OF_OTHERS:
            return True
        return re.fullmatch(_NOT_A_STRING, self.value) is None


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


class SlowBudget(Struct):
    """How many characters of a file may yet be read by the pure parser."""

    left: int = _LARGEST_SLOW


def parse_documents(text: str, offset: int = 0, budget: SlowBudget | None = None) -> list[Node]:
    """Parse a stream; node offsets have `offset` added; raises YamlSyntaxError.

    go-yaml takes tabs for blanks in places where neither parser here does: text that is only
    refused for its tabs is read without them.
    """
    budget = budget or SlowBudget()
    try:
        return _parse(text, offset, budget)
    except TooDeepError:
        raise
    except YamlSyntaxError:
        if "\t" not in text:
            raise
    return _parse(_without_tabs(text), offset, budget)


def _without_tabs(text: str) -> str:
    """Put blanks in the place of tabs, but for those that indent lines."""
    return re.sub(r"(?<=[^\s])[ \t]+", lambda match: " " * len(match[0]), text)


def _parse(text: str, offset: int, budget: SlowBudget) -> list[Node]:
    # Imported on first use: most runs read no YAML that has changed since the last one.
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    events = _authoritative_events
    try:
        return _compose_all(_fast_events(text), _Composed(), offset)
    except TooDeepError:
        raise
    except (YAMLError, ValueError):
        if len(text) > budget.left:
            events = _fast_events  # once more, for its words
        else:
            budget.left -= len(text)
    composed = _Composed()
    try:
        return _compose_all(events(text), composed, offset)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "not YAML"
        at = mark.index if mark else 0
        raise YamlSyntaxError(str(message), at, composed.refusal(error)) from error
    except YamlSyntaxError:
        raise
    except (YAMLError, ValueError, RecursionError, IndexError, AttributeError) as error:
        message = (str(error).splitlines() or ["unreadable"])[0]
        raise YamlSyntaxError(f"not YAML: {message}", 0) from error


class _Composed(Struct):
    """The documents of a stream, as far as it was read."""

    documents: list[Node] = field(default_factory=list)
    ended: int = 0
    has_odd_key: bool = False

    def refusal(self, error: Any) -> Refusal:
        in_scalar = "scalar" in (error.context or "")
        mark = None if in_scalar else error.context_mark
        return Refusal(
            context=mark.index if mark else None,
            in_scalar=in_scalar,
            has_odd_key=self.has_odd_key,
            is_partial=self.ended > 0 and not self.has_odd_key,
        )


def import_parser() -> None:
    """Import what parses before there is any text: it takes longer than all of our modules."""
    with suppress(ImportError):
        import ruamel.yaml.cyaml  # noqa: F401, PLC0415


def _fast_events(text: str) -> Iterator[Any]:
    try:
        from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # noqa: PLC0415
    except ImportError as error:  # no wheel of the extension for this platform
        raise ValueError("libyaml is not installed") from error
    return iter(CParser(text).get_event, None)


def _authoritative_events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML  # noqa: PLC0415

    return iter(YAML(typ="safe", pure=True).parse(text))


def _compose_all(events: Iterator[Any], composed: _Composed, offset: int) -> list[Node]:
    """Compose events; those of both parsers are of the same classes.

    `into` is the list that the next node goes to, `key` the key that waits there for its value:
    None if a key comes next, _ITEM where there are no keys.
    """
    from ruamel.yaml import events as kinds  # noqa: PLC0415 - loaded by now

    collections: dict[type, Callable[[Any, int], MappingNode | SequenceNode]] = {
        kinds.MappingStartEvent: _mapping,
        kinds.SequenceStartEvent: _sequence,
    }
    scalar, ends = kinds.ScalarEvent, (kinds.MappingEndEvent, kinds.SequenceEndEvent)
    anchors: dict[str, Node] = {}
    enclosing: list[tuple[list[Any], Node | None]] = []
    into: list[Any] = composed.documents
    key: Node | None = _ITEM
    for event in events:
        kind = event.__class__
        begun: MappingNode | SequenceNode | None = None
        if kind is scalar:
            node: Node = _scalar(event, offset)
        elif kind in ends:
            into, key = enclosing.pop()
            continue
        elif kind in collections:
            node = begun = collections[kind](event, offset)
        elif kind is kinds.AliasEvent:
            node = _anchored(anchors, event)
        else:
            anchors.clear()  # a document or the stream begins or ends
            composed.ended = len(composed.documents)
            continue
        if event.anchor:
            anchors[event.anchor] = node
        if key is _ITEM:
            into.append(node)
        elif key is None:
            key = node
            composed.has_odd_key |= not isinstance(node, ScalarNode)
        else:
            into.append((key, node))
            key = None
        if begun is not None:
            enclosing.append((into, key))
            _check_depth(len(enclosing), begun.start - offset)
            into, key = _contents(begun)
    return composed.documents


def _check_depth(depth: int, at: int) -> None:
    if depth > DEEPEST:
        raise TooDeepError(f"nested more than {DEEPEST} deep", at)


def _scalar(event: Any, offset: int) -> ScalarNode:
    tag, value = event.tag, event.value
    if tag is not None:
        tag = str(tag) or None
        value = _decoded(value) if tag == _BINARY else value
    start, end = event.start_mark.index + offset, event.end_mark.index + offset
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


def _contents(node: MappingNode | SequenceNode) -> tuple[list[Any], Node | None]:
    """Give the list that a collection's nodes go to, and the first key that waits there."""
    return (node.pairs, None) if isinstance(node, MappingNode) else (node.items, _ITEM)
