"""Resolve references by asking registries, many at a time."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

from pinner.model.errors import AnswerError, NotFoundError, RegistryError
from pinner.model.reference import ImageReference
from pinner.model.resolver import Answer, PlatformDigests, Question
from pinner.registry.details import fetch_details
from pinner.registry.manifests import Descriptor, Index, Legacy, Manifest
from pinner.registry.words import shown_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pinner.model.image_details import ImageDetails
    from pinner.model.platforms import Platform
    from pinner.registry.client import RegistryClient

_LONGEST_LIST = 1000
_MOST_THREADS = 64
K = TypeVar("K")
V = TypeVar("V")


class RegistryResolver:
    """Answers questions through a client."""

    def __init__(
        self, client: RegistryClient, on_progress: Callable[[int, int, str], None] | None = None
    ) -> None:
        """Call `on_progress` with the numbers of answers and questions, and what was answered."""
        self._client = client
        self._on_progress = on_progress
        self._details: dict[ImageReference, ImageDetails] = {}

    def resolve(self, questions: Sequence[Question]) -> dict[Question, Answer | RegistryError]:
        """Answer every question; one that fails does not stop the others."""
        self._client.expect([question.reference for question in questions])
        return self._each(self._answer, questions)

    def list_tags(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, list[str] | RegistryError]:
        """List the tags of each reference's repository."""
        self._client.expect(references)
        return self._each(self._client.tags, references)

    def details(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, ImageDetails | RegistryError]:
        """Gather what images are made of; what a digest stands for is asked for once."""
        known = {one: self._details[one] for one in references if one in self._details}
        asked = [one for one in references if one not in known]
        self._client.expect(asked)
        found = self._each(lambda reference: fetch_details(self._client, reference), asked)
        self._details |= {
            one: answer
            for one, answer in found.items()
            if one.digest is not None and not isinstance(answer, RegistryError)
        }
        return {**known, **found}

    def _each(
        self, ask: Callable[[K], V | RegistryError], items: Sequence[K]
    ) -> dict[K, V | RegistryError]:
        """Ask about every item in threads; an error is the item's own answer."""
        answers: dict[K, V | RegistryError] = {}
        lock = threading.Lock()

        def work(item: K) -> None:
            answer: V | RegistryError
            try:
                answer = ask(item)
            except RegistryError as error:
                answer = error
            with lock:
                answers[item] = answer
                if self._on_progress is not None:
                    self._on_progress(len(answers), len(items), _name_of(item))

        run_all(work, list(dict.fromkeys(items)))
        return answers

    def child_digests(self, reference: ImageReference) -> Mapping[str, str]:
        """Give the platform manifests of an index, digest to platform."""
        _, parsed = self._exact(reference)
        if not isinstance(parsed, Index):
            return {}
        flat = self._client.flattened(reference, parsed)
        return {entry.digest: str(entry.platform) for entry in flat.images}

    def _answer(self, question: Question) -> Answer:
        if question.platform is not None:
            return self._answer_platform(question.reference, question.platform)
        head = self._client.head(question.reference)
        exact = question.reference.with_digest(head.digest)
        platforms = {
            str(platform): self._platform_digests(exact, platform)
            for platform in question.platforms
        }
        return Answer(head.digest, head.media_type, platforms, head.warnings, head.source)

    def _answer_platform(self, reference: ImageReference, platform: Platform) -> Answer:
        exact, manifest = self.platform_manifest(reference, platform)
        return Answer(str(exact.digest), manifest.media_type)

    def _platform_digests(self, exact: ImageReference, platform: Platform) -> PlatformDigests:
        child, manifest = self.platform_manifest(exact, platform)
        return PlatformDigests(str(child.digest), manifest.config.digest)

    def _exact(self, reference: ImageReference) -> tuple[ImageReference, object]:
        """Turn a tag into its digest, so that the manifest may come from the cache."""
        if reference.digest is None:
            reference = reference.with_digest(self._client.head(reference).digest)
        return reference, self._client.parsed(reference)[1]

    def platform_manifest(
        self, reference: ImageReference, platform: Platform
    ) -> tuple[ImageReference, Manifest]:
        """Find a platform's manifest; raises NotFoundError naming the platforms there are."""
        exact, parsed = self._exact(reference)
        if isinstance(parsed, Index):
            entry = self._choose(exact, parsed, platform)
            exact = exact.with_digest(entry.digest)
            parsed = self._client.parsed(exact)[1]
            if isinstance(parsed, Manifest):
                return exact, parsed
        if isinstance(parsed, Legacy):
            raise AnswerError(f"{reference}: its manifest is of schema 1, which has no image ID")
        if not isinstance(parsed, Manifest):
            raise AnswerError(f"{reference}: the entry of {platform} is no manifest")
        own = self._client.configuration(exact, parsed).platform
        if own is None:
            raise AnswerError(f"{reference}: is an artifact, not an image, and has no platform")
        if not platform.accepts(own):
            raise NotFoundError(
                f"{reference}: there is no {platform}, only {shown_words(str(own))}"
            )
        return exact, parsed

    def _choose(self, exact: ImageReference, index: Index, platform: Platform) -> Descriptor:
        flat = self._client.flattened(exact, index)
        for entry in flat.images:
            if entry.platform is not None and platform.accepts(entry.platform):
                return entry
        there = ", ".join(sorted({str(entry.platform) for entry in flat.images})) or "none"
        there = shown_words(there, _LONGEST_LIST)
        raise NotFoundError(f"{exact}: there is no {platform}; its platforms are {there}")


def _name_of(item: object) -> str:
    reference = item.reference if isinstance(item, Question) else item
    return reference.familiar.partition("@")[0] if isinstance(reference, ImageReference) else ""


def run_all(work: Callable[[K], None], items: Sequence[K]) -> None:
    """Run work in threads that an interrupt does not wait for; a bug in one is raised here."""
    pending: queue.SimpleQueue[K] = queue.SimpleQueue()
    for item in items:
        pending.put(item)
    failures: list[BaseException] = []

    def loop() -> None:
        while not failures:
            try:
                item = pending.get_nowait()
            except queue.Empty:
                return
            try:
                work(item)
            except BaseException as error:  # noqa: BLE001 - raised below
                failures.append(error)

    count = min(_MOST_THREADS, len(items))
    threads = [threading.Thread(target=loop, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.1)
    if failures:
        raise failures[0]
