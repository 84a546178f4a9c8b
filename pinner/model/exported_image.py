"""An image for other tools: what it is called, what it is, and who uses it."""

from __future__ import annotations

from msgspec import Struct

from pinner.model.reference import ImageReference


class ExportedImage(Struct, frozen=True, order=True):
    """An image: its canonical reference with its tag, if it has one, and its digest.

    `users` are files, with their repository before them where there are several repositories.
    """

    reference: str
    digest: str
    users: tuple[str, ...] = ()

    @property
    def pinned(self) -> ImageReference:
        """The reference with the digest."""
        return ImageReference.parse(self.reference).with_digest(self.digest)
