"""Dockerfiles and Containerfiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.dockerfile.builds import Build
    from pinner.scanners.mentions import Mention
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.sightings import Sighting
    from pinner.spans.source import Source
    from pinner.spans.traced import Traced
    from pinner.spans.variables import Value

name = "dockerfile"
title = "Dockerfile, Containerfile"
files = (
    "`Dockerfile`, `Containerfile`, with a suffix after `.`, `-`, `_` or as a "
    "number, `dockerfile`, `containerfile`, `*.Dockerfile`, `*.dockerfile`, "
    "`*.Containerfile`, `*.containerfile` (not `*.dockerignore`, not `*.md`)"
)
places = (
    "`FROM`, `COPY --from`, `RUN --mount=…from=…`, their `ONBUILD` forms, the "
    'frontend (`# syntax=`, `// syntax=`, `{"syntax": …}`), and the `ARG` defaults '
    "that supply them"
)
patterns = (
    *("Dockerfile", "Dockerfile.*", "Dockerfile-*", "Dockerfile_*", "Dockerfile[0-9]*"),
    *("Containerfile", "Containerfile.*", "Containerfile-*", "Containerfile_*"),
    *("Containerfile[0-9]*", "dockerfile", "containerfile"),
    *("*.Dockerfile", "*.dockerfile", "*.Containerfile", "*.containerfile"),
    "!*.dockerignore",
    "!*.md",
)
companions: tuple[str, ...] = ()


def may_hold(content: bytes, options: ScanOptions) -> bool:  # noqa: ARG001 - Protocol
    """Any Dockerfile may: a continuation can stand in the midst of every word."""
    return True


def scan(source: Source, options: ScanOptions) -> Iterator[Occurrence]:  # noqa: ARG001 - Protocol
    """Find references; raises ScanError where BuildKit's parser gives up."""
    from pinner.model.errors import ScanError
    from pinner.scanners.dockerfile import references
    from pinner.spans.sightings import check_searched, report_sightings
    from pinner.spans.source import MalformedTextError
    from pinner.spans.traced import Traced

    try:
        sightings, lines = references.find_references(Traced.of(source.text), source.path)
        check_searched(sightings, lines.text, lines.length_at)
    except MalformedTextError as error:
        raise ScanError(source.path, source.line(error.at), str(error)) from error
    yield from report_sightings(sightings, source, name, lines.is_comment)


def find_references(
    text: Traced, file: str, given: Mapping[str, Value | None]
) -> Iterator[Sighting]:
    """Find references in text that may stand inside another file; raises MalformedTextError.

    A build is `given` values for ARGs, None where they cannot be told.
    """
    from pinner.scanners.dockerfile import references
    from pinner.scanners.dockerfile.letters import BYTE_ORDER_MARK

    if text.text.startswith(BYTE_ORDER_MARK):
        text = text.cut(1, len(text.text))
    yield from references.find_references(text, file, given)[0]


def scan_build(source: Source, mention: Mention, teller: Source, scanner: str) -> Build:
    """Find what a build pulls that is given arguments by another file, beside what `scan` finds.

    Nothing is found in a Dockerfile that cannot be read: `scan` says so.
    """
    from pinner.scanners.dockerfile.builds import find_build

    return find_build(source, mention, teller, scanner)
