"""What a build pulls whose arguments another file gives: a compose file, and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.occurrence import Found, Occurrence, Place, Reason
from pinner.scanners.dockerfile.references import find_references
from pinner.spans.sightings import Sighting, report_sightings
from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.scanners.mentions import Mention
    from pinner.spans.source import Source


class Build(Struct, frozen=True):
    """References that arguments supply, and the places whose variables they give a value."""

    occurrences: tuple[Occurrence, ...] = ()
    resolved: frozenset[tuple[str, int, int]] = frozenset()


def find_build(source: Source, mention: Mention, teller: Source, scanner: str) -> Build:
    """Compare what a build with arguments pulls with what it pulls without."""
    given = {name: argument.value for name, argument in mention.arguments.items()}
    text = Traced.of(source.text)
    try:
        plain, _ = find_references(text, source.path)
        built, lines = find_references(text, source.path, given)
    except MalformedTextError:
        return Build()
    base = {seen.seen_at: seen for seen in plain}
    kept, stuck, resolved = [], [], set()
    for seen in built:
        before = base.get(seen.seen_at)
        was_unset = before is None or before.reason is Reason.UNSET_VARIABLE
        if was_unset and seen.reason is None and seen.region.file != source.path:
            place = source.place(seen.seen_at, seen.seen_at, scanner=scanner, where="")
            resolved.add((source.path, place.line, place.column))
        if (
            seen.region.file != source.path
            or (was_unset and seen.reason is None)
            or _has_told_tag(seen, before, source)
        ):
            kept.append(replace(seen, where=f"{mention.where}.args: {seen.where}"))
        elif _is_other(seen, before):
            stuck.append(seen)
    homes = replace(source, companions={**teller.companions, teller.path: teller})
    found = (
        *report_sightings(kept, homes, scanner, lines.is_comment),
        *_unreachable(stuck, mention, teller, scanner),
    )
    return Build(found, frozenset(resolved))


def _has_told_tag(seen: Sighting, before: Sighting | None, source: Source) -> bool:
    """Say whether arguments and defaults come to the same: another tag has to go to both."""
    if before is None or seen.site is None or before.reference != seen.reference:
        return False
    return any(file != source.path for part in seen.site.parts for file, _ in part.places)


def _is_other(seen: Sighting, before: Sighting | None) -> bool:
    """Say whether arguments make it another image, and no digest in the word decides."""
    if seen.reference is None or seen.reference.digest is not None:
        return False
    return before is None or before.reference != seen.reference


def _unreachable(
    stuck: list[Sighting], mention: Mention, teller: Source, scanner: str
) -> Iterator[Found]:
    """Report what an argument supplies in a way that no edit can follow."""
    argument = _first(mention.arguments)
    if argument is None:
        return
    region = mention.arguments[argument].region
    for seen in stuck:
        if seen.reference is None:
            continue
        where = f"{mention.where}.args: {seen.where}"
        place: Place = teller.place(region.start, region.end, scanner=scanner, where=where)
        yield Found(place, seen.reference, None)


def _first(arguments: Mapping[str, object]) -> str | None:
    return min(arguments, default=None)
