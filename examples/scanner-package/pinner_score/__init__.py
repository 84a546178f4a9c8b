"""Two formats for pinner: Score's workloads, and plain lists of images.

Score: https://docs.score.dev/docs/score-specification/score-spec-reference/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.api.scanners import TextFormat, YamlFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

SCORE = YamlFormat(
    name="score",
    title="Score",
    files="`score.yaml`, `*.score.yaml`",
    places="`image` of `containers`",
    patterns=("score.yaml", "*.score.yaml"),
    words=(b"containers",),
    paths=("containers.*.image",),
)

_LINE = re.compile(r"(?m)^[ \t]*([^\s#]+)")
_COMMENT = re.compile(r"#[^\n]*")


def _find(text: str) -> Iterator[tuple[int, int, str]]:
    for line in _LINE.finditer(text):
        yield line.start(1), line.end(1), "line"


def _comments(text: str) -> Iterator[tuple[int, int]]:
    return (comment.span() for comment in _COMMENT.finditer(text))


IMAGE_LIST = TextFormat(
    name="imagelist",
    title="List of images",
    files="`images.txt`",
    places="the first word of each line",
    patterns=("images.txt",),
    words=(b"",),
    find=_find,
    comments=_comments,
)
