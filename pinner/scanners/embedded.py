"""Text of one format inside a file of another: a Dockerfile in a compose file, and the like.

The scanner of the file says where the text stands and what format it is; who reads files then
asks that format's scanner, so that no format has to know another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Occurrence, Problem, Reason
from pinner.spans.sightings import Sighting, report_sightings
from pinner.spans.source import MalformedTextError
from pinner.spans.traced import NOWHERE, Traced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pinner.scanners.scanner import Scanner
    from pinner.spans.source import Source
    from pinner.spans.variables import Region, Value


class Embedded(Struct, frozen=True, kw_only=True):
    """Text for the scanner `format`, in a node of the file that begins at `at`.

    What stands nowhere in the file is said to be at `region`; `contexts` are names that a build of
    it has from outside, `arguments` what it is given, None for what cannot be told.
    """

    format: str
    at: int
    text: Traced
    region: Region
    where: str
    contexts: frozenset[str] = frozenset()
    arguments: Mapping[str, Value | None] = field(default_factory=dict)


class TextReader(Protocol):
    """What a scanner offers beside its protocol if its format can stand inside another file."""

    def find_references(
        self, text: Traced, file: str, given: Mapping[str, Value | None]
    ) -> Iterator[Sighting]:
        """Find references in text that knows its places; raises MalformedTextError."""


def read_embedded(
    results: Iterable[Occurrence | Problem | Embedded],
    source: Source,
    scanners: Mapping[str, Scanner],
    scanner: str,
) -> Iterator[Occurrence | Problem]:
    """Put what embedded texts hold in their stead; `scanner` is the one that saw them."""
    for result in results:
        if isinstance(result, Embedded):
            yield from _read(result, source, cast("TextReader", scanners[result.format]), scanner)
        else:
            yield result


def _read(
    part: Embedded, source: Source, reader: TextReader, scanner: str
) -> Iterator[Occurrence | Problem]:
    try:
        found = list(reader.find_references(part.text, source.path, part.arguments))
    except MalformedTextError as error:
        yield Problem(source.path, source.line(part.at), f"{part.where}: {error}")
        return
    yield from report_sightings((_placed(seen, part) for seen in found), source, scanner)


def _placed(seen: Sighting, part: Embedded) -> Sighting:
    where = f"{part.where}: {seen.where}"
    if part.contexts and seen.reference is not None and seen.reference.digest is None:
        name = seen.reference.familiar.removesuffix(":latest")
        if name in part.contexts:
            seen = replace(seen, reason=Reason.BUILT_LOCALLY)
    if seen.region.start != NOWHERE:
        region = seen.region
        if region.end == NOWHERE:
            region = replace(region, end=region.start)
        return replace(seen, where=where, region=region)
    return replace(seen, where=where, region=part.region, seen_at=part.region.start)
