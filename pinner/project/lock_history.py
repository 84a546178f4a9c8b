"""How a lockfile's entries came to be: what the commits that touched it changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import GitError, LockfileError
from pinner.pins.lockfile_text import load_lockfile
from pinner.project.git import ask_git, find_commit, find_top

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FORMAT = "%H%x1f%h%x1f%as%x1f%an%x1f%s"
_MOST_COMMITS = 500


class Change(Struct, frozen=True, kw_only=True):
    """What a commit made of an entry: its digest from then on, None where it took it out."""

    commit: str
    date: str
    author: str
    subject: str
    digest: str | None


def lock_history(
    root: str, lockfile: str, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[Change]]:
    """Give the changes of entries by their keys, the newest first; none outside git.

    The newest 500 commits that touched the lockfile are looked at. A commit whose lockfile cannot
    be read, as in the middle of a merge, is passed over. Raises GitError.
    """
    wanted = list(keys)
    changes: dict[tuple[str, str], list[Change]] = {key: [] for key in wanted}
    top = find_top(root)
    if top is None or not _has_commits(top):
        return changes
    path = os.path.relpath(Path(root, lockfile), top).replace(os.sep, "/")
    known: dict[tuple[str, str], str | None] = dict.fromkeys(wanted)
    for row, digests in _states(top, path):
        _, short, date, author, subject = row
        for key in wanted:
            now = digests.get(key)
            if now != known[key]:
                known[key] = now
                changes[key].insert(0, Change(
                    commit=short, date=date, author=author, subject=subject, digest=now,
                ))  # fmt: skip
    return changes


def _has_commits(top: str) -> bool:
    try:
        find_commit(top, "HEAD")
    except GitError:
        return False
    return True


def _states(top: str, path: str) -> Iterator[tuple[list[str], dict[tuple[str, str], str]]]:
    """Give the commits that touched the lockfile, the oldest first, and the digests of each."""
    output = ask_git(
        top, "log", f"--max-count={_MOST_COMMITS}", "--no-show-signature", "-z",
        f"--format={_FORMAT}", "HEAD", "--", f":(top,literal){path}",
    )  # fmt: skip
    rows = [row.split("\x1f", 4) for row in os.fsdecode(output).split("\0") if row]
    for row in reversed(rows):
        listed = os.fsdecode(
            ask_git(top, "ls-tree", "-z", "--full-tree", row[0], "--", path)
        ).partition("\t")[0].split(" ")  # fmt: skip
        if len(listed) != 3:
            yield row, {}  # it was taken away
            continue
        content = ask_git(top, "cat-file", "blob", listed[2])
        try:
            lock = load_lockfile(content.decode("utf-8"), path)
        except (LockfileError, UnicodeDecodeError):
            continue
        yield row, {image.key: image.digest for image in lock.images}
