"""JSON as nodes that know their place in the text, several values in a row allowed.

YAML parsers refuse JSON that is indented with tabs, and streams of values. Comments, as in the
JSON of editors, are let through only where asked for.
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
_BLANKS = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)


def parse_commented_json(text: str) -> tuple[Node, list[tuple[int, int]]]:
    """Parse one JSON value that may have comments, and give their ranges; commas may trail.

    Raises YamlSyntaxError.
    """
    comments: list[tuple[int, int]] = []
    values = parse_json_stream(text, comments)
    if len(values) != 1:
        raise YamlSyntaxError("not JSON: not one value", values[1].start if values else 0)
    return values[0], comments


def parse_json_stream(text: str, comments: list[tuple[int, int]] | None = None) -> list[Node]:
    """Parse JSON values one after the other; raises YamlSyntaxError.

    Comments are errors unless there is a list for their ranges.
    """
    values: list[Node] = []
    stack: list[MappingNode | SequenceNode] = []
    keys: list[Node | None] = []
    for match in _tokens(text, comments):
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


def _tokens(text: str, comments: list[tuple[int, int]] | None) -> Iterator[re.Match[str]]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            blanks = _BLANKS.match(text, at)
            at = blanks.end() if blanks else at
            comment = _COMMENT.match(text, at) if comments is not None else None
            if comments is None or comment is None:
                raise YamlSyntaxError("not JSON: unexpected character", at)
            comments.append(comment.span())
            at = comment.end()
            continue
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
