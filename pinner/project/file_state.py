"""What tells, without reading it, that a file is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import os


class FileState(Struct, frozen=True, array_like=True):
    """A file's size, times and place on the disk; times in nanoseconds since the epoch."""

    size: int
    modified: int
    changed: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileState:
        """Take what counts from a file's status."""
        return cls(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
        )

    def is_older_than(self, moment: int) -> bool:
        """Say whether neither content nor status changed since a moment."""
        return max(self.modified, self.changed) < moment
