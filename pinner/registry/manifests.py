"""Manifests and indexes: their media types, and what they say; OCI image spec, Docker schema 2."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pinner.model.errors import AnswerError
from pinner.model.platforms import Platform
from pinner.model.reference import is_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
SCHEMA_1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

MANIFEST_TYPES = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)
INDEX_TYPES = (OCI_INDEX, DOCKER_LIST)
SCHEMA_1_TYPES = (SCHEMA_1, SCHEMA_1_SIGNED)
ACCEPT = ", ".join(MANIFEST_TYPES)

LARGEST_MANIFEST = 4 * 1024 * 1024
_MOST_ENTRIES = 10_000


class Descriptor(Struct, frozen=True):
    """What a manifest points to; size in bytes."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    is_attestation: bool = False


class Index(Struct, frozen=True):
    """A list of manifests, one for each platform at best."""

    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def images(self) -> tuple[Descriptor, ...]:
        """The manifests that are of a platform: attestations are not."""
        return tuple(
            entry for entry in self.manifests if entry.platform and not entry.is_attestation
        )


class Manifest(Struct, frozen=True):
    """One platform's image: its configuration and layers, or an artifact."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)


class Legacy(Struct, frozen=True):
    """A manifest of the retired schema 1, which has no configuration of its own."""

    media_type: str


def sha256_digest(content: bytes) -> str:
    """Give the digest of bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_matches(content: bytes, digest: str) -> bool:
    """Compare bytes with a digest of any registered algorithm."""
    algorithm, _, encoded = digest.partition(":")
    return is_digest(digest) and hashlib.new(algorithm, content).hexdigest() == encoded


def parse_manifest(content: bytes, media_type: str) -> Index | Manifest | Legacy:
    """Read a manifest of any type; raises AnswerError without naming whose it is."""
    data = load_json(content)
    found = data.get("mediaType")
    if not isinstance(found, str) or media_type in MANIFEST_TYPES:
        found = media_type if media_type in MANIFEST_TYPES else _type_by_shape(data)
    if data.get("schemaVersion") == 1 or media_type in SCHEMA_1_TYPES:
        return Legacy(SCHEMA_1_SIGNED if "signatures" in data else SCHEMA_1)
    annotations = _texts(data.get("annotations"))
    if found in INDEX_TYPES:
        return Index(found, _descriptors(data.get("manifests")), annotations)
    config = data.get("config")
    if found not in (OCI_MANIFEST, DOCKER_MANIFEST) or not isinstance(config, dict):
        raise AnswerError(f"what was answered is no manifest (its type is {media_type or found!r})")
    layers = _descriptors(data.get("layers"))
    return Manifest(found, _descriptor(config), layers, annotations)


def load_json(content: bytes) -> dict[str, Any]:
    """Read a JSON object; raises AnswerError."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AnswerError("what was answered is not JSON") from error
    if not isinstance(data, dict):
        raise AnswerError("what was answered is no JSON object")
    return data


def _type_by_shape(data: Mapping[str, Any]) -> str:
    if "manifests" in data:
        return OCI_INDEX
    return OCI_MANIFEST if "config" in data else ""


def _descriptors(entries: object) -> tuple[Descriptor, ...]:
    if not isinstance(entries, list) or len(entries) > _MOST_ENTRIES:
        raise AnswerError("a manifest's list of entries is missing or too long")
    return tuple(_descriptor(entry) for entry in entries)


def _descriptor(entry: object) -> Descriptor:
    if not isinstance(entry, dict):
        raise AnswerError("a manifest's entry is no object")
    digest, size = entry.get("digest"), entry.get("size")
    if not isinstance(digest, str) or not is_digest(digest):
        raise AnswerError("a manifest's entry has no digest")
    annotations = _texts(entry.get("annotations"))
    platform = _platform(entry.get("platform"))
    is_attestation = annotations.get("vnd.docker.reference.type") == "attestation-manifest"
    unknown = platform is not None and platform.os == "unknown"
    return Descriptor(
        media_type=str(entry.get("mediaType", "")),
        digest=digest,
        size=size if isinstance(size, int) else 0,
        platform=platform,
        annotations=annotations,
        is_attestation=is_attestation or unknown,
    )


def _platform(value: object) -> Platform | None:
    if not isinstance(value, dict):
        return None
    texts = [value.get(key) for key in ("os", "architecture", "variant", "os.version")]
    system, architecture, variant, version = (t if isinstance(t, str) else "" for t in texts)
    if not system or not architecture:
        return None
    return Platform.normalised(system, architecture, variant, version)


def platform_of_config(config: Mapping[str, Any]) -> Platform | None:
    """Give the platform that an image's configuration names."""
    return _platform(config)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): text for key, text in value.items() if isinstance(text, str)}


def schema_1_payload(content: bytes) -> bytes:
    """Take the signatures off a signed schema 1 manifest: its digest is over the rest.

    Distribution's JSON web signatures say how long the payload is and how it ended.
    """
    data = load_json(content)
    try:
        protected = data["signatures"][0]["protected"]
        header = json.loads(_decode(protected))
        return content[: int(header["formatLength"])] + _decode(header["formatTail"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise AnswerError("a schema 1 manifest's signature cannot be read") from error


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
