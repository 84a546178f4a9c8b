"""What is locked: one entry an image, and all of them sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.reference import ImageReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pinner.model.evidence import Evidence
    from pinner.model.resolver import PlatformDigests


VERSION = 1


class LockedImage(Struct, frozen=True, kw_only=True):
    """One reference's digest and the files that use it; `platform` if pinned to one on purpose.

    `implied` names the uses that had no tag before, `evidence` what was proven of the digest.
    """

    reference: str
    digest: str
    media_type: str
    files: tuple[str, ...]
    implied: tuple[str, ...] = ()
    platform: str | None = None
    evidence: tuple[Evidence, ...] = ()
    platforms: Mapping[str, PlatformDigests] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What tells entries apart."""
        return (self.reference, self.platform or "")

    @property
    def name(self) -> str:
        """Registry and repository."""
        return ImageReference.parse(self.reference).name


class Lockfile(Struct, frozen=True):
    """All entries, sorted by key."""

    images: tuple[LockedImage, ...] = ()

    @classmethod
    def of(cls, images: Iterable[LockedImage]) -> Lockfile:
        """Sort entries."""
        return cls(tuple(sorted(images, key=lambda image: image.key)))

    def by_reference(self) -> dict[str, list[LockedImage]]:
        """Group entries by their reference."""
        groups: dict[str, list[LockedImage]] = {}
        for image in self.images:
            groups.setdefault(image.reference, []).append(image)
        return groups
