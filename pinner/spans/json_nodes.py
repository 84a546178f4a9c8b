"""JSON as nodes that know their place in the text, several values in a row allowed.

YAML parsers refuse JSON that is indented with tabs, and streams of values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.spans.yaml_nodes import (
    DEEPEST,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    YamlSyntaxError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
    (?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")
    |(?P<open>[\[{])|(?P<close>[\]}])|(?P<sign>[:,])
    |(?P<plain>-?[0-9][0-9.eE+-]*|true|false|null)
    |(?P<end>\Z))""",
    re.VERBOSE,
)


def parse_json_stream(text: str) -> list[Node]:
    """Parse JSON values one after the other; raises YamlSyntaxError."""
    values: list[Node] = []
    stack: list[MappingNode | SequenceNode] = []
    keys: list[Node | None] = []
    for match in _tokens(text):
        if match["close"]:
            _close(match, stack, keys)
            continue
        if match["sign"]:
            continue
        node = _node(match)
        if not stack:
            values.append(node)
        elif isinstance(stack[-1], SequenceNode):
            stack[-1].items.append(node)
        elif (key := keys[-1]) is None:
            keys[-1] = node
        else:
            stack[-1].pairs.append((key, node))
            keys[-1] = None
        if not isinstance(node, ScalarNode):
            stack.append(node)
            keys.append(None)
            if len(stack) > DEEPEST:
                raise YamlSyntaxError(f"nested more than {DEEPEST} deep", node.start)
    if stack:
        raise YamlSyntaxError("not JSON: a bracket is not closed", stack[-1].start)
    return values


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            blank = len(text[at:]) - len(text[at:].lstrip(" \t\r\n"))
            raise YamlSyntaxError("not JSON: unexpected character", at + blank)
        if match["end"] is not None:
            return
        yield match
        at = match.end()


def _close(
    match: re.Match[str], stack: list[MappingNode | SequenceNode], keys: list[Node | None]
) -> None:
    expected = MappingNode if match["close"] == "}" else SequenceNode
    if not stack or not isinstance(stack[-1], expected) or keys[-1] is not None:
        raise YamlSyntaxError(f"not JSON: unexpected {match['close']!r}", match.end() - 1)
    stack.pop()
    keys.pop()


def _node(match: re.Match[str]) -> Node:
    if match["open"]:
        kind = MappingNode if match["open"] == "{" else SequenceNode
        return kind(match.start("open"))
    if match["string"]:
        import json  # noqa: PLC0415 - start-up

        try:
            value = json.loads(match["string"])
        except ValueError as error:
            raise YamlSyntaxError(f"not JSON: {error}", match.start("string")) from error
        return ScalarNode(value, '"', None, match.start("string"), match.end("string"))
    return ScalarNode(match["plain"], "", None, match.start("plain"), match.end("plain"))
