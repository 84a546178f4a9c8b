"""A project: its files, its settings, its caches, and what scans it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner import __version__
from pinner.project.cache_folder import cache_folder
from pinner.project.git import find_top
from pinner.project.listing import is_root
from pinner.project.scan_cache import ScanCache, cache_file, code_state, name_in_cache
from pinner.project.surveyor import Surveyor
from pinner.scanners.all_scanners import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pinner.project.scan_ahead import Ahead
    from pinner.project.settings import Settings
    from pinner.project.snapshot import Snapshot
    from pinner.project.workspace import Files, Workspace
    from pinner.scanners.scanner import Scanner


class Project(Struct, frozen=True):
    """A project as a command sees it; `scopes` are the paths it was given, below the root.

    `snapshot` stands for the files on the disk; `today` for the date.
    """

    workspace: Workspace
    settings: Settings
    scanners: Mapping[str, Scanner]
    scopes: tuple[str, ...]
    cache_folder: str | None
    snapshot: Snapshot | None = None
    uses_mirrors: bool = True
    today: str = ""

    @property
    def files(self) -> Files:
        """Where the files come from: the disk, unless a snapshot of git's stands in for it."""
        return self.snapshot or self.workspace

    @property
    def surveyor(self) -> Surveyor:
        """Make what scans the project's files; projects inside it are left alone."""
        return Surveyor(
            self.files, self.scanners, self.settings, self._scan_cache, today=self.today
        )

    def begin_survey(self, ahead: Ahead | None = None) -> Surveyor:
        """Make the same for a gate: only projects inside that are configured are left alone.

        Files are listed from now on, and scanned where none is known, while other things are done;
        what does so may have begun before.
        """
        begun = self.surveyor.begin(self.scopes, ahead)
        return replace(begun, inner_projects=self.inner_projects)

    def shown(self, path: str) -> str:
        """Write a path below the root as it is seen from where the user stands."""
        return self.shown_from(os.getcwd(), path)

    def shown_from_top(self, path: str) -> str:
        """Write a path below the root as it is seen from the top of the repository."""
        return self.shown_from(find_top(self.workspace.root) or self.workspace.root, path)

    def shown_from(self, folder: str, path: str) -> str:
        """Write a path below the root as it is seen from a folder."""
        if folder == self.workspace.root:
            return path
        absolute = os.path.join(self.workspace.real_root, path)
        try:
            shown = os.path.relpath(absolute, os.path.realpath(folder))
        except ValueError:  # of Windows: it is on another drive
            shown = absolute
        return shown.replace(os.sep, "/")

    @property
    def has_known_scanners(self) -> bool:
        """Say whether all scanners are pinner's own: others may change at any time."""
        return self.scanners.keys() == BUILT_IN.keys()

    @property
    def state_file(self) -> Path:
        """Where it is kept when digests were first seen, unless a file is named."""
        from pathlib import Path

        return Path(cache_folder(), "seen", f"{name_in_cache(self.workspace.root)}.json")

    @property
    def inner_projects(self) -> tuple[str, ...]:
        """The folders inside that the settings make projects of their own."""
        if not self.settings.projects:
            return ()
        if self.snapshot is not None:
            return tuple(
                path
                for path in self.snapshot.inner_roots()
                if any(matches_folder(path, text) for text in self.settings.projects)
            )
        from pathlib import Path

        root = Path(self.workspace.root)
        folders = {
            folder.relative_to(root).as_posix()
            for pattern in self.settings.projects
            for folder in root.glob(pattern)
            if folder.is_dir() and folder != root and is_root(str(folder))
        }
        return tuple(sorted(folders))

    def without_mirrors(self) -> Project:
        """Give a project whose registries are asked themselves."""
        registries = {
            host: replace(settings, mirrors=())
            for host, settings in self.settings.registries.items()
        }
        settings = replace(self.settings, registries=registries)
        return replace(self, settings=settings, uses_mirrors=False)

    def _scan_cache(self) -> ScanCache:
        file = None
        if self.cache_folder and self.snapshot is None and self.has_known_scanners:
            file = cache_file(self.cache_folder, self.workspace.root)
        return ScanCache(file, self._scans_identity)

    def _scans_identity(self) -> str:
        settings = self.settings
        return (
            f"{__version__} {code_state()} {settings.image_paths} {settings.by_content} "
            f"{settings.pins_helm_tags}"
        )

    @property
    def journal(self) -> Path:
        """Where it is noted what a write may leave behind if it is killed."""
        from pathlib import Path

        folder = self.cache_folder or cache_folder()
        return Path(folder, "staged", name_in_cache(self.workspace.root))

    @property
    def lock_files(self) -> tuple[Path, ...]:
        """Where the lock may be that keeps two processes from writing at once.

        The second place is for users without a folder of their own to write to.
        """
        from pathlib import Path
        from tempfile import gettempdir

        name = f"{name_in_cache(self.workspace.root)}.lock"
        folder = Path(self.cache_folder or cache_folder())
        return folder / "locks" / name, Path(gettempdir()) / f"pinner-{name}"


def matches_folder(path: str, pattern: str) -> bool:
    """Say whether a folder is one that `Path.glob` would find by a pattern."""
    from fnmatch import fnmatchcase

    parts = path.split("/")
    reached = {0}  # numbers of parts that the pattern may have covered so far
    for wanted in pattern.split("/"):
        if wanted == "**":
            reached = set(range(min(reached, default=len(parts) + 1), len(parts) + 1))
        elif wanted not in {"", "."}:
            reached = {
                at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], wanted)
            }
    return len(parts) in reached
