"""Find what is attached to a digest: by tags that are made of it, and by what refers to it.

cosign 2 keeps signatures under the tag `sha256-….sig` and attestations under `sha256-….att`; what
is newer is a Sigstore bundle that refers to the digest: in the referrers API of the distribution
specification 1.1, or, where a registry has none, in the index under the tag `sha256-…`.

A tag and a list of referrers cost a request each time; what they name is asked for by digest, and
so once for ever.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from pinner.evidence.refusal import Refused
from pinner.evidence.wire import WireArtifact, WireLayer, read_wire
from pinner.model.errors import AnswerError, NotFoundError
from pinner.model.reference import ImageReference, is_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIMPLE_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_BUNDLE_PREFIX = "application/vnd.dev.sigstore.bundle"
# cosign 2 names the type of the empty configuration where it lists a bundle.
_UNSAID_TYPES = ("", "application/vnd.oci.empty.v1+json")

MOST_ATTACHED = 256
LARGEST_ATTACHED = 4 * 1024 * 1024


class Kind(StrEnum):
    """What a signature is made of."""

    SIMPLE = "simple-signing"
    ENVELOPE = "dsse-envelope"
    BUNDLE = "sigstore-bundle"


_KINDS = {SIMPLE_TYPE: Kind.SIMPLE, ENVELOPE_TYPE: Kind.ENVELOPE}


class Body(Protocol):
    """The bytes of a manifest."""

    @property
    def body(self) -> bytes:
        """The bytes."""


class Store(Protocol):
    """What can answer about a repository; raises RegistryError."""

    def manifest(self, reference: ImageReference) -> Body:
        """Give a manifest, by its digest if the reference has one."""

    def blob(self, reference: ImageReference, digest: str) -> bytes:
        """Give a small blob of a repository."""

    def referrers(self, reference: ImageReference, artifact_type: str) -> list[str] | None:
        """Give the digests of what refers to a digest; None where no list is kept."""


class Attached(Struct, frozen=True):
    """A signature or attestation as it was found; `place` says where.

    `refusal` is why it could not be had: then there is no content.
    """

    kind: Kind
    place: str
    digest: str
    content: bytes
    annotations: Mapping[str, str]
    refusal: str = ""


class Attachments:
    """What is attached to one digest; each place is asked once, and only when it is needed."""

    def __init__(self, store: Store, exact: ImageReference) -> None:
        """Take a reference with the digest that is asked about."""
        self._store = store
        self._exact = exact
        self._stem = str(exact.digest).replace(":", "-")
        self._found: dict[str, list[Attached]] = {}
        self.left_out: dict[str, int] = defaultdict(int)

    def signatures(self) -> Iterator[Attached]:
        """Give what may be a signature, the commonest place first."""
        yield from self._under_tag("sig")
        yield from self._bundles()

    def attestations(self) -> Iterator[Attached]:
        """Give what may be an attestation."""
        yield from self._bundles()
        yield from self._under_tag("att")

    def everything(self) -> Iterator[Attached]:
        """Give all that is there."""
        yield from self._under_tag("sig")
        yield from self._bundles()
        yield from self._under_tag("att")

    def _under_tag(self, suffix: str) -> Iterator[Attached]:
        if suffix not in self._found:
            tag = f"{self._stem}.{suffix}"
            self._found[suffix] = list(self._of_tag(tag))
        yield from self._found[suffix]

    def _of_tag(self, tag: str) -> Iterator[Attached]:
        artifact = self._tagged(tag)
        if artifact is None:
            return
        layers = [layer for layer in artifact.layers if _kind_of(layer) is not None]
        self._count_left_out(f"the tag {tag}", len(layers))
        for layer in layers[:MOST_ATTACHED]:
            yield self._fetched(layer, f"the tag {tag}")

    def _tagged(self, tag: str) -> WireArtifact | None:
        reference = ImageReference(self._exact.registry, self._exact.repository, tag)
        try:
            content = self._store.manifest(reference).body
        except NotFoundError:
            return None
        return _artifact(content, f"the tag {tag}")

    def _bundles(self) -> Iterator[Attached]:
        if "bundles" not in self._found:
            self._found["bundles"] = list(self._of_referrers())
        yield from self._found["bundles"]

    def _of_referrers(self) -> Iterator[Attached]:
        digests = self._store.referrers(self._exact, BUNDLE_TYPE)
        place = "the list of referrers"
        if digests is None:
            digests = self._fallback()
            place = f"the tag {self._stem}"
        digests = list(dict.fromkeys(digests))
        self._count_left_out(place, len(digests))
        for digest in digests[:MOST_ATTACHED]:
            yield from self._of_referrer(digest)

    def _fallback(self) -> list[str]:
        """Give the digests in the index under the fallback tag."""
        reference = ImageReference(self._exact.registry, self._exact.repository, self._stem)
        try:
            content = self._store.manifest(reference).body
        except NotFoundError:
            return []
        try:
            index = msgspec.json.decode(content, type=_WireIndex)
        except ValueError as error:
            raise AnswerError(
                f"{self._exact.name}: the tag {self._stem} holds no list of referrers: {error}"
            ) from error
        return [
            entry.digest
            for entry in index.manifests
            if is_digest(entry.digest)
            and (
                entry.artifact_type in _UNSAID_TYPES
                or entry.artifact_type.startswith(_BUNDLE_PREFIX)
            )
        ]

    def _of_referrer(self, digest: str) -> Iterator[Attached]:
        place = f"the referrer {digest}"
        try:
            content = self._store.manifest(self._exact.with_digest(digest)).body
            artifact = _artifact(content, place)
        except (NotFoundError, AnswerError) as error:
            yield Attached(Kind.BUNDLE, place, digest, b"", {}, str(error))
            return
        if artifact.subject is None or artifact.subject.digest != self._exact.digest:
            return  # something about another manifest
        for layer in artifact.layers[:MOST_ATTACHED]:
            if _kind_of(layer) is not None:
                yield self._fetched(layer, place)

    def _fetched(self, layer: WireLayer, place: str) -> Attached:
        kind = _kind_of(layer) or Kind.SIMPLE
        annotations = layer.annotations or {}
        if layer.size > LARGEST_ATTACHED:
            refusal = f"it has {layer.size} bytes, more than the {LARGEST_ATTACHED} that are read"
            return Attached(kind, place, layer.digest, b"", annotations, refusal)
        if not is_digest(layer.digest):
            return Attached(kind, place, layer.digest, b"", annotations, "it has no digest")
        try:
            content = self._store.blob(self._exact, layer.digest)
        except (NotFoundError, AnswerError) as error:
            return Attached(kind, place, layer.digest, b"", annotations, str(error))
        return Attached(kind, place, layer.digest, content, annotations)

    def _count_left_out(self, place: str, count: int) -> None:
        if count > MOST_ATTACHED:
            self.left_out[place] = count - MOST_ATTACHED


class _WireEntry(Struct, frozen=True):
    digest: str = ""
    artifact_type: str = msgspec.field(default="", name="artifactType")


class _WireIndex(Struct, frozen=True):
    manifests: list[_WireEntry] = msgspec.field(default_factory=list)


def _kind_of(layer: WireLayer) -> Kind | None:
    if layer.media_type.startswith(_BUNDLE_PREFIX):
        return Kind.BUNDLE
    return _KINDS.get(layer.media_type)


def _artifact(content: bytes, what: str) -> WireArtifact:
    try:
        return read_wire(content, WireArtifact, what)
    except Refused as error:
        raise AnswerError(str(error)) from error
