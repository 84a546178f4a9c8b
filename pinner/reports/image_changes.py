"""What is different about an image that moved, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.reference import familiar_name
from pinner.model.shown import counted
from pinner.pins.image_changes import Verdict
from pinner.reports.details import human_size
from pinner.reports.text import short_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinner.model.image_details import Layer
    from pinner.pins.image_changes import Change, ImageChange, PlatformChange

GLANCE = {
    Verdict.REBUILD: "a rebuild of the same",
    Verdict.NEW_VERSION: "a new version",
    Verdict.NEW_CONFIGURATION: "a new configuration",
    Verdict.UNKNOWN: "cannot be compared",
}
_MOST_PLACES = 5
_SHORT_REVISION = 12


def title_of(change: ImageChange) -> str:
    """Name the image, and both tags if it got another."""
    name = familiar_name(change.reference)
    if change.former is None:
        return name
    return f"{familiar_name(change.former)} → {name.rpartition(':')[2]}"


def change_lines(change: ImageChange) -> Iterator[str]:
    """Say what is different: everywhere first, then by platform where they differ."""
    if change.note:
        yield change.note
    both = [one for one in change.platforms if one.before is not None and one.after is not None]
    seen: dict[str, list[str]] = {}
    for platform in both:
        for words in (*map(_words, platform.changes), *_created(platform), _layers(platform)):
            seen.setdefault(words, []).append(platform.platform)
    by_platforms: dict[str, list[str]] = {}
    for words, platforms in seen.items():
        where = "" if len(platforms) == len(both) else f"{', '.join(platforms)}: "
        by_platforms.setdefault(where, []).append(words)
    yield from _lines_by_platforms(by_platforms, _sizes(both))
    for platform in change.platforms:
        if platform.before is None or platform.after is None:
            yield f"{platform.platform} is {'new' if platform.before is None else 'gone'}"


def _lines_by_platforms(by_platforms: Mapping[str, Sequence[str]], sizes: str) -> Iterator[str]:
    if "" in by_platforms:
        yield ", ".join(by_platforms[""])
    if sizes:
        yield sizes
    for where, some in by_platforms.items():
        if where:
            yield f"{where}{', '.join(some)}"


def places_line(places: Sequence[str]) -> str:
    """Name the files that an image stands in."""
    if not places:
        return ""
    others = len(places) - _MOST_PLACES
    more = f" and {others} more" if others > 0 else ""
    return f"in {', '.join(places[:_MOST_PLACES])}{more}"


def digests_of(change: ImageChange) -> str:
    """Give both digests, shortened."""
    return f"{short_digest(change.before)} → {short_digest(change.after)}"


def _words(change: Change) -> str:
    before, after = (_shortened(change.what, text) for text in (change.before, change.after))
    if before is None:
        return f"{change.what} {after} (new)"
    return f"{change.what} {before} → {after or '(gone)'}"


def _shortened(what: str, text: str | None) -> str | None:
    is_hash = what == "revision" and text is not None and len(text) > _SHORT_REVISION
    return text[:_SHORT_REVISION] if is_hash and text else text


def _created(platform: PlatformChange) -> Iterator[str]:
    before = platform.before.created if platform.before else None
    after = platform.after.created if platform.after else None
    if before != after:
        yield f"created {_day(before)} → {_day(after)}"


def _day(text: str | None) -> str:
    return text.partition("T")[0] if text else "?"


def _layers(platform: PlatformChange) -> str:
    kept, added = len(platform.kept), len(platform.added)
    removed = len(platform.removed)
    return f"{counted(kept, 'layer')} kept, {added} added, {removed} removed"


def _sizes(platforms: Sequence[PlatformChange]) -> str:
    pairs = [
        (one.before.size, one.after.size, one) for one in platforms if one.before and one.after
    ]
    if not pairs:
        return ""
    new = _range([_weight(one.added) for _, _, one in pairs])
    return (
        f"{_range([before for before, _, _ in pairs])} → {_range([after for _, after, _ in pairs])}"
        f", {new} to load"
    )


def _range(sizes: Sequence[int]) -> str:
    least, most = human_size(min(sizes)), human_size(max(sizes))
    return least if least == most else f"{least} to {most}"


def _weight(layers: Sequence[Layer]) -> int:
    return sum(layer.size for layer in layers)
