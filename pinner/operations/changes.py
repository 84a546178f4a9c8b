"""Turn edits and a new lockfile into new contents of files, checked before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import ScanError, WriteError
from pinner.model.findings import Action, FileChange, Outcome
from pinner.model.occurrence import Found, Skipped
from pinner.pins.lockfile_text import dump_lockfile, is_dump_of
from pinner.pins.rewrite import splice
from pinner.project.scan_cache import content_hash
from pinner.project.transaction import Write, write_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pinner.model.occurrence import Edit, Occurrence
    from pinner.model.reference import ImageReference
    from pinner.pins.lockfile import Lockfile
    from pinner.project.survey import Survey
    from pinner.project.surveyor import Surveyor
    from pinner.project.workspace import Workspace


class SourceChanges(Struct, frozen=True):
    """New contents of files, and for each file whose edits were refused the reason."""

    changes: tuple[FileChange, ...]
    refused: Mapping[str, str]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Say of each refused file that it stays as it was."""
        return tuple(
            Outcome(action=Action.FAILED, reference=file, places=(file,), detail=reason)
            for file, reason in sorted(self.refused.items())
        )


def source_changes(
    surveyor: Surveyor,
    survey: Survey,
    edits: Mapping[str, Sequence[Edit]],
    wanted: Mapping[Found, ImageReference],
    *,
    has_tags: bool = True,
) -> SourceChanges:
    """Apply edits, and check that a scan then finds just the wanted references.

    A file in which it would not is left as it is. Tags are not compared where edits may drop them.
    Raises WriteError where a file changed since it was scanned.
    """
    changes = {}
    for file, members in sorted(edits.items()):
        before = surveyor.files.read(file)
        if content_hash(before) != survey.hashes.get(file):
            raise WriteError(f"{file} changed while pinner ran; nothing was written")
        after = splice(before, members)
        if after != before:
            changes[file] = FileChange(file=file, before=before, after=after)
    refused: dict[str, str] = {}
    while changes and (bad := _bad_files(surveyor, survey, changes, wanted, has_tags)):
        for file in bad:
            del changes[file]
            refused[file] = (
                f"{file}: the edited text would not hold the planned references; the file is as "
                "it was. This is a bug of pinner: please report it with the file"
            )
    return SourceChanges(tuple(changes.values()), refused)


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


def _bad_files(
    surveyor: Surveyor,
    survey: Survey,
    changes: Mapping[str, FileChange],
    wanted: Mapping[Found, ImageReference],
    has_tags: bool,  # noqa: FBT001 - handed on
) -> set[str]:
    """Name changed files in which a scan finds anything but what is wanted."""
    contents = {file: change.after for file, change in changes.items()}
    different = different_files(surveyor, survey, contents, wanted, has_tags=has_tags)
    return different & contents.keys() or (set(contents) if different else set())


def different_files(  # noqa: PLR0913 - all that a scan depends on
    surveyor: Surveyor,
    survey: Survey,
    contents: Mapping[str, bytes],
    wanted: Mapping[Found, ImageReference],
    *,
    has_tags: bool = True,
    others: Collection[str] = (),
) -> set[str]:
    """Name files in which a scan of other contents finds anything but what is wanted.

    `others` are looked at as well as those whose contents are others.
    """
    paths = {path for path in survey.jobs if path in contents or path in others}
    for file in contents.keys() - paths:  # a file beside those that scanners read
        folder = file.rpartition("/")[0]
        paths |= {path for path in survey.jobs if path.rpartition("/")[0] == folder}
    homes = paths | contents.keys()
    rescanned = surveyor.rescan(survey, sorted(paths), contents)
    # A file beside is seen from others too: both sides are of the same files.
    expected = _by_file(
        (
            _as_wanted(seen, wanted if seen.place.file in contents or others else {})
            for seen in survey.occurrences
            if seen.place.file in homes
        ),
        has_tags=has_tags,
    )
    found = _by_file((seen for seen in rescanned if seen.place.file in homes), has_tags=has_tags)
    return {
        file for file in expected.keys() | found.keys() if expected.get(file) != found.get(file)
    }


def _by_file(
    occurrences: Iterable[Occurrence], *, has_tags: bool
) -> dict[str, list[tuple[str, ...]]]:
    gists: dict[str, list[tuple[str, ...]]] = {}
    for seen in occurrences:
        tag = (seen.reference.tag if seen.reference and has_tags else None) or ""
        gists.setdefault(seen.place.file, []).append((*_gist(seen), tag))
    return {file: sorted(members) for file, members in gists.items()}


def _as_wanted(seen: Occurrence, wanted: Mapping[Found, ImageReference]) -> Occurrence:
    if isinstance(seen, Found) and seen in wanted:
        return replace(seen, reference=wanted[seen])
    return seen


def _gist(seen: Occurrence) -> tuple[str, ...]:
    reason = seen.reason.value if isinstance(seen, Skipped) else ""
    name = seen.reference.name if seen.reference else ""
    digest = (seen.reference.digest if seen.reference else None) or ""
    return (seen.place.file, seen.place.scanner, seen.place.where, name, digest, reason)


def write_changes(
    workspace: Workspace, changes: Iterable[FileChange], journal: Path | None = None
) -> None:
    """Write all or none, in order; raises WriteError. The journal is `write_all`'s."""
    writes = []
    for change in changes:
        try:
            target = workspace.target(change.file)
        except ScanError as error:
            raise WriteError(f"{error}; nothing was written") from error
        before = None if change.is_new else change.before
        writes.append(Write(change.file, Path(target), before, change.after))
    if writes:
        write_all(writes, journal)
