"""Directives at the top of a Dockerfile: the escape character, and the frontend that is pulled.

BuildKit looks twice. Its parser takes `# escape=` from the first lines, blanks before the `#` or
not. Before that it looks for the frontend image, in more kinds of files than Dockerfiles:
`# syntax=`, `// syntax=` or a JSON object, after a first line with `#!`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.scanners.dockerfile.letters import GO_BLANKS, REGEX_BLANKS
from pinner.scanners.dockerfile.syntax import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.scanners.dockerfile.syntax import Lines
    from pinner.spans.traced import Traced

_KEY = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=")
_KEYS = frozenset({"syntax", "escape", "check"})
_ESCAPES = ("\\", "`")
_JSON_BEGINS = re.compile(r"[ \t\r\n]*\{")


def escape_token(lines: Lines) -> str:
    """Find the escape character of a Dockerfile; raises DockerfileError."""
    escape = "\\"
    seen: set[str] = set()
    for start, end in lines.ranges:
        line = lines.text[start:end]
        indent = len(line) - len(line.lstrip(GO_BLANKS))
        found = _directive(line, indent, "#")
        if found is None:
            break
        key, (first, last) = found
        if key in seen:
            raise DockerfileError(f"only one {key} directive can be used", start)
        seen.add(key)
        if key == "escape":
            escape = line[first:last]
            if escape not in _ESCAPES:
                raise DockerfileError(f"invalid escape token {escape!r}", start)
    return escape


def frontend_image(source: Traced, lines: Lines) -> Traced | None:
    """Find the image of the frontend that is to read the file; raises DockerfileError."""
    shebang = source.text.startswith("#!")
    for prefix in ("#", "//"):
        for first, last in _syntax_values(lines, int(shebang), prefix):
            end = source.text.find(" ", first, last)
            return source.cut(first, last if end < 0 else end)
    start = source.text.find("\n") + 1 if shebang else 0
    if (shebang and not start) or not _JSON_BEGINS.match(source.text, start):
        return None
    from pinner.scanners.dockerfile.frontend_json import syntax_value  # noqa: PLC0415 - start-up

    return syntax_value(source, start)


def _syntax_values(lines: Lines, number: int, prefix: str) -> Iterator[tuple[int, int]]:
    seen: set[str] = set()
    for start, end in lines.ranges[number:]:
        found = _directive(lines.text[start:end], 0, prefix)
        if found is None or found[0] in seen:
            return
        key, (first, last) = found
        seen.add(key)
        if key == "syntax":
            yield start + first, start + last


def _directive(line: str, indent: int, prefix: str) -> tuple[str, tuple[int, int]] | None:
    """Read a line as a directive: its key in lower case, and where its value stands."""
    if not line.startswith(prefix, indent):
        return None
    at = indent + len(prefix)
    at = len(line) - len(line[at:].lstrip(GO_BLANKS))
    match = _KEY.match(line, at)
    key = match[1].lower() if match else ""
    if match is None or key not in _KEYS or match.end() == len(line):
        return None
    end = len(line.rstrip(REGEX_BLANKS))
    start = len(line) - len(line[match.end() :].lstrip(REGEX_BLANKS))
    if start >= end:  # all blank: the last of the blanks is the value
        return key, (len(line) - 1, len(line))
    return key, (start, end)
