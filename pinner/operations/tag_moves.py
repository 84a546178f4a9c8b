"""Choose the tags that references move to: by lists, by rules, by the age of what is new."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import NotFoundError, RegistryError
from pinner.model.findings import Action
from pinner.model.reference import ImageReference
from pinner.model.resolver import Answer, Question
from pinner.operations.changes import different_files
from pinner.operations.tag_candidates import Note, TagFinder
from pinner.pins.rewrite import OverlappingEditsError, splice
from pinner.pins.shared_values import Member, joint_moves, sharing
from pinner.pins.wishes import tag_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinner.model.occurrence import Edit, Found
    from pinner.model.resolver import Observer
    from pinner.operations.ages import Ages
    from pinner.operations.update_request import UpdateRequest
    from pinner.pins.groups import Group
    from pinner.pins.wishes import Wishes
    from pinner.project.survey import Survey
    from pinner.project.surveyor import Surveyor

_MOST_TRIES = 12
# A rebuild of an old version may be some days younger than the next version.
_REBUILT_LATER = 7  # days


class Moves(Struct):
    """References that get another tag, old to new; answers that were needed; what to say."""

    moves: dict[str, str] = field(default_factory=dict)
    answers: dict[Question, Answer | RegistryError] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    ages: dict[str, str] = field(default_factory=dict)


class _Try(Struct):
    """References that share values, and the ways to move them that are left, the best first."""

    members: tuple[Member, ...]
    ways: Iterator[dict[str, str]]
    way: dict[str, str] | None = None
    refusal: tuple[str, str, Action] | None = None


class TagMover(Struct, frozen=True):
    """Chooses new tags, asking registries as it goes."""

    surveyor: Surveyor
    survey: Survey
    wishes: Wishes
    request: UpdateRequest
    resolver: Observer
    ages: Ages

    def choose(self, groups: Sequence[Group], selected: Iterable[str]) -> Moves:
        """Choose for the selected references among all groups; those that share values move too."""
        moves = Moves()
        by_reference: dict[str, list[Group]] = defaultdict(list)
        for group in groups:
            by_reference[group.reference].append(group)
        finder = TagFinder(self.request, self.resolver, self.surveyor.settings.ignore, moves.notes)
        candidates = finder.candidates(selected)
        if not any(candidates.values()):
            return moves
        members = [
            Member(
                text,
                ImageReference.parse(text).tag or "",
                tuple(own),
                tuple(candidates.get(text, ())),
            )
            for text, own in by_reference.items()
        ]
        tries = [
            _Try(together, joint_moves(together, self.wishes))
            for together in sharing(members)
            if any(member.candidates for member in together)
        ]
        self._settle(tries, moves)
        for attempt in tries:
            self._conclude(attempt, moves)
        return moves

    def _settle(self, tries: Sequence[_Try], moves: Moves) -> None:
        """Take, for each, the first way whose images are there, old enough and no older builds."""
        pending = [one for one in tries if self._advance(one)]
        for _ in range(_MOST_TRIES):
            if not pending:
                return
            refused = self._refusals(pending, moves)
            pending = [one for one in refused if self._advance(one)]
        for one in pending:
            one.way = None

    def _advance(self, one: _Try) -> bool:
        one.way = next(one.ways, None)
        return one.way is not None

    def _refusals(self, tries: Sequence[_Try], moves: Moves) -> list[_Try]:
        """Judge the ways that are tried now; give those that cannot be taken."""
        targets = {
            (text, tag): replace(ImageReference.parse(text), tag=tag)
            for one in tries
            for text, tag in (one.way or {}).items()
        }
        answers = self.resolver.resolve([Question(target) for target in targets.values()])
        moves.answers |= answers
        exact = {}
        for key, target in targets.items():
            answer = answers[Question(target)]
            if isinstance(answer, Answer):
                exact[key] = target.with_digest(answer.digest)
        ages = self.ages.judge(
            {
                (str(image.without_digest()), None): (
                    image,
                    self.request.min_age_of(ImageReference.parse(text)),
                )
                for (text, _), image in exact.items()
            }
        )
        is_older = self._older(tries, exact)
        refused = []
        for one in tries:
            refusal = None
            for text, tag in (one.way or {}).items():
                answer = answers[Question(targets[text, tag])]
                if isinstance(answer, RegistryError):
                    is_gone = isinstance(answer, NotFoundError)
                    action = Action.LEFT if is_gone else Action.FAILED
                    refusal = (text, f"{tag} is listed, but {answer}", action)
                elif (text, tag) in is_older:
                    detail = f"{tag} is there, but was built before the image in use"
                    refusal = (text, detail, Action.LEFT)
                elif not (age := ages[str(targets[text, tag]), None]).is_enough:
                    refusal = (text, f"{tag} waits: {age.words}", Action.HELD)
                else:
                    moves.ages[str(targets[text, tag])] = age.words
                if refusal is not None:
                    break
            if refusal is not None:
                one.refusal = one.refusal or refusal
                refused.append(one)
        return refused

    def _older(
        self, tries: Sequence[_Try], exact: Mapping[tuple[str, str], ImageReference]
    ) -> set[tuple[str, str]]:
        """Name the moves to images that were built well before those in use."""
        digests = {
            member.reference: digest
            for one in tries
            for member in one.members
            for group in member.groups
            if (digest := group.previous or min(group.written, default=None))
        }
        in_use = {
            key: ImageReference.parse(key[0]).with_digest(digests[key[0]])
            for key in exact
            if key[0] in digests
        }
        created = self.ages.created([*in_use.values(), *(exact[key] for key in in_use)])
        older = set()
        for key, before in in_use.items():
            was, now = created[before], created[exact[key]]
            if was is not None and now is not None and (was - now).days >= _REBUILT_LATER:
                older.add(key)
        return older

    def _conclude(self, one: _Try, moves: Moves) -> None:
        """Keep the way that was found, if the files can hold it, or say why none was."""
        newest = {m.reference: m.candidates[0] for m in one.members if m.candidates}
        if one.way is not None and not self._holds(one):
            one.way = None
            one.refusal = None
        if one.way is None:
            if one.refusal is not None:
                text, detail, action = one.refusal
                moves.notes[text] = Note(detail, action)
                return
            for text, tag in newest.items():
                moves.notes[text] = Note(f"{tag} is there, but {_why_stuck(one)}", Action.LEFT)
            return
        for text, tag in one.way.items():
            moves.moves[text] = str(replace(ImageReference.parse(text), tag=tag))
        for text in newest.keys() - one.way.keys():
            moves.notes[text] = Note(f"{newest[text]} is there, but {_why_stuck(one)}", Action.LEFT)

    def _holds(self, one: _Try) -> bool:
        """Try the edits: where values are shared, nothing else may become another image."""
        if not any(member.places for member in one.members):
            return True
        edits: dict[str, dict[Edit, None]] = defaultdict(dict)
        wanted: dict[Found, ImageReference] = {}
        for member in one.members:
            tag = (one.way or {}).get(member.reference)
            for group in member.groups if tag is not None else ():
                for seen in group.found:
                    if own := tag_edits(seen, str(tag)):
                        wanted[seen] = replace(seen.reference, tag=tag)
                    for file, edit in own:
                        edits[file][edit] = None
        try:
            contents = {
                file: splice(self.surveyor.files.read(file), own) for file, own in edits.items()
            }
        except OverlappingEditsError:
            return False
        files = {seen.place.file for seen in wanted}
        return not different_files(self.surveyor, self.survey, contents, wanted, others=files)


def _why_stuck(one: _Try) -> str:
    if len(one.members) > 1:
        names = [ImageReference.parse(member.reference).familiar for member in one.members]
        return f"its tag is made of a value that {', '.join(names)} share"
    return "no edit can write it: the tag is made of variables, or is used in other ways too"
