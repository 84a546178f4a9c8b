"""Turn edits and a new lockfile into new contents of files, checked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.errors import ScanError, WriteError
from pinner.model.findings import FileChange
from pinner.model.occurrence import Found, Skipped
from pinner.pins.lockfile_text import dump_lockfile, is_dump_of
from pinner.pins.rewrite import splice
from pinner.project.scan_cache import content_hash
from pinner.project.transaction import Write, write_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.model.occurrence import Edit, Occurrence
    from pinner.pins.lockfile import Lockfile
    from pinner.project.survey import Survey, Surveyor
    from pinner.project.workspace import Workspace


def source_changes(
    surveyor: Surveyor,
    survey: Survey,
    edits: Mapping[str, Sequence[Edit]],
    wanted: Mapping[Found, str | None],
) -> list[FileChange]:
    """Apply edits, and check that a scan then finds just the wanted digests.

    Raises WriteError where it would not, or where a file changed since it was scanned.
    """
    changes = []
    for file, members in sorted(edits.items()):
        before = surveyor.files.read(file)
        if content_hash(before) != survey.hashes.get(file):
            raise WriteError(f"{file} changed while pinner ran; nothing was written")
        after = splice(before, members)
        if after != before:
            changes.append(FileChange(file=file, before=before, after=after))
    _check_result(surveyor, survey, changes, wanted)
    return changes


def lockfile_change(path: str, before: bytes | None, lockfile: Lockfile) -> list[FileChange]:
    """Give the lockfile's change; none where there is neither a file nor an entry."""
    if before is None and not lockfile.images:
        return []
    if before is not None and is_dump_of(lockfile, before):
        return []
    after = dump_lockfile(lockfile).encode()
    if after == before:
        return []
    return [FileChange(file=path, before=before or b"", after=after, is_new=before is None)]


def _check_result(
    surveyor: Surveyor,
    survey: Survey,
    changes: Sequence[FileChange],
    wanted: Mapping[Found, str | None],
) -> None:
    if not changes:
        return
    contents = {change.file: change.after for change in changes}
    paths = {path for path in survey.jobs if path in contents}
    for file in contents.keys() - paths:  # a file beside those that scanners read
        folder = file.rpartition("/")[0]
        paths |= {path for path in survey.jobs if path.rpartition("/")[0] == folder}
    homes = paths | contents.keys()
    expected = sorted(
        _gist(_as_wanted(seen, wanted)) for seen in survey.occurrences if seen.place.file in homes
    )
    found = sorted(map(_gist, surveyor.rescan(survey, sorted(paths), contents)))
    if expected != found:
        difference = [gist for gist in expected if gist not in found] or found
        raise WriteError(
            f"internal error: {difference[0][0]}: the edited text would not hold the planned "
            "references; nothing was written. Please report this with the file"
        )


def _as_wanted(seen: Occurrence, wanted: Mapping[Found, str | None]) -> Occurrence:
    if isinstance(seen, Found) and seen in wanted:
        return replace(seen, reference=replace(seen.reference, digest=wanted[seen]))
    return seen


def _gist(seen: Occurrence) -> tuple[str, ...]:
    reason = seen.reason.value if isinstance(seen, Skipped) else ""
    name = seen.reference.name if seen.reference else ""
    digest = (seen.reference.digest if seen.reference else None) or ""
    return (seen.place.file, seen.place.scanner, seen.place.where, name, digest, reason)


def write_changes(workspace: Workspace, changes: Iterable[FileChange]) -> None:
    """Write all or none, in order; raises WriteError."""
    from pathlib import Path  # noqa: PLC0415 - start-up

    writes = []
    for change in changes:
        try:
            target = workspace.target(change.file)
        except ScanError as error:
            raise WriteError(f"{error}; nothing was written") from error
        before = None if change.is_new else change.before
        writes.append(Write(change.file, Path(target), before, change.after))
    if writes:
        write_all(writes)
