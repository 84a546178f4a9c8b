"""What a fleet's run found out: JSON lines, written as it comes, from which a run can go on."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from pinner.model.errors import ReportError
from pinner.project.clones import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pinner.operations.fleet.repositories import Repository


class Tally(Struct):
    """What is counted."""

    repositories: int = 0
    failed: int = 0
    references: int = 0
    pinned: int = 0
    errors: int = 0
    warnings: int = 0
    tags: int = 0
    unanswered: int = 0
    kept: int = 0
    branches: int = 0


class Known(Struct):
    """What a file of an earlier run has: the repositories that need not be examined again."""

    repositories: set[tuple[str, str | None]] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)


class Results:
    """Where the lines go: a file, or standard output."""

    def __init__(self, file: Path | None) -> None:
        """Open the file for writing; raises ReportError."""
        self._file = file
        self._tally = Tally()
        try:
            # Unbuffered: a run that is killed leaves whole lines, but for the last at the worst.
            self._out = file.open("ab", buffering=0) if file else sys.stdout.buffer
        except OSError as error:
            raise ReportError(f"{file} cannot be written: {error.strerror}") from error

    def write(self, line: bytes) -> None:
        """Write a line; raises ReportError."""
        try:
            self._out.write(line + b"\n")
            self._out.flush()
        except OSError as error:
            name = self._file or "standard output"
            raise ReportError(f"{name} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._out.close()


def begin(file: Path | None, *, resume: bool, asks_tags: bool) -> Known:
    """Make a new file, or bring one of a run that was interrupted into shape to go on from.

    Rows of failures go, and those of repositories whose tags were not asked for any more. Raises
    ReportError.
    """
    known = Known()
    if file is None:
        return known
    try:
        if not resume or not file.exists():
            file.write_bytes(b"")
            return known
        rows = list(read_rows(file))
        known.subjects = {_subject(row) for row in rows if _is_answer(row)}
        kept = []
        for row in rows:
            if _is_answer(row):
                kept.append(row)
            elif _is_done(row) and (not asks_tags or _tags_of(row) <= known.subjects):
                known.repositories.add((row["repository"], row["ref"]))
                kept.append(row)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        temporary.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in kept))
        temporary.replace(file)
    except OSError as error:
        raise ReportError(f"{file} cannot be written: {error.strerror}") from error
    return known


def _is_answer(row: dict[str, Any]) -> bool:
    return row["kind"] in {"tag", "digest"} and row["error"] is None


def _subject(row: dict[str, Any]) -> str:
    return str(row["reference"] if row["kind"] == "tag" else row["digest"])


def _is_done(row: dict[str, Any]) -> bool:
    return row["kind"] in {"repository", "update"} and row["status"] == "done"


def _tags_of(row: dict[str, Any]) -> set[str]:
    """Give the tags that a row's references have, those that are not skipped."""
    return {
        one["reference"]
        for one in row["references"]
        if one["status"] != "skipped" and ":" in one["reference"].rpartition("/")[2]
    }


def read_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Read the rows; the last line may be cut off. Raises ReportError for any other file."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = msgspec.json.decode(line)
            except msgspec.DecodeError as error:
                if not line.endswith(b"\n"):
                    return  # the run was killed while it wrote
                raise ReportError(f"{file}:{number}: is no row of a fleet") from error
            if not isinstance(row, dict) or "kind" not in row:
                raise ReportError(f"{file}:{number}: is no row of a fleet")
            yield row


def is_known(repository: Repository, known: Known) -> bool:
    """Say whether an earlier run has a repository's row."""
    return (shown(repository.location), repository.ref) in known.repositories
