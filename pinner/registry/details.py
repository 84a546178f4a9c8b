"""Gather what an image is made of from its manifests and configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinner.model.errors import AnswerError
from pinner.model.image_details import ImageDetails, Layer, PlatformDetails
from pinner.registry.manifests import Index, Legacy, Manifest, platform_of_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    config = client.configuration(exact, manifest)
    inner = config.get("config")
    settings = inner if isinstance(inner, dict) else {}
    created = config.get("created")
    return PlatformDetails(
        platform=platform or str(platform_of_config(config) or "none"),
        digest=str(exact.digest),
        image_id=manifest.config.digest,
        created=created if isinstance(created, str) else None,
        layers=tuple(Layer(layer.digest, layer.size) for layer in manifest.layers),
        labels=_pairs(settings.get("Labels")),
        annotations=manifest.annotations,
        environment=_texts(settings.get("Env")),
        entrypoint=_texts(settings.get("Entrypoint")),
        command=_texts(settings.get("Cmd")),
        user=str(settings.get("User") or ""),
        ports=tuple(sorted(_pairs(settings.get("ExposedPorts"), any_value=True))),
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _pairs(value: Any, *, any_value: bool = False) -> Mapping[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(k): str(v) for k, v in value.items() if any_value or isinstance(v, str)}
