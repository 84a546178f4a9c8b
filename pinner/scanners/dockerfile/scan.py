"""Dockerfiles and Containerfiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import ScanError
from pinner.scanners.dockerfile.references import find_references
from pinner.scanners.dockerfile.syntax import DockerfileError
from pinner.spans.sightings import report_sightings
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

name = "dockerfile"
patterns = (
    "Dockerfile",
    "Containerfile",
    "Dockerfile.*",
    "Containerfile.*",
    "*.Dockerfile",
    "*.dockerfile",
    "!*.dockerignore",
    "!*.md",
)
companions: tuple[str, ...] = ()


def may_hold(content: bytes, options: ScanOptions) -> bool:  # noqa: ARG001 - Protocol
    """Any Dockerfile holds a FROM; a fragment may hold a COPY or RUN with `from=`."""
    return b"from" in content.lower() or b"syntax" in content.lower()


def scan(source: Source, options: ScanOptions) -> Iterator[Occurrence]:  # noqa: ARG001 - Protocol
    """Find references; raises ScanError where BuildKit's parser gives up."""
    try:
        sightings = list(find_references(Traced.of(source.text), source.path))
    except DockerfileError as error:
        raise ScanError(source.path, source.line(error.at), str(error)) from error
    yield from report_sightings(sightings, source, name)
