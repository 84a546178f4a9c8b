"""What the user wants of pins, and which edits that calls for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.pins.rewrite import Style, move_edits, pin_edits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pinner.model.occurrence import Edit, Found
    from pinner.model.platforms import Platform


class Wishes(Struct, frozen=True, kw_only=True):
    """What the user wants of pins.

    `platforms` are recorded beside each digest; `pin_platform` is pinned in place of the index.
    `refresh` names the tracks whose tag is asked again, `moves` those that get another tag:
    old reference to new.
    """

    platforms: tuple[Platform, ...] = ()
    pin_platform: Platform | None = None
    style: Style = Style.TAG_AND_DIGEST
    rewrite: bool = True
    lock_composed_only: bool = False
    refresh: Collection[str] = ()
    moves: Mapping[str, str] = field(default_factory=dict)


class Target(Struct, frozen=True):
    """What an occurrence is to be pinned to; `new_tag` if its tag moves."""

    digest: str
    new_tag: str | None


def plan_edits(targets: Mapping[Found, Target], wishes: Wishes) -> dict[str, tuple[Edit, ...]]:
    """Give the edits by file that bring occurrences to their targets."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for seen, target in targets.items():
        if seen.site is None or not needs_edit(seen, target, wishes):
            continue
        moved: tuple[Edit, ...] = ()
        if target.new_tag is not None and wishes.style is Style.TAG_AND_DIGEST:
            moved = move_edits(seen.site, target.new_tag, target.digest)
        edits[seen.place.file] += moved or pin_edits(seen.site, target.digest, wishes.style)
    return {file: tuple(members) for file, members in edits.items()}


def needs_edit(seen: Found, target: Target, wishes: Wishes) -> bool:
    """Say whether a file is to be changed for an occurrence to have its digest and tag."""
    gets_tag = target.new_tag is not None and can_move_tag(seen, wishes)
    return gets_tag or wants_edit(seen, target.digest, wishes)


def can_move_tag(seen: Found, wishes: Wishes) -> bool:
    """Say whether an edit can write another tag; with digest-only none stands in the file."""
    if seen.site is None or is_lock_only(seen, wishes):
        return False
    if wishes.style is Style.DIGEST_ONLY and seen.site.digest is not None:
        return seen.site.has_at
    return bool(move_edits(seen.site, "x", "x"))


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
