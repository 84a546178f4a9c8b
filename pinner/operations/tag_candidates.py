"""Which tags a reference may move to: by its repository's list, its rule, and what `latest` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import RegistryError
from pinner.model.findings import Action
from pinner.model.reference import DEFAULT_TAG, ImageReference
from pinner.model.resolver import Answer, Question
from pinner.pins.policy import matches_image
from pinner.pins.tag_choice import is_version, names_of, successors
from pinner.pins.update_rules import rule_of, tag_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.model.resolver import Observer
    from pinner.operations.update_request import UpdateRequest
    from pinner.pins.tag_rules import TagRule

_MOST_NAMES = 20
_AT_ONCE = 5


class Note(Struct, frozen=True):
    """What there is to say about a reference; an action takes the place of the plan's."""

    detail: str
    action: Action | None = None


class _Wanted(Struct, frozen=True):
    """A reference whose tag may move; `names` asks for other names of what the tag gives now."""

    reference: ImageReference
    rule: TagRule | None
    names: bool


class TagFinder(Struct, frozen=True):
    """Finds tags, asking registries for lists and digests; `notes` gets what there is to say."""

    request: UpdateRequest
    resolver: Observer
    ignore: tuple[str, ...]
    notes: dict[str, Note]

    def _wanted(self, text: str) -> _Wanted | None:
        reference = ImageReference.parse(text)
        if reference.tag is None:
            return None
        rule = tag_rule(rule_of(reference, self.request.rules), self.request.reach)
        names = self.request.pin_tag or (self.request.pin_latest and reference.tag == DEFAULT_TAG)
        if rule is not None and not is_version(reference.tag, rule):
            rule = None
            if not names:
                advice = "; --pin-latest gives it one" if reference.tag == DEFAULT_TAG else ""
                self.notes[text] = Note(f"its tag names no version{advice}", Action.LEFT)
        return _Wanted(reference, rule, names) if rule is not None or names else None

    def candidates(self, selected: Iterable[str]) -> dict[str, list[str]]:
        """Give the tags that each selected reference may move to, the best first."""
        wanted = {text: one for text in selected if (one := self._wanted(text)) is not None}
        lists = self.resolver.list_tags([one.reference for one in wanted.values()])
        tags = {}
        for text, one in wanted.items():
            listed = lists[one.reference]
            if isinstance(listed, RegistryError):
                detail = f"its tags cannot be listed: {listed}"
                self.notes[text] = Note(detail, Action.FAILED)
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
        found |= self._names({text: wanted[text].reference for text in naming}, tags)
        return found

    def _allowed(self, reference: ImageReference, tags: Sequence[str]) -> list[str]:
        """Leave out the tags that are ignored: a reference that moved there would be lost."""
        ignored = self.ignore
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
                self.notes[text] = Note(detail, Action.LEFT)
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
