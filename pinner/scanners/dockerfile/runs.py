"""Pieces of a word under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.spans.variables import LONGEST_VALUE, MOST_PIECES, Literal, Piece, TooMuchError

if TYPE_CHECKING:
    from pinner.spans.traced import Traced


class Run(Struct):
    """Pieces under way; stretches of the word gather into one literal."""

    word: Traced
    pieces: list[Piece] = field(default_factory=list)
    pending: list[tuple[int, int]] = field(default_factory=list)
    length: int = 0

    def keep(self, start: int, end: int) -> None:
        """Take a stretch of the word as it stands; raises TooMuchError."""
        if self.pending and self.pending[-1][1] == start:
            start, _ = self.pending.pop()
        self.pending.append((start, end))
        self.length += end - start
        if self.length > LONGEST_VALUE:
            raise TooMuchError("a word is too long")

    def flush(self) -> list[Piece]:
        """Make a literal of what was gathered, and give all pieces."""
        if self.pending:
            traced = self.word.join([self.word.cut(*stretch) for stretch in self.pending])
            self.pieces.append(Literal(traced))
            self.pending.clear()
        return self.pieces

    def add(self, piece: Piece) -> None:
        """Put a piece behind what was gathered; raises TooMuchError."""
        self.flush().append(piece)
        if len(self.pieces) > MOST_PIECES:
            raise TooMuchError(f"more than {MOST_PIECES} variables are put together")
