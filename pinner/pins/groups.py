"""Group references into tracks: those that share a tag share a digest and have one entry.

A digest written without a tag belongs to the entry that holds it; it may have lost its tag to
the style `digest-only`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.occurrence import Found
from pinner.model.reference import ImageReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.model.occurrence import Occurrence
    from pinner.model.platforms import Platform
    from pinner.pins.lockfile import LockedImage, Lockfile


class Group(Struct, frozen=True, kw_only=True):
    """The occurrences of one track and platform, and the entry they had.

    `former` is the reference that they have until they move to another tag.
    `is_left_behind` says that the digest they hold is that of another tag.
    """

    reference: str
    platform: str | None
    found: tuple[Found, ...]
    entry: LockedImage | None
    former: LockedImage | None = None
    new_tag: str | None = None
    is_left_behind: bool = False

    @property
    def written(self) -> set[str]:
        """The digests that files hold."""
        return {seen.reference.digest for seen in self.found if seen.reference.digest}

    @property
    def places(self) -> tuple[str, ...]:
        """Say where the occurrences stand."""
        return tuple(f"{seen.place.file}:{seen.place.line}" for seen in self.found)

    @property
    def foreign(self) -> set[str]:
        """The digests that somebody else wrote into the files for this very tag."""
        if self.new_tag is not None or self.is_left_behind:
            return set()
        return self.written - ({self.entry.digest} if self.entry else set())

    @property
    def previous(self) -> str | None:
        """The digest before."""
        entry = self.entry or self.former
        if entry is not None:
            return entry.digest
        return min(self.written) if self.is_left_behind else None


def group_found(
    occurrences: Iterable[Occurrence],
    lockfile: Lockfile,
    pin_platform: Platform | None = None,
    moves: Mapping[str, str] | None = None,
) -> list[Group]:
    """Group what can be pinned by track and platform."""
    entries = lockfile.by_reference()
    found = [seen for seen in occurrences if isinstance(seen, Found)]
    names = _EntriesByName(lockfile, found)
    groups: dict[tuple[str, str | None], list[Found]] = defaultdict(list)
    for seen in found:
        reference = track_of(seen, names)
        platform = _platform_of(seen, entries.get(reference, ()), pin_platform)
        groups[reference, platform].append(seen)
    by_key = {(image.reference, image.platform): image for image in lockfile.images}
    made = []
    for (reference, platform), members in sorted(
        groups.items(), key=lambda item: (item[0][0], item[0][1] or "")
    ):
        entry = by_key.get((reference, platform))
        target = (moves or {}).get(reference)
        group = Group(
            reference=target or reference,
            platform=platform,
            found=tuple(members),
            entry=by_key.get((target, platform)) if target else entry,
            former=entry if target else None,
            new_tag=ImageReference.parse(target).tag if target else None,
        )
        made.append(replace(group, is_left_behind=_is_left_behind(group, lockfile)))
    return made


def _is_left_behind(group: Group, lockfile: Lockfile) -> bool:
    """Recognise a tag that was changed without its digest: another tag's entry holds that."""
    if group.entry is not None or group.new_tag is not None or len(group.foreign) != 1:
        return False
    reference = ImageReference.parse(group.reference)
    return reference.tag is not None and any(
        image.digest in group.foreign
        and image.reference.startswith(reference.name)
        and image.name == reference.name
        for image in lockfile.images
    )


class _EntriesByName:
    """Entries by registry and repository, for digests that stand without a tag."""

    def __init__(self, lockfile: Lockfile, found: Sequence[Found]) -> None:
        self.entries: dict[str, list[LockedImage]] = defaultdict(list)
        wanted = {seen.reference.name for seen in found if seen.reference.tag is None}
        self.written: dict[tuple[str, str], set[str | None]] = defaultdict(set)
        if not wanted:
            return
        for image in lockfile.images:
            if any(image.reference.startswith(name) for name in wanted):
                self.entries[image.name].append(image)
        for seen in found:
            if seen.reference.name in wanted:
                self.written[seen.reference.name, seen.place.file].add(seen.reference.digest)


def track_of(seen: Found, names: _EntriesByName) -> str:
    """Give the reference of the entry that an occurrence belongs to."""
    if seen.reference.tag is not None:
        return str(seen.reference.without_digest())
    candidates = names.entries.get(seen.reference.name, ())
    for image in candidates:
        if image.digest == seen.reference.digest:
            return image.reference
    # Somebody moved the digest: the entry of this file whose own digest is gone from it.
    written = names.written[seen.reference.name, seen.place.file]
    orphans = [
        image
        for image in candidates
        if seen.place.file in image.files and image.digest not in written
    ]
    return orphans[0].reference if len(orphans) == 1 else str(seen.reference)


def _platform_of(
    seen: Found, entries: Sequence[LockedImage], wanted: Platform | None
) -> str | None:
    if wanted is not None:
        return str(wanted)
    for image in entries:
        if image.digest == seen.reference.digest:
            return image.platform
    listed = [image.platform for image in entries if seen.place.file in image.files]
    plain = any(image.platform is None for image in entries)
    return listed[0] if listed and None not in listed and not plain else None
