"""Choose the tags that references move to: by lists, by rules, by the age of what is new."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import NotFoundError, RegistryError
from pinner.model.findings import Action
from pinner.model.reference import DEFAULT_TAG, ImageReference
from pinner.model.resolver import Answer, Question
from pinner.operations.changes import different_files
from pinner.pins.policy import matches_image
from pinner.pins.rewrite import OverlappingEditsError, splice
from pinner.pins.shared_values import Member, joint_moves, sharing
from pinner.pins.tag_choice import is_version, names_of, successors
from pinner.pins.update_rules import rule_of, tag_rule
from pinner.pins.wishes import tag_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinner.model.occurrence import Edit, Found
    from pinner.model.resolver import Observer
    from pinner.operations.ages import Ages
    from pinner.operations.update_request import UpdateRequest
    from pinner.pins.groups import Group
    from pinner.pins.tag_rules import TagRule
    from pinner.pins.wishes import Wishes
    from pinner.project.survey import Survey, Surveyor

_MOST_NAMES = 20
_MOST_TRIES = 12
_AT_ONCE = 5
# A rebuild of an old version may be some days younger than the next version.
_REBUILT_LATER = 7  # days


class Note(Struct, frozen=True):
    """What there is to say about a reference; an action takes the place of the plan's."""

    detail: str
    action: Action | None = None


class Moves(Struct):
    """References that get another tag, old to new; answers that were needed; what to say."""

    moves: dict[str, str] = field(default_factory=dict)
    answers: dict[Question, Answer | RegistryError] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    ages: dict[str, str] = field(default_factory=dict)


class _Wanted(Struct, frozen=True):
    """A reference whose tag may move; `names` asks for other names of what the tag gives now."""

    reference: ImageReference
    rule: TagRule | None
    names: bool


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
        wanted = {text: one for text in selected if (one := self._wanted(text, moves)) is not None}
        candidates = self._candidates(wanted, moves)
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

    def _wanted(self, text: str, moves: Moves) -> _Wanted | None:
        reference = ImageReference.parse(text)
        if reference.tag is None:
            return None
        rule = tag_rule(rule_of(reference, self.request.rules), self.request.reach)
        names = self.request.pin_tag or (self.request.pin_latest and reference.tag == DEFAULT_TAG)
        if rule is not None and not is_version(reference.tag, rule):
            rule = None
            if not names:
                advice = "; --pin-latest gives it one" if reference.tag == DEFAULT_TAG else ""
                moves.notes[text] = Note(f"its tag names no version{advice}", Action.LEFT)
        return _Wanted(reference, rule, names) if rule is not None or names else None

    def _candidates(self, wanted: Mapping[str, _Wanted], moves: Moves) -> dict[str, list[str]]:
        """Give the tags that each reference may move to, the best first."""
        lists = self.resolver.list_tags([one.reference for one in wanted.values()])
        tags = {}
        for text, one in wanted.items():
            listed = lists[one.reference]
            if isinstance(listed, RegistryError):
                detail = f"its tags cannot be listed: {listed}"
                moves.notes[text] = Note(detail, Action.FAILED)
            else:
                tags[text] = self._allowed(one.reference, listed)
        newest = self._latest({t: o for t, o in wanted.items() if t in tags and o.rule}, tags)
        found: dict[str, list[str]] = {}
        for text, listed in tags.items():
            one = wanted[text]
            if one.rule is not None:
                tag = str(one.reference.tag)
                at_most = newest.get(one.reference.name)
                found[text] = successors(tag, listed, one.rule, at_most=at_most)
        naming = [text for text in tags if wanted[text].names and not found.get(text)]
        found |= self._names({text: wanted[text].reference for text in naming}, tags, moves)
        return found

    def _allowed(self, reference: ImageReference, tags: Sequence[str]) -> list[str]:
        """Leave out the tags that are ignored: a reference that moved there would be lost."""
        ignored = self.surveyor.settings.ignore
        if not ignored:
            return list(tags)
        return [tag for tag in tags if not matches_image(replace(reference, tag=tag), ignored)]

    def _latest(
        self, wanted: Mapping[str, _Wanted], tags: Mapping[str, Sequence[str]]
    ) -> dict[str, str]:
        """Find, by repository, the version that `latest` is; the newest are asked first."""
        if self.request.past_latest:
            return {}
        pending: dict[str, tuple[ImageReference, list[str]]] = {}
        for text, one in wanted.items():
            if one.rule is None or DEFAULT_TAG not in tags[text]:
                continue
            if successors(str(one.reference.tag), tags[text], one.rule):
                names = names_of(DEFAULT_TAG, tags[text])[:_MOST_NAMES]
                pending[one.reference.name] = (one.reference, names)
        found: dict[str, str] = {}
        while pending:
            same = self._same_digest(
                {
                    name: (replace(reference, tag=DEFAULT_TAG), names[:_AT_ONCE])
                    for name, (reference, names) in pending.items()
                }
            )
            found |= {name: tags[0] for name, tags in same.items() if tags}
            pending = {
                name: (reference, names[_AT_ONCE:])
                for name, (reference, names) in pending.items()
                if name not in found and names[_AT_ONCE:]
            }
        return found

    def _names(
        self,
        references: Mapping[str, ImageReference],
        tags: Mapping[str, Sequence[str]],
        moves: Moves,
    ) -> dict[str, list[str]]:
        """Find the most specific tags with the digest that each tag gives."""
        asked = {
            text: (reference, names_of(str(reference.tag), tags[text])[:_MOST_NAMES])
            for text, reference in references.items()
        }
        same = self._same_digest(asked)
        for text, reference in references.items():
            if not same[text] and reference.tag == DEFAULT_TAG:
                detail = "no version among its tags has the digest of latest"
                moves.notes[text] = Note(detail, Action.LEFT)
        return same

    def _same_digest(
        self, asked: Mapping[str, tuple[ImageReference, Sequence[str]]]
    ) -> dict[str, list[str]]:
        """Give those tags of each reference that point to where the reference does."""
        questions = [
            Question(replace(reference, tag=tag))
            for reference, tags in asked.values()
            for tag in (reference.tag, *tags)
        ]
        answers = self.resolver.resolve(list(dict.fromkeys(questions)))

        def digest(reference: ImageReference, tag: str | None) -> str | None:
            answer = answers[Question(replace(reference, tag=tag))]
            return answer.digest if isinstance(answer, Answer) else None

        return {
            key: [
                tag for tag in tags if (own := digest(reference, reference.tag))
                and digest(reference, tag) == own
            ]
            for key, (reference, tags) in asked.items()
        }  # fmt: skip

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
