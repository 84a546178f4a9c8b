"""Build what commands need: the project, its settings, caches, and the way to registries."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner import __version__
from pinner.model.errors import ConfigError, ScanError, UsageError
from pinner.pins.wishes import Wishes
from pinner.project.listing import find_root
from pinner.project.scan_cache import ScanCache, code_state, content_hash
from pinner.project.settings import Settings
from pinner.project.survey import Surveyor
from pinner.project.workspace import Workspace
from pinner.scanners.all_scanners import BUILT_IN, all_scanners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pinner.registry.client import RegistryClient
    from pinner.registry.resolver import RegistryResolver
    from pinner.scanners.scanner import Scanner

_CONFIG = "pinner.toml"
_PYPROJECT = "pyproject.toml"


class Project(Struct, frozen=True):
    """A project as a command sees it; `scopes` are the paths it was given, below the root."""

    workspace: Workspace
    settings: Settings
    scanners: Mapping[str, Scanner]
    scopes: tuple[str, ...]
    cache_folder: str | None

    @property
    def surveyor(self) -> Surveyor:
        """Make what scans the project's files."""
        return Surveyor(self.workspace, self.scanners, self.settings, self._scan_cache)

    def begin_survey(self) -> Surveyor:
        """Make the same; git lists the files from now on, while other things are done."""
        begun = self.workspace.begin_listing(self.scopes)
        return replace(self.surveyor, finish_listing=begun)

    @property
    def has_known_scanners(self) -> bool:
        """Say whether all scanners are pinner's own: others may change at any time."""
        return self.scanners.keys() == BUILT_IN.keys()

    def _scan_cache(self) -> ScanCache:
        file = None
        if self.cache_folder is not None and self.has_known_scanners:
            file = f"{self.cache_folder}/scans/{_name_of(self.workspace.root)}.json"
        identity = f"{__version__} {code_state()} {self.settings.image_paths}" if file else ""
        return ScanCache(file, identity)

    @property
    def lock_files(self) -> tuple[Path, ...]:
        """Where the lock may be that keeps two processes from writing at once.

        The second place is for users without a folder of their own to write to.
        """
        from pathlib import Path
        from tempfile import gettempdir

        name = f"{_name_of(self.workspace.root)}.lock"
        folder = Path(self.cache_folder or cache_folder())
        return folder / "locks" / name, Path(gettempdir()) / f"pinner-{name}"


def open_project(paths: Sequence[str], *, use_cache: bool = True) -> Project:
    """Find the project of the given paths, or of the current folder, and read its settings.

    Raises UsageError and ConfigError.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{path}: there is no such file or folder")
    try:
        start = os.path.abspath(paths[0] if paths else ".")
    except FileNotFoundError as error:
        raise UsageError("the current folder is not there any more") from error
    folder = start if os.path.isdir(start) else os.path.dirname(start)
    workspace = Workspace(find_root(folder))
    scanners = all_scanners()
    settings = read_settings(workspace, tuple(scanners))
    scopes = tuple(dict.fromkeys(workspace.relative(path) for path in paths))
    if "." in scopes:
        scopes = ()
    cache = cache_folder() if use_cache else None
    return Project(workspace, settings, scanners, scopes, cache)


def read_settings(workspace: Workspace, scanners: tuple[str, ...]) -> Settings:
    """Read `pinner.toml`, or the table of `pyproject.toml`, or take the defaults."""
    try:
        if workspace.state(_CONFIG):
            from pinner.project.config import load_settings

            text = workspace.read(_CONFIG).decode("utf-8")
            return load_settings(text, _CONFIG, scanners)
        if workspace.state(_PYPROJECT):
            content = workspace.read(_PYPROJECT)
            if b"pinner" in content:
                from pinner.project.config import load_settings

                text = content.decode("utf-8")
                return load_settings(text, _PYPROJECT, scanners, table=("tool", "pinner"))
    except ScanError as error:
        raise ConfigError(str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the configuration of {workspace.root} is not UTF-8") from error
    return Settings()


def wishes_of(settings: Settings, *, lock_only: bool = False) -> Wishes:
    """Turn settings into what a plan needs."""
    return Wishes(
        platforms=settings.platforms,
        style=settings.style,
        rewrite=settings.rewrite and not lock_only,
        lock_composed_only=settings.lock_composed_only,
    )


def cache_folder() -> str:
    """Give the user's cache folder; `PINNER_CACHE_DIR` names another."""
    if named := os.environ.get("PINNER_CACHE_DIR"):
        return named
    if sys.platform == "linux":  # as platformdirs does, without its import
        base = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        return os.path.join(base, "pinner")
    from platformdirs import user_cache_dir

    return user_cache_dir("pinner")


def state_file(project: Project) -> Path:
    """Where it is kept when digests were first seen, unless a file is named."""
    from pathlib import Path

    return Path(cache_folder(), "seen", f"{_name_of(project.workspace.root)}.json")


def _name_of(root: str) -> str:
    return content_hash(os.fsencode(os.path.realpath(root)))[:32]


def make_client(project: Project) -> RegistryClient:
    """Make the client for the project's registries."""
    from pathlib import Path

    from pinner.registry.cache import ContentCache
    from pinner.registry.client import RegistryClient
    from pinner.registry.credentials import Credentials
    from pinner.registry.hosts import Hosts
    from pinner.registry.session import HttpSession

    hosts = Hosts(project.settings.registries, Path(project.workspace.root))
    http = HttpSession(
        concurrency=hosts.concurrency,
        ca_file=hosts.ca_file,
        user_agent=f"pinner/{__version__}",
    )
    folder = Path(project.cache_folder, "content") if project.cache_folder else None
    return RegistryClient(http, hosts, Credentials(), ContentCache(folder))


@contextmanager
def resolver_maker(project: Project) -> Iterator[Callable[[], RegistryResolver]]:
    """Give what makes a resolver; its progress is shown where standard error is a terminal."""
    with ExitStack() as stack:

        def make() -> RegistryResolver:
            from pinner.registry.resolver import RegistryResolver

            show = stack.enter_context(_progress()) if sys.stderr.isatty() else None
            return RegistryResolver(make_client(project), show)

        yield make


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("asking registries", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
