"""Manifests and indexes: their media types, and what they say; OCI image spec, Docker schema 2."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from msgspec import UNSET, Raw, Struct, UnsetType, field

from pinner.model.errors import AnswerError
from pinner.model.platforms import Platform
from pinner.model.reference import is_digest
from pinner.registry.wire import (
    WireConfiguration,
    WireDescriptor,
    WireManifest,
    WirePlatform,
    WireProtected,
    WireSettings,
    WireSigned,
    read_json,
    read_or,
    read_text,
    read_texts,
)
from pinner.registry.words import shown_words

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
_LARGEST_SIZE = 2**63


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


class Configuration(Struct, frozen=True, kw_only=True):
    """How an image runs and what it is for; an artifact has no platform."""

    platform: Platform | None = None
    created: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    ports: tuple[str, ...] = ()


def sha256_digest(content: bytes) -> str:
    """Give the digest of bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_matches(content: bytes, digest: str) -> bool:
    """Compare bytes with a digest of any registered algorithm."""
    algorithm, _, encoded = digest.partition(":")
    return is_digest(digest) and hashlib.new(algorithm, content).hexdigest() == encoded


def parse_manifest(content: bytes, media_type: str) -> Index | Manifest | Legacy:
    """Read a manifest of any type; raises AnswerError without naming whose it is."""
    data = read_json(content, WireManifest)
    found = read_text(data.media_type)
    if not found or media_type in MANIFEST_TYPES:
        found = media_type if media_type in MANIFEST_TYPES else _type_by_shape(data)
    if read_or(data.schema_version, int, 0) == 1 or media_type in SCHEMA_1_TYPES:
        return Legacy(SCHEMA_1 if data.signatures is UNSET else SCHEMA_1_SIGNED)
    annotations = read_texts(data.annotations)
    if found in INDEX_TYPES:
        return Index(found, _descriptors(data.manifests), annotations)
    if found not in (OCI_MANIFEST, DOCKER_MANIFEST) or not isinstance(data.config, WireDescriptor):
        named = shown_words(media_type or found) or "not named"
        raise AnswerError(f"what was answered is no manifest (its type is {named})")
    return Manifest(found, _descriptor(data.config), _descriptors(data.layers), annotations)


def _type_by_shape(data: WireManifest) -> str:
    if data.manifests is not UNSET:
        return OCI_INDEX
    return "" if data.config is UNSET else OCI_MANIFEST


def _descriptors(entries: list[WireDescriptor] | UnsetType | None) -> tuple[Descriptor, ...]:
    if not isinstance(entries, list) or len(entries) > _MOST_ENTRIES:
        raise AnswerError("a manifest's list of entries is missing or too long")
    return tuple(map(_descriptor, entries))


def _descriptor(entry: WireDescriptor) -> Descriptor:
    if not is_digest(entry.digest):
        raise AnswerError("a manifest's entry has no digest")
    annotations = read_texts(entry.annotations)
    platform = _platform(read_or(entry.platform, WirePlatform, WirePlatform()))
    is_attestation = annotations.get("vnd.docker.reference.type") == "attestation-manifest"
    unknown = platform is not None and platform.os == "unknown"
    return Descriptor(
        media_type=read_text(entry.media_type),
        digest=entry.digest,
        size=_size(entry.size),
        platform=platform,
        annotations=annotations,
        is_attestation=is_attestation or unknown,
    )


def _size(raw: Raw) -> int:
    """Read a number of bytes; what no file can have is as good as none."""
    found = read_or(raw, int, 0)
    return found if 0 <= found < _LARGEST_SIZE else 0


def _platform(data: WirePlatform) -> Platform | None:
    system, architecture = read_text(data.os), read_text(data.architecture)
    if not system or not architecture:
        return None
    variant, version = read_text(data.variant), read_text(data.version)
    return Platform.normalised(system, architecture, variant, version)


def parse_configuration(content: bytes) -> Configuration:
    """Read an image's configuration, or what an artifact has for one; raises AnswerError."""
    data = read_json(content, WireConfiguration)
    settings = read_or(data.config, WireSettings, WireSettings())
    return Configuration(
        platform=_platform(read_json(content, WirePlatform)),
        created=read_text(data.created) or None,
        labels=read_texts(settings.labels),
        environment=_list_of_texts(settings.env),
        entrypoint=_list_of_texts(settings.entrypoint),
        command=_list_of_texts(settings.cmd),
        user=read_text(settings.user),
        ports=tuple(sorted(read_or(settings.exposed_ports, dict[str, Raw], {}))),
    )


def _list_of_texts(raw: Raw) -> tuple[str, ...]:
    return tuple(text or "" for text in read_or(raw, list[str | None], []))


def schema_1_payload(content: bytes) -> bytes:
    """Take the signatures off a signed schema 1 manifest: its digest is over the rest.

    Distribution's JSON web signatures say how long the payload is and how it ended.
    """
    data = read_json(content, WireSigned)
    try:
        header = read_json(_decode(data.signatures[0].protected), WireProtected)
        return content[: header.format_length] + _decode(header.format_tail)
    except (IndexError, ValueError, AnswerError) as error:
        raise AnswerError("a schema 1 manifest's signature cannot be read") from error


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
