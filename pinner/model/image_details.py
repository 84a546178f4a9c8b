"""What an image is made of, platform by platform, as far as manifests and configurations tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping


class Layer(Struct, frozen=True):
    """A layer; size in bytes, compressed."""

    digest: str
    size: int


class PlatformDetails(Struct, frozen=True, kw_only=True):
    """One platform's image; `created` is what its configuration says, RFC 3339, if anything.

    `image_id` is the digest of the configuration, which `docker inspect` calls Id.
    """

    platform: str
    digest: str
    image_id: str
    created: str | None
    layers: tuple[Layer, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    ports: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The sum of the layers' sizes."""
        return sum(layer.size for layer in self.layers)


class ImageDetails(Struct, frozen=True, kw_only=True):
    """An image of all its platforms; `headers` are those of the answer to HEAD."""

    reference: str
    digest: str
    media_type: str
    platforms: tuple[PlatformDetails, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
