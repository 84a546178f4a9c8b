"""Texts that are images by their place, in files that are neither YAML nor Dockerfiles."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.errors import ScanError
from pinner.model.occurrence import Reason
from pinner.spans.judging import URL_SCHEME
from pinner.spans.sightings import (
    Sighting,
    check_searched,
    is_placeholder,
    judge_literal,
    report_sightings,
)
from pinner.spans.source import MalformedTextError
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import check_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.spans.source import Source
    from pinner.spans.traced import Traced


class Literals(Struct):
    """What was seen in a file, and the ranges of its comments in their order."""

    source: Source
    seen: list[Sighting] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)

    def note(self, text: Traced, where: str) -> None:
        """Judge text that is an image by its place, unless it is empty.

        Raises MalformedTextError where there are more than anybody has.
        """
        if text.text:
            self.add(judge_text(text, where, self.source.path))

    def refuse(self, text: Traced, where: str, reason: Reason) -> None:
        """Say why text cannot be pinned."""
        region = Region(self.source.path, text.starts[0], text.ends[-1])
        self.add(Sighting(region, where, region.start, reason=reason))

    def add(self, seen: Sighting) -> None:
        """Keep what was judged; raises MalformedTextError where it is too much."""
        check_count(len(self.seen), seen.seen_at)
        self.seen.append(seen)

    def is_comment(self, index: int) -> bool:
        """Say whether an index stands in a comment."""
        at = bisect_right(self.comments, (index, len(self.source.text) + 1)) - 1
        return at >= 0 and index < self.comments[at][1]


def judge_text(text: Traced, where: str, file: str) -> Sighting:
    """Judge text that is an image by its place, perhaps behind `docker://`."""
    region = Region(file, text.starts[0], text.ends[-1])
    if is_placeholder(text.text):
        return Sighting(region, where, region.start, reason=Reason.TEMPLATED)
    if text.text.startswith(URL_SCHEME):
        text = text.cut(len(URL_SCHEME), len(text.text))
    if not text.text:
        return Sighting(region, where, region.start, reason=Reason.INVALID_REFERENCE)
    return judge_literal(text, where, file)


def scan_literals(
    source: Source, scanner: str, read: Callable[[Literals], None]
) -> Iterator[Occurrence]:
    """Report what `read` notes; its MalformedTextError becomes a ScanError."""
    literals = Literals(source)
    try:
        read(literals)
        check_searched(literals.seen, source.text, source.line_length)
    except MalformedTextError as error:
        raise ScanError(source.path, source.line(error.at), str(error)) from error
    return report_sightings(literals.seen, source, scanner, literals.is_comment)
