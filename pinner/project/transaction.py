"""Write several files so that a crash at any moment leaves nothing that cannot be mended.

All contents are staged beside their targets first and flushed to the disk, then swapped in by
renames, in the given order.
What fails before the last rename is undone.
A killed process leaves staged files at the worst; their names are in a journal in the user's own
folder, by which the next run removes them. No other file of such a name is touched.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from pinner.model.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

STAGED_SUFFIX = ".pinner-tmp"
_PATIENCE = 600.0
_MANY = 4
_LONGEST_NAME = 200
_MOST_THREADS = 16
# Windows has no such flag: there a new file is never a link.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class Write(Struct, frozen=True):
    """A file's new content; `before` is what it is expected to hold now, None if it is new."""

    name: str
    target: Path
    before: bytes | None
    after: bytes


@contextmanager
def project_lock(files: Sequence[Path], on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold a project's lock, so that only one process writes; raises WriteError.

    The first of the files that can be used is the lock.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - for writing only

    failure: OSError | None = None
    for file in files:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(file)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                on_wait()
                lock.acquire(timeout=_PATIENCE)
        except Timeout as error:
            message = "another pinner is writing in this project; try again later"
            raise WriteError(message) from error
        except OSError as error:
            failure = error
            continue
        try:
            yield
        finally:
            lock.release()
        return
    reason = failure.strerror if failure else "no file is named"
    raise WriteError(f"{files[-1]} cannot be locked: {reason}")


def write_all(writes: Sequence[Write], journal: Path | None = None) -> None:
    """Write every file or none; raises WriteError, with all files as they were."""
    for write in writes:
        _check_unchanged(write)
    if journal is not None:
        _remove_left_behind(journal)
    run = _Run(writes)
    try:
        with _noted(journal, run.staged.values()):
            run.stage_all()
            run.swap_all()
    except BaseException as error:
        run.undo()
        if isinstance(error, OSError):
            raise WriteError(
                f"{run.at} cannot be written: {error.strerror}; all files are as they were"
            ) from error
        raise


class _Run:
    """Writes under way: `at` is the one that is being worked on."""

    def __init__(self, writes: Sequence[Write]) -> None:
        self.writes = writes
        # What is not in use by anybody: nobody can have guessed these names.
        self.staged = {
            write.target: write.target.with_name(
                f".{write.target.name[:_LONGEST_NAME]}.{os.urandom(8).hex()}{STAGED_SUFFIX}"
            )
            for write in writes
        }
        self.swapped: list[Write] = []
        self.at = writes[0].name if writes else ""

    def stage_all(self) -> None:
        failures = _side_by_side(self.stage, self.writes)
        for write, failure in zip(self.writes, failures, strict=True):
            if failure is not None:
                self.at = write.name
                raise failure

    def stage(self, write: Write) -> None:
        _stage(write, self.staged[write.target])

    def swap_all(self) -> None:
        for write in self.writes:
            self.at = write.name
            _check_unchanged(write)
            self.swapped.append(write)
            _swap(self.staged[write.target], write.target)
            if len(self.swapped) == 1:  # what comes first is to be there first
                _flush_folder(write.target.parent)
        _side_by_side(_flush_folder, sorted({write.target.parent for write in self.writes[1:]}))

    def undo(self) -> None:
        _undo(self.swapped)
        for path in self.staged.values():
            with suppress(PermissionError):  # the journal has its name
                path.unlink(missing_ok=True)


def _swap(staged: Path, target: Path) -> None:
    if sys.platform == "win32":
        from pinner.project.other_systems import replace_file  # noqa: PLC0415 - there only

        replace_file(staged, target)
    else:
        staged.replace(target)


def _check_unchanged(write: Write) -> None:
    try:
        with write.target.open("rb", buffering=0) as file:
            content, mode = file.read(), os.fstat(file.fileno()).st_mode
    except FileNotFoundError:
        if write.before is None:
            return
        raise WriteError(f"{write.name} is gone since it was read; nothing was written") from None
    except OSError as error:
        raise WriteError(f"{write.name} cannot be read: {error.strerror}") from error
    if content != write.before:
        raise WriteError(
            f"{write.name} changed since it was read; nothing was written, run the command again"
        )
    if not mode & 0o222:
        raise WriteError(f"{write.name} is read-only; nothing was written")


def _stage(write: Write, path: Path) -> None:
    status = None
    with suppress(FileNotFoundError):
        status = os.stat(write.target)  # noqa: PTH116 - speed
    mode = stat.S_IMODE(status.st_mode) if status else 0o666
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if status is not None:
                _copy_owner(write.target, status, file.fileno())
            file.write(write.after)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _copy_owner(target: Path, status: os.stat_result, descriptor: int) -> None:
    if sys.platform == "win32":
        return  # a file has the rights of its folder
    with suppress(PermissionError):
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    if sys.platform == "linux":  # access control lists are among them
        with suppress(OSError):
            for name in os.listxattr(target):
                with suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(target, name))


def _undo(done: Sequence[Write]) -> None:
    """Bring back what the renames replaced."""
    for write in reversed(done):
        if write.before is None:
            write.target.unlink(missing_ok=True)
        elif write.target.read_bytes() != write.before:
            back = write.target.with_name(f".{os.urandom(8).hex()}{STAGED_SUFFIX}")
            _stage(Write(write.name, write.target, write.after, write.before), back)
            _swap(back, write.target)


@contextmanager
def _noted(journal: Path | None, staged: Collection[Path]) -> Iterator[None]:
    """Keep a list of what may be left behind; a folder that refuses is let be."""
    if journal is not None:
        with suppress(OSError):
            journal.parent.mkdir(parents=True, exist_ok=True)
            journal.write_bytes(b"".join(os.fsencode(path) + b"\0" for path in staged))
    yield
    if journal is not None:
        with suppress(OSError):
            journal.unlink(missing_ok=True)


def _remove_left_behind(journal: Path) -> None:
    """Remove what a killed process left; the project's lock keeps this from a living one's."""
    try:
        names = journal.read_bytes().split(b"\0")
    except OSError:
        return
    for name in names:
        path = os.fsdecode(name)
        if path.endswith(STAGED_SUFFIX):
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - a name from a file


def _side_by_side(do: Callable[[T], None], things: Sequence[T]) -> list[OSError | None]:
    """Do what waits for the disk, which serves many at once faster than one after the other."""

    def attempt(thing: T) -> OSError | None:
        try:
            do(thing)
        except OSError as error:
            return error
        return None

    if len(things) < _MANY:
        return [attempt(thing) for thing in things]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for many files only

    with ThreadPoolExecutor(_MOST_THREADS) as pool:
        return list(pool.map(attempt, things))


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system can
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
