"""What one file says of others: which are read with it, and what a build of theirs is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.model.reference import ImageReference
    from pinner.spans.source import Source
    from pinner.spans.traced import Traced
    from pinner.spans.variables import Region, Value


class Argument(Struct, frozen=True):
    """A build argument: its value, and where it is written; `text` is what it comes to."""

    value: Value
    region: Region
    text: str


def literal_argument(name: str, text: Traced, region: Region) -> Argument:
    """Make an argument of text in which nothing is expanded; raises WordError for endless text."""
    from pinner.spans.variables import Literal, Value  # noqa: PLC0415 - start-up

    pieces = (Literal(text),) if text.text else ()
    return Argument(Value(name, pieces, region), region, text.text)


class Mention(Struct, frozen=True, kw_only=True):
    """A file that is read as `format`, by its path below the project's root.

    `line` and `where` tell who mentions it; a build is given `arguments` and has named `contexts`.
    With a `pattern`, an expression, every file is meant whose path it matches.
    `is_certain` is false where the file may as well be another: it need not be there.
    """

    path: str
    format: str
    line: int
    where: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    contexts: frozenset[str] = frozenset()
    pattern: str = ""
    is_certain: bool = True


class BuiltImage(Struct, frozen=True):
    """An image that is built here: nobody pulls it."""

    reference: ImageReference


class Overlay(Struct, frozen=True):
    """A file that lays images of its own over those of others.

    `below` are the paths of those files, or of folders with an overlay in them; `names` are images
    as they are written there, without tag and digest.
    """

    below: tuple[str, ...]
    names: frozenset[str]


class RecognisingScanner(Protocol):
    """What a scanner offers beside its protocol if it knows its files by their content."""

    def recognises(self, content: bytes) -> bool:
        """Say whether content is of this format, whatever its file is called."""


class MentioningScanner(Protocol):
    """What a scanner offers beside its protocol if its files speak of others."""

    def mentions(self, source: Source) -> Iterator[Mention | BuiltImage | Overlay]:
        """Give what a file says of others; nothing where it cannot be read."""
