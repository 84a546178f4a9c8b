"""What a project says about the tags of an image: how far they move, and which are meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.pins.tag_versions import TagVersion, parse_tag

if TYPE_CHECKING:
    from pinner.pins.reach import Level
    from pinner.pins.tag_patterns import Pattern

_DIGITS = re.compile(r"\d+", re.ASCII)
_LONGEST_TAG = 128


class TagRule(Struct, frozen=True, kw_only=True):
    """How far a tag may move, and where to.

    `allow` and `except_` are regular expressions that are searched in tags. `scheme` matches whole
    tags and has the group `version`, and where there is one the group `build`; tags whose other
    named groups differ do not follow each other.
    """

    level: Level
    allow: str | None = None
    except_: str | None = None
    scheme: str | None = None


class TagReader(Struct, frozen=True):
    """Reads tags as a rule says."""

    allow: Pattern | None
    except_: Pattern | None
    scheme: Pattern | None

    def read(self, tag: str) -> TagVersion | None:
        """Read a tag as a version; None where it is none."""
        return parse_tag(tag) if self.scheme is None else _read_by(self.scheme, tag)

    def allows(self, tag: str) -> bool:
        """Say whether a tag may be moved to."""
        is_allowed = self.allow is None or self.allow.search(tag)
        return is_allowed and not (self.except_ is not None and self.except_.search(tag))


def make_reader(rule: TagRule) -> TagReader:
    """Prepare a rule's patterns; raises ValueError as the checks do."""
    scheme = None if rule.scheme is None else _checked_scheme(rule.scheme)
    return TagReader(_compiled(rule.allow), _compiled(rule.except_), scheme)


def check_pattern(text: str) -> None:
    """Check `allow` or `except`; raises ValueError with what is wrong."""
    _compiled(text)


def check_scheme(text: str) -> None:
    """Check `scheme`; raises ValueError with what is wrong."""
    _checked_scheme(text)


def _compiled(text: str | None) -> Pattern | None:
    if text is None:
        return None
    from pinner.pins.tag_patterns import compile_pattern  # noqa: PLC0415 - start-up

    try:
        return compile_pattern(text)
    except ValueError as error:
        raise ValueError(f"{text!r} {error}") from None


def _checked_scheme(text: str) -> Pattern:
    pattern = _compiled(text)
    if pattern is None or "version" not in pattern.groups:
        raise ValueError(f"{text!r} has no group for the version: (?P<version>…)")
    return pattern


def _read_by(scheme: Pattern, tag: str) -> TagVersion | None:
    groups = scheme.fullmatch(tag) if len(tag) <= _LONGEST_TAG else None
    if groups is None:
        return None
    digits = _DIGITS.findall(groups.pop("version", ""))
    builds = _DIGITS.findall(groups.pop("build", ""))
    if not digits:
        return None
    return TagVersion(
        tag=tag,
        scheme=tuple(f"{name}={value}" for name, value in sorted(groups.items())),
        numbers=tuple(map(int, digits)),
        builds=tuple(map(int, builds)),
        is_padded=any(len(number) > 1 and number[0] == "0" for number in digits),
    )
