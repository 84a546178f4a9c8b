"""Read `image:` lines from text that is no YAML because a template language is in it.

Lines are placed by their indentation: what stands below `environment`, `data` and the like is no
image, and what cannot be placed is reported and never pinned.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.spans.sightings import Sighting, is_placeholder, judge_literal
from pinner.spans.traced import Traced
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import TooDeepError, check_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.spans.yaml_nodes import YamlSyntaxError

_MARKS = ("{{", "{%", "<%")
_COMMENT_OPENS = re.compile(r"\{\{-?\s{0,80}/\*|\{#")
_KEY = re.compile(r"(?P<indent>[ \t]*(?:-[ \t]+)*)([\"']?)(?P<key>[\w./-]+)\2[ \t]*:(?=[ \t\r]|\Z)")
_IMAGE = re.compile(
    r"(?:-[ \t]+)*(?P<brace>\{[ \t]*)?([\"']?)(?P<key>image|imageName)\2[ \t]*:[ \t]+"
    r"(?:&\S+[ \t]+)?"
)
_MENTION = re.compile(r"[\"']?\b(?:image|imageName)[\"']?[ \t]*:")
_QUOTED = re.compile(r"\"(?P<double>[^\"\n]*)\"|'(?P<single>[^'\n]*)'")
# Below these keys nothing is an image that an engine pulls.
_OTHERS = frozenset({
    "environment", "env", "data", "stringData", "binaryData", "labels", "annotations", "metadata",
    "status", "args", "command", "configs", "secrets", "parameters",
})  # fmt: skip
_LONGEST_LINE = 10_000


def is_template(text: str, error: YamlSyntaxError) -> bool:
    """Say whether a template explains that text is no YAML, and no engine reads it as it is.

    A mark that the parsers here stumble over, or one that was read as a mapping that is a key, is
    refused by every engine. Any other mark may stand in a comment or text, while they read on.
    """
    refusal = error.refusal
    if isinstance(error, TooDeepError) or refusal.is_partial:
        return False
    if not any(mark in text for mark in _MARKS):
        return False
    return refusal.has_odd_key or (not refusal.in_scalar and _stumbles(text, error))


def _stumbles(text: str, error: YamlSyntaxError) -> bool:
    """Say whether a parser was at a mark when it gave up."""
    at, context = error.at, error.refusal.context
    starts = [at] if context is None else [at, context]
    return (
        any(text.startswith(_MARKS, start) for start in starts)
        or text[max(at - 2, 0) : at] == "{{"
        or text[max(at - 1, 0) : at + 1] == "{%"
        or (str(error).startswith("mapping values are not allowed") and _follows_mark(text, at))
        or _is_quote_in_quotes(text, at)
    )


def _is_quote_in_quotes(text: str, at: int) -> bool:
    """Recognise `"{{ include "name" . }}"`: a word right behind a quote is nowhere YAML."""
    line = text[text.rfind("\n", 0, at) + 1 : at][-_LONGEST_LINE:]
    return line.endswith(('"', "'")) and text[at : at + 1].isalnum() and "{{" in line


def _follows_mark(text: str, at: int) -> bool:
    """Say whether a line or one of the two before it begins with a mark: they are one scalar."""
    start = at
    for _ in range(3):
        start = text.rfind("\n", 0, start)
        if text[start + 1 : start + _LONGEST_LINE].lstrip(" \t-").startswith(_MARKS):
            return True
        if start < 0:
            return False
    return False


def find_image_lines(text: str, start: int, end: int, file: str) -> Iterator[Sighting]:
    """Find images between two indexes, line by line; in time linear in the text.

    Raises YamlSyntaxError where there are too many.
    """
    count = 0
    comments = list(_template_comments(text, start, end))
    begins = [begin for begin, _ in comments]

    def is_commented(index: int) -> bool:
        before = bisect_right(begins, index) - 1
        return before >= 0 and index < comments[before][1]

    above: list[tuple[int, str]] = []
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        if not is_commented(at):
            line = text[at:stop][:_LONGEST_LINE]
            _note_keys(line, above)
            found = _images_of(line, at, file, above)
            for seen in found:
                if not is_commented(seen.region.start):
                    count += 1
                    check_count(count, at)
                    yield seen
        at = stop + 1


def _template_comments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    while match := _COMMENT_OPENS.search(text, at, end):
        closing = "#}" if match[0] == "{#" else "*/"
        close = text.find(closing, match.end(), end)
        if close < 0:
            return
        at = close + len(closing)
        yield match.start(), at


def _note_keys(line: str, above: list[tuple[int, str]]) -> None:
    """Keep the keys that a line stands below, by their indentation."""
    match = _KEY.match(line)
    if match is None:
        return
    indent = len(match["indent"])
    while above and above[-1][0] >= indent:
        above.pop()
    above.append((indent, match["key"]))


def _images_of(line: str, at: int, file: str, above: list[tuple[int, str]]) -> Iterator[Sighting]:
    blanks = len(line) - len(line.lstrip(" \t"))
    if line[blanks : blanks + 1] == "#":
        return
    match = _IMAGE.match(line, blanks)
    placed = match is not None and not _OTHERS.intersection(key for _, key in above[:-1])
    if match is not None and placed:
        yield from _image(line, match, at, file)
        rest = match.end()
    else:
        rest = blanks
    mention = _MENTION.search(line.partition(" #")[0], rest)
    if mention is not None and not (match is not None and not placed):
        # In flow style, or behind a template's own words: it is there, but not where.
        region = Region(file, at + mention.start(), at + mention.end())
        yield Sighting(region, "image", region.start, reason=Reason.TEMPLATED)


def _image(line: str, match: re.Match[str], at: int, file: str) -> Iterator[Sighting]:
    first, value = _value_of(line, match)
    if not value:
        return
    begin = at + first
    if is_placeholder(value):
        region = Region(file, begin, begin + len(value))
        yield Sighting(region, match["key"], begin, reason=Reason.TEMPLATED)
    elif _is_reference(value):
        yield replace(judge_literal(Traced.of(value, begin), match["key"], file), seen_at=begin)


def _value_of(line: str, match: re.Match[str]) -> tuple[int, str]:
    """Give where a value begins, and the value without quotes and comment."""
    quoted = _QUOTED.match(line, match.end())
    if quoted is not None:
        group = "double" if quoted["double"] is not None else "single"
        return quoted.start(group), quoted[group]
    value = re.split(r"[ \t]#", line[match.end() :], maxsplit=1)[0]
    if match["brace"]:
        value = re.split(r"[,}]", value, maxsplit=1)[0]
    value = value.rstrip()
    return match.end(), "" if value[:1] in ("|", ">", "&", "*", "#", '"', "'") else value


def _is_reference(value: str) -> bool:
    try:
        ImageReference.parse(value)
    except ReferenceSyntaxError:
        return False
    return True
