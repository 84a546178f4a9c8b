"""What a package needs that brings a format of its own; stable by Semantic Versioning.

It brings it by an entry point in the group `pinner.scanners` that leads to a `YamlFormat`, a
`TextFormat`, or anything else that is a `pinner.scanners.scanner.Scanner`; of that protocol and
what it speaks of, only what is named here is promised.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.scanners.yaml_places import scan_places
from pinner.spans.hidden_words import may_hide_words
from pinner.spans.key_paths import KeyPaths
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

    # Characters of a file's text, half open, and where they stand, as in `image of a step`.
    Range = tuple[int, int, str]


class _Format(Struct, frozen=True, kw_only=True, dict=True):
    """What all formats have.

    `name` is for options and reports, `title`, `files` and `places` are for people: what the format
    is called, which files it has, and where references stand in them. `patterns` are names of
    files, `*.score.yaml`, or paths, `.score/**/*.yaml`; a leading `!` excludes. Each file that
    holds a reference has one of the `words`; others are not parsed.
    """

    name: str
    title: str
    files: str
    places: str
    patterns: tuple[str, ...]
    words: tuple[bytes, ...]

    @property
    def companions(self) -> tuple[str, ...]:
        """No other files are wanted."""
        return ()


class YamlFormat(_Format, frozen=True, kw_only=True, dict=True):
    """A format of YAML or JSON whose references stand at known `paths` of keys.

    They are written `containers.*.image`: `*` is any one key or list item, `**` any number of
    them, `[a|b]` one of several keys, and in a key `*` stands for any characters at its beginning
    or end. A key that holds a dot is written in quotes.
    """

    paths: tuple[str, ...]

    @cached_property
    def _followed(self) -> KeyPaths:
        return KeyPaths(list(self.paths))

    def may_hold(self, content: bytes, options: ScanOptions) -> bool:  # noqa: ARG002 - Scanner
        """Look for the words, which YAML and JSON may hide in escapes."""
        return any(word in content for word in self.words) or may_hide_words(content)

    def scan(
        self,
        source: Source,
        options: ScanOptions,  # noqa: ARG002 - Scanner
    ) -> Iterator[Occurrence | Problem]:
        """Find every reference; raises ScanError."""
        return scan_places(source, self.name, self._followed)


class TextFormat(_Format, frozen=True, kw_only=True, dict=True):
    """Any other format: `find` gives the ranges of a file's text that are image references.

    They are literal, without quotes around them. `comments` gives those of comments, where
    `pinner: ignore` may stand.
    """

    find: Callable[[str], Iterable[Range]]
    comments: Callable[[str], Iterable[tuple[int, int]]] = lambda _: ()

    def may_hold(self, content: bytes, options: ScanOptions) -> bool:  # noqa: ARG002 - Scanner
        """Look for the words."""
        return any(word in content for word in self.words)

    def scan(
        self,
        source: Source,
        options: ScanOptions,  # noqa: ARG002 - Scanner
    ) -> Iterator[Occurrence | Problem]:
        """Find every reference; raises ScanError."""

        def read(literals: Literals) -> None:
            literals.comments.extend(sorted(self.comments(source.text)))
            for start, end, where in self.find(source.text):
                literals.note(Traced.of(source.text[start:end], start), where)

        return scan_literals(source, self.name, read)
