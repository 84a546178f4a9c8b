"""Read `image:` lines from text that is no YAML because a template language is in it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.spans.sightings import Sighting, is_templated, judge_literal
from pinner.spans.traced import Traced
from pinner.spans.variables import Region

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}|\{#.*?#\}", re.DOTALL)
_MARKS = re.compile(r"\{\{|\{%|<%|\$\{|^[^\n#]*:\t", re.MULTILINE)
_VARIABLE = re.compile(r"\$[({A-Za-z_]")


def is_template(text: str) -> bool:
    """Say whether a template explains that text is no YAML (or a tab that only some allow)."""
    return _MARKS.search(text) is not None


def is_placeholder(text: str) -> bool:
    """Say whether a value is to be filled in by a template or by envsubst."""
    return is_templated(text) or _VARIABLE.search(text) is not None


def find_image_lines(text: str, start: int, end: int, file: str) -> Iterator[Sighting]:
    """Find images between two indexes, line by line."""
    comments = [(match.start(), match.end()) for match in _COMMENT.finditer(text, start, end)]
    for match in _line().finditer(text, start, end):
        group = next(name for name in ("double", "single", "plain") if match[name] is not None)
        value = match[group]
        if match["brace"] and group == "plain":
            value = re.split(r"[,}]", value, maxsplit=1)[0].rstrip()
        first = match.start(group)
        if not value or any(begin <= first < stop for begin, stop in comments):
            continue
        where = match["key"]
        if is_placeholder(value):
            region = Region(file, first, first + len(value))
            yield Sighting(region, where, first, reason=Reason.TEMPLATED)
        elif _is_reference(value):
            yield replace(judge_literal(Traced.of(value, first), where, file), seen_at=first)


@cache
def _line() -> re.Pattern[str]:
    return re.compile(
        r"""^[ \t]*(?:-[ \t]+)*(?P<brace>\{[ \t]*)?(["']?)(?P<key>image|imageName)\2[ \t]*:[ \t]+
    (?:&\S+[ \t]+)?
    (?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<plain>[^\s"'|>&*#][^\n]*?))
    [ \t\r]*(?:[ \t]\#[^\n]*)?$""",
        re.MULTILINE | re.VERBOSE,
    )


def _is_reference(value: str) -> bool:
    try:
        ImageReference.parse(value)
    except ReferenceSyntaxError:
        return False
    return True
