"""Move digests forward, and tags if asked, and say what changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import RegistryError, UsageError
from pinner.model.findings import Action, Outcome, Result
from pinner.model.reference import DEFAULT_TAG, ImageReference
from pinner.model.resolver import Answer, Question
from pinner.operations.changes import lockfile_change, source_changes
from pinner.operations.lock import skipped_outcomes
from pinner.pins.groups import group_found
from pinner.pins.image_changes import ImageChange, Verdict, compare_images
from pinner.pins.plan import ask, make_plan
from pinner.pins.policy import matches_image
from pinner.pins.tag_versions import most_specific, next_tag
from pinner.pins.wishes import can_move_tag
from pinner.project.locked import read_lockfile, unscanned_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pinner.model.resolver import Observer
    from pinner.pins.groups import Group
    from pinner.pins.lockfile import Lockfile
    from pinner.pins.tag_versions import Level
    from pinner.pins.wishes import Wishes
    from pinner.project.seen_digests import SeenDigests
    from pinner.project.survey import Survey, Surveyor

# A date before containers is that of a reproducible build, not of the image.
_EARLIEST = datetime(2013, 1, 1, tzinfo=UTC)
_MOST_CANDIDATES = 20


class UpdateRequest(Struct, frozen=True, kw_only=True):
    """What to move, and how far; `now` is the moment of the run.

    `only` are image patterns, those behind a `!` of images that are left out.
    """

    now: datetime
    only: tuple[str, ...] = ()
    min_age: timedelta | None = None
    level: Level | None = None
    pin_latest: bool = False


class Update(Struct, frozen=True):
    """What is done, and what is different about the images that moved."""

    result: Result
    changes: tuple[ImageChange, ...]


def update(  # noqa: PLR0913 - all that an update depends on
    surveyor: Surveyor,
    make_resolver: Callable[[], Observer],
    wishes: Wishes,
    request: UpdateRequest,
    seen: SeenDigests,
    *,
    scopes: Sequence[str] = (),
) -> Update:  # fmt: skip
    """Work out edits, lockfile and what changed; nothing is written here, but `seen` learns.

    Raises LockfileError, UsageError where `only` selects nothing, and WriteError where a file
    changed meanwhile.
    """
    path = surveyor.settings.lockfile
    lockfile, before = read_lockfile(surveyor.files, path)
    survey = surveyor.survey(scopes)
    resolver = make_resolver()
    ignore = surveyor.settings.ignore
    mover = _Mover(survey, lockfile, wishes, request, resolver, seen, ignore)
    groups, answers, notes, final = mover.decide()
    unread = survey.unread | unscanned_files(surveyor, survey, lockfile)
    plan = make_plan(groups, answers, lockfile, final, scope=survey.scope, unread=unread)
    outcomes = [_noted(outcome, notes) for outcome in plan.outcomes]
    sources = source_changes(surveyor, survey, plan.edits, plan.written)
    return Update(
        Result(
            outcomes=(*outcomes, *sources.failures, *skipped_outcomes(survey.occurrences)),
            problems=survey.problems,
            changes=(*lockfile_change(path, before, plan.lockfile), *sources.changes),
        ),
        tuple(_image_changes(groups, outcomes, resolver)),
    )


class _Note(Struct, frozen=True):
    """What there is to say about a reference; an action takes the place of the plan's."""

    detail: str
    action: Action | None = None


class _Mover(Struct):
    """Decides which references move, asking registries as it goes."""

    survey: Survey
    lockfile: Lockfile
    wishes: Wishes
    request: UpdateRequest
    resolver: Observer
    seen: SeenDigests
    ignore: tuple[str, ...] = ()

    def decide(
        self,
    ) -> tuple[list[Group], dict[Question, Answer | RegistryError], dict[str, _Note], Wishes]:
        notes: dict[str, _Note] = {}
        all_groups = self.groups({})
        selected = [group for group in all_groups if self.is_selected(group)]
        if self.request.only and all_groups and not selected:
            raise UsageError(f"--only {' '.join(self.request.only)}: no image here is of this name")
        moves = self.find_moves(selected, notes)
        refresh = {group.reference for group in selected} | set(moves.values())
        groups, answers = self.ask(refresh, moves)
        held = self.hold_back(groups, answers, notes)
        if held:
            refresh -= held
            moves = {old: new for old, new in moves.items() if new not in held}
            groups, answers = self.ask(refresh, moves, answers)
        return groups, answers, notes, replace(self.wishes, refresh=refresh, moves=moves)

    def groups(self, moves: Mapping[str, str]) -> list[Group]:
        return group_found(self.survey.occurrences, self.lockfile, moves=moves)

    def is_selected(self, group: Group) -> bool:
        reference = ImageReference.parse(group.reference)
        if reference.tag is None:
            return False
        wanted = [text for text in self.request.only if not text.startswith("!")]
        unwanted = [text[1:] for text in self.request.only if text.startswith("!")]
        is_wanted = not wanted or matches_image(reference, wanted)
        return is_wanted and not matches_image(reference, unwanted)

    def ask(
        self,
        refresh: set[str],
        moves: Mapping[str, str],
        known: Mapping[Question, Answer | RegistryError] | None = None,
    ) -> tuple[list[Group], dict[Question, Answer | RegistryError]]:
        groups = self.groups(moves)
        questions = ask(groups, replace(self.wishes, refresh=refresh, moves=moves))
        answers = dict(known or {})
        answers |= self.resolver.resolve([q for q in questions if q not in answers])
        return groups, answers

    def find_moves(self, groups: Sequence[Group], notes: dict[str, _Note]) -> dict[str, str]:
        """Choose new tags: old reference to new."""
        wanted = [
            (group, ImageReference.parse(group.reference))
            for group in groups
            if self.request.level is not None or self.request.pin_latest
        ]
        wanted = [(group, reference) for group, reference in wanted if self.may_move(reference)]
        lists = self.resolver.list_tags([reference for _, reference in wanted])
        moves = {}
        for group, reference in wanted:
            tags = lists[reference]
            if isinstance(tags, RegistryError):
                notes[group.reference] = _Note(f"its tags cannot be listed: {tags}")
                continue
            new = self.choose_tag(reference, self.candidates(reference, tags))
            if new is None or new == reference.tag:
                continue
            if not all(can_move_tag(found, self.wishes) for found in group.found):
                notes[group.reference] = _Note(
                    f"{new} is there, but the tag is made of variables or used elsewhere too"
                )
                continue
            moves[group.reference] = str(replace(reference, tag=new))
        return moves

    def candidates(self, reference: ImageReference, tags: Sequence[str]) -> Sequence[str]:
        """Leave out the tags that are ignored: a reference that moved there would be lost."""
        ignored = self.ignore
        if not ignored:
            return tags
        return [tag for tag in tags if not matches_image(replace(reference, tag=tag), ignored)]

    def may_move(self, reference: ImageReference) -> bool:
        if reference.tag == DEFAULT_TAG:
            return self.request.pin_latest
        return self.request.level is not None

    def choose_tag(self, reference: ImageReference, tags: Sequence[str]) -> str | None:
        if reference.tag == DEFAULT_TAG:
            return self.name_of_latest(reference, tags)
        if self.request.level is None:
            return None
        return next_tag(str(reference.tag), tags, self.request.level)

    def name_of_latest(self, reference: ImageReference, tags: Sequence[str]) -> str | None:
        """Find the most specific version tag that points to the same digest as `latest`."""
        candidates = most_specific(tags)[:_MOST_CANDIDATES]
        questions = {tag: Question(replace(reference, tag=tag)) for tag in candidates}
        latest = Question(reference)
        answers = self.resolver.resolve([latest, *questions.values()])
        now = answers[latest]
        same = [
            tag
            for tag, question in questions.items()
            if isinstance(now, Answer)
            and isinstance(found := answers[question], Answer)
            and found.digest == now.digest
        ]
        return max(same, key=lambda tag: tag.count(".")) if same else None

    def hold_back(
        self,
        groups: Sequence[Group],
        answers: Mapping[Question, Answer | RegistryError],
        notes: dict[str, _Note],
    ) -> set[str]:
        """Name the references whose new digest is not old enough yet."""
        held = set()
        questions = ask(groups, replace(self.wishes, refresh={g.reference for g in groups}))
        for question, group in questions.items():
            answer = answers.get(question)
            if not isinstance(answer, Answer) or group.previous in (None, answer.digest):
                continue
            first = self.seen.first_seen(group.reference, answer.digest, self.request.now)
            if self.request.min_age is None:
                continue
            is_old, words = self.judge_age(question.reference.with_digest(answer.digest), first)
            notes[group.reference] = _Note(words)
            if not is_old:
                held.add(group.reference)
                shown = group.former.reference if group.former else group.reference
                notes[shown] = _Note(f"{answer.digest} waits: {words}", Action.HELD)
        return held

    def judge_age(self, exact: ImageReference, first: datetime | None) -> tuple[bool, str]:
        """Say whether a digest is old enough, and what counted: an earlier run, or its date."""
        now, min_age = self.request.now, self.request.min_age or timedelta(0)
        if first is not None:
            return now - first >= min_age, f"first seen {_day(first)} by an earlier run"
        created = self.created(exact)
        if created is None:
            return False, "first seen now, and its own created date says nothing"
        return now - created >= min_age, f"created {_day(created)} by its own word"

    def created(self, exact: ImageReference) -> datetime | None:
        """Give the newest created date of all platforms, if it can be one."""
        details = self.resolver.details([exact])[exact]
        if isinstance(details, RegistryError):
            return None
        dates = [_moment(platform.created) for platform in details.platforms]
        known = [date for date in dates if date is not None]
        return max(known) if known and len(known) == len(dates) else None


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment >= _EARLIEST else None


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _noted(outcome: Outcome, notes: Mapping[str, _Note]) -> Outcome:
    note = notes.get(outcome.reference)
    if note is None or outcome.action is Action.FAILED:
        return outcome
    detail = "; ".join(filter(None, (outcome.detail, note.detail)))
    return replace(outcome, action=note.action or outcome.action, detail=detail)


def _image_changes(
    groups: Sequence[Group], outcomes: Sequence[Outcome], resolver: Observer
) -> list[ImageChange]:
    """Compare the images that moved; what cannot be looked at any more is said."""
    formers = {
        group.reference: group.former.reference for group in groups if group.former is not None
    }
    moved = [
        outcome
        for outcome in outcomes
        if outcome.action in (Action.MOVED, Action.ADOPTED) and outcome.previous
    ]
    pairs = {}
    for outcome in moved:
        after = ImageReference.parse(outcome.reference).with_digest(str(outcome.digest))
        before = ImageReference.parse(formers.get(outcome.reference, outcome.reference))
        pairs[outcome.reference] = (before.with_digest(str(outcome.previous)), after)
    details = resolver.details([reference for pair in pairs.values() for reference in pair])
    changes = []
    for reference, (before, after) in pairs.items():
        old, new = details[before], details[after]
        former = formers.get(reference)
        if isinstance(old, RegistryError) or isinstance(new, RegistryError):
            note = str(old if isinstance(old, RegistryError) else new)
            changes.append(
                ImageChange(
                    reference=reference,
                    former=former,
                    before=str(before.digest),
                    after=str(after.digest),
                    verdict=Verdict.UNKNOWN,
                    note=note,
                )
            )
        else:
            changes.append(compare_images(reference, old, new, former))
    return changes
