"""What a scanner is: text in, occurrences out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.embedded import Embedded
    from pinner.spans.source import Source


def name_pattern(patterns: Sequence[str]) -> re.Pattern[str]:
    """Compile file name patterns to one expression for whole names; a leading `!` excludes."""
    return _compiled(tuple(patterns))


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    excluded = "|".join(translate(text[1:]) for text in patterns if text.startswith("!"))
    included = "|".join(translate(text) for text in patterns if not text.startswith("!"))
    return re.compile(rf"(?!{excluded})(?:{included})" if excluded else f"(?:{included})")


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What the configuration tells scanners."""

    image_paths: tuple[str, ...] = ()


class Scanner(Protocol):
    """One file format."""

    @property
    def name(self) -> str:
        """The name in reports, options and the configuration."""

    @property
    def patterns(self) -> Sequence[str]:
        """File names it reads, as `fnmatch` patterns; a leading `!` excludes."""

    @property
    def companions(self) -> Sequence[str]:
        """Names of files of the same folder that it wants beside its own, as patterns."""

    def may_hold(self, content: bytes, options: ScanOptions) -> bool:
        """Say from the bytes alone whether a scan could find anything."""

    def scan(
        self, source: Source, options: ScanOptions
    ) -> Iterator[Occurrence | Problem | Embedded]:
        """Find every reference, and text of other formats; raises ScanError."""
