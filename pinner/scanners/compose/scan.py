"""Compose files: the images of services, their inline Dockerfiles, contexts and volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import ScanError
from pinner.spans.hidden_words import may_hide_words
from pinner.spans.source import decode_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.embedded import Embedded
    from pinner.scanners.mentions import BuiltImage, Mention
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

name = "compose"
title = "Compose"
files = (
    "`compose.y[a]ml`, `docker-compose.y[a]ml`, with infixes as in "
    "`compose.prod.yaml`, and what is one by its content"
)
places = (
    "`services.*.image`, `build.dockerfile_inline`, `build.args`, "
    "`build.additional_contexts` of `docker-image://`, `volumes[]` of `type: "
    "image`, `pre_start[]` and its volumes, `models.*.model`, `jobs`"
)
patterns = (
    "compose.yaml",
    "compose.yml",
    "compose[._-]*.yaml",
    "compose[._-]*.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "docker-compose[._-]*.yaml",
    "docker-compose[._-]*.yml",
    "*.compose.yaml",
    "*.compose.yml",
    "*.docker-compose.yaml",
    "*.docker-compose.yml",
)
companions = (".env", *patterns)


_OTHER_FILES = (b"build", b"include", b"extends")
_WORDS = (b"image", b"dockerfile_inline", b"model", b"build", b"include", b"extends")


def may_hold(content: bytes, options: ScanOptions) -> bool:  # noqa: ARG001 - Protocol
    """Every place of a reference is named by one of these words."""
    return any(word in content for word in _WORDS) or may_hide_words(content)


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Protocol
) -> Iterator[Occurrence | Problem | Embedded]:
    """Find references; raises ScanError where the file is neither YAML nor a template of it."""
    from pinner.scanners.compose.services import scan_services

    return scan_services(source, name)


def recognises(content: bytes) -> bool:
    """Say whether content is a compose file, whatever its file is called."""
    if b"services" not in content and not may_hide_words(content):
        return False
    from pinner.scanners.compose.mentions import looks_like_compose

    try:
        return looks_like_compose(decode_source("", content, wide=True).text)
    except ScanError:
        return False


def mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give what a file says of others; nothing where it cannot be read."""
    content = source.text.encode("utf-8", "surrogatepass")
    if not any(word in content for word in _OTHER_FILES) and not may_hide_words(content):
        return iter(())
    from pinner.scanners.compose.mentions import find_mentions

    return find_mentions(source)
