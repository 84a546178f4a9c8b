"""Where in a file the digest of a reference goes, when variables may be involved.

These are the rules of the design for words of Dockerfiles and compose files:
in place, in a variable's value, in the default written in the word, or after the word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from pinner.model.occurrence import Site, Span, TagPart
from pinner.spans.traced import NOWHERE
from pinner.spans.variables import (
    Computed,
    Default,
    Literal,
    Region,
    Value,
    Variable,
    characters,
    whole_variable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.spans.variables import Piece


class Uses(Protocol):
    """What else a variable serves: an edit of its value reaches all of that."""

    def is_only_whole(self, name: str) -> bool:
        """Say whether every use of the variable is the whole of a reference."""

    def is_only_tag_of(self, name: str, reference: str) -> bool:
        """Say whether every use of the variable ends this same reference."""


class Placement(Struct, frozen=True):
    """The stretch of text that an edit touches, and the edit's site in it, in text indexes."""

    region: Region
    site: Site | None


class _Word(Struct, frozen=True):
    pieces: Sequence[Piece]
    region: Region

    @property
    def composed(self) -> bool:
        return any(not isinstance(piece, Literal) for piece in self.pieces)


def place_digest(pieces: Sequence[Piece], region: Region, uses: Uses) -> Placement:
    """Find the place for a word that comes to a valid reference."""
    match pieces:
        case [Literal(traced=traced)] if traced.is_plain:
            return Placement(region, _plain_site(traced.text, traced.starts[0]))
        case _:
            pass
    word = _Word(pieces, region)
    text = "".join(piece.text for piece in pieces)
    name, at, digest = text.partition("@")
    if at:
        return _written_digest(word, len(name), len(digest))
    tag = _tag_of(name)
    target = _target(word, tag, text, uses)
    end = _end_of(target)
    if end is None:
        return Placement(target.region, None)
    composed = target.composed and target.region == region
    span, alone = _tag_span(target, tag, end)
    site = Site(end=end, tag=span, tag_alone=alone, implied_tag=not tag, composed=composed)
    return Placement(target.region, site)


def find_tag_parts(pieces: Sequence[Piece], file: str) -> tuple[TagPart, ...]:
    """Tell where the parts of a reference's tag are written, in text indexes."""
    text = "".join(piece.text for piece in pieces)
    name = text.partition("@")[0]
    start = len(name) - len(_tag_of(name))
    parts: list[TagPart] = []
    follows = (NOWHERE, "")
    for letter, origin in zip(
        text[start:], characters(pieces, file, deep=True)[start : len(name)], strict=False
    ):
        home, begin, end = origin
        is_written = begin != NOWHERE and end - begin == 1
        if parts and (begin, home) == follows and is_written == bool(parts[-1].places):
            parts[-1] = _longer(parts[-1], letter)
        else:
            parts.append(TagPart(letter, ((home, Span(begin, end)),) if is_written else ()))
        follows = (end, home)
    return tuple(parts)


def _longer(part: TagPart, letter: str) -> TagPart:
    places = tuple((file, Span(span.start, span.end + 1)) for file, span in part.places)
    return TagPart(part.text + letter, places)


def _plain_site(text: str, start: int) -> Site:
    """Find the parts of a reference that stands in the file just as it is: by far the most do."""
    name, sign, _ = text.partition("@")
    end = start + len(name)
    tag = _tag_of(name)
    return Site(
        end=end,
        digest=Span(end, start + len(text)) if sign else None,
        tag=Span(end - len(tag) - 1, end) if tag else None,
        implied_tag=not (tag or sign),
    )


def _tag_of(name: str) -> str:
    last = name.rpartition("/")[2]
    return last.partition(":")[2]


def _target(word: _Word, tag: str, reference: str, uses: Uses) -> _Word:
    """Choose the word, the variable's value or the default that takes the digest."""
    variable = whole_variable(word.pieces)
    if variable is not None and variable.value is not None and uses.is_only_whole(variable.name):
        return _inner_target(variable.value, reference, uses)
    match word.pieces[-1] if word.pieces else None:
        case Default(pieces=pieces, region=region):
            return _target(_Word(pieces, region), tag, reference, _NoTagVariables(uses))
        case Variable(name=name, value=Value() as value) if (
            tag
            and value.text == tag
            and sum(not isinstance(piece, Literal) for piece in word.pieces) == 1
            and uses.is_only_tag_of(name, reference)
        ):
            return _Word(value.pieces, value.region)
        case _:
            return word


def _inner_target(value: Value, reference: str, uses: Uses) -> _Word:
    return _target(_Word(value.pieces, value.region), "", reference, _NoTagVariables(uses))


class _NoTagVariables(Struct, frozen=True):
    """Inside a value or default the digest follows all of it: no variable there ends it."""

    uses: Uses

    def is_only_whole(self, name: str) -> bool:
        return self.uses.is_only_whole(name)

    def is_only_tag_of(self, name: str, reference: str) -> bool:  # noqa: ARG002 - Protocol
        return False


def _end_of(word: _Word) -> int | None:
    if not word.pieces:
        return word.region.end  # an empty default takes all of it
    ends = [piece.end for piece in word.pieces if piece.end != NOWHERE]
    last = word.pieces[-1] if ends else None
    if last is None or (isinstance(last, Literal) and last.end == NOWHERE):
        return None
    return ends[-1]


def _tag_span(word: _Word, tag: str, end: int) -> tuple[Span | None, bool]:
    """Find `:tag`, or the tag alone, where it is written whole, right before the end."""
    last = word.pieces[-1] if word.pieces else None  # an empty default
    if not tag or not isinstance(last, Literal):
        return None, False
    if last.text == tag and len(word.pieces) == 1:
        span, alone = Span(last.traced.starts[0], end), True
    elif last.text.endswith(f":{tag}"):
        span, alone = Span(last.traced.starts[len(last.text) - len(tag) - 1], end), False
    else:
        return None, False
    whole = span.end - span.start == len(tag) + (not alone)
    return (span, alone) if whole else (None, False)


def _written_digest(word: _Word, at: int, length: int) -> Placement:
    """Find a digest that stands after the `@` at an index of the expanded text."""
    container = _digest_container(word)
    origins = characters(word.pieces, word.region.file)
    digest = origins[at + 1 : at + 1 + length]
    if not _is_run(digest):
        return Placement(container.region, None)
    file, start, end = digest[0][0], digest[0][1], digest[-1][2]
    if file != container.region.file:
        return Placement(container.region, None)
    sign = origins[at]
    has_at = sign[0] == file and sign[2] == start and sign[1] != NOWHERE
    tag, alone = None, False
    if has_at:
        name = "".join(piece.text for piece in word.pieces)[:at]
        length = len(_tag_of(name))
        tag = _run_before(origins, at, length + 1, file) if length else None
        if tag is None and length and container.region != word.region:
            tag = _run_before(origins, at, length, file)
            alone = tag is not None
            tag = tag if tag and tag.start == container.region.start else None
            alone = alone and tag is not None
    span = Span(sign[1] if has_at else start, end)
    composed = container.composed and container.region == word.region
    site = Site(
        end=span.start, digest=span, has_at=has_at, tag=tag, tag_alone=alone, composed=composed
    )
    return Placement(container.region, site)


def _digest_container(word: _Word) -> _Word:
    last = next((piece for piece in reversed(word.pieces) if piece.text), None)
    match last:
        case Variable(value=Value(pieces=pieces, region=region)):
            return _digest_container(_Word(pieces, region))
        case Default(pieces=pieces, region=region):
            return _digest_container(_Word(pieces, region))
        case Literal() | Computed() | Variable() | None:
            return word


def _run_before(
    origins: list[tuple[str, int, int]], at: int, length: int, file: str
) -> Span | None:
    """Give the range of so many characters before an index, if they and it stand side by side."""
    run = origins[at - length : at + 1]
    if len(run) != length + 1 or not _is_run(run) or run[0][0] != file:
        return None
    return Span(run[0][1], run[-1][1])


def _is_run(origins: list[tuple[str, int, int]]) -> bool:
    """Say whether characters stand side by side in one file, each as one character."""
    return (
        all(
            start != NOWHERE and end - start == 1 and (index == 0 or origins[index - 1][2] == start)
            for index, (_, start, end) in enumerate(origins)
        )
        and len({file for file, _, _ in origins}) == 1
    )
