"""Tags as versions: which tag of a list comes after one, and is of the same kind.

Of the same kind are tags with the same prefix, the same suffix and as many numbers with the same
separators: `3.12.1-slim` may become `3.13.0-slim`, but neither `3.13-slim` nor `3.13.0`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import total_ordering
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

_VERSION = re.compile(
    r"""(?P<prefix>(?:v|V|r|release[-_.]?|Release[-_.]?|RELEASE[-_.]?|version[-_.]?)?)
    (?P<version>\d+(?:[._]\d+|u\d+|(?<=\d{4})-\d{2}-\d{2}(?:T\d{2}-\d{2}-\d{2}Z)?)*)
    (?P<pre>(?:[-._]?(?:rc|alpha|beta|pre|preview|dev|snapshot|nightly|canary|ea|m)
        (?:[-._]?\d+)*|[ab]\d+)?(?=[-._+]|\Z))
    (?P<suffix>.*)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_COMMIT = re.compile(r"(?=.*[a-f])(?=.*\d)[0-9a-f]{7,40}")
_STAGES = {
    "dev": 0, "snapshot": 0, "nightly": 0, "canary": 0, "ea": 0, "a": 1, "alpha": 1, "m": 2,
    "b": 2, "beta": 2, "pre": 3, "preview": 3, "rc": 4,
}  # fmt: skip
_FINAL = 9
_LONGEST_TAG = 128
_DATE = re.compile(r"(?:19|20)\d{6}")


class Level(StrEnum):
    """How far a tag may move: which of its numbers may change."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


_FIXED = {Level.PATCH: 2, Level.MINOR: 1, Level.MAJOR: 0}


@total_ordering
class TagVersion(Struct, frozen=True):
    """A tag that begins with a version; `stage` is that of a pre-release, or final."""

    tag: str
    prefix: str
    numbers: tuple[int, ...]
    separators: tuple[str, ...]
    stage: tuple[int, ...]
    suffix: str

    @property
    def kind(self) -> tuple[str, tuple[str, ...], str]:
        """What tags have to share to follow each other."""
        return (self.prefix, self.separators, self.suffix)

    @property
    def is_final(self) -> bool:
        """Say whether it is no pre-release."""
        return self.stage == (_FINAL,)

    def __lt__(self, other: TagVersion) -> bool:
        return (self.numbers, self.stage) < (other.numbers, other.stage)


def parse_tag(tag: str) -> TagVersion | None:
    """Read a tag as a version; None for names, commits and the like."""
    match = _VERSION.fullmatch(tag) if len(tag) <= _LONGEST_TAG else None
    if match is None or _COMMIT.fullmatch(tag):
        return None
    version = match["version"]
    return TagVersion(
        tag=tag,
        prefix=match["prefix"],
        numbers=tuple(map(int, re.findall(r"\d+", version))),
        separators=tuple(re.findall(r"\D+", version)),
        stage=_stage(match["pre"]),
        suffix=match["suffix"],
    )


def _stage(text: str) -> tuple[int, ...]:
    if not text:
        return (_FINAL,)
    name = re.sub(r"[^a-z]", "", text.lower())
    return (_STAGES[name], *map(int, re.findall(r"\d+", text)))


def next_tag(current: str, tags: Iterable[str], level: Level) -> str | None:
    """Choose the newest tag of the same kind within a level; None if the current one is newest."""
    now = parse_tag(current)
    if now is None:
        return None
    fixed = _FIXED[level]
    found = [
        version
        for version in map(parse_tag, tags)
        if version is not None
        and version.kind == now.kind
        and version.numbers[:fixed] == now.numbers[:fixed]
        and (len(version.numbers) > fixed or not now.is_final)
        and (version.is_final or not now.is_final)
        and not _turns_to_date(now, version)
        and version > now
    ]
    return max(found).tag if found else None


def _turns_to_date(now: TagVersion, later: TagVersion) -> bool:
    """Recognise build dates among release numbers, as 20230617 after 3.18."""
    pairs = zip(now.numbers, later.numbers, strict=True)
    return any(_DATE.fullmatch(str(new)) and not _DATE.fullmatch(str(old)) for old, new in pairs)


def most_specific(tags: Iterable[str]) -> list[str]:
    """Order plain final versions so that the likeliest name of `latest` comes first."""
    versions = [version for version in map(parse_tag, tags) if version is not None]
    plain = [
        version
        for version in versions
        if version.is_final
        and not version.suffix
        and not any(_DATE.fullmatch(str(number)) for number in version.numbers)
    ]
    plain.sort(key=lambda version: (len(version.numbers) > 1, version.numbers), reverse=True)
    return [version.tag for version in plain]
