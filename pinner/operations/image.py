"""Answer questions about one image."""

from __future__ import annotations

import json
import platform as machine
from typing import TYPE_CHECKING

from pinner.model.errors import UsageError
from pinner.model.platforms import Platform
from pinner.model.reference import ImageReference, ReferenceSyntaxError

if TYPE_CHECKING:
    from pinner.registry.client import RegistryClient
    from pinner.registry.resolver import RegistryResolver


def parse_reference(text: str) -> ImageReference:
    """Parse what a user wrote; raises UsageError."""
    try:
        return ImageReference.parse(text).tagged()
    except ReferenceSyntaxError as error:
        raise UsageError(f"{error}; write it as in alpine:3.19") from error


def image_digest(
    resolver: RegistryResolver, client: RegistryClient, reference: ImageReference,
    platform: Platform | None,
) -> str:  # fmt: skip
    """Give the digest of the index, or of the manifest where there is no index or for a platform.

    Raises RegistryError, as all here.
    """
    if platform is None:
        return client.head(reference).digest
    return str(resolver.platform_manifest(reference, platform)[0].digest)


def image_id(
    resolver: RegistryResolver, reference: ImageReference, platform: Platform | None
) -> str:
    """Give the image ID: for this machine's architecture if no platform is named."""
    return resolver.platform_manifest(reference, platform or this_platform())[1].config.digest


def image_manifest(
    resolver: RegistryResolver, client: RegistryClient, reference: ImageReference,
    platform: Platform | None,
) -> bytes:  # fmt: skip
    """Give a manifest's exact bytes: the index, or a platform's manifest."""
    if platform is not None:
        reference = resolver.platform_manifest(reference, platform)[0]
    return client.manifest(reference).body


def indented(manifest: bytes) -> str:
    """Lay a manifest out for reading."""
    return json.dumps(json.loads(manifest), indent=2) + "\n"


def this_platform() -> Platform:
    """Give the platform of containers on this machine."""
    return Platform.normalised("linux", machine.machine())
