"""The lockfile on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import LockfileError, ScanError
from pinner.pins.lockfile import Lockfile
from pinner.pins.lockfile_text import load_lockfile
from pinner.project.workspace import MissingError

if TYPE_CHECKING:
    from pinner.project.workspace import Files

_LARGEST_LOCKFILE = 64 * 1024 * 1024


def read_lockfile(files: Files, path: str) -> tuple[Lockfile, bytes | None]:
    """Read the lockfile, empty where there is none; raises LockfileError."""
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
    return load_lockfile(text, path), content
