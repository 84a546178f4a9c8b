"""Where a project's root is, and which files it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pinner.project import git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

_MARKERS = ("pinner.toml", "pinner.lock", ".git")


def find_root(folder: str) -> str:
    """Find the nearest folder upward that is a project's root, or give the folder itself."""
    candidate = folder
    while True:
        if any(os.path.lexists(os.path.join(candidate, marker)) for marker in _MARKERS):
            return candidate
        if _has_table(os.path.join(candidate, "pyproject.toml")):
            return candidate
        parent = os.path.dirname(candidate)
        if parent == candidate:
            return folder
        candidate = parent


def _has_table(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return b"[tool.pinner" in file.read()
    except OSError:
        return False


def list_files(root: str, scopes: Sequence[str] = ()) -> list[str]:
    """List the files below scopes and beside those that are files, ignored ones left out.

    A file that a scope names is never left out.
    """
    return begin_listing(root, scopes)()


def begin_listing(root: str, scopes: Sequence[str] = ()) -> Callable[[], list[str]]:
    """Begin what `list_files` does; git works while the caller does something else."""
    named = {scope for scope in scopes if os.path.isfile(os.path.join(root, scope))}
    folders = [scope for scope in scopes if scope not in named]
    beside = sorted({scope.rpartition("/")[0] for scope in named})
    pathspecs = [f":(literal){folder}" for folder in folders if folder != "."]
    pathspecs += [f":(glob){_escape(folder)}/*" if folder else ":(glob)*" for folder in beside]
    finish = git.begin_listing(root, pathspecs)

    def listed() -> list[str]:
        found = finish()
        if found is None:
            found = list(_walk(root, folders, beside))
        return sorted({*found, *named})

    return listed


def _escape(path: str) -> str:
    return "".join(f"\\{sign}" if sign in "*?[\\" else sign for sign in path)


def _walk(root: str, folders: Sequence[str], beside: Sequence[str]) -> Iterator[str]:
    rules: dict[str, GitIgnoreSpec | None] = {}
    for folder in beside:
        yield from _walk_folder(root, folder, rules, deep=False)
    for folder in folders or (() if beside else (".",)):
        yield from _walk_folder(root, "" if folder == "." else folder, rules, deep=True)


def _walk_folder(
    root: str, top: str, rules: dict[str, GitIgnoreSpec | None], *, deep: bool
) -> Iterator[str]:
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name)
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
    root: str, path: str, rules: dict[str, GitIgnoreSpec | None], *, is_folder: bool
) -> bool:
    """Ask the `.gitignore` files from the path's folder up to the root, the nearest first."""
    parts = path.split("/")
    for depth in range(len(parts) - 1, -1, -1):
        folder = "/".join(parts[:depth])
        if folder not in rules:
            rules[folder] = _read_ignore_file(os.path.join(root, folder, ".gitignore"))
        spec = rules[folder]
        if spec is None:
            continue
        below = "/".join(parts[depth:]) + ("/" if is_folder else "")
        verdict = spec.check_file(below).include
        if verdict is not None:
            return verdict
    return False


def _read_ignore_file(path: str) -> GitIgnoreSpec | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
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
