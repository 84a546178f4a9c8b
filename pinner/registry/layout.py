"""An OCI image layout on disk as a registry, after the OCI image specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Raw, Struct, field

from pinner.model.errors import AnswerError, NotFoundError, UnreachableError
from pinner.model.reference import ImageReference, is_digest
from pinner.registry.manifests import (
    LARGEST_MANIFEST,
    digest_matches,
    parse_manifest,
)
from pinner.registry.remote import Content, Head
from pinner.registry.wire import WireDescriptor, WireLayout, read_json, read_or, read_texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME_ANNOTATIONS = ("org.opencontainers.image.ref.name", "io.containerd.image.name")


class LayoutSource(Struct):
    """A layout's folder, for the repositories of one registry.

    An image's name in the layout is its reference, in full or without what Docker Hub implies.
    """

    folder: Path
    registry: str
    _names: dict[str, str] | None = field(default=None)

    @property
    def shown(self) -> str:
        """The name in messages."""
        return f"oci-layout:{self.folder.name}"

    def head(self, repository: str, reference: str) -> Head:
        """Give the digest of a tag, or see that a digest is there."""
        content = self.manifest(repository, reference)
        return Head(content.digest, content.media_type)

    def manifest(self, repository: str, reference: str) -> Content:
        """Read a manifest, checked against its digest."""
        digest = reference if is_digest(reference) else self._digest_of(repository, reference)
        body = self.blob(repository, digest)
        return Content(digest, parse_manifest(body, "").media_type, body)

    def blob(self, repository: str, digest: str) -> bytes:  # noqa: ARG002 - blobs are shared
        """Read a blob, checked against its digest."""
        algorithm, _, encoded = digest.partition(":")
        path = self.folder / "blobs" / algorithm / encoded
        try:
            with path.open("rb") as file:
                body = file.read(LARGEST_MANIFEST + 1)
        except OSError as error:
            raise NotFoundError(f"{self.shown}: {digest} is not there") from error
        if len(body) > LARGEST_MANIFEST or not digest_matches(body, digest):
            raise AnswerError(f"{self.shown}: the blob {digest} is damaged")
        return body

    def tags(self, repository: str) -> list[str]:
        """List the tags of a repository."""
        names = [ImageReference(self.registry, repository, "x")]
        prefixes = {text.removesuffix("x") for name in names for text in _spellings(name)}
        return sorted(
            {
                name.removeprefix(prefix)
                for name in self._read_names()
                for prefix in prefixes
                if name.startswith(prefix) and "/" not in name.removeprefix(prefix)
            }
        )

    def _digest_of(self, repository: str, tag: str) -> str:
        names = self._read_names()
        for spelling in _spellings(ImageReference(self.registry, repository, tag)):
            if spelling in names:
                return names[spelling]
        raise NotFoundError(f"{self.shown}: {repository}:{tag} is not there")

    def _read_names(self) -> dict[str, str]:
        if self._names is None:
            path = self.folder / "index.json"
            try:
                data = read_json(path.read_bytes(), WireLayout)
            except OSError as error:
                raise UnreachableError(
                    f"{self.shown}: {path} cannot be read: {error.strerror}"
                ) from error
            except AnswerError as error:
                raise AnswerError(f"{self.shown}: index.json: {error}") from error
            self._names = dict(_named_digests(data))
        return self._names


def _named_digests(data: WireLayout) -> Iterator[tuple[str, str]]:
    """Read the entries that have a name and a digest; the others are of no use here."""
    for raw in read_or(data.manifests, list[Raw], []):
        entry = read_or(raw, WireDescriptor, WireDescriptor())
        if is_digest(entry.digest):
            annotations = read_texts(entry.annotations)
            names = filter(None, map(annotations.get, _NAME_ANNOTATIONS))
            yield from ((name, entry.digest) for name in names)


def _spellings(reference: ImageReference) -> list[str]:
    return [str(reference), f"{reference.repository}:{reference.tag}", reference.familiar]
