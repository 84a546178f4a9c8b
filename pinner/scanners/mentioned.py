"""Text in which images are named for a program to pull: scripts, Makefiles, sources.

Nothing there is pinned. What looks like a reference is `unread`, so that nobody takes a green
light for more than it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.model.occurrence import Reason, Skipped
from pinner.model.reference import ImageReference, ReferenceSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

_COMMAND = re.compile(
    r"\b(?:docker|podman|nerdctl|buildah)\s{1,20}(?:(?:container|image)\s{1,20})?"
    r"(?:run|pull|create|from)\b"
)
_VARIABLE = re.compile(
    r"\b[A-Za-z_]{0,60}(?:IMAGE|IMG|[iI]mage)[A-Za-z_]{0,60}[\"']?\s{0,20}[:?]{0,2}[=:]\s{0,20}[\"'`]?"
)
_TOKEN = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]{2,300}")
_LONGEST_LINE = 2_000
_MOST = 1_000


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Skipped]:
    """Find what looks like a reference, line by line."""
    count = at = 0
    for line in source.text.split("\n"):
        for start, end in _places(line[:_LONGEST_LINE]):
            if count == _MOST:
                return
            count += 1
            place = source.place(at + start, at + end, scanner=name, where="text")
            reference = ImageReference.parse(line[start:end])
            yield Skipped(place, Reason.UNREAD, reference)
        at += len(line) + 1


def _places(line: str) -> Iterator[tuple[int, int]]:
    if line.lstrip()[:1] in ("#", "/", "*"):
        return
    command = _COMMAND.search(line)
    if command is not None:
        for token in _TOKEN.finditer(line, command.end()):
            before = line[token.start() - 1 : token.start()]
            if before in (" ", "\t", '"', "'", "`") and _is_reference(token[0]):
                yield token.span()
                return
        return
    variable = _VARIABLE.search(line)
    named = _TOKEN.match(line, variable.end()) if variable else None
    if named is not None and _is_reference(named[0]):
        yield named.span()


def _is_reference(text: str) -> bool:
    try:
        reference = ImageReference.parse(text)
    except ReferenceSyntaxError:
        return False
    is_port = text.replace(":", "").isdecimal()
    return not is_port and bool(reference.tag or reference.digest)
