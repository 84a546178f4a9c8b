"""Which tags one may move to, by the rule for its image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.reference import DEFAULT_TAG
from pinner.pins.tag_versions import Level, most_specific, next_tag, parse_tag

if TYPE_CHECKING:
    from collections.abc import Sequence


class TagRule(Struct, frozen=True, kw_only=True):
    """How far a tag may move, and where to."""

    level: Level
    allow: str | None = None
    except_: str | None = None
    scheme: str | None = None


def successors(
    current: str, tags: Sequence[str], rule: TagRule, *, at_most: str | None = None
) -> list[str]:
    """Give newer tags of the same kind, the newest first."""
    found, left = [], list(tags)
    while (tag := next_tag(current, left, rule.level)) is not None:
        found.append(tag)
        left.remove(tag)
    last = parse_tag(at_most) if at_most else None
    return [tag for tag in found if last is None or not _is_past(tag, last.numbers)]


def _is_past(tag: str, numbers: tuple[int, ...]) -> bool:
    version = parse_tag(tag)
    return version is not None and version.numbers[: len(numbers)] > numbers


def is_version(tag: str, rule: TagRule) -> bool:
    """Say whether a tag can be read as a version."""
    return parse_tag(tag) is not None or rule.scheme is not None


def names_of(current: str, tags: Sequence[str]) -> list[str]:
    """Give the tags that may be more specific names of one, the most specific first."""
    start = "" if current == DEFAULT_TAG else f"{current}."
    return [tag for tag in most_specific(tags) if tag.startswith(start)]


def check_pattern(text: str) -> str:
    """Check an expression; raises ValueError."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


check_scheme = check_pattern
