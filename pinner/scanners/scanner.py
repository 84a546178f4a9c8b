"""What a scanner is: text in, occurrences out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.embedded import Embedded
    from pinner.spans.source import Source


class ScanOptions(Struct, frozen=True):
    """What the configuration tells scanners; those of `excluded` formats are not asked."""

    image_paths: tuple[str, ...] = ()
    by_content: bool = True
    pins_helm_tags: bool = False
    excluded: tuple[str, ...] = ()


class Scanner(Protocol):
    """One file format."""

    @property
    def name(self) -> str:
        """The name in reports, options and the configuration."""

    @property
    def title(self) -> str:
        """What people call the format."""

    @property
    def files(self) -> str:
        """Which files it reads, in Markdown."""

    @property
    def places(self) -> str:
        """Where references stand there, in Markdown."""

    @property
    def patterns(self) -> Sequence[str]:
        """Files it reads, as `pinner.scanners.file_names` has it; a leading `!` excludes."""

    @property
    def companions(self) -> Sequence[str]:
        """Names of files of the same folder that it wants beside its own, as patterns."""

    def may_hold(self, content: bytes, options: ScanOptions) -> bool:
        """Say from the bytes alone whether a scan could find anything."""

    def scan(
        self, source: Source, options: ScanOptions
    ) -> Iterator[Occurrence | Problem | Embedded]:
        """Find every reference, and text of other formats; raises ScanError."""
