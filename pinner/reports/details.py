"""An image's details, for a person or a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinner.model.shown import counted, line_start
from pinner.reports.json import VERSION

if TYPE_CHECKING:
    from pinner.model.image_details import ImageDetails, PlatformDetails

_UNITS = ("B", "kB", "MB", "GB", "TB")


def details_text(details: ImageDetails) -> str:
    """Write a block for the image and one for each platform."""
    lines = [
        f"reference   {details.reference}",
        f"digest      {details.digest}",
        f"media type  {details.media_type}",
    ]
    for platform in details.platforms:
        lines += [
            "",
            platform.platform,
            f"  digest    {platform.digest}",
            f"  image ID  {platform.image_id}",
            f"  created   {platform.created or 'not said'}",
            f"  size      {human_size(platform.size)} in {counted(len(platform.layers), 'layer')}",
        ]
        lines += [f"    {layer.digest} {human_size(layer.size)}" for layer in platform.layers]
    if details.headers:
        lines += ["", "headers"]
        lines += [f"  {name}: {value}" for name, value in sorted(details.headers.items())]
    return "\n".join(map(line_start, lines)) + "\n"


def details_row(details: ImageDetails) -> dict[str, Any]:
    """Give all details as a JSON object."""
    return {
        "version": VERSION,
        "reference": details.reference,
        "digest": details.digest,
        "media-type": details.media_type,
        "annotations": dict(details.annotations),
        "platforms": [platform_row(platform) for platform in details.platforms],
        "headers": dict(details.headers),
    }


def platform_row(platform: PlatformDetails) -> dict[str, Any]:
    """Give a platform's details as a JSON object."""
    return {
        "platform": platform.platform,
        "digest": platform.digest,
        "image-id": platform.image_id,
        "created": platform.created,
        "size": platform.size,
        "layers": [{"digest": layer.digest, "size": layer.size} for layer in platform.layers],
        "labels": dict(platform.labels),
        "annotations": dict(platform.annotations),
        "environment": list(platform.environment),
        "entrypoint": list(platform.entrypoint),
        "command": list(platform.command),
        "user": platform.user,
        "ports": list(platform.ports),
    }


def human_size(size: int) -> str:
    """Write a size in bytes with three digits or so, in powers of 1000."""
    value = float(size)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError  # pragma: no cover - the loop returns
