"""JSON as signing tools write it: manifests, payloads, envelopes, statements, log entries.

Specifications: containers/image's simple signing, cosign's SIGNATURE_SPEC, DSSE 1.0,
in-toto attestation 0.1 and 1, Sigstore bundle 0.3, Rekor 0.0.1 and 0.0.2.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from pinner.evidence.refusal import Refused

T = TypeVar("T")


class WireLayer(Struct, frozen=True):
    """What an artifact's manifest points to; size in bytes."""

    digest: str
    size: int = 0
    media_type: str = field(default="", name="mediaType")
    annotations: dict[str, str] | None = None


class WireSubject(Struct, frozen=True):
    """The manifest that an artifact is about."""

    digest: str = ""


class WireArtifact(Struct, frozen=True):
    """The manifest of an artifact."""

    layers: list[WireLayer] = field(default_factory=list)
    subject: WireSubject | None = None
    artifact_type: str = field(default="", name="artifactType")


class WireIdentity(Struct, frozen=True, rename="kebab"):
    """The name that an image was signed by."""

    docker_reference: str


class WireImage(Struct, frozen=True, rename="kebab"):
    """The manifest that was signed."""

    docker_manifest_digest: str


class WireCritical(Struct, frozen=True):
    """What a simple signature is about."""

    identity: WireIdentity
    image: WireImage
    type: str


class WirePayload(Struct, frozen=True):
    """The payload of simple signing."""

    critical: WireCritical


class WireEnvelopeSignature(Struct, frozen=True):
    """A signature of an envelope, in base64."""

    sig: str


class WireEnvelope(Struct, frozen=True, rename="camel"):
    """A DSSE envelope; the payload is in base64."""

    payload_type: str
    payload: str
    signatures: list[WireEnvelopeSignature]


class WireStatementSubject(Struct, frozen=True):
    """What a statement is about: digests by algorithm, in hexadecimal."""

    digest: dict[str, str] = field(default_factory=dict)


class WireStatement(Struct, frozen=True):
    """An in-toto statement."""

    type: str = field(name="_type")
    predicate_type: str = field(name="predicateType")
    subject: list[WireStatementSubject] = field(default_factory=list)
    predicate: Any = None


class WireMessageDigest(Struct, frozen=True):
    """The hash of what was signed."""

    algorithm: str
    digest: str


class WireMessageSignature(Struct, frozen=True, rename="camel"):
    """A signature over bytes that are not in the bundle."""

    message_digest: WireMessageDigest
    signature: str


class WireMaterial(Struct, frozen=True, rename="camel"):
    """What a bundle is verified with: a certificate, or a key that is known by a hint."""

    certificate: Any = None
    x509_certificate_chain: Any = None
    public_key: Any = None


class WireBundle(Struct, frozen=True, rename="camel"):
    """A Sigstore bundle."""

    media_type: str
    verification_material: WireMaterial
    dsse_envelope: WireEnvelope | None = None
    message_signature: WireMessageSignature | None = None


class WireLogPayload(Struct, frozen=True):
    """A log entry as cosign keeps it beside a signature; the time is in seconds, Unix."""

    body: str
    integrated_time: int = field(name="integratedTime")
    log_index: int = field(name="logIndex")
    log_id: str = field(name="logID")


class WireLogEntry(Struct, frozen=True, rename="pascal"):
    """What the log promised: an entry, and its signature over it."""

    signed_entry_timestamp: str
    payload: WireLogPayload


class WireLogBody(Struct, frozen=True, rename="camel"):
    """What the log holds of a signature."""

    kind: str
    api_version: str
    spec: dict[str, Any]


def read_wire(content: bytes | str, shape: type[T], what: str) -> T:
    """Decode JSON; raises Refused."""
    try:
        return msgspec.json.decode(content, type=shape)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what} is not of its form: {error}") from error


def read_base64(text: object, what: str) -> bytes:
    """Decode base64, standard and strict; raises Refused."""
    if not isinstance(text, str):
        raise Refused(f"{what} is missing")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{what} is not base64") from error
