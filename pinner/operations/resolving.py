"""Ask registries, and say what is odd about digests that others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.errors import RegistryError, UnreachableError
from pinner.model.resolver import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pinner.model.reference import ImageReference
    from pinner.model.resolver import Resolver

Answers = dict[Question, Answer | RegistryError]


def answer_all(
    questions: Iterable[Question], make_resolver: Callable[[], Resolver] | None
) -> Answers:
    """Answer every question; without a resolver each fails. No question, no resolver made."""
    asked = list(questions)
    if not asked:
        return {}
    if make_resolver is None:
        return {
            question: UnreachableError(
                f"{question.reference}: is not locked, and --offline forbids to ask the registry"
            )
            for question in asked
        }
    resolver = make_resolver()
    by_tag = {
        question: Question(question.reference.without_digest())
        for question in asked
        if question.reference.digest and question.reference.tag
    }
    answers = resolver.resolve([*asked, *by_tag.values()])
    for question, tagged in by_tag.items():
        answer, now = answers[question], answers[tagged]
        if isinstance(answer, Answer):
            found = (
                single_platform_warning(resolver, question.reference, answer),
                _moved_on(tagged.reference, answer, now),
            )
            warnings = (*answer.warnings, *filter(None, found))
            answers[question] = replace(answer, warnings=warnings)
    return {question: answers[question] for question in asked}


def _moved_on(reference: ImageReference, answer: Answer, now: Answer | RegistryError) -> str | None:
    """Say so where a tag gives another digest now than the one that somebody wrote."""
    if isinstance(now, RegistryError) or now.digest == answer.digest:
        return None
    return f"{reference.familiar} gives {now.digest} now; `pinner update` moves there"


def single_platform_warning(
    resolver: Resolver, reference: ImageReference, answer: Answer
) -> str | None:
    """Say so where a digest is one platform's and the tag gives an index of several."""
    if is_index(answer.media_type):
        return None
    try:
        children = resolver.child_digests(reference.without_digest())
    except RegistryError:
        return None
    if answer.digest not in children:
        return None
    return (
        f"the digest is that of {children[answer.digest]} alone; "
        f"{reference.without_digest().familiar} is there for {len(children)} platforms"
    )


def is_index(media_type: str) -> bool:
    """Say whether a media type is that of a list of platforms' manifests."""
    return media_type.endswith((".index.v1+json", ".manifest.list.v2+json"))
