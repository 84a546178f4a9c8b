"""What the library gives: plain values whose fields are promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reference(Struct, frozen=True, kw_only=True):
    """An image reference in a file; `line` and `column` are 1-based.

    `reference` is canonical, with its tag and without its digest, as
    `docker.io/library/alpine:3.19`; None where it cannot be known. `status` is `pinned`, `unpinned`
    or `skipped`; `reason` says why it is skipped, by the names of docs/json.md. `ignore_reason` and
    `ignore_until`, a day as 2027-01-01, are what the comment says that ignores it.
    """

    file: str
    line: int
    column: int
    scanner: str
    where: str
    text: str
    reference: str | None
    digest: str | None
    status: str
    reason: str | None = None
    ignore_reason: str | None = None
    ignore_until: str | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """Why a file could not be read, or not in part; `line` is 0 where the whole file is meant."""

    file: str
    line: int
    message: str


class Listing(Struct, frozen=True, kw_only=True):
    """What was found, in the order of files, lines and columns, and what could not be read."""

    references: tuple[Reference, ...]
    problems: tuple[Problem, ...]

    def __iter__(self) -> Iterator[Reference]:
        """Go through the references."""
        return iter(self.references)

    def __len__(self) -> int:
        """Count the references."""
        return len(self.references)


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one reference: `places` are `file:line`.

    `action` is `pinned`, `kept`, `removed`, `skipped` or `failed`, among others of docs/json.md;
    `detail` says more where there is more to say.
    """

    action: str
    reference: str
    digest: str | None
    previous: str | None
    places: tuple[str, ...]
    detail: str | None


class LockResult(Struct, frozen=True, kw_only=True):
    """What locking did, or would do: `files` are those that changed, the lockfile among them.

    `is_written` says whether they were written.
    """

    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    is_written: bool

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The references that could not be pinned though they should be."""
        return tuple(outcome for outcome in self.outcomes if outcome.action == "failed")


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is not as it should be; `line` and columns are 1-based, 0 if unknown.

    `name` is one of docs/findings.md, `level` is `error`, `warning` or `note`. `end_column` is the
    column behind the last character.
    """

    name: str
    level: str
    file: str
    line: int
    column: int
    end_column: int
    reference: str | None
    message: str


class Head(Struct, frozen=True, kw_only=True):
    """What a registry says about a reference; `source` names the host or folder that answered."""

    reference: str
    digest: str
    media_type: str
    source: str
    warnings: tuple[str, ...]
