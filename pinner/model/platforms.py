"""Platforms, `os/architecture[/variant]`, normalised as containerd does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_ARCHITECTURES = {
    "x86_64": ("amd64", None),
    "x86-64": ("amd64", None),
    "amd64": ("amd64", None),
    "i386": ("386", None),
    "i686": ("386", None),
    "aarch64": ("arm64", None),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
_OPERATING_SYSTEMS = {"macos": "darwin"}
_WORD = re.compile(r"[A-Za-z0-9_-]+")


class PlatformSyntaxError(ValueError):
    """Text is not a platform."""


class Platform(Struct, frozen=True, order=True):
    """An operating system, an architecture, and what tells variants of these apart."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Parse `linux/arm64/v8` or `windows(10.0.17763.1)/amd64`; raises PlatformSyntaxError."""
        system, _, rest = text.partition("/")
        match = re.fullmatch(r"([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]+)\))?", system)
        parts = rest.split("/")
        if match is None or len(parts) > 2 or not all(_WORD.fullmatch(part) for part in parts):
            raise PlatformSyntaxError(
                f"{text!r} is not a platform: write os/architecture[/variant], as in linux/arm64"
            )
        variant = parts[1] if len(parts) > 1 else ""
        return cls.normalised(match[1], parts[0], variant, match[2] or "")

    @classmethod
    def normalised(
        cls, system: str, architecture: str, variant: str = "", os_version: str = ""
    ) -> Platform:
        """Bring the names and defaults that tools use to one form."""
        system = _OPERATING_SYSTEMS.get(system.lower(), system.lower())
        architecture, variant = architecture.lower(), variant.lower()
        if architecture in _ARCHITECTURES:
            architecture, implied = _ARCHITECTURES[architecture]
            variant = implied or variant
        if architecture == "arm64" and variant in ("8", "v8"):
            variant = ""
        if architecture == "amd64" and variant == "v1":
            variant = ""
        if architecture == "arm":
            variant = variant or "v7"
            variant = f"v{variant}" if variant.isdigit() else variant
        return cls(system, architecture, variant, os_version)

    def accepts(self, offered: Platform) -> bool:
        """Say whether what an index offers is what this platform asks for."""
        same = (self.os, self.architecture) == (offered.os, offered.architecture)
        variant = self.variant == offered.variant
        version = not self.os_version or self.os_version == offered.os_version
        return same and variant and version

    def __str__(self) -> str:
        version = f"({self.os_version})" if self.os_version else ""
        variant = f"/{self.variant}" if self.variant else ""
        return f"{self.os}{version}/{self.architecture}{variant}"


def parse_platforms(texts: Iterable[str]) -> tuple[Platform, ...]:
    """Parse what a user wrote; raises UsageError."""
    try:
        return tuple(map(Platform.parse, texts))
    except PlatformSyntaxError as error:
        raise UsageError(str(error)) from error
