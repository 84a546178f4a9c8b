"""What operations ask of a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.model.errors import RegistryError
    from pinner.model.evidence import Evidence
    from pinner.model.image_details import ImageDetails
    from pinner.model.platforms import Platform
    from pinner.model.reference import ImageReference


class PlatformDigests(Struct, frozen=True):
    """A platform's manifest digest and its image ID, the digest of the image's configuration."""

    digest: str
    image_id: str


class Question(Struct, frozen=True):
    """A reference to resolve: by its digest if it has one, else by its tag.

    With `platform` the answer is that platform's manifest in place of the index;
    `platforms` are looked up beside it.
    """

    reference: ImageReference
    platform: Platform | None = None
    platforms: tuple[Platform, ...] = ()


class Answer(Struct, frozen=True):
    """What a reference resolves to; `source` names the host or folder that said so.

    `evidence` is what was proven of the digest, for each rule of trust that matches.
    """

    digest: str
    media_type: str
    platforms: Mapping[str, PlatformDigests] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    source: str = ""
    evidence: tuple[Evidence, ...] = ()


class Resolver(Protocol):
    """Resolves references, each with an outcome of its own."""

    def resolve(self, questions: Sequence[Question]) -> dict[Question, Answer | RegistryError]:
        """Answer every question; one that fails does not stop the others."""

    def child_digests(self, reference: ImageReference) -> Mapping[str, str]:
        """Give the platform manifests of an index, digest to platform; raises RegistryError.

        Empty where the reference is no index.
        """


class Observer(Resolver, Protocol):
    """Tells more about images than their digests."""

    def list_tags(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, list[str] | RegistryError]:
        """List the tags of each reference's repository."""

    def details(
        self, references: Sequence[ImageReference]
    ) -> dict[ImageReference, ImageDetails | RegistryError]:
        """Gather what images are made of."""
