"""The frontend image of a file that is one JSON object: `{"syntax": "image"}`."""

from __future__ import annotations

import json
import re

from pinner.scanners.dockerfile.syntax import DockerfileError
from pinner.spans.traced import Traced

_BLANKS = " \t\r\n"
_SIGN = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL)
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def syntax_value(source: Traced, at: int) -> Traced | None:
    """Find the value, if the text from an index on is such an object; raises DockerfileError."""
    span = _find_syntax(source.text, at)
    return _decoded(source, *span) if span else None


def _find_syntax(text: str, at: int) -> tuple[int, int] | None:
    """Find the string of `syntax`, quotes included, if all of the text is one JSON object."""
    at = _after_blanks(text, at)
    if not text.startswith("{", at):
        return None
    found = None
    try:
        at = _after_blanks(text, at + 1)
        while not text.startswith("}", at):
            _expect(text, at, '"')
            key, at = _DECODER.raw_decode(text, at)
            start = _after_blanks(text, _expect(text, _after_blanks(text, at), ":"))
            value, at = _DECODER.raw_decode(text, start)
            if key == "syntax":
                found = (start, at) if isinstance(value, str) and value else None
            at = _after_blanks(text, at)
            if not text.startswith("}", at):
                at = _after_blanks(text, _expect(text, at, ","))
    except RecursionError as error:
        raise DockerfileError("JSON is nested too deeply", at) from error
    except ValueError:
        return None
    return None if text[at + 1 :].strip(_BLANKS) else found


def _after_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in tuple(_BLANKS):
        at += 1
    return at


def _expect(text: str, at: int, sign: str) -> int:
    if not text.startswith(sign, at):
        raise ValueError(sign)
    return at + 1


def _decoded(source: Traced, start: int, end: int) -> Traced:
    """Decode a JSON string sign by sign."""
    inner = source.text[start + 1 : end - 1]
    if "\\" not in inner:
        return source.cut(start + 1, end - 1)
    parts = []
    for match in _SIGN.finditer(inner):
        first, last = start + 1 + match.start(), start + match.end()
        sign = str(json.loads(f'"{match[0]}"'))
        parts.append(Traced(sign, [source.starts[first]], [source.ends[last]]))
    return source.join(parts)
