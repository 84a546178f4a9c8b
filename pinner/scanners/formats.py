"""Formats as the table knows them: their module is imported when a file of theirs is read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pinner.spans.hidden_words import may_hide_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.embedded import Embedded
    from pinner.scanners.mentions import BuiltImage, Mention, Overlay
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source


class Format(Struct, frozen=True, kw_only=True):
    """A scanner whose `module` has `scan(source, options, name)`.

    `title`, `files` and `places` are for people: what it is called, which files it reads and where
    references stand there. Of each group of `words`, which may be no more than one, every file
    that holds a reference has one; with `has_escapes` they may be written in escapes of YAML.
    One of last resort is asked about files in which no other found anything.
    """

    name: str
    title: str
    files: str
    places: str
    patterns: tuple[str, ...]
    words: tuple[tuple[bytes, ...], ...]
    module: str
    companions: tuple[str, ...] = ()
    has_escapes: bool = True
    is_last_resort: bool = False

    def may_hold(self, content: bytes, options: ScanOptions) -> bool:  # noqa: ARG002 - Protocol
        """Look for the words that references come with."""
        for group in self.words:
            for word in group:
                if word in content:
                    break
            else:
                return self.has_escapes and may_hide_words(content)
        return True

    def scan(
        self, source: Source, options: ScanOptions
    ) -> Iterator[Occurrence | Problem | Embedded]:
        """Find every reference; raises ScanError."""
        found: Iterator[Occurrence | Problem | Embedded] = self._module().scan(
            source, options, self.name
        )
        return found

    def _module(self) -> Any:
        return import_module(f"pinner.scanners.{self.module}")


class MentioningFormat(Format, frozen=True, kw_only=True):
    """A format whose files speak of others: its module has `mentions(source)` too."""

    def mentions(self, source: Source) -> Iterator[Mention | BuiltImage | Overlay]:
        """Give what a file says of others; nothing where it cannot be read."""
        found: Iterator[Mention | BuiltImage | Overlay] = self._module().mentions(source)
        return found
