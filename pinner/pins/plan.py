"""Compare what files say with what the lockfile says, and decide what has to change."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import RegistryError
from pinner.model.findings import Action, Outcome
from pinner.model.platforms import Platform
from pinner.model.reference import ImageReference
from pinner.model.resolver import Answer, Question
from pinner.pins.implied import implied_labels
from pinner.pins.lockfile import LockedImage, Lockfile
from pinner.pins.trust import unmet_rules
from pinner.pins.wishes import Target, needs_edit, plan_edits, wanted_reference, wants_edit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.model.occurrence import Edit, Found
    from pinner.pins.groups import Group
    from pinner.pins.wishes import Wishes


class Plan(Struct, frozen=True, kw_only=True):
    """Edits by file, the new lockfile, and what is done about each reference.

    `written` says which reference each edited occurrence has afterwards.
    """

    edits: Mapping[str, tuple[Edit, ...]]
    lockfile: Lockfile
    outcomes: tuple[Outcome, ...]
    written: Mapping[Found, ImageReference] = field(default_factory=dict)


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
        is_settled = group.entry is not None and not unmet_rules(group.entry, wishes.trust)
        return None if is_settled else Question(reference.without_digest(), platform)
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
    is_unproven = bool(unmet_rules(group.entry, wishes.trust))
    if is_unproven and group.platform is not None:
        return Question(reference.with_digest(group.entry.digest))
    missing = {str(platform) for platform in platforms} - group.entry.platforms.keys()
    if is_unproven or (missing and group.platform is None):
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
        seen: Target(draft.image.digest, draft.group.new_tag)
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
        edits=plan_edits(targets, wishes),
        lockfile=Lockfile.of(images),
        outcomes=(*(draft.outcome for draft in drafts), *removed),
        written={
            seen: wanted_reference(seen, target, wishes)
            for seen, target in targets.items()
            if needs_edit(seen, target, wishes)
        },
    )


class _Draft(Struct, frozen=True):
    """What is decided about a group; `image` has no files yet."""

    group: Group
    image: LockedImage | None
    outcome: Outcome


def _draft(
    group: Group, answers: Mapping[Question, Answer | RegistryError], wishes: Wishes
) -> _Draft:
    question = _question(group, wishes)
    if question is None and group.entry is not None and len(group.foreign) <= 1:
        action, detail = _from_lockfile(group, group.entry, wishes)
        return _Draft(group, group.entry, _outcome(group, group.entry, action, detail))
    if question is None:
        detail = _disagreement(group)
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
        evidence=answer.evidence,
    )
    action = _action(group, image, question)
    origin = _origin(group, image.digest) if action is Action.ADOPTED else ""
    signed = () if action is Action.KEPT else tuple(one.words for one in answer.evidence)
    detail = "; ".join(filter(None, (origin, *answer.warnings, *signed)))
    return _Draft(group, image, _outcome(group, image, action, detail))


def _from_lockfile(group: Group, entry: LockedImage, wishes: Wishes) -> tuple[Action, str]:
    """Say what is done with a digest that the lockfile has already."""
    if group.new_tag:
        return Action.MOVED, ""
    if any(wants_edit(seen, entry.digest, wishes) for seen in group.found):
        return Action.PINNED, "the lockfile has its digest"
    return Action.KEPT, ""


def _origin(group: Group, digest: str) -> str:
    """Name the place that an adopted digest comes from."""
    places = [
        f"{seen.place.file}:{seen.place.line}"
        for seen in group.found
        if seen.reference.digest == digest
    ]
    others = len(places) - 1
    return f"the digest comes from {places[0]}" + (f" and {others} more" if others else "")


def _disagreement(group: Group) -> str:
    """Name the image, and where each digest stands."""
    shown = ImageReference.parse(group.reference).familiar
    places = [
        f"{seen.place.file}:{seen.place.line} has {seen.reference.digest}"
        for seen in group.found
        if seen.reference.digest in group.foreign
    ]
    return (
        f"{shown}: the files disagree about its digest: {', '.join(places)}; "
        "make them equal, or take the wrong one out"
    )


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
            former = draft.group.entry or draft.group.former
            labels = implied_labels(draft.group.found, former.implied if former else ())
            images[image.key] = replace(image, implied=labels)
            files[image.key] |= {seen.place.file for seen in draft.group.found}
    for image in lockfile.images:
        outside = {
            file
            for file in image.files
            if file in unread or (scope is not None and file not in scope)
        }
        if outside:
            kept = images.setdefault(image.key, replace(image, implied=()))
            others = {label for label in image.implied if label.partition("#")[0] in outside}
            implied = tuple(sorted({*kept.implied, *others}))
            images[image.key] = replace(kept, implied=implied)
            files[image.key] |= outside
    return _named(
        [replace(image, files=tuple(sorted(files[key]))) for key, image in images.items()]
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
            named.append(replace(image, reference=text))
    return named
