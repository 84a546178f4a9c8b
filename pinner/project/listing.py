"""Where a project's root is, and which files it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.project import git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

_REPOSITORY = "160000"
PROJECT_MARKERS = ("pinner.toml", "pinner.lock")
# A project too, where it has our table.
PYPROJECT = "pyproject.toml"
TABLE_MARK = b"[tool.pinner"


def find_root(folder: str) -> str:
    """Find the nearest folder upward that is a project's root, or give the folder itself."""
    candidate = folder
    while not is_root(candidate):
        parent = os.path.dirname(candidate)
        if parent == candidate:
            return folder
        candidate = parent
    return candidate


def is_root(folder: str) -> bool:
    """Say whether a folder bears the mark of a project's root."""
    return any(
        os.path.lexists(os.path.join(folder, marker)) for marker in (*PROJECT_MARKERS, ".git")
    ) or _has_table(os.path.join(folder, PYPROJECT))


def _has_table(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return TABLE_MARK in file.read()
    except OSError:
        return False


class Listing(Struct, frozen=True):
    """What files there are, sorted.

    `foreign` names folders that are repositories of their own and are not read: submodules that
    are not checked out. `uses_git` is false where the folder was walked through.
    """

    files: tuple[str, ...]
    foreign: tuple[str, ...] = ()
    unopened: tuple[str, ...] = ()
    uses_git: bool = True


def list_files(root: str, scopes: Sequence[str] = (), *, use_git: bool = True) -> Listing:
    """List the files below scopes and beside those that are files, ignored ones left out.

    A file that a scope names is never left out. Raises GitError.
    """
    return begin_listing(root, scopes, use_git=use_git)()


def begin_listing(
    root: str, scopes: Sequence[str] = (), *, use_git: bool = True
) -> Callable[[], Listing]:
    """Begin what `list_files` does; git works while the caller does something else."""
    named = {scope for scope in scopes if os.path.isfile(os.path.join(root, scope))}
    folders = [scope for scope in scopes if scope not in named]
    beside = sorted({scope.rpartition("/")[0] for scope in named})
    top = git.find_top(root) if use_git else None
    if top is None:
        return lambda: _walked(root, folders, beside, named)
    prefix = "" if top == root else f"{os.path.relpath(root, top).replace(os.sep, '/')}/"
    wanted = [f":(literal){prefix}{'' if folder == '.' else folder}" for folder in folders]
    around = [f"{prefix}{folder}/" if folder else prefix for folder in beside]
    wanted += [f":(glob){_escape(folder)}*" for folder in around]
    wanted = wanted or ([f":(literal){prefix}"] if prefix else [])
    finish = git.begin_listing(top, wanted)

    def listed() -> Listing:
        found, unopened = finish()
        # An untracked repository inside ends with a slash; submodules only the index tells.
        inside = {path for path in found if path.endswith("/")}
        if os.path.lexists(os.path.join(top, ".gitmodules")):
            rows = git.list_index(top, wanted)
            inside.update(row.path for row in rows if row.mode == _REPOSITORY)
        files = {path.removeprefix(prefix) for path in found if path not in inside}
        foreign: list[str] = []
        for path in sorted(inside):
            name = path.removeprefix(prefix).rstrip("/")
            inner = _other_repository(os.path.join(root, name), name)
            files.update(inner.files)
            foreign += inner.foreign
        blocked = tuple(folder.removeprefix(prefix) for folder in unopened)
        return Listing(tuple(sorted(files | named)), tuple(foreign), blocked)

    return listed


def _other_repository(folder: str, name: str) -> Listing:
    """List the files of a repository inside another, if it is checked out."""
    if not os.path.lexists(os.path.join(folder, ".git")):
        return Listing((), (name,))
    listing = list_files(folder)
    return Listing(
        tuple(f"{name}/{file}" for file in listing.files),
        tuple(f"{name}/{other}" for other in listing.foreign),
    )


def _walked(root: str, folders: Sequence[str], beside: Sequence[str], named: set[str]) -> Listing:
    unopened: list[str] = []
    found = set(_walk(root, folders, beside, unopened))
    return Listing(tuple(sorted(found | named)), unopened=tuple(unopened), uses_git=False)


def _escape(path: str) -> str:
    return "".join(f"\\{sign}" if sign in "*?[\\" else sign for sign in path)


def _walk(
    root: str, folders: Sequence[str], beside: Sequence[str], unopened: list[str]
) -> Iterator[str]:
    rules: dict[str, GitIgnoreSpec | None] = {}
    for folder in beside:
        yield from _walk_folder(root, folder, rules, unopened, deep=False)
    for folder in folders or (() if beside else (".",)):
        top = "" if folder == "." else folder
        yield from _walk_folder(root, top, rules, unopened, deep=True)


def _walk_folder(
    root: str,
    top: str,
    rules: dict[str, GitIgnoreSpec | None],
    unopened: list[str],
    *,
    deep: bool,
) -> Iterator[str]:
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name)
        except OSError:
            unopened.append(folder or ".")
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
