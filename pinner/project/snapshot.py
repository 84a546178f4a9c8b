"""The files of a commit or of git's index, read from its objects; nothing is checked out."""

from __future__ import annotations

import posixpath
import sys
from typing import TYPE_CHECKING

from pinner.model.errors import GitError, ScanError
from pinner.project import git
from pinner.project.file_state import FileState
from pinner.project.listing import PROJECT_MARKERS, PYPROJECT, TABLE_MARK, Listing
from pinner.project.workspace import LARGEST_FILE, MissingError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_LINK = "120000"
_REPOSITORY = "160000"
_MOST_LINKS = 40


class Snapshot:
    """Files as git has them, below the folder `root` of a work tree whose top is `top`."""

    def __init__(
        self, top: str, root: str, prefix: str, entries: Iterable[git.Entry], commit: str = ""
    ) -> None:
        """Keep entries by their paths below the root; contents are read when asked for.

        `commit` is the ID of the commit that they are of, if they are of one.
        """
        self.root = root
        self.commit = commit
        self._top = top
        self._entries = {
            entry.path.removeprefix(prefix): entry
            for entry in entries
            if entry.path.startswith(prefix)
        }
        self._contents: dict[str, bytes] = {}

    @classmethod
    def of_commit(cls, root: str, name: str) -> Snapshot:
        """Take a commit's files, of a work tree or a GitDirectory; raises GitError."""
        top, prefix = _place(root)
        commit = git.find_commit(top, name)
        entries = git.list_commit(top, commit, prefix.rstrip("/"))
        return cls(top, root, prefix, entries, commit)

    @classmethod
    def of_index(cls, root: str) -> Snapshot:
        """Take the index, as the next commit will; raises GitError."""
        top, prefix = _place(root)
        wanted = [f":(literal){prefix}"] if prefix else []
        return cls(top, root, prefix, git.list_index(top, wanted))

    def below(self, folder: str) -> Snapshot:
        """Take the files of a folder below the root."""
        made = Snapshot(self._top, f"{self.root}/{folder}", "", (), self.commit)
        made._entries = {
            path.removeprefix(f"{folder}/"): entry
            for path, entry in self._entries.items()
            if path.startswith(f"{folder}/")
        }
        made._contents = self._contents
        return made

    def inner_roots(self) -> list[str]:
        """Name the folders below the root that bear the mark of a project, sorted."""
        found = set()
        for path in self._entries:
            folder, _, name = path.rpartition("/")
            if folder and (
                name in PROJECT_MARKERS or (name == PYPROJECT and TABLE_MARK in self._blob(path))
            ):
                found.add(folder)
        return sorted(found)

    def begin_listing(self, scopes: Sequence[str] = ()) -> Callable[[], Listing]:  # noqa: ARG002 - Files
        """Give what lists all files; submodules are named."""
        foreign = [path for path, entry in self._entries.items() if entry.mode == _REPOSITORY]
        files = tuple(sorted(self._entries.keys() - set(foreign)))
        return lambda: Listing(files, tuple(sorted(foreign)))

    def prepare(self, paths: Iterable[str]) -> None:
        """Read contents that will be asked for, all at once."""
        wanted = {self._entries[path].object_id for path in paths if path in self._entries}
        missing = wanted - self._contents.keys()
        self._contents |= git.read_blobs(self._top, sorted(missing))

    def unchecked(self, paths: Sequence[str]) -> set[str]:  # noqa: ARG002 - Files
        """Nothing is checked out, and nothing of it missing."""
        return set()

    def state(self, path: str) -> FileState | None:
        """Give a state that only tells whether there is such a file."""
        entry = self._entries.get(path)
        return FileState(0, 0, 0, 0, 0) if entry and entry.mode != _REPOSITORY else None

    def is_link(self, path: str) -> bool:
        """Say whether a file is a link."""
        entry = self._entries.get(path)
        return entry is not None and entry.mode == _LINK

    def link_target(self, path: str) -> str | None:
        """Give the path that a link leads to; None where it leads out or round in circles."""
        for _ in range(_MOST_LINKS):
            if not self.is_link(path):
                return path if path in self._entries else None
            target = self._blob(path).decode("utf-8", errors="surrogateescape")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if path.startswith(("/", "../")):
                return None
        return None

    def read(self, path: str, limit: int = LARGEST_FILE) -> bytes:
        """Read a file; raises ScanError."""
        return self.load(path, limit)[0]

    def holds_any(self, path: str, words: Iterable[bytes]) -> bool:
        """Say whether one of some words stands in a file of any size; raises ScanError."""
        content = self.load(path, sys.maxsize)[0]
        return any(word in content for word in words)

    def load(self, path: str, limit: int = LARGEST_FILE) -> tuple[bytes, FileState]:
        """Read a file and a state; raises ScanError, and MissingError where there is none."""
        target = self.link_target(path) if self.is_link(path) else path
        if target is None:
            raise ScanError(path, 0, "is a link that leads out of the project; it is not followed")
        if target not in self._entries or self._entries[target].mode == _REPOSITORY:
            raise MissingError(path, 0, "is gone")
        content = self._blob(target)
        if len(content) > limit:
            raise TooLargeError(path, 0, f"is larger than {limit // 1024 // 1024} MiB")
        return content, FileState(len(content), 0, 0, 0, 0)

    def _blob(self, path: str) -> bytes:
        object_id = self._entries[path].object_id
        if object_id not in self._contents:
            self._contents |= git.read_blobs(self._top, [object_id])
        return self._contents[object_id]


def _place(root: str) -> tuple[str, str]:
    """Give a root's top and the root's path below it, with `/` at its end; raises GitError."""
    from os.path import relpath  # noqa: PLC0415 - with these options only

    if isinstance(root, git.GitDirectory):
        return root, ""
    top = git.find_top(root)
    if top is None:
        raise GitError(f"{root} is in no git work tree")
    return top, "" if top == root else f"{relpath(root, top)}/"
