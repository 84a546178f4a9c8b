"""Commits by git: on the branch that is checked out, or on one of their own beside it."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import GitError, WriteError
from pinner.project.git import ask_git, find_commit, without_filters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Says of a branch's last commit that it may be replaced: nobody else's work is on it.
OWN_TRAILER = "Updated-by: pinner"


class Branch(Struct, frozen=True):
    """A branch, and whether it has another commit now than it had."""

    name: str
    is_new: bool


def changed_files(top: str, files: Sequence[str]) -> list[str]:
    """Name those of some files that differ from the last commit; raises WriteError outside git."""
    output = _write(top, "status", "--porcelain", "-z", "--untracked-files=all", "--", *files)
    return [row[3:] for row in os.fsdecode(output).split("\0")[:-1] if row[3:]]


def commit_files(top: str, files: Sequence[str], message: str, *, signoff: bool = False) -> None:
    """Commit just these files on the current branch; raises WriteError with git's own words."""
    _write(top, "add", "--", *files)
    own = ("--signoff",) if signoff else ()
    _write(top, "commit", "--quiet", "--only", *own, "--message", message, "--", *files)


def commit_on_branch(  # noqa: PLR0913 - parts of a commit
    top: str,
    branch: str,
    contents: Mapping[str, bytes],
    message: str,
    *,
    signoff: bool = False,
    base: str = "HEAD",
) -> Branch:
    """Make a branch of a commit and one more with these contents; the work tree stays.

    `top` may be a GitDirectory, whose paths are those below its top. A branch that is there already
    is replaced if its last commit is pinner's own; raises WriteError where it is somebody else's.
    """
    try:
        head = find_commit(top, base)
        former = _tip(top, branch)
        tree = _tree(top, head, contents)
        if former is not None:
            if not is_own(top, former):
                raise WriteError(
                    f"the branch {branch} has a commit that is not pinner's; it stays as it is. "
                    "Merge or delete it, and run again"
                )
            if _known(top, former) == (tree, head):
                return Branch(branch, is_new=False)
        words = _text(ask_git(top, "stripspace", given=_signed(top, message, signoff).encode()))
        commit = _text(
            ask_git(top, "commit-tree", "-p", head, tree, "-F", "-", given=f"{words}\n".encode())
        )
        reference = f"refs/heads/{branch}"
        ask_git(top, "update-ref", reference, commit, former or "")
    except GitError as error:
        raise WriteError(str(error)) from error
    return Branch(branch, is_new=True)


def is_own(top: str, commit: str) -> bool:
    """Say whether a commit is one of pinner's updates; raises GitError."""
    message = os.fsdecode(ask_git(top, "cat-file", "commit", commit))
    return OWN_TRAILER in message.splitlines()


def _tip(top: str, branch: str) -> str | None:
    try:
        return find_commit(top, f"refs/heads/{branch}")
    except GitError:
        return None


def _known(top: str, commit: str) -> tuple[str, str]:
    """Give a commit's tree and its parents, those that a shallow clone does not have too."""
    head = os.fsdecode(ask_git(top, "cat-file", "commit", commit)).partition("\n\n")[0]
    rows = [line.split(" ", 1) for line in head.splitlines()]
    parents = [value for key, value in rows if key == "parent"]
    return rows[0][1], "\n".join(parents)


def _tree(top: str, head: str, contents: Mapping[str, bytes]) -> str:
    """Write the tree of a commit with other contents, by an index of its own."""
    prefix = os.fsdecode(ask_git(top, "rev-parse", "--show-prefix")).rstrip("\n")
    filters = without_filters(top)
    rows = []
    for path, content in contents.items():
        hashed = ask_git(
            top, *filters, "hash-object", "-w", "--path", path, "--stdin", given=content
        )
        listed = ask_git(top, "--literal-pathspecs", "ls-tree", "-z", head, "--", path)
        mode = os.fsdecode(listed).partition(" ")[0] or "100644"
        rows.append(f"{mode} {_text(hashed)}\t{prefix}{path}\0")
    with TemporaryDirectory() as folder:
        index = f"{folder}/index"
        ask_git(top, "read-tree", head, index=index)
        given = os.fsencode("".join(rows))
        ask_git(top, "update-index", "--add", "-z", "--index-info", given=given, index=index)
        return _text(ask_git(top, "write-tree", index=index))


def _signed(top: str, message: str, signoff: bool) -> str:  # noqa: FBT001 - handed on
    """End a message with its trailers."""
    text = f"{message.rstrip()}\n\n{OWN_TRAILER}\n"
    if not signoff:
        return text
    person = _text(ask_git(top, "var", "GIT_COMMITTER_IDENT")).rpartition(" ")[0].rpartition(" ")[0]
    return f"{text}Signed-off-by: {person}\n"


def _text(output: bytes) -> str:
    return os.fsdecode(output).strip()


def _write(top: str, *arguments: str) -> bytes:
    try:
        return ask_git(top, *without_filters(top), "--literal-pathspecs", *arguments)
    except GitError as error:
        raise WriteError(str(error)) from error
