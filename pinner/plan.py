"""Compare what files say with what the lockfile says, and decide what has to change.

References that share a tag share a digest: they are a track, and a track has one entry.
A digest written without a tag belongs to the entry that holds it; it may have lost its tag to
the style `digest-only`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pinner.errors import RegistryError
from pinner.findings import Action, Outcome
from pinner.lockfile import LockedImage, Lockfile
from pinner.occurrence import Found
from pinner.platforms import Platform
from pinner.reference import ImageReference
from pinner.resolver import Answer, Question
from pinner.rewrite import Style, move_edit, pin_edit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pinner.occurrence import Edit, Occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Edits by file, the new lockfile, and what is done about each reference.

    `written` says which digest each edited occurrence has afterwards.
    """

    edits: Mapping[str, tuple[Edit, ...]]
    lockfile: Lockfile
    outcomes: tuple[Outcome, ...]
    written: Mapping[Found, str | None] = field(default_factory=dict)


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


def ask(groups: Sequence[Group], wishes: Wishes) -> dict[Question, Group]:
    """Give the questions whose answers a plan needs; none where all is locked."""
    questions = {}
    for group in groups:
        question = _question(group, wishes)
        if question is not None:
            questions[question] = group
    return questions


def _question(group: Group, wishes: Wishes) -> Question | None:
    reference = ImageReference.parse(group.reference)
    platform = Platform.parse(group.platform) if group.platform else None
    if reference.tag is not None and group.reference in wishes.refresh:
        return Question(reference.without_digest(), platform, _platforms(group, wishes))
    if platform is not None and platform == wishes.pin_platform:
        return None if group.entry else Question(reference.without_digest(), platform)
    return _plain_question(group, reference, wishes)


def _plain_question(group: Group, reference: ImageReference, wishes: Wishes) -> Question | None:
    foreign = group.foreign
    if len(foreign) > 1:
        return None  # the files disagree
    platforms = _platforms(group, wishes)
    if foreign:
        return Question(reference.with_digest(*foreign), None, platforms)
    if group.entry is None:
        platform = Platform.parse(group.platform) if group.platform else None
        return Question(reference, platform, platforms)
    missing = {str(platform) for platform in platforms} - group.entry.platforms.keys()
    if missing and group.platform is None:
        return Question(reference.with_digest(group.entry.digest), None, platforms)
    return None


def _platforms(group: Group, wishes: Wishes) -> tuple[Platform, ...]:
    """Give the platforms to record: those asked for, else those recorded so far."""
    entry = group.entry or group.former
    if wishes.platforms or entry is None:
        return wishes.platforms
    return tuple(map(Platform.parse, entry.platforms))


def make_plan(  # noqa: PLR0913 - all that a plan depends on
    groups: Sequence[Group],
    answers: Mapping[Question, Answer | RegistryError],
    lockfile: Lockfile,
    wishes: Wishes,
    *,
    scope: frozenset[str] | None = None,
    unread: frozenset[str] = frozenset(),
) -> Plan:
    """Decide on edits and entries.

    `scope` is None for the whole project; entries of files outside it, and of files that could
    not be read, stay.
    """
    drafts = [_draft(group, answers, wishes) for group in groups]
    targets = {
        seen: _Target(draft.image.digest, draft.group.new_tag)
        for draft in drafts
        if draft.image
        for seen in draft.group.found
    }
    images = _entries(drafts, lockfile, scope, unread)
    kept_keys = {image.key for image in images}
    kept_digests = {(image.name, image.digest) for image in images}
    moved = {draft.group.former.key for draft in drafts if draft.group.former}
    removed = [
        Outcome(
            action=Action.REMOVED,
            reference=image.reference,
            digest=image.digest,
            detail="no file uses it",
        )
        for image in lockfile.images
        if image.key not in kept_keys | moved and (image.name, image.digest) not in kept_digests
    ]
    return Plan(
        edits=_edits(targets, wishes),
        lockfile=Lockfile.of(images),
        outcomes=(*(draft.outcome for draft in drafts), *removed),
        written={
            seen: target.digest
            for seen, target in targets.items()
            if _needs_edit(seen, target, wishes)
        },
    )


@dataclass(frozen=True, slots=True)
class _Target:
    digest: str
    new_tag: str | None


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is decided about a group; `image` has no files yet."""

    group: Group
    image: LockedImage | None
    outcome: Outcome


def _draft(
    group: Group, answers: Mapping[Question, Answer | RegistryError], wishes: Wishes
) -> _Draft:
    question = _question(group, wishes)
    if question is None and group.entry is not None and len(group.foreign) <= 1:
        action = Action.MOVED if group.new_tag else Action.KEPT
        return _Draft(group, group.entry, _outcome(group, group.entry, action))
    if question is None:
        detail = "the files disagree about its digest; make them equal, or take one out"
        return _Draft(group, None, _failure(group, detail))
    answer = answers[question]
    if isinstance(answer, RegistryError):
        return _Draft(group, None, _failure(group, str(answer)))
    image = LockedImage(
        reference=group.reference,
        platform=group.platform,
        digest=answer.digest,
        media_type=answer.media_type,
        files=(),
        platforms=answer.platforms,
    )
    detail = "; ".join(answer.warnings)
    return _Draft(group, image, _outcome(group, image, _action(group, image, question), detail))


def _action(group: Group, image: LockedImage, question: Question) -> Action:
    if group.new_tag is not None or group.is_left_behind:
        return Action.MOVED
    if group.entry is not None and group.entry.digest == image.digest and not group.foreign:
        return Action.KEPT
    if question.reference.digest is not None and group.foreign:
        return Action.ADOPTED
    return Action.PINNED if group.entry is None else Action.MOVED


def _outcome(group: Group, image: LockedImage, action: Action, detail: str = "") -> Outcome:
    previous = group.previous
    if group.former is not None:
        detail = "; ".join(filter(None, (f"from {group.former.reference}", detail)))
    elif group.is_left_behind:
        detail = "; ".join(filter(None, ("its digest was that of another tag", detail)))
    return Outcome(
        action=action,
        reference=group.reference,
        digest=image.digest,
        previous=previous if previous != image.digest else None,
        places=group.places,
        detail=detail,
    )


def _failure(group: Group, detail: str) -> Outcome:
    return Outcome(
        action=Action.FAILED, reference=group.reference, places=group.places, detail=detail
    )


def _entries(
    drafts: Sequence[_Draft],
    lockfile: Lockfile,
    scope: frozenset[str] | None,
    unread: frozenset[str],
) -> list[LockedImage]:
    files: dict[tuple[str, str], set[str]] = defaultdict(set)
    images: dict[tuple[str, str], LockedImage] = {}
    for draft in drafts:
        image = draft.image or draft.group.entry or draft.group.former
        if image is not None:
            images[image.key] = image
            files[image.key] |= {seen.place.file for seen in draft.group.found}
    for image in lockfile.images:
        outside = {
            file
            for file in image.files
            if file in unread or (scope is not None and file not in scope)
        }
        if outside:
            images.setdefault(image.key, image)
            files[image.key] |= outside
    return _named([_with_files(image, files[key]) for key, image in images.items()])


def _with_files(image: LockedImage, files: Collection[str]) -> LockedImage:
    return LockedImage(
        reference=image.reference,
        platform=image.platform,
        digest=image.digest,
        media_type=image.media_type,
        files=tuple(sorted(files)),
        platforms=image.platforms,
    )


def _named(images: Sequence[LockedImage]) -> list[LockedImage]:
    """Name entries without a tag: by the name alone where that tells them apart."""
    untagged: dict[str, list[LockedImage]] = defaultdict(list)
    named = []
    for image in images:
        reference = ImageReference.parse(image.reference)
        if reference.tag is None:
            untagged[reference.name].append(image)
        else:
            named.append(image)
    for name, members in untagged.items():
        for image in members:
            reference = ImageReference.parse(name)
            alone = len(members) == 1
            text = name if alone else str(reference.with_digest(image.digest))
            named.append(
                LockedImage(
                    reference=text,
                    platform=image.platform,
                    digest=image.digest,
                    media_type=image.media_type,
                    files=image.files,
                    platforms=image.platforms,
                )
            )
    return named


def _edits(targets: Mapping[Found, _Target], wishes: Wishes) -> dict[str, tuple[Edit, ...]]:
    edits: dict[str, list[Edit]] = defaultdict(list)
    for seen, target in targets.items():
        if seen.site is None or not _needs_edit(seen, target, wishes):
            continue
        edit = None
        if target.new_tag is not None and wishes.style is Style.TAG_AND_DIGEST:
            edit = move_edit(seen.site, target.new_tag, target.digest)
        edits[seen.place.file].append(edit or pin_edit(seen.site, target.digest, wishes.style))
    return {file: tuple(members) for file, members in edits.items()}


def _needs_edit(seen: Found, target: _Target, wishes: Wishes) -> bool:
    gets_tag = target.new_tag is not None and can_move_tag(seen, wishes)
    return gets_tag or wants_edit(seen, target.digest, wishes)


def can_move_tag(seen: Found, wishes: Wishes) -> bool:
    """Say whether an edit can write another tag; with digest-only none stands in the file."""
    if seen.site is None or is_lock_only(seen, wishes):
        return False
    if wishes.style is Style.DIGEST_ONLY and seen.site.digest is not None:
        return seen.site.has_at
    return move_edit(seen.site, "x", "x") is not None


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
    composed = seen.site is not None and seen.site.composed
    return not wishes.rewrite or (wishes.lock_composed_only and composed)
