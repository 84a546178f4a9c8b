"""What a word with variables comes to, in pieces that know where they were written.

Placement needs to know more than the text a word expands to:
which parts stand in the word, which come from a variable's value and which from a default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import force_setattr

from pinner.spans.traced import NOWHERE, Traced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Stands for text that only the build knows; no reference or stage name can contain it.
WILDCARD = "\x00"
LONGEST_VALUE = 4096
MOST_PIECES = 2000
_DEEPEST_VALUE = 100


class WordError(ValueError):
    """A word's variables or quotes are malformed."""


class TooMuchError(WordError):
    """Variables come to more than anybody writes: what a word comes to is not worked out."""


class RequiredVariableError(WordError):
    """`${name:?message}` without a value."""


class Region(Struct, frozen=True):
    """A stretch of a file that is one value: a word, a default, the value of an ARG."""

    file: str
    start: int
    end: int


class Value(Struct, frozen=True):
    """A variable's value: its pieces and where it is written.

    Values made of values could grow without end: `length`, in characters, `size`, in pieces, and
    `depth` are limited. They and the value's `text` are worked out here, once.
    """

    name: str
    pieces: tuple[Piece, ...]
    region: Region
    length: int = 0
    size: int = 0
    depth: int = 0
    text: str = ""

    def __post_init__(self) -> None:
        """Raise TooMuchError for a value that no reference could come from."""
        length, size = check_growth(self.pieces)
        depth = 1 + max(map(_depth, self.pieces), default=0)
        if depth > _DEEPEST_VALUE:
            raise TooMuchError(f"values are made of values more than {_DEEPEST_VALUE} times over")
        force_setattr(self, "length", length)
        force_setattr(self, "size", size)
        force_setattr(self, "depth", depth)
        force_setattr(self, "text", expanded(self.pieces))


# What a scope holds for a name: a value, None (declared without one), or nothing at all.
Scope = "Mapping[str, Value | None]"


class Literal(Struct, frozen=True):
    """Characters of the word itself, without quotes and escapes."""

    traced: Traced

    @property
    def text(self) -> str:
        """The characters."""
        return self.traced.text

    @property
    def end(self) -> int:
        """Where the characters end in the file."""
        return self.traced.ends[-1] if self.traced.text else NOWHERE


class Variable(Struct, frozen=True):
    """A variable that gives its value unchanged; `value` is None where it has none."""

    name: str
    value: Value | None
    end: int

    @property
    def text(self) -> str:
        """The value, or nothing."""
        return self.value.text if self.value else ""


class Default(Struct, frozen=True):
    """The default written in the word, in use because its variable has no value."""

    name: str
    pieces: tuple[Piece, ...]
    region: Region
    end: int

    @property
    def text(self) -> str:
        """What the default comes to."""
        return expanded(self.pieces)


class Computed(Struct, frozen=True):
    """Text made from a variable's value: an alternative, a trimmed or replaced value.

    `unset` names the variables whose missing value decides the text. `made_of` are the pieces that
    it is as they are, in the file `home`, where that is so and yet no digest may be written there.
    """

    names: tuple[str, ...]
    text: str
    end: int
    unset: tuple[str, ...] = ()
    made_of: tuple[Piece, ...] = ()
    home: str = ""


Piece = Literal | Variable | Default | Computed


def check_growth(pieces: Sequence[Piece], longest: int = LONGEST_VALUE) -> tuple[int, int]:
    """Give the length of the text that pieces come to and their number, those inside included.

    Raises TooMuchError where either is beyond reason.
    """
    length, size = _measure(pieces)
    if length > longest:
        raise TooMuchError(f"variables come to more than {longest} characters")
    if size > MOST_PIECES:
        raise TooMuchError(f"more than {MOST_PIECES} variables and values are put together")
    return length, size


def _measure(pieces: Sequence[Piece]) -> tuple[int, int]:
    length, size = 0, 0
    for piece in pieces:
        inner_length, inner_size = 0, 0
        match piece:
            case Literal(traced=traced):
                inner_length = len(traced.text)
            case Variable(value=Value(length=value_length, size=value_size)):
                inner_length, inner_size = value_length, value_size
            case Default(pieces=inner):
                inner_length, inner_size = _measure(inner)
            case Computed(text=text):
                inner_length = len(text)
            case _:
                pass
        length += inner_length
        size += 1 + inner_size
    return length, size


def _depth(piece: Piece) -> int:
    match piece:
        case Variable(value=Value(depth=depth)):
            return depth
        case Default(pieces=inner):
            return max(map(_depth, inner), default=0)
        case _:
            return 0


def expanded(pieces: Sequence[Piece]) -> str:
    """Give the text that pieces come to."""
    return "".join(piece.text for piece in pieces)


def names_used(pieces: Sequence[Piece]) -> set[str]:
    """Name every variable that a word reads, those inside defaults too."""
    names: set[str] = set()
    for piece in pieces:
        match piece:
            case Variable(name=name):
                names.add(name)
            case Default(name=name, pieces=inner):
                names |= {name} | names_used(inner)
            case Computed(names=computed):
                names |= set(computed)
            case Literal():
                pass
    return names


def unset_names(pieces: Sequence[Piece]) -> set[str]:
    """Name the variables that a word needs and that have no value."""
    names: set[str] = set()
    for piece in pieces:
        match piece:
            case Variable(name=name, value=None):
                names.add(name)
            case Variable(value=Value(pieces=inner)) | Default(pieces=inner):
                names |= unset_names(inner)
            case Computed(unset=missing):
                names.update(missing)
            case _:
                pass
    return names


def whole_variable(pieces: Sequence[Piece]) -> Variable | None:
    """Give the variable that is all of a word, if one is."""
    match [piece for piece in pieces if not (isinstance(piece, Literal) and not piece.text)]:
        case [Variable(value=Value()) as variable]:
            return variable
        case _:
            return None


def characters(
    pieces: Sequence[Piece], file: str, *, deep: bool = False
) -> list[tuple[str, int, int]]:
    """Give, for each character of the expanded text, the file and range it stands in.

    With `deep`, those of what is computed too, where it is its pieces as they are.
    """
    found: list[tuple[str, int, int]] = []
    for piece in pieces:
        match piece:
            case Literal(traced=traced):
                found += [(file, s, e) for s, e in zip(traced.starts, traced.ends, strict=True)]
            case Variable(value=Value(pieces=inner, region=region)):
                found += characters(inner, region.file, deep=deep)
            case Default(pieces=inner):
                found += characters(inner, file, deep=deep)
            case Computed(made_of=inner, home=home) if deep and inner:
                found += characters(inner, home, deep=deep)
            case Computed(text=text):
                found += [(file, NOWHERE, NOWHERE)] * len(text)
            case _:
                pass
    return found


def without_start(pieces: Sequence[Piece], length: int) -> tuple[Piece, ...]:
    """Drop characters at the beginning; what cannot be cut keeps its text and loses its place."""
    if not length or not pieces:
        return tuple(pieces)
    first, rest = pieces[0], pieces[1:]
    taken = min(length, len(first.text))
    match first:
        case Literal(traced=traced):
            cut: tuple[Piece, ...] = (Literal(traced.cut(taken, len(traced.text))),)
        case Default(name=name, pieces=inner, region=region, end=end):
            kept = without_start(inner, taken)
            starts = [start for _, start, _ in characters(kept, region.file) if start != NOWHERE]
            begin = starts[0] if starts else region.end
            cut = (Default(name, kept, Region(region.file, begin, region.end), end),)
        case _:
            names = tuple(sorted(names_used([first])))
            cut = (Computed(names, first.text[taken:], first.end),)
    cut = tuple(piece for piece in cut if piece.text)
    return (*cut, *without_start(rest, length - taken))


def flattened(pieces: Iterable[Piece], file: str) -> Traced:
    """Make one text of pieces; what a variable supplied stands where the variable ends.

    Only its last character ends there, too: nothing can be written into the midst of it.
    """
    parts = []
    for piece in pieces:
        origins = characters([piece], file)
        if isinstance(piece, Literal):
            parts.append(piece.traced)
        else:
            at = [piece.end] * len(origins)
            parts.append(Traced(piece.text, at, [NOWHERE] * (len(at) - 1) + at[-1:]))
    return Traced.join(parts) if parts else Traced("", (), ())
