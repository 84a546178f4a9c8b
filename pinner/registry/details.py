"""Gather what an image is made of from its manifests and configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import AnswerError
from pinner.model.image_details import ImageDetails, Layer, PlatformDetails
from pinner.registry.manifests import Index, Legacy, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.reference import ImageReference
    from pinner.registry.client import RegistryClient

# Answers may set cookies or repeat who asked.
_PRIVATE_HEADERS = frozenset({"set-cookie", "www-authenticate", "authorization"})


def fetch_details(client: RegistryClient, reference: ImageReference) -> ImageDetails:
    """Gather all platforms of an image; raises RegistryError."""
    head = client.head(reference)
    exact = reference.with_digest(head.digest)
    _, parsed = client.parsed(exact)
    if isinstance(parsed, Legacy):
        raise AnswerError(f"{reference}: its manifest is of schema 1, which tells nothing more")
    return ImageDetails(
        reference=str(reference),
        digest=head.digest,
        media_type=head.media_type,
        platforms=tuple(_platforms(client, exact, parsed)),
        annotations=parsed.annotations,
        headers={k: v for k, v in head.headers.items() if k.lower() not in _PRIVATE_HEADERS},
    )


def _platforms(
    client: RegistryClient, exact: ImageReference, parsed: Index | Manifest
) -> Iterator[PlatformDetails]:
    if isinstance(parsed, Manifest):
        yield _details(client, exact, parsed, None)
        return
    for entry in client.flattened(exact, parsed).images:
        child = exact.with_digest(entry.digest)
        _, manifest = client.parsed(child)
        if isinstance(manifest, Manifest):
            yield _details(client, child, manifest, str(entry.platform))


def _details(
    client: RegistryClient, exact: ImageReference, manifest: Manifest, platform: str | None
) -> PlatformDetails:
    configuration = client.configuration(exact, manifest)
    return PlatformDetails(
        platform=platform or str(configuration.platform or "none"),
        digest=str(exact.digest),
        image_id=manifest.config.digest,
        created=configuration.created,
        layers=tuple(Layer(layer.digest, layer.size) for layer in manifest.layers),
        labels=configuration.labels,
        annotations=manifest.annotations,
        environment=configuration.environment,
        entrypoint=configuration.entrypoint,
        command=configuration.command,
        user=configuration.user,
        ports=configuration.ports,
    )
