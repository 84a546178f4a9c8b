"""The choices of an update: how far a tag moves, and what gets a branch of its own.

Apart from what works with them, so that the command line need not import that.
"""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How far a tag may move: which of its numbers may change."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


class Reach(StrEnum):
    """How far a reference moves: its digest alone, or its tag too."""

    DIGEST = "digest"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def level(self) -> Level | None:
        """The numbers of a tag that may change; None where no tag moves."""
        return None if self is Reach.DIGEST else Level(self.value)


class BranchPer(StrEnum):
    """What gets a branch of its own."""

    GROUP = "group"
    IMAGE = "image"
