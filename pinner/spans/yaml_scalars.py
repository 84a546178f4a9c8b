"""Decode a YAML scalar so that each character knows where in the text it stands.

Only what the parser read counts: where this decoding comes to another value, there is no trace.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from pinner.spans.yaml_nodes import ScalarNode

_PROPERTIES = r"(?:[&!]\S*\s+)*"
_HEADER = r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n"
_SIMPLE_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}
_BLANKS = " \t"


def after_properties(text: str, start: int, end: int = sys.maxsize) -> int:
    """Give the index at which a node begins behind its tag and anchor."""
    if text[start : start + 1] not in ("&", "!"):
        return start
    match = re.compile(_PROPERTIES).match(text, start, end)
    return match.end() if match else start


def _after_header(text: str, start: int, end: int) -> int | None:
    """Give the index behind the first line of a block scalar; None where there is none."""
    match = re.compile(_HEADER).match(text, start, end)
    return match.end() if match else None


def content_range(node: ScalarNode, text: str) -> tuple[int, int]:
    """Give the range of a scalar's text, without tag, anchor, quotes and block header."""
    start = after_properties(text, node.start, node.end)
    if node.style in ("'", '"'):
        return start + 1, node.end - 1
    if node.style in ("|", ">"):
        header = _after_header(text, start, node.end)
        first = start if header is None else header
        body = text[first : node.end]
        left = len(body) - len(body.lstrip())
        return first + left, first + max(left, len(body.rstrip()))
    return start, node.end


def block_content(node: ScalarNode, text: str) -> tuple[int, int]:
    """Give the range of a block scalar's lines, with their indentation."""
    header = _after_header(text, after_properties(text, node.start), node.end)
    return (node.end if header is None else header), node.end


def trace_scalar(node: ScalarNode, text: str) -> Traced | None:
    """Trace a scalar's value to the text, or give None where that cannot be done."""
    start, end = content_range(node, text)
    if text[start:end] == node.value:
        return Traced.of(node.value, start)
    if node.style == '"':
        traced = _double_quoted(text, start, end)
    elif node.style == "'":
        traced = _single_quoted(text, start, end)
    elif node.style in ("|", ">"):
        traced = _block(node, text)
    else:
        return None
    return traced if traced.text == node.value else None


def _single_quoted(text: str, start: int, end: int) -> Traced:
    characters, starts, ends = [], [], []
    at = start
    while at < end:
        width = 2 if text.startswith("''", at) else 1
        characters.append(text[at])
        starts.append(at)
        ends.append(at + width)
        at += width
    return Traced("".join(characters), starts, ends)


class _Builder:
    def __init__(self) -> None:
        self.characters: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, character: str, start: int, end: int) -> None:
        self.characters.append(character)
        self.starts.append(start)
        self.ends.append(end)

    def drop_blanks(self) -> None:
        while self.characters and self.characters[-1] in _BLANKS:
            if self.ends[-1] - self.starts[-1] > 1:  # an escaped blank stays
                return
            self.characters.pop()
            self.starts.pop()
            self.ends.pop()

    def done(self) -> Traced:
        return Traced("".join(self.characters), self.starts, self.ends)


def _double_quoted(text: str, start: int, end: int) -> Traced:
    built = _Builder()
    at = start
    while at < end:
        if text[at] == "\\":
            at = _escape(text, at, end, built)
        elif text[at] in "\r\n":
            at = _fold(text, at, end, built)
        else:
            built.add(text[at], at, at + 1)
            at += 1
    return built.done()


def _escape(text: str, at: int, end: int, built: _Builder) -> int:
    sign = text[at + 1 : at + 2]
    if sign in _HEX_ESCAPES:
        stop = at + 2 + _HEX_ESCAPES[sign]
        built.add(chr(int(text[at + 2 : stop], 16)), at, stop)
        return stop
    if sign in ("\r", "\n"):
        at += 3 if text.startswith("\\\r\n", at) else 2
        while at < end and text[at] in _BLANKS:
            at += 1
        return at
    built.add(_SIMPLE_ESCAPES.get(sign, sign), at, at + 2)
    return at + 2


def _fold(text: str, at: int, end: int, built: _Builder) -> int:
    """Read line breaks and the blanks around them: one becomes a blank, further ones stay."""
    built.drop_blanks()
    first, breaks = at, 0
    while at < end and text[at] in " \t\r\n":
        breaks += text[at] == "\n"
        at += 1
    for character in " " if breaks == 1 else "\n" * (breaks - 1):
        built.add(character, first, first + 1)
    return at


def _block(node: ScalarNode, text: str) -> Traced:
    at, _ = block_content(node, text)
    raw_lines = text[at : node.end].split("\n")
    first = next((line for line in raw_lines if line.strip()), "").rstrip("\r")
    value_line = next((line for line in node.value.split("\n") if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    if node.style == "|" and first.endswith(value_line):
        indent = len(first) - len(value_line)
    built = _Builder()
    for number, line in enumerate(raw_lines):
        stripped = line.rstrip("\r")
        folded = node.style == ">" and number and stripped.strip() and built.characters
        if folded and built.characters[-1] == "\n":
            built.characters[-1] = " "
        for column in range(indent, len(stripped)):
            built.add(stripped[column], at + column, at + column + 1)
        end = at + len(line)
        built.add("\n", end, end + 1)
        at = end + 1
    return built.done().cut(0, len(node.value))
