"""Ask registries whether tags moved and locked digests are still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import NotFoundError, RegistryError, UntrustedError
from pinner.model.findings import Finding, FindingName, Level, finding_at
from pinner.model.platforms import Platform
from pinner.model.reference import ImageReference
from pinner.model.resolver import Answer, Question
from pinner.operations.resolving import single_platform_warning
from pinner.pins.trust import rules_for

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from pinner.model.evidence import Prover
    from pinner.model.resolver import Resolver
    from pinner.pins.groups import Group
    from pinner.pins.trust import TrustRule


def ask_registries(
    groups: Sequence[Group], resolver: Resolver, sources: Counter[str]
) -> Iterator[Finding]:
    """Compare the locked digests with what tags give now, and look that digests still exist.

    `sources` counts who answered.
    """
    locked = [(group, group.entry) for group in groups if group.entry is not None]
    tags = [_tag_question(group) for group, _ in locked]
    answers = resolver.resolve([question for question in tags if question])
    sources.update(answer.source for answer in answers.values() if isinstance(answer, Answer))
    doubtful: list[tuple[Group, Answer | RegistryError | None, Question]] = []
    for (group, entry), question in zip(locked, tags, strict=True):
        now = answers[question] if question else None
        if isinstance(now, RegistryError) and not isinstance(now, NotFoundError):
            yield _online(FindingName.UNREACHABLE, group, str(now))
        elif not isinstance(now, Answer) or now.digest != entry.digest:
            doubtful.append((group, now, Question(_locked_reference(group))))
    held = resolver.resolve([question for _, _, question in doubtful])
    sources.update(answer.source for answer in held.values() if isinstance(answer, Answer))
    for group, now, question in doubtful:
        yield from _judge_moved(group, now, held[question], resolver)


def ask_proofs(
    groups: Sequence[Group], rules: Sequence[TrustRule], prove_all: Prover
) -> Iterator[Finding]:
    """Have the locked digests proven anew that a rule matches."""
    exact = {
        _locked_reference(group): group
        for group in groups
        if group.entry is not None and rules_for(ImageReference.parse(group.reference), rules)
    }
    for reference, proof in (prove_all(list(exact)) if exact else {}).items():
        if isinstance(proof, UntrustedError):
            yield _online(FindingName.UNTRUSTED, exact[reference], str(proof))
        elif isinstance(proof, RegistryError):
            yield _online(FindingName.UNREACHABLE, exact[reference], str(proof))


def _tag_question(group: Group) -> Question | None:
    reference = ImageReference.parse(group.reference)
    if reference.tag is None:
        return None
    platform = Platform.parse(group.platform) if group.platform else None
    return Question(reference.without_digest(), platform)


def _locked_reference(group: Group) -> ImageReference:
    digest = group.entry.digest if group.entry else ""
    return ImageReference.parse(group.reference).with_digest(digest)


def _judge_moved(
    group: Group,
    now: Answer | RegistryError | None,
    held: Answer | RegistryError,
    resolver: Resolver,
) -> Iterator[Finding]:
    reference = _locked_reference(group)
    shown = reference.without_digest().familiar
    if isinstance(held, NotFoundError):
        message = f"the registry no longer has {reference.digest} of {shown}; `pinner update` it"
        yield _online(FindingName.GONE, group, message)
        return
    if isinstance(held, RegistryError):
        yield _online(FindingName.UNREACHABLE, group, str(held))
        return
    warning = single_platform_warning(resolver, reference, held) if reference.tag else None
    if warning and group.platform is None:
        yield _online(FindingName.SINGLE_PLATFORM, group, f"{shown}: {warning}", Level.WARNING)
    elif isinstance(now, NotFoundError):
        message = f"the registry no longer has the tag of {shown}, but still its locked digest"
        yield _online(FindingName.MOVED, group, message, Level.WARNING)
    elif now is not None and not isinstance(now, RegistryError):
        message = f"{shown} points to {now.digest} now; take it with `pinner update`"
        yield _online(FindingName.MOVED, group, message, Level.WARNING)


def _online(name: FindingName, group: Group, message: str, level: Level = Level.ERROR) -> Finding:
    place = group.found[0].place
    return finding_at(name, place, message, level=level, reference=group.reference)
