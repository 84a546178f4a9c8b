"""The project's files: where its root is, which files there are, and what they hold.

Paths are relative to the root and written with `/`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pinner.model.errors import ScanError, UsageError
from pinner.project.file_state import FileState
from pinner.project.listing import LIST_FILES, git_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pathspec import GitIgnoreSpec

LARGEST_FILE = 8 * 1024 * 1024
# A pipe or device must not be waited for; a link is looked at before it is followed.
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True)
class Workspace:
    """A project's folder."""

    root: Path
    _plain_folders: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def relative(self, path: Path) -> str:
        """Give a path below the root; raises UsageError for one that leaves it."""
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links below the root stay
        for base in (self.root, self.root.resolve()):
            if absolute.is_relative_to(base):
                return absolute.relative_to(base).as_posix()
        resolved = absolute.parent.resolve() / absolute.name
        if resolved.is_relative_to(self.root.resolve()):
            return resolved.relative_to(self.root.resolve()).as_posix()
        raise UsageError(f"{path} is outside the project {self.root}")

    def list_files(self, scopes: Sequence[str] = ()) -> list[str]:
        """List the files below scopes and beside those that are files, ignored ones left out.

        A file that a scope names is never left out.
        """
        named = {scope for scope in scopes if (self.root / scope).is_file()}
        folders = [scope for scope in scopes if scope not in named]
        beside = sorted({scope.rpartition("/")[0] for scope in named})
        found = _git_files(self.root, folders, beside)
        if found is None:
            found = set(_walk(self.root, folders, beside))
        return sorted(found | named)

    def state(self, path: str) -> FileState | None:
        """Give the state of a regular file; None where there is none."""
        try:
            status = os.stat(f"{self.root}/{path}")  # noqa: PTH116 - thousands of times
        except (OSError, ValueError):
            return None
        return FileState.of(status) if stat.S_ISREG(status.st_mode) else None

    def is_link(self, path: str) -> bool:
        """Say whether a file is a link."""
        return os.path.islink(f"{self.root}/{path}")  # noqa: PTH114 - thousands of times

    def link_target(self, path: str) -> str | None:
        """Give the path below the root that a link leads to; None where it leads elsewhere."""
        try:
            return self.target(path).relative_to(self.root.resolve()).as_posix()
        except ScanError:
            return None

    def target(self, path: str) -> Path:
        """Follow links to the file that holds the content; raises ScanError outside the root."""
        target = Path(os.path.realpath(f"{self.root}/{path}"))
        if not target.is_relative_to(os.path.realpath(self.root)):
            raise ScanError(path, 0, "is a link that leads out of the project; it is not followed")
        return target

    def read(self, path: str, limit: int = LARGEST_FILE) -> bytes:
        """Read a file; raises ScanError where it cannot be read or is too large."""
        return self.load(path, limit)[0]

    def load(self, path: str, limit: int = LARGEST_FILE) -> tuple[bytes, FileState]:
        """Read a file and its state before; raises ScanError, and MissingError if it is gone."""
        folder = path.rpartition("/")[0]
        if folder not in self._plain_folders:
            self._plain_folders[folder] = self.target(folder) == self.root.resolve() / folder
        name: str | Path = f"{self.root}/{path}" if self._plain_folders[folder] else ""
        try:
            try:
                descriptor = os.open(name or self.target(path), os.O_RDONLY | _NOFOLLOW)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.EMLINK):
                    raise
                descriptor = os.open(self.target(path), os.O_RDONLY | _NOFOLLOW)
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
            raise ScanError(path, 0, f"is larger than {limit // 1024 // 1024} MiB")
        return content, FileState.of(status)


class MissingError(ScanError):
    """A file is not there, though something names it."""


def _read_all(descriptor: int, status: os.stat_result, limit: int) -> bytes:
    """Read a regular file, and one byte more than the limit at the most."""
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no regular file")
    chunks = []
    wanted = min(status.st_size, limit) + 1
    while wanted > 0 and (chunk := os.read(descriptor, wanted)):
        chunks.append(chunk)
        wanted -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _git_files(root: Path, folders: Sequence[str], beside: Sequence[str]) -> set[str] | None:
    """Ask git; None where the root is in no work tree or git does not answer."""
    command = [*LIST_FILES, "--"]
    command += [f":(literal){folder}" for folder in folders if folder != "."]
    command += [f":(glob){_escape(folder)}/*" if folder else ":(glob)*" for folder in beside]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=root, env=git_environment(), capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


def _escape(path: str) -> str:
    return re.sub(r"([*?\[\\])", r"\\\1", path)


def _walk(root: Path, folders: Sequence[str], beside: Sequence[str]) -> Iterator[str]:
    rules: dict[str, GitIgnoreSpec | None] = {}
    for folder in beside:
        yield from _walk_folder(root, folder, rules, deep=False)
    for folder in folders or (() if beside else (".",)):
        yield from _walk_folder(root, "" if folder == "." else folder, rules, deep=True)


def _walk_folder(
    root: Path, top: str, rules: dict[str, GitIgnoreSpec | None], *, deep: bool
) -> Iterator[str]:
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" or _is_ignored(root, path, rules, is_folder=is_folder):
                continue
            if is_folder and deep:
                pending.append(path)
            elif entry.is_file():
                yield path


def _is_ignored(
    root: Path, path: str, rules: dict[str, GitIgnoreSpec | None], *, is_folder: bool
) -> bool:
    """Ask the `.gitignore` files from the path's folder up to the root, the nearest first."""
    parts = path.split("/")
    for depth in range(len(parts) - 1, -1, -1):
        folder = "/".join(parts[:depth])
        if folder not in rules:
            rules[folder] = _read_ignore_file(root / folder / ".gitignore")
        spec = rules[folder]
        if spec is None:
            continue
        below = "/".join(parts[depth:]) + ("/" if is_folder else "")
        verdict = spec.check_file(below).include
        if verdict is not None:
            return verdict
    return False


def _read_ignore_file(path: Path) -> GitIgnoreSpec | None:
    try:
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - outside git only

    return GitIgnoreSpec.from_lines(lines)


def select_files(paths: Sequence[str], include: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """Keep what `include` names, if it names anything, and drop what `exclude` does.

    Patterns are those of `.gitignore` files, read from the root.
    """
    if not include and not exclude:
        return list(paths)
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - with these settings only

    wanted = GitIgnoreSpec.from_lines(include)
    unwanted = GitIgnoreSpec.from_lines(exclude)
    return [
        path
        for path in paths
        if (not include or wanted.match_file(path)) and not unwanted.match_file(path)
    ]
