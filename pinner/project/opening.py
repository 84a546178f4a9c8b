"""Find the project of some paths, and read its settings."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.errors import ConfigError, ScanError, UsageError
from pinner.project.cache_folder import cache_folder
from pinner.project.listing import PYPROJECT, find_root, is_root
from pinner.project.project import Project
from pinner.project.settings import Settings
from pinner.project.workspace import Workspace
from pinner.scanners.all_scanners import all_scanners

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.project.snapshot import Snapshot
    from pinner.project.workspace import Files

CONFIG = "pinner.toml"
TABLES: Mapping[str, tuple[str, ...]] = {CONFIG: (), PYPROJECT: ("tool", "pinner")}


def open_project(paths: Sequence[str], *, use_cache: bool = True, use_git: bool = True) -> Project:
    """Find the project of the given paths, or of the current folder, and read its settings.

    Raises UsageError, for paths of several projects too, and ConfigError.
    """
    roots = _group_by_root(paths)
    if len(roots) > 1:
        raise UsageError(
            f"these paths are of several projects ({', '.join(roots)}); name those of one"
        )
    ((root, own),) = roots.items()
    return _open(root, own, use_cache=use_cache, use_git=use_git)


def open_projects(
    paths: Sequence[str], *, use_cache: bool = True, use_git: bool = True, staged: bool = False
) -> list[Project]:
    """Find the projects of the given paths, and those that the only one of them configures.

    With `staged` their files are those of the index. Raises UsageError, ConfigError, GitError.
    """
    found = [
        _open(root, own, use_cache=use_cache, use_git=use_git, staged=staged)
        for root, own in _group_by_root(paths).items()
    ]
    inner = [
        _open(os.path.join(project.workspace.root, folder), (), use_cache=use_cache,
              use_git=use_git, staged=staged)
        for project in found
        if not project.scopes
        for folder in project.inner_projects
    ]  # fmt: skip
    return found + inner


def open_commit(top: str, name: str) -> list[Project]:
    """Open what a commit holds, and the projects inside that it configures.

    `top` is a work tree's or a GitDirectory; nothing is checked out, and no file beside git's is
    read. Raises ConfigError and GitError.
    """
    from pinner.project.snapshot import Snapshot

    own = _of_snapshot(Snapshot.of_commit(top, name))
    return [own, *(_of_snapshot(_below(own, folder)) for folder in own.inner_projects)]


def _below(project: Project, folder: str) -> Snapshot:
    if project.snapshot is None:
        raise ValueError(f"{project} is no commit's")
    return project.snapshot.below(folder)


def _of_snapshot(snapshot: Snapshot) -> Project:
    scanners = all_scanners()
    settings = read_settings(snapshot, tuple(scanners))
    workspace = Workspace(snapshot.root, use_git=False)
    return Project(workspace, settings, scanners, (), None, snapshot)


def at_revision(project: Project, name: str) -> Project:
    """Give a project as it was at a commit, with the settings that it had; raises GitError."""
    from pinner.project.snapshot import Snapshot

    snapshot = Snapshot.of_commit(project.workspace.root, name)
    settings = read_settings(snapshot, tuple(project.scanners))
    return replace(project, settings=settings, snapshot=snapshot, scopes=())


def _group_by_root(paths: Sequence[str]) -> dict[str, list[str]]:
    """Find the root of each path; paths without one share the folder that holds them all."""
    roots: dict[str, list[str]] = {}
    lost = []
    for path in paths or ("",):
        if path and not os.path.lexists(path):
            raise UsageError(f"{path}: there is no such file or folder")
        try:
            start = os.path.abspath(path)
        except FileNotFoundError as error:
            raise UsageError("the current folder is not there any more") from error
        folder = start if os.path.isdir(start) else os.path.dirname(start)
        root = find_root(folder)
        if not is_root(root):
            lost.append(folder)
        roots.setdefault(root, []).extend([path] if path else [])
    if len(lost) > 1 and len(lost) == len(paths):
        with suppress(ValueError):  # of Windows: they are on different drives
            return {os.path.commonpath(lost): list(paths)}
    return roots


def _open(
    root: str,
    paths: Sequence[str],
    *,
    use_cache: bool,
    use_git: bool,
    staged: bool = False,
) -> Project:
    workspace = Workspace(root, use_git)
    snapshot = None
    if staged:
        from pinner.project.snapshot import Snapshot

        snapshot = Snapshot.of_index(root)
    scanners = all_scanners()
    settings = read_settings(snapshot or workspace, tuple(scanners))
    scopes = tuple(dict.fromkeys(workspace.relative(path) for path in paths))
    if "." in scopes:
        scopes = ()
    cache = cache_folder() if use_cache else None
    return Project(workspace, settings, scanners, scopes, cache, snapshot)


def settings_file(files: Files) -> str:
    """Name the file that settings come from, or would."""
    if not files.state(CONFIG) and files.state(PYPROJECT) and b"pinner" in files.read(PYPROJECT):
        return PYPROJECT
    return CONFIG


def read_settings(files: Files, scanners: tuple[str, ...]) -> Settings:
    """Read `pinner.toml`, or the table of `pyproject.toml`, or take the defaults."""
    try:
        path = settings_file(files)
        if not files.state(path):
            return Settings()
        from pinner.project.config import load_settings

        text = files.read(path).decode("utf-8")
        settings = load_settings(text, path, scanners, table=TABLES[path])
        if not settings.trust_rules:
            return settings
        from pinner.project.trust_rules import require_extra, with_files

        require_extra()
        return with_files(settings, files)
    except ScanError as error:
        raise ConfigError(str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the configuration of {files.root} is not UTF-8") from error
