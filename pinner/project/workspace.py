"""The project's files: what they hold, and where links lead.

Paths are relative to the root and written with `/`.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from pinner.model.errors import ScanError, UsageError
from pinner.project.file_state import FileState
from pinner.project.git import find_top, unchecked_files
from pinner.project.listing import Listing, begin_listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LARGEST_FILE = 8 * 1024 * 1024
# A pipe or device must not be waited for; a link is looked at before it is followed.
# Windows opens files as text, if it is not told otherwise.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class Files(Protocol):
    """Where a project's files come from: the disk, or what git has of them."""

    root: str

    def begin_listing(self, scopes: Sequence[str] = ()) -> Callable[[], Listing]:
        """Begin to list the files below scopes and beside them; what it gives raises GitError."""

    def prepare(self, paths: Iterable[str]) -> None:
        """Get ready to read files."""

    def unchecked(self, paths: Sequence[str]) -> set[str]:
        """Tell which of some files that are not there git was told not to check out."""

    def state(self, path: str) -> FileState | None:
        """Give the state of a regular file; None where there is none."""

    def is_link(self, path: str) -> bool:
        """Say whether a file is a link."""

    def link_target(self, path: str) -> str | None:
        """Give the path below the root that a link leads to; None where it leads elsewhere."""

    def read(self, path: str, limit: int = LARGEST_FILE) -> bytes:
        """Read a file; raises ScanError where it cannot be read or is too large."""

    def holds_any(self, path: str, words: Iterable[bytes]) -> bool:
        """Say whether one of some words may stand in a file of any size; raises ScanError."""

    def load(self, path: str, limit: int = LARGEST_FILE) -> tuple[bytes, FileState]:
        """Read a file and its state before; raises ScanError, and MissingError if it is gone."""


class Workspace(Struct, eq=False, dict=True):  # dict: for what is found out once
    """A project's folder on the disk; with `use_git` false git is not asked for its files."""

    root: str
    use_git: bool = True
    _plain_folders: dict[str, bool] = field(default_factory=lambda: {"": True})

    @cached_property
    def real_root(self) -> str:
        """The root, links followed."""
        return os.path.realpath(self.root)

    def relative(self, path: str) -> str:
        """Give a path below the root; raises UsageError for one that leaves it."""
        absolute = os.path.abspath(path)  # links below the root stay
        folder, name = os.path.split(absolute)
        resolved = os.path.join(os.path.realpath(folder), name)
        for place, base in (
            (absolute, self.root), (absolute, self.real_root), (resolved, self.real_root),
        ):  # fmt: skip
            if (below := _below(place, base)) is not None:
                return below if sys.platform == "linux" else self._as_listed(below)
        raise UsageError(f"{path} is outside the project {self.root}")

    def _as_listed(self, path: str) -> str:
        """Write a path as its folders spell it, which may be otherwise than somebody typed it."""
        from pinner.project.other_systems import as_listed  # noqa: PLC0415 - there only

        def names(folder: str) -> list[str]:
            try:
                return os.listdir(f"{self.root}/{folder}")
            except OSError:
                return []

        return path if path == "." else as_listed(path, names)

    def begin_listing(self, scopes: Sequence[str] = ()) -> Callable[[], Listing]:
        """Begin to list the files below scopes and beside them; what it gives raises GitError."""
        return begin_listing(self.root, scopes, use_git=self.use_git)

    def prepare(self, paths: Iterable[str]) -> None:
        """Nothing has to be fetched from anywhere."""

    def unchecked(self, paths: Sequence[str]) -> set[str]:
        """Tell which of some files that are not there git was told not to check out."""
        top = find_top(self.root) if paths and self.use_git else None
        if top is None:
            return set()
        prefix = "" if top == self.root else f"{_below(self.root, top)}/"
        found = unchecked_files(top, [f"{prefix}{path}" for path in paths])
        return {path.removeprefix(prefix) for path in found}

    def state(self, path: str) -> FileState | None:
        """Give the state of a regular file; None where there is none."""
        try:
            status = os.stat(f"{self.root}/{path}")
        except (OSError, ValueError):
            return None
        return FileState.of(status) if stat.S_ISREG(status.st_mode) else None

    def is_link(self, path: str) -> bool:
        """Say whether a file is a link."""
        return os.path.islink(f"{self.root}/{path}")

    def link_target(self, path: str) -> str | None:
        """Give the path below the root that a link leads to; None where it leads elsewhere."""
        try:
            return _below(self.target(path), self.real_root)
        except ScanError:
            return None

    def target(self, path: str) -> str:
        """Follow links to the file that holds the content; raises ScanError outside the root."""
        target = os.path.realpath(f"{self.root}/{path}")
        if _below(target, self.real_root) is None:
            raise ScanError(path, 0, "is a link that leads out of the project; it is not followed")
        return target

    def read(self, path: str, limit: int = LARGEST_FILE) -> bytes:
        """Read a file; raises ScanError where it cannot be read or is too large."""
        return self.load(path, limit)[0]

    def load(self, path: str, limit: int = LARGEST_FILE) -> tuple[bytes, FileState]:
        """Read a file and its state before; raises ScanError, and MissingError if it is gone."""
        folder = path.rpartition("/")[0]
        name = f"{self.root}/{path}" if self._is_plain(folder) else ""
        try:
            try:
                descriptor = os.open(name or self.target(path), _FLAGS)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.EMLINK):
                    raise
                descriptor = os.open(self.target(path), _FLAGS)
            try:
                status = os.fstat(descriptor)
                content = _read_all(descriptor, status, limit)
            finally:
                os.close(descriptor)
        except FileNotFoundError as error:
            raise MissingError(path, 0, "is gone") from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ScanError(path, 0, f"cannot be read: {reason}") from error
        if len(content) > limit:
            raise TooLargeError(path, 0, f"is larger than {limit // 1024 // 1024} MiB")
        return content, FileState.of(status)

    def holds_any(self, path: str, words: Iterable[bytes]) -> bool:
        """Say whether one of some words stands in a file of any size; raises ScanError."""
        import mmap  # noqa: PLC0415 - seldom needed

        try:
            with (
                open(os.open(self.target(path), _FLAGS), "rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ):
                return any(content.find(word) >= 0 for word in words)
        except OSError as error:
            raise ScanError(path, 0, f"cannot be read: {error.strerror}") from error

    def _is_plain(self, folder: str) -> bool:
        """Say whether no link leads to a folder below the root."""
        if folder not in self._plain_folders:
            above = folder.rpartition("/")[0]
            self._plain_folders[folder] = self._is_plain(above) and not self.is_link(folder)
        return self._plain_folders[folder]


def _below(path: str, base: str) -> str | None:
    """Give a path below a folder, with `/`; None where it is elsewhere."""
    if sys.platform == "win32":
        from pinner.project.other_systems import windows_below  # noqa: PLC0415 - there only

        return windows_below(path, base)
    if path == base:
        return "."
    prefix = base if base.endswith(os.sep) else f"{base}{os.sep}"
    return path[len(prefix) :].replace(os.sep, "/") if path.startswith(prefix) else None


class MissingError(ScanError):
    """A file is not there, though something names it."""


class TooLargeError(ScanError):
    """A file is larger than any that people write."""


def _read_all(descriptor: int, status: os.stat_result, limit: int) -> bytes:
    """Read a regular file, and one byte more than the limit at the most."""
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no regular file")
    wanted = min(status.st_size, limit) + 1
    content = os.read(descriptor, wanted)
    if len(content) < wanted - 1:  # interrupted, or cut off meanwhile
        chunks = [content]
        while chunk := os.read(descriptor, wanted - sum(map(len, chunks))):
            chunks.append(chunk)
        content = b"".join(chunks)
    return content
