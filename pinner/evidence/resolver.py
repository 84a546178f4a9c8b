"""A resolver whose answers are proven: a digest that is not is a failure with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.errors import RegistryError
from pinner.model.resolver import Answer, Observer, Question
from pinner.pins.trust import rules_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.model.evidence import Proofs, Prover
    from pinner.model.image_details import ImageDetails
    from pinner.model.reference import ImageReference
    from pinner.pins.trust import TrustRule


class ProvingResolver:
    """Asks another resolver, and has each digest proven once that a rule matches."""

    def __init__(
        self,
        inner: Observer,
        rules: Sequence[TrustRule],
        prove_all: Prover,
    ) -> None:
        """Take what answers, the rules, and what proves references with their digests."""
        self._inner = inner
        self._rules = rules
        self._prove_all = prove_all
        self._proofs: Proofs = {}

    def resolve(self, questions: Sequence[Question]) -> dict[Question, Answer | RegistryError]:
        """Answer every question; what is not proven is an UntrustedError."""
        answers = self._inner.resolve(questions)
        exact = {
            question: question.reference.with_digest(answer.digest)
            for question, answer in answers.items()
            if isinstance(answer, Answer) and rules_for(question.reference, self._rules)
        }
        new = [one for one in dict.fromkeys(exact.values()) if one not in self._proofs]
        if new:
            self._proofs |= self._prove_all(new)
        for question, reference in exact.items():
            proof, answer = self._proofs[reference], answers[question]
            if isinstance(proof, RegistryError):
                answers[question] = proof
            elif isinstance(answer, Answer):
                answers[question] = replace(answer, evidence=proof)
        return answers

    def child_digests(self, reference: ImageReference) -> Mapping[str, str]:
        """Give the platform manifests of an index."""
        return self._inner.child_digests(reference)

    def list_tags(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, list[str] | RegistryError]:
        """List the tags of each reference's repository."""
        return self._inner.list_tags(references)

    def details(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, ImageDetails | RegistryError]:
        """Gather what images are made of."""
        return self._inner.details(references)
