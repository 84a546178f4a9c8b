"""What the user wants of pins, and which edits that calls for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.pins.rewrite import Style, move_edits, pin_edits
from pinner.pins.tag_parts import part_edits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pinner.model.occurrence import Edit, Found
    from pinner.model.platforms import Platform
    from pinner.model.reference import ImageReference
    from pinner.pins.trust import TrustRule


class Wishes(Struct, frozen=True, kw_only=True):
    """What the user wants of pins.

    `platforms` are recorded beside each digest; `pin_platform` is pinned in place of the index.
    `refresh` names the tracks whose tag is asked again, `moves` those that get another tag:
    old reference to new. Entries that do not prove what `trust` asks for are asked about.
    """

    platforms: tuple[Platform, ...] = ()
    pin_platform: Platform | None = None
    style: Style = Style.TAG_AND_DIGEST
    rewrite: bool = True
    lock_composed_only: bool = False
    refresh: Collection[str] = ()
    moves: Mapping[str, str] = field(default_factory=dict)
    trust: tuple[TrustRule, ...] = ()


class Target(Struct, frozen=True):
    """What an occurrence is to be pinned to; `new_tag` if its tag moves."""

    digest: str
    new_tag: str | None


def plan_edits(targets: Mapping[Found, Target], wishes: Wishes) -> dict[str, tuple[Edit, ...]]:
    """Give the edits by file that bring occurrences to their targets."""
    edits: dict[str, dict[Edit, None]] = defaultdict(dict)
    for seen, target in targets.items():
        for file, edit in _edits_of(seen, target, wishes):
            edits[file][edit] = None  # a variable's value is written once for all its uses
    return {file: tuple(members) for file, members in edits.items()}


def _edits_of(seen: Found, target: Target, wishes: Wishes) -> Iterator[tuple[str, Edit]]:
    if seen.site is None or not needs_edit(seen, target, wishes):
        return
    own = seen.place.file
    digest = None if is_lock_only(seen, wishes) else target.digest
    if target.new_tag is not None and wishes.style is Style.TAG_AND_DIGEST:
        moved = move_edits(seen.site, target.new_tag, digest)
        if moved:
            yield from ((own, edit) for edit in moved)
            return
        yield from part_edits(seen.site.parts, target.new_tag)
    if digest is not None and wants_edit(seen, digest, wishes):
        yield from ((own, edit) for edit in pin_edits(seen.site, digest, wishes.style))


def tag_edits(seen: Found, tag: str) -> tuple[tuple[str, Edit], ...]:
    """Give the edits, with their files, that write another tag and leave the digest; if any do."""
    if seen.site is None:
        return ()
    moved = move_edits(seen.site, tag, None)
    return tuple((seen.place.file, edit) for edit in moved) or part_edits(seen.site.parts, tag)


def wanted_reference(seen: Found, target: Target, wishes: Wishes) -> ImageReference:
    """Give the reference that an occurrence is to have once it is edited."""
    digest = seen.reference.digest if is_lock_only(seen, wishes) else target.digest
    new = target.new_tag if wishes.style is Style.TAG_AND_DIGEST else None
    tag = new if new is not None and tag_edits(seen, new) else seen.reference.tag
    return replace(seen.reference, tag=tag, digest=digest)


def needs_edit(seen: Found, target: Target, wishes: Wishes) -> bool:
    """Say whether a file is to be changed for an occurrence to have its digest and tag."""
    new = target.new_tag
    gets_tag = new is not None and can_move_tag(seen, new, wishes)
    return gets_tag or wants_edit(seen, target.digest, wishes)


def can_move_tag(seen: Found, tag: str, wishes: Wishes) -> bool:
    """Say whether an edit can write another tag; with digest-only none stands in the file."""
    if seen.site is None or not wishes.rewrite:
        return False
    if wishes.style is Style.DIGEST_ONLY and seen.site.digest is not None:
        return seen.site.has_at and not is_lock_only(seen, wishes)
    return bool(tag_edits(seen, tag))


def wants_edit(seen: Found, digest: str, wishes: Wishes) -> bool:
    """Say whether a file is to be changed for an occurrence to have its digest."""
    if seen.site is None or is_lock_only(seen, wishes):
        return False
    if seen.reference.digest != digest:
        return True
    is_droppable = seen.site.tag is not None and not seen.site.tag_alone
    return wishes.style is Style.DIGEST_ONLY and is_droppable


def is_lock_only(seen: Found, wishes: Wishes) -> bool:
    """Say whether files are left alone and only the lockfile holds the digest."""
    if seen.site is None:
        return not wishes.rewrite
    composed = wishes.lock_composed_only and seen.site.composed
    return not wishes.rewrite or composed or seen.site.lock_only
