"""What was found in a project's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.findings import PassedOver
from pinner.model.occurrence import Found, Occurrence, Problem, Reason, Skipped, TagPart
from pinner.pins.policy import apply_ignores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.project.scan_cache import Result


class Survey(Struct, frozen=True, kw_only=True):
    """What was found; occurrences are sorted by file, line and column.

    `jobs` names the scanners that read each file, `hashes` tells the contents that spans
    belong to. `remarks` are about files that others name. `unknown` files are not checked out, or
    only as a pointer. `looks_like` are places that seem to hold references and are not read.
    """

    occurrences: tuple[Occurrence, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...] = ()
    jobs: Mapping[str, tuple[str, ...]]
    hashes: Mapping[str, str]
    is_partial: bool = False
    unknown: frozenset[str] = frozenset()
    passed_over: PassedOver = PassedOver()
    looks_like: tuple[Skipped, ...] = ()

    @property
    def scope(self) -> frozenset[str] | None:
        """The files that were looked at; None for the whole project."""
        return frozenset(self.jobs) if self.is_partial else None

    @property
    def unread(self) -> frozenset[str]:
        """The files that could not be read, wholly or in part."""
        return frozenset(problem.file for problem in self.problems) | self.unknown


def survey_of(
    results: Sequence[Result],
    hashes: Mapping[str, str | None],
    jobs: Mapping[str, tuple[str, ...]],
    *,
    ignore: Sequence[str],
    is_partial: bool,
) -> Survey:
    """Sum up what scanners found; what the patterns of `ignore` match is skipped."""
    said = {result for result in results if isinstance(result, Problem)}
    said_in_order = sorted(said, key=lambda problem: (problem.file, problem.line))
    occurrences = _merge(
        seen for seen in results if not isinstance(seen, Problem) and not _is_unread(seen)
    )
    return Survey(
        occurrences=tuple(apply_ignores(occurrences, ignore)),
        problems=tuple(problem for problem in said_in_order if problem.name == "unreadable"),
        remarks=tuple(problem for problem in said_in_order if problem.name != "unreadable"),
        jobs=jobs,
        hashes={path: digest for path, digest in hashes.items() if digest},
        is_partial=is_partial,
        looks_like=tuple(seen for seen in results if _is_unread(seen)),
    )


def _is_unread(seen: Result) -> TypeGuard[Skipped]:
    return isinstance(seen, Skipped) and seen.reason is Reason.UNREAD


def _with_all_parts(known: Found, other: Found) -> Found:
    """Join the places of a tag's parts: a value may be given by several files that agree."""
    if known.site is None or other.site is None or known.site.parts == other.site.parts:
        return known
    mine, its = known.site.parts, other.site.parts
    if [part.text for part in mine] != [part.text for part in its]:
        tag = TagPart("".join(part.text for part in mine))
        return replace(known, site=replace(known.site, parts=(tag,)))
    parts = tuple(
        TagPart(own.text, tuple(dict.fromkeys((*own.places, *further.places))))
        for own, further in zip(mine, its, strict=True)
    )
    return replace(known, site=replace(known.site, parts=parts))


def _merge(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Sort, and make one of those that different files lead to and that one edit serves."""
    merged: dict[tuple[object, ...], Occurrence] = {}
    for seen in occurrences:
        place = seen.place
        key = (place.file, place.line, place.column, place.text)
        known = merged.get(key)
        if known is None or isinstance(known, Skipped):
            merged[key] = seen
        elif isinstance(seen, Found) and known.reference != seen.reference:
            merged[key] = Skipped(known.place, Reason.UNSUPPORTED_EDIT, known.reference)
        elif isinstance(seen, Found):
            merged[key] = _with_all_parts(known, seen)
    return sorted(
        merged.values(), key=lambda seen: (seen.place.file, seen.place.line, seen.place.column)
    )
