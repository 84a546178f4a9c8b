"""Move digests forward, and tags if asked, and say what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import RegistryError
from pinner.model.findings import Action, Outcome, Result
from pinner.model.reference import ImageReference
from pinner.model.resolver import Answer, Question
from pinner.operations.ages import Ages
from pinner.operations.changes import lockfile_change, source_changes
from pinner.operations.lock import skipped_outcomes
from pinner.operations.settling import settled_lockfile
from pinner.operations.tag_candidates import Note
from pinner.operations.tag_moves import TagMover
from pinner.operations.update_groups import Update, groups_of
from pinner.pins.groups import group_found
from pinner.pins.image_changes import ImageChange, Verdict, compare_images
from pinner.pins.plan import ask, make_plan
from pinner.pins.rewrite import Style
from pinner.project.locked import read_lockfile, unscanned_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

    from pinner.model.occurrence import Occurrence
    from pinner.model.resolver import Observer
    from pinner.operations.ages import Track
    from pinner.operations.tag_moves import Moves
    from pinner.operations.update_request import UpdateRequest
    from pinner.pins.groups import Group
    from pinner.pins.lockfile import Lockfile
    from pinner.pins.wishes import Wishes
    from pinner.project.seen_digests import SeenDigests
    from pinner.project.surveyor import Surveyor


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
    ages = Ages(resolver, seen, request.now)
    found = group_found(survey.occurrences, lockfile)
    names = groups_of(found, request)
    selected = [text for text, name in names.items() if request.group in (None, name)]
    moves = TagMover(surveyor, survey, wishes, request, resolver, ages).choose(found, selected)
    mover = _DigestMover(survey.occurrences, lockfile, request, resolver, ages, moves)
    groups, answers, final = mover.decide(selected, wishes)
    if request.branch_per is not None:
        mine = {*selected, *moves.moves.values()}
        groups = [one for one in groups if one.reference in mine or one.entry or one.former]
    unread = survey.unread | unscanned_files(surveyor, survey, lockfile)
    plan = make_plan(groups, answers, lockfile, final, scope=survey.scope, unread=unread)
    outcomes = _noted(plan.outcomes, moves.notes)
    has_tags = wishes.style is Style.TAG_AND_DIGEST
    sources = source_changes(surveyor, survey, plan.edits, plan.written, has_tags=has_tags)
    settled = settled_lockfile(plan, survey, final, unread, sources.refused)
    return Update(
        Result(
            outcomes=(*outcomes, *sources.failures, *skipped_outcomes(survey.occurrences)),
            problems=survey.problems,
            changes=(*lockfile_change(path, before, settled), *sources.changes),
        ),
        tuple(_image_changes(groups, outcomes, resolver)),
        {moves.moves.get(text, text): names[text] for text in selected},
    )


class _DigestMover(Struct):
    """Decides which digests move, once it is known which tags do."""

    occurrences: Sequence[Occurrence]
    lockfile: Lockfile
    request: UpdateRequest
    resolver: Observer
    ages: Ages
    moves: Moves

    def decide(
        self, selected: Sequence[str], wishes: Wishes
    ) -> tuple[list[Group], dict[Question, Answer | RegistryError], Wishes]:
        moves, notes = self.moves.moves, self.moves.notes
        for text in selected:
            if ImageReference.parse(text).tag is None:
                notes[text] = Note("it has a digest and no tag that could be asked", Action.LEFT)
        refresh = {text for text in selected if ImageReference.parse(text).tag is not None}
        wishes = replace(wishes, refresh=refresh | set(moves.values()), moves=moves)
        groups = group_found(self.occurrences, self.lockfile, moves=moves)
        questions = ask(groups, wishes)
        answers = dict(self.moves.answers)
        answers |= self.resolver.resolve([one for one in questions if one not in answers])
        held = self.hold_back(questions, answers)
        for text, new in moves.items():
            words = self.moves.ages.get(new)
            if words:
                notes[new] = Note(words)
            notes.pop(text, None)
        if held:
            wishes = replace(wishes, refresh=frozenset(wishes.refresh) - held)
            answers |= self.resolver.resolve([q for q in ask(groups, wishes) if q not in answers])
        return groups, answers, wishes

    def hold_back(
        self,
        questions: Mapping[Question, Group],
        answers: dict[Question, Answer | RegistryError],
    ) -> set[str]:
        """Put older digests in the place of those that are too young, or name the references."""
        given = {}
        for question, group in questions.items():
            answer = answers.get(question)
            is_by_tag = group.new_tag is None and question.reference.digest is None
            if is_by_tag and group.previous is not None:
                self.ages.note_in_use(_track(question), group.previous)
            if isinstance(answer, Answer) and is_by_tag:
                exact = question.reference.with_digest(answer.digest)
                is_move = group.previous not in {None, answer.digest}
                given[question] = (exact, self._min_age(group) if is_move else None)
        ages = self.ages.judge({_track(question): pair for question, pair in given.items()})
        held = set()
        for question, (exact, min_age) in given.items():
            group, age = questions[question], ages[_track(question)]
            previous = group.previous
            if previous is None or min_age is None:
                continue
            note = Note(age.words)
            if not age.is_enough:
                older = self._earlier(question, previous, min_age)
                waits = f"{exact.digest} waits: {age.words}"
                note = Note(waits, None if older else Action.HELD)
                if older is None:
                    held.add(group.reference)
                else:
                    answers[question] = older
            self._say(group.reference, note)
        return held

    def _say(self, reference: str, note: Note) -> None:
        """Say something of a reference beside what there is to say of its tag."""
        known = self.moves.notes.get(reference)
        if known is not None:
            note = Note(f"{known.detail}; {note.detail}", known.action or note.action)
        self.moves.notes[reference] = note

    def _min_age(self, group: Group) -> timedelta | None:
        return self.request.min_age_of(ImageReference.parse(group.reference))

    def _earlier(self, question: Question, previous: str, min_age: timedelta) -> Answer | None:
        """Find the newest digest that is old enough, is still there and is no step back."""
        track, reference = _track(question), question.reference
        before = reference.with_digest(previous)
        for digest, is_later in self.ages.earlier(track, reference, previous, min_age):
            exact = reference.with_digest(digest)
            created = self.ages.created([before, exact])
            was, now = created[before], created[exact]
            if was is None or now is None:
                if not is_later:
                    continue
            elif now < was or (now == was and not is_later):
                continue
            asked = Question(exact, None, question.platforms)
            answer = self.resolver.resolve([asked])[asked]
            if isinstance(answer, Answer):
                return answer
        return None


def _track(question: Question) -> Track:
    platform = str(question.platform) if question.platform else None
    return str(question.reference), platform


def _noted(outcomes: Iterable[Outcome], notes: Mapping[str, Note]) -> list[Outcome]:
    """Add what there is to say; what failed beside a digest that moved is an outcome of its own."""
    noted = []
    for outcome in outcomes:
        note = notes.get(outcome.reference)
        if note is None or outcome.action is Action.FAILED:
            noted.append(outcome)
            continue
        if note.action is Action.FAILED:
            name = ImageReference.parse(outcome.reference).familiar
            failed = replace(outcome, action=Action.FAILED, detail=f"{name}: {note.detail}")
            noted += [failed] if outcome.action is Action.KEPT else [outcome, failed]
            continue
        detail = "; ".join(filter(None, (outcome.detail, note.detail)))
        is_quiet = outcome.action is Action.KEPT
        action = note.action if note.action and is_quiet else outcome.action
        noted.append(replace(outcome, action=action, detail=detail))
    return noted


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
