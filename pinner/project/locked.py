"""The lockfile on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import LockfileError, ScanError
from pinner.pins.lockfile import Lockfile
from pinner.pins.lockfile_text import load_lockfile
from pinner.project.workspace import MissingError
from pinner.scanners.file_names import name_chooser

if TYPE_CHECKING:
    from collections.abc import Collection

    from pinner.project.survey import Survey
    from pinner.project.surveyor import Surveyor
    from pinner.project.workspace import Files

_LARGEST_LOCKFILE = 64 * 1024 * 1024


def read_lockfile(
    files: Files, path: str, *, held: Collection[tuple[str, str]] | None = None
) -> tuple[Lockfile, bytes | None]:
    """Read the lockfile, empty where there is none; raises LockfileError.

    With `held`, the references and digests that files hold, what a merge could not join is joined.
    """
    try:
        content = files.read(path, _LARGEST_LOCKFILE)
    except MissingError:
        return Lockfile(), None
    except ScanError as error:
        raise LockfileError(str(error)) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LockfileError(f"{path}:{line}: is not UTF-8") from error
    if held is not None and "<<<<<<< " in text:
        from pinner.pins.lockfile_merge import join_sides, split_sides  # noqa: PLC0415 - seldom

        sides = split_sides(text)
        if sides is not None:
            ours, theirs = (load_lockfile(side, path) for side in sides)
            return join_sides(ours, theirs, held), content
    return load_lockfile(text, path), content


def unscanned_files(surveyor: Surveyor, survey: Survey, lockfile: Lockfile) -> frozenset[str]:
    """Give the files of entries that are there, but that no scanner reads by their names.

    They were named to pinner once; nothing is known of them now.
    """
    listed = {file for image in lockfile.images for file in image.files}
    others = listed - survey.jobs.keys()
    if not others:
        return frozenset()
    choose = name_chooser({name: own.patterns for name, own in surveyor.scanners.items()})
    return frozenset(
        file for file in others if not choose(file) and surveyor.files.state(file) is not None
    )
