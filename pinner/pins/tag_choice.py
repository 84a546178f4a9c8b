"""Which tags of a list come after one, by its scheme, its version and a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.pins.tag_jumps import Neighbours
from pinner.pins.tag_rules import TagRule, make_reader
from pinner.pins.tag_versions import FIXED_NUMBERS, most_specific, parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.pins.reach import Level
    from pinner.pins.tag_versions import TagVersion

_MOVING_NAMES = ("latest", "stable", "lts", "current", "mainline", "release")


def successors(
    current: str, tags: Sequence[str], rule: TagRule, *, at_most: str | None = None
) -> list[str]:
    """Order the newer tags of the same scheme that a rule allows, newest first.

    `at_most` is the tag that `latest` is known to be: none is past its version.
    Raises ValueError for a pattern of the rule that cannot be used.
    """
    reader = make_reader(rule)
    now = reader.read(current)
    if now is None:
        return []
    family = [
        version
        for version in map(reader.read, dict.fromkeys(tags))
        if version is not None and version.scheme == now.scheme
    ]
    neighbours = Neighbours(now, family)
    fixed = FIXED_NUMBERS[rule.level]
    is_variant = _is_variant(now, family)
    found = [
        version
        for version in family
        if version > now
        and version.numbers[:fixed] == now.numbers[:fixed]
        and (version.stage == now.stage if is_variant else version.is_final or not now.is_final)
        and neighbours.are_between(version)
        and reader.allows(version.tag)
    ]
    found = _bounded(found, now, at_most)
    found = _of_one_distribution(found, now)
    return [version.tag for version in sorted(found, key=_newest, reverse=True)]


def is_version(tag: str, rule: TagRule) -> bool:
    """Say whether a tag can be read as a version at all, by the rule's scheme if it has one."""
    return make_reader(rule).read(tag) is not None


def next_tag(current: str, tags: Iterable[str], level: Level) -> str | None:
    """Choose the newest tag of the same scheme within a level; None if there is no newer one."""
    found = successors(current, list(tags), TagRule(level=level))
    return found[0] if found else None


def names_of(current: str, tags: Iterable[str]) -> list[str]:
    """Order the tags that say more exactly what `current` may be, the likeliest first.

    `8` may be `8.17.0` or `8.17`, `3.12-slim` be `3.12.7-slim`, `latest` any plain final version,
    `lts-alpine` any version with `-alpine`, `bookworm` one of its dates.
    """
    if current in _MOVING_NAMES:
        return most_specific(tags)
    versions = [version for version in map(parse_tag, tags) if version is not None]
    now = parse_tag(current)
    if now is None:
        found = [version for version in versions if _is_named(version, current)]
    else:
        found = [version for version in versions if _is_narrower(version, now)]
    found.sort(key=_newest, reverse=True)
    # A tag that adds further words comes after those that only add numbers.
    words = now.scheme[2] if now is not None else None
    found.sort(key=lambda version: words is not None and version.scheme[2] != words)
    return [version.tag for version in found]


def _newest(version: TagVersion) -> tuple[object, ...]:
    return (*version.order, version.distribution, version.tag)


def _is_variant(now: TagVersion, family: Sequence[TagVersion]) -> bool:
    """Recognise `3.12-dev` beside `3.12`: an image with more in it, no pre-release."""
    return now.stage == (0,) and any(
        version.numbers == now.numbers and version.is_final for version in family
    )


def _bounded(found: list[TagVersion], now: TagVersion, at_most: str | None) -> list[TagVersion]:
    """Leave out what is past the version of `latest`.

    Who is past it already stays within the first number.
    """
    latest = parse_tag(at_most) if at_most is not None else None
    if latest is None or not latest.is_plain or not now.numbers:
        return found
    if Neighbours.differ_in_kind(now.numbers, latest.numbers):
        return found
    if _is_past(now, latest):
        return [version for version in found if version.numbers[:1] == now.numbers[:1]]
    return [version for version in found if not _is_past(version, latest)]


def _is_past(version: TagVersion, latest: TagVersion) -> bool:
    length = min(len(version.numbers), len(latest.numbers))
    return version.numbers[:length] > latest.numbers[:length]


def _of_one_distribution(found: list[TagVersion], now: TagVersion) -> list[TagVersion]:
    """Keep the distribution, or take its newest where the newer tag lacks the old one."""
    if not now.distribution:
        return found
    newer = [version for version in found if version.distribution >= now.distribution]
    chosen: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[int, ...]] = {}
    for version in sorted(newer, key=lambda version: version.distribution):
        key = (version.numbers, version.stage)
        if chosen.get(key) != now.distribution:
            chosen[key] = version.distribution
    chosen[now.numbers, now.stage] = now.distribution
    return [
        version
        for version in newer
        if chosen[version.numbers, version.stage] == version.distribution
    ]


def _is_named(version: TagVersion, name: str) -> bool:
    """Match a tag that has a version or a date where `name` has none."""
    lead, _, rest = version.scheme
    first, _, others = name.partition("-")
    endings = {f"-{name}", f"-{others}" if first in _MOVING_NAMES and others else f"-{name}"}
    if version.numbers:
        return version.is_final and lead in {"", "v"} and rest in endings
    return version.tag.startswith(f"{first}-") and lead.replace("-<8>", "", 1) == name


def _is_narrower(version: TagVersion, now: TagVersion) -> bool:
    """Match a tag that begins with the same numbers and has more of them, or more around them."""
    lead, _, rest = now.scheme
    if version.tag == now.tag or version.scheme[0] != lead or version.stage[:1] != now.stage[:1]:
        return False
    if version.numbers[: len(now.numbers)] != now.numbers:
        return False
    if version.scheme[2] == rest:
        return len(version.numbers) > len(now.numbers) and version.builds == now.builds
    words = version.scheme[2]
    if not words.startswith((f"{rest}<", f"{rest}-")):
        return False
    return bool(rest) or (len(version.numbers) == len(now.numbers) and "<" in words)
