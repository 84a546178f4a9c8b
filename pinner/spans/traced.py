"""Text that remembers where in a file each of its characters stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOWHERE = -1


class Traced(Struct, frozen=True):
    """Characters, and the range of the file's text that each was decoded from.

    A character that stands nowhere in the file has NOWHERE for both.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str, offset: int = 0) -> Traced:
        """Trace text that stands in the file as it is."""
        stop = offset + len(text)
        return cls(text, range(offset, stop), range(offset + 1, stop + 1))

    @property
    def is_plain(self) -> bool:
        """Say whether there is text, and it stands in the file as it is."""
        return isinstance(self.starts, range) and bool(self.text)

    @classmethod
    def join(cls, parts: Sequence[Traced]) -> Traced:
        """Put texts in a row."""
        if len(parts) == 1:
            return parts[0]
        starts = [start for part in parts for start in part.starts]
        ends = [end for part in parts for end in part.ends]
        return cls("".join(part.text for part in parts), starts, ends)

    def cut(self, start: int, end: int) -> Traced:
        """Take the characters from start to end."""
        return Traced(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def pick(self, indexes: Iterable[int]) -> Traced:
        """Take single characters."""
        kept = list(indexes)
        return Traced(
            "".join(self.text[i] for i in kept),
            [self.starts[i] for i in kept],
            [self.ends[i] for i in kept],
        )

    def strip(self, blanks: str | None = None) -> Traced:
        """Drop blanks at both ends, as `str.strip`."""
        left = len(self.text) - len(self.text.lstrip(blanks))
        return self.cut(left, max(left, len(self.text.rstrip(blanks))))
