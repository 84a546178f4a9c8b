"""Answers that were given before, in place of registries: what is not known stops the work.

A worker asks nobody. It works with what is known, and says what it would ask; whoever sent it asks
once for all, and sends it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from pinner.model.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pinner.model.evidence import Proofs, Prover
    from pinner.model.image_details import ImageDetails
    from pinner.model.reference import ImageReference
    from pinner.model.resolver import Answer, Observer, Question
    from pinner.pins.trust import TrustRule
    from pinner.project.project import Project
    from pinner.project.settings import RegistrySettings

Kind = Literal["resolve", "tags", "details", "children", "prove"]


class Way(Struct, frozen=True):
    """How registries are reached: questions that go the same way are asked once.

    `root` is the folder whose files the settings name, empty where they name none.
    """

    registries: tuple[tuple[str, RegistrySettings], ...] = ()
    uses_host_config: bool = False
    rules: tuple[TrustRule, ...] = ()
    root: str = ""

    @classmethod
    def of(cls, project: Project) -> Way:
        """Take a project's."""
        settings = project.settings
        registries = tuple(sorted(settings.registries.items()))
        names_files = any(
            one.ca_file or any(mirror.startswith("oci-layout:") for mirror in one.mirrors)
            for _, one in registries
        )
        root = project.workspace.root if names_files else ""
        return cls(registries, settings.use_host_config, settings.trust_rules, root)


class Asked(Struct, frozen=True):
    """One thing that is asked: a Question to resolve, else a reference."""

    kind: Kind
    what: Any


class UnansweredError(Exception):
    """There are questions without an answer."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        """Keep them."""
        super().__init__(f"{len(asked)} questions")
        self.asked = tuple(asked)


class KnownAnswers:
    """An Observer that knows what it was told; each method raises UnansweredError."""

    def __init__(self, answers: Mapping[Asked, Any], rules: Sequence[TrustRule] = ()) -> None:
        """Take the answers, errors among them."""
        self._answers = answers
        self._rules = rules

    def resolve(self, questions: Sequence[Question]) -> dict[Question, Answer | RegistryError]:
        """Answer every question."""
        return self._all("resolve", questions)

    def list_tags(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, list[str] | RegistryError]:
        """List the tags of each reference's repository."""
        return self._all("tags", references)

    def details(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, ImageDetails | RegistryError]:
        """Gather what images are made of."""
        return self._all("details", references)

    def child_digests(self, reference: ImageReference) -> Mapping[str, str]:
        """Give the platform manifests of an index; raises RegistryError."""
        found = self._all("children", [reference])[reference]
        if isinstance(found, RegistryError):
            raise found
        children: Mapping[str, str] = found
        return children

    def plain_resolver(self) -> Observer:
        """Give what answers."""
        return self

    def resolver(self) -> Observer:
        """Give the same, for which a digest that is not proven is a failure."""
        if self.prover is None:
            return self
        from pinner.evidence.resolver import ProvingResolver  # noqa: PLC0415 - few have rules

        return ProvingResolver(self, self._rules, self.prover)

    @property
    def prover(self) -> Prover | None:
        """What proves digests; None where there are no rules."""
        return self._prove if self._rules else None

    def _prove(self, references: Sequence[ImageReference]) -> Proofs:
        return self._all("prove", references)

    def _all(self, kind: Kind, things: Sequence[Any]) -> dict[Any, Any]:
        asked = {thing: Asked(kind, thing) for thing in things}
        unknown = [one for one in asked.values() if one not in self._answers]
        if unknown:
            raise UnansweredError(unknown)
        return {thing: self._answers[one] for thing, one in asked.items()}


def ask_all(observer: Observer, prover: Prover | None, asked: Sequence[Asked]) -> dict[Asked, Any]:
    """Ask for all that is wanted, each thing once; an error is an answer too."""
    ways: dict[Kind, Callable[[list[Any]], Mapping[Any, Any]]] = {
        "resolve": observer.resolve,
        "tags": observer.list_tags,
        "details": observer.details,
        "children": lambda things: {one: _children(observer, one) for one in things},
        "prove": prover or (lambda _: {}),
    }
    kinds: dict[Kind, list[Asked]] = {}
    for one in dict.fromkeys(asked):
        kinds.setdefault(one.kind, []).append(one)
    found: dict[Asked, Any] = {}
    for kind, members in kinds.items():
        answers = ways[kind]([one.what for one in members])
        found |= {one: answers[one.what] for one in members}
    return found


def _children(observer: Observer, reference: ImageReference) -> Mapping[str, str] | RegistryError:
    try:
        return observer.child_digests(reference)
    except RegistryError as error:
        return error
