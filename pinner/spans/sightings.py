"""What a scanner saw at a stretch of text, judged: a reference with its site, or a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.occurrence import Found, Ignore, Problem, Reason, Site, Skipped, Span, TagPart
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.spans.placement import find_tag_parts, place_digest
from pinner.spans.source import MalformedTextError, any_comment
from pinner.spans.variables import WILDCARD, Literal, Region, expanded, unset_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pinner.model.occurrence import Occurrence
    from pinner.spans.placement import Uses
    from pinner.spans.source import IsComment, Source
    from pinner.spans.traced import Traced
    from pinner.spans.variables import Piece

_TEMPLATE = (
    r"\{\{|\{%|<[%<]|<[A-Za-z_][\w -]*>|@[A-Za-z_][\w.]*@|(?<!\$)\{[A-Za-z_]\w*\}"
    r"|%[A-Za-z_]\w*%|\$\["
    r"|(?<![a-z0-9])__[A-Z][A-Z0-9_]*__(?![a-z0-9])"  # in small letters it is a name's part
    r"|\A[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z|@sha256:(?:resolved|digest|placeholder)\Z"
)
_MOST_USERS = 5
_MOST_SEARCHED = 10_000_000
_VARIABLE = r"\$[({A-Za-z_]"
# What nearly every reference is; no mark of a template stands there.
_PLAIN = re.compile(r"[a-z0-9./:-]*(?:@sha256:[a-f0-9]*)?")


class Sighting(Struct, frozen=True):
    """A judged stretch of text; offsets are indexes of the text.

    `seen_at` is where the reference is used, which may be far from where an edit goes.
    `missing` names the variables that have no value.
    """

    region: Region
    where: str
    seen_at: int
    site: Site | None = None
    reference: ImageReference | None = None
    reason: Reason | None = None
    missing: tuple[str, ...] = ()


class LiteralUses:
    """Words without variables: nobody else uses what they hold."""

    def is_only_whole(self, name: str) -> bool:  # noqa: ARG002 - Protocol
        """Variables do not occur."""
        return False

    def is_only_tag_of(self, name: str, reference: str) -> bool:  # noqa: ARG002 - Protocol
        """Variables do not occur."""
        return False


def is_templated(text: str) -> bool:
    """Say whether text bears the marks of a template language."""
    return _PLAIN.fullmatch(text) is None and re.search(_TEMPLATE, text) is not None


def is_placeholder(text: str) -> bool:
    """Say whether a value is to be filled in by a template or by envsubst."""
    return is_templated(text) or ("$" in text and re.search(_VARIABLE, text) is not None)


def judge_word(
    pieces: Sequence[Piece],
    region: Region,
    where: str,
    uses: Uses,
    *,
    undecided: Collection[str] = (),
) -> Sighting:
    """Judge an expanded word; `undecided` names variables whose value only the build knows."""
    text = expanded(pieces)
    unset = unset_names(pieces)
    seen = Sighting(region, where, region.start, missing=tuple(sorted(unset)))
    if WILDCARD in text:
        return replace(seen, reason=Reason.PLATFORM_VARIABLE)
    try:
        reference = ImageReference.parse(text)
    except ReferenceSyntaxError:
        return replace(seen, reason=_why_invalid(text, unset=bool(unset)))
    if any(name in undecided for name in unset):
        return replace(seen, reason=Reason.UNSET_VARIABLE)
    placement = place_digest(pieces, region, uses)
    site = placement.site
    if site is not None and site.tag is None and reference.tag is not None:
        site = replace(site, parts=find_tag_parts(pieces, region.file))
    seen = replace(seen, region=placement.region, site=site, reference=reference.tagged())
    if placement.site is None and reference.digest is None:
        return replace(seen, reason=Reason.UNSUPPORTED_EDIT)
    return seen


def judge_literal(text: Traced, where: str, file: str) -> Sighting:
    """Judge text in which nothing is expanded."""
    region = Region(file, text.starts[0], text.ends[-1])
    try:
        reference = ImageReference.parse(text.text)
    except ReferenceSyntaxError:
        reason = _why_invalid(text.text, unset=False)
        return Sighting(region, where, region.start, reason=reason)
    placed = place_digest((Literal(text),), region, LiteralUses())
    stuck = placed.site is None and reference.digest is None
    return Sighting(
        placed.region,
        where,
        region.start,
        site=placed.site,
        reference=reference.tagged(),
        reason=Reason.UNSUPPORTED_EDIT if stuck else None,
    )


def left_alone(seen: Sighting) -> Sighting:
    """Say of a reference that no edit is to touch it."""
    if seen.reference is None or seen.reference.digest is not None:
        return replace(seen, site=None)
    return replace(seen, site=None, reason=seen.reason or Reason.UNSUPPORTED_EDIT)


def _why_invalid(text: str, *, unset: bool) -> Reason:
    if unset:
        return Reason.UNSET_VARIABLE
    return Reason.TEMPLATED if is_templated(text) else Reason.INVALID_REFERENCE


def check_searched(
    sightings: Iterable[Sighting], text: str, length_at: Callable[[int], int]
) -> None:
    """Raise MalformedTextError where it takes too long to look for what is to be ignored.

    Lines are searched for comments as often as references stand in them; `length_at` says how
    much is searched for an index.
    """
    if "pinner:" not in text:
        return
    left = _MOST_SEARCHED
    for seen in sightings:
        left -= length_at(seen.seen_at)
        if left < 0:
            raise MalformedTextError("too many references stand in long lines", seen.seen_at)


def report_sightings(
    sightings: Iterable[Sighting],
    source: Source,
    scanner: str,
    is_comment: IsComment = any_comment,
) -> Iterator[Occurrence]:
    """Turn sightings into occurrences, one for each site.

    `is_comment` tells the comments of the source, where an ignore counts, from other text.
    What stands in a companion names all that use it.
    """
    claimed: dict[tuple[str, int, int], ImageReference | None] = {}
    homes = {home.path: home for home in (source, *source.companions.values())}
    for seen in _with_all_users(list(sightings), source):
        home = homes[seen.region.file]
        if seen.site is None:
            key = (home.path, seen.region.start, seen.region.end)
        else:
            key = (home.path, *seen.site.key)
        if key in claimed:
            if claimed[key] == seen.reference:
                continue
            # Two references end in the same text: one edit cannot serve both.
            seen = replace(seen, reason=Reason.UNSUPPORTED_EDIT)  # noqa: PLW2901
        claimed[key] = seen.reference
        yield _occurrence(seen, source, homes, scanner, is_comment)


def _with_all_users(sightings: list[Sighting], source: Source) -> Iterator[Sighting]:
    users: dict[tuple[object, ...], dict[str, None]] = {}
    for seen in sightings:
        if seen.region.file != source.path:
            users.setdefault((seen.region, seen.reference), {})[seen.where] = None
    for seen in sightings:
        names = list(users.get((seen.region, seen.reference), ()))
        if len(names) < 2:
            yield seen
            continue
        others = len(names) - _MOST_USERS
        shown = ", ".join(names[:_MOST_USERS]) + (f" and {others} more" if others > 0 else "")
        yield replace(seen, where=shown)


def _occurrence(
    seen: Sighting,
    source: Source,
    homes: Mapping[str, Source],
    scanner: str,
    is_comment: IsComment,
) -> Occurrence:
    home = homes[seen.region.file]
    plain = _judged(seen, home, homes, scanner)
    own = is_comment if home is source else any_comment
    said = (
        *_placed(source, seen.seen_at, is_comment),
        *_placed(home, seen.region.start, own),
    )
    if not said:
        return plain
    unknown = (one for one in said if isinstance(one, Problem))
    plain = replace(plain, remark=next(unknown, None))
    ignores = [one for one in said if isinstance(one, Ignore)]
    if not ignores:
        return plain
    ignore = max(ignores, key=lambda one: (not one.until, one.until))
    return Skipped(
        plain.place,
        Reason.IGNORED,
        seen.reference,
        ignore=ignore,
        otherwise=plain if ignore.until else None,
        remark=plain.remark,
    )


def _placed(source: Source, index: int, is_comment: IsComment) -> Iterator[Ignore | Problem]:
    for line, said in source.directives(index, is_comment):
        if isinstance(said, Ignore):
            yield said
        else:
            yield Problem(source.path, line, said.message, "unknown-directive")


def _judged(seen: Sighting, home: Source, homes: Mapping[str, Source], scanner: str) -> Occurrence:
    place = home.place(seen.region.start, seen.region.end, scanner=scanner, where=seen.where)
    if seen.reason is not None or seen.reference is None:
        reason = seen.reason or Reason.INVALID_REFERENCE
        missing = seen.missing if reason is Reason.UNSET_VARIABLE else ()
        return Skipped(place, reason, seen.reference, missing)
    return Found(place, seen.reference, _site_in_bytes(seen.site, home, homes))


def _parts_in_bytes(parts: tuple[TagPart, ...], homes: Mapping[str, Source]) -> Iterator[TagPart]:
    for part in parts:
        places = tuple(
            (file, homes[file].span(span.start, span.end))
            for file, span in part.places
            if file in homes and homes[file].is_editable
        )
        yield TagPart(part.text, places)


def _site_in_bytes(site: Site | None, source: Source, homes: Mapping[str, Source]) -> Site | None:
    if site is None or not source.is_editable:
        return None

    def convert(span: Span | None) -> Span | None:
        return source.span(span.start, span.end) if span else None

    field = site.field
    if field is not None:
        span = source.span(field.span.start, field.span.end)
        field = replace(field, span=span, removal=convert(field.removal))
    return replace(
        site,
        end=source.byte_offset(site.end),
        digest=convert(site.digest),
        tag=convert(site.tag),
        field=field,
        parts=tuple(_parts_in_bytes(site.parts, homes)),
    )
