"""Compare two states of an image, and say whether it is a rebuild of the same or something new."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinner.model.image_details import ImageDetails, Layer, PlatformDetails

_OCI = "org.opencontainers.image."
VERSION_LABEL = f"{_OCI}version"
REVISION_LABEL = f"{_OCI}revision"
SOURCE_LABEL = f"{_OCI}source"
_TOLD = (
    VERSION_LABEL,
    REVISION_LABEL,
    SOURCE_LABEL,
    f"{_OCI}base.name",
    f"{_OCI}base.digest",
)


class Verdict(StrEnum):
    """What a change is, in a glance."""

    REBUILD = "rebuild"
    NEW_VERSION = "new version"
    NEW_CONFIGURATION = "new configuration"
    UNKNOWN = "unknown"


class Change(Struct, frozen=True):
    """One thing that is different; None where it is not there."""

    what: str
    before: str | None
    after: str | None


class PlatformChange(Struct, frozen=True, kw_only=True):
    """What is different on one platform; a side is None where the platform is not there."""

    platform: str
    before: PlatformDetails | None
    after: PlatformDetails | None
    changes: tuple[Change, ...] = ()
    kept: tuple[Layer, ...] = ()
    added: tuple[Layer, ...] = ()
    removed: tuple[Layer, ...] = ()


class ImageChange(Struct, frozen=True, kw_only=True):
    """A digest that moved; `note` says what could not be found out."""

    reference: str
    former: str | None
    before: str
    after: str
    verdict: Verdict
    platforms: tuple[PlatformChange, ...] = ()
    note: str = ""


def compare_images(
    reference: str, before: ImageDetails, after: ImageDetails, former: str | None = None
) -> ImageChange:
    """Compare platform by platform; `former` is the reference before, if its tag moved."""
    old = {details.platform: details for details in before.platforms}
    new = {details.platform: details for details in after.platforms}
    platforms = tuple(
        _compare(platform, old.get(platform), new.get(platform), before, after)
        for platform in sorted(old.keys() | new.keys())
    )
    return ImageChange(
        reference=reference,
        former=former,
        before=before.digest,
        after=after.digest,
        verdict=_verdict(platforms),
        platforms=platforms,
    )


def _compare(
    platform: str,
    before: PlatformDetails | None,
    after: PlatformDetails | None,
    old: ImageDetails,
    new: ImageDetails,
) -> PlatformChange:
    if before is None or after is None:
        return PlatformChange(platform=platform, before=before, after=after)
    was = {layer.digest for layer in before.layers}
    now = {layer.digest for layer in after.layers}
    return PlatformChange(
        platform=platform,
        before=before,
        after=after,
        changes=(*_metadata(before, after, old, new), *_configuration(before, after)),
        kept=tuple(layer for layer in after.layers if layer.digest in was),
        added=tuple(layer for layer in after.layers if layer.digest not in was),
        removed=tuple(layer for layer in before.layers if layer.digest not in now),
    )


def _metadata(
    before: PlatformDetails, after: PlatformDetails, old: ImageDetails, new: ImageDetails
) -> tuple[Change, ...]:
    """Compare what labels and annotations tell; a label goes before an annotation."""
    was = {**old.annotations, **before.annotations, **before.labels}
    now = {**new.annotations, **after.annotations, **after.labels}
    return tuple(_differences({k: was.get(k) for k in _TOLD}, {k: now.get(k) for k in _TOLD}))


def _configuration(before: PlatformDetails, after: PlatformDetails) -> tuple[Change, ...]:
    return tuple(_differences(_settings(before), _settings(after)))


def _settings(details: PlatformDetails) -> dict[str, str | None]:
    pairs = (text.partition("=") for text in details.environment)
    return {
        **{f"environment {name}": value for name, _, value in pairs},
        "entrypoint": " ".join(details.entrypoint) or None,
        "command": " ".join(details.command) or None,
        "user": details.user or None,
        "ports": ", ".join(details.ports) or None,
    }


def _differences(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> list[Change]:
    return [
        Change(key.removeprefix(_OCI), before.get(key), after.get(key))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]


def _verdict(platforms: tuple[PlatformChange, ...]) -> Verdict:
    """Say at a glance what it is; environment variables called VERSION count as versions."""
    whats = {change.what for platform in platforms for change in platform.changes}
    names = {what.removeprefix("environment ") for what in whats if what.startswith("environment ")}
    versions = {name for name in names if name.upper().endswith("VERSION")}
    if "version" in whats or "revision" in whats or versions:
        return Verdict.NEW_VERSION
    if whats - {"base.name", "base.digest", "source"}:
        return Verdict.NEW_CONFIGURATION
    return Verdict.REBUILD
