"""Build what commands need: the project, its settings, caches, and the way to registries."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner import __version__
from pinner.model.errors import ConfigError, ScanError, UsageError
from pinner.pins.wishes import Wishes
from pinner.project.cache_folder import cache_folder
from pinner.project.git import find_top
from pinner.project.listing import find_root, is_root
from pinner.project.scan_cache import ScanCache, code_state, content_hash
from pinner.project.settings import Settings
from pinner.project.survey import Surveyor
from pinner.project.workspace import Workspace
from pinner.scanners.all_scanners import BUILT_IN, all_scanners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pinner.cli.proving import Prover
    from pinner.model.resolver import Observer
    from pinner.project.snapshot import Snapshot
    from pinner.project.workspace import Files
    from pinner.registry.client import RegistryClient
    from pinner.registry.host_rules import HostRules
    from pinner.scanners.scanner import Scanner

CONFIG = "pinner.toml"
PYPROJECT = "pyproject.toml"
TABLES: Mapping[str, tuple[str, ...]] = {CONFIG: (), PYPROJECT: ("tool", "pinner")}


class Project(Struct, frozen=True):
    """A project as a command sees it; `scopes` are the paths it was given, below the root."""

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

    def begin_survey(self, ahead: tuple[int, int] | None = None) -> Surveyor:
        """Make the same for a gate: only projects inside that are configured are left alone.

        Files are listed from now on, while other things are done; `ahead` is a process that scans
        already, and its pipe.
        """
        begun = self.surveyor.begin(self.scopes, ahead)
        return replace(begun, inner_projects=inner_projects(self))

    def shown(self, path: str) -> str:
        """Write a path below the root as it is seen from where the user stands."""
        return self._from(os.getcwd(), path)

    def shown_from_top(self, path: str) -> str:
        """Write a path below the root as it is seen from the top of the repository."""
        return self._from(find_top(self.workspace.root) or self.workspace.root, path)

    def _from(self, folder: str, path: str) -> str:
        if folder == self.workspace.root:
            return path
        absolute = os.path.join(self.workspace.real_root, path)
        return os.path.relpath(absolute, os.path.realpath(folder)).replace(os.sep, "/")

    @property
    def has_known_scanners(self) -> bool:
        """Say whether all scanners are pinner's own: others may change at any time."""
        return self.scanners.keys() == BUILT_IN.keys()

    def _scan_cache(self) -> ScanCache:
        file = None
        is_kept = self.cache_folder is not None and self.snapshot is None
        if is_kept and self.has_known_scanners:
            file = f"{self.cache_folder}/scans/{_name_of(self.workspace.root)}.json"
        identity = (
            f"{__version__} {code_state()} {self.settings.image_paths} {self.settings.by_content} "
            f"{self.settings.pins_helm_tags}"
            if file
            else ""
        )
        return ScanCache(file, identity)

    @property
    def journal(self) -> Path:
        """Where it is noted what a write may leave behind if it is killed."""
        from pathlib import Path

        folder = self.cache_folder or cache_folder()
        return Path(folder, "staged", _name_of(self.workspace.root))

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
        for folder in inner_projects(project)
    ]  # fmt: skip
    return found + inner


def inner_projects(project: Project) -> tuple[str, ...]:
    """Give the folders inside a project that its settings make projects of their own."""
    if not project.settings.projects:
        return ()
    from pathlib import Path

    root = Path(project.workspace.root)
    folders = {
        folder.relative_to(root).as_posix()
        for pattern in project.settings.projects
        for folder in root.glob(pattern)
        if folder.is_dir() and folder != root and is_root(str(folder))
    }
    return tuple(sorted(folders))


def at_revision(project: Project, name: str) -> Project:
    """Give a project as it was at a commit, with the settings that it had; raises GitError."""
    from pinner.project.snapshot import Snapshot

    snapshot = Snapshot.of_commit(project.workspace.root, name)
    settings = read_settings(snapshot, tuple(project.scanners))
    return replace(project, settings=settings, snapshot=snapshot, scopes=())


def without_mirrors(project: Project) -> Project:
    """Give a project whose registries are asked themselves."""
    registries = {
        host: replace(settings, mirrors=())
        for host, settings in project.settings.registries.items()
    }
    settings = replace(project.settings, registries=registries)
    return replace(project, settings=settings, uses_mirrors=False)


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
        from pinner.cli.proving import require_extra
        from pinner.project.trust_rules import with_files

        require_extra()
        return with_files(settings, files)
    except ScanError as error:
        raise ConfigError(str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the configuration of {files.root} is not UTF-8") from error


def wishes_of(settings: Settings, *, lock_only: bool = False) -> Wishes:
    """Turn settings into what a plan needs."""
    return Wishes(
        platforms=settings.platforms,
        style=settings.style,
        rewrite=settings.rewrite and not lock_only,
        lock_composed_only=settings.lock_composed_only,
        trust=settings.trust_rules,
    )


def state_file(project: Project) -> Path:
    """Where it is kept when digests were first seen, unless a file is named."""
    from pathlib import Path

    return Path(cache_folder(), "seen", f"{_name_of(project.workspace.root)}.json")


def _name_of(root: str) -> str:
    return content_hash(os.fsencode(os.path.realpath(root)))[:32]


def host_rules(project: Project) -> HostRules:
    """Read what the user's machine says of registries, if the project wants it."""
    from pathlib import Path

    from pinner.registry.host_rules import HostRules

    if not project.settings.use_host_config:
        return HostRules()
    from pinner.registry.host_files import read_host_rules

    root = project.workspace.root
    return read_host_rules(Path(find_top(root) or root))


def make_client(project: Project) -> RegistryClient:
    """Make the client for the project's registries."""
    from pathlib import Path

    from pinner.registry.cache import ContentCache
    from pinner.registry.client import RegistryClient
    from pinner.registry.credentials import Credentials
    from pinner.registry.hosts import Hosts
    from pinner.registry.session import HttpSession

    root = project.workspace.root
    top = Path(find_top(root) or root)
    rules = replace(host_rules(project), uses_mirrors=project.uses_mirrors)
    hosts = Hosts(project.settings.registries, Path(root), top, rules=rules)
    http = HttpSession(
        concurrency=hosts.concurrency,
        ca_file=hosts.ca_file,
        user_agent=f"pinner/{__version__}",
    )
    folder = Path(project.cache_folder, "content") if project.cache_folder else None
    return RegistryClient(http, hosts, Credentials(), ContentCache(folder))


@contextmanager
def resolver_maker(project: Project, *, proves: bool = True) -> Iterator[Callable[[], Observer]]:
    """Give what makes a resolver; its progress is shown where standard error is a terminal.

    A digest that does not prove what the project's rules ask for is a failure, if it `proves`.
    """
    with ExitStack() as stack:

        def make() -> Observer:
            from pinner.cli.terminal import progress, shows_progress
            from pinner.registry.resolver import RegistryResolver

            show = stack.enter_context(progress()) if shows_progress() else None
            client = make_client(project)
            resolver = RegistryResolver(client, show)
            rules = project.settings.trust_rules
            if not (proves and rules):
                return resolver
            from pinner.cli.proving import prover_of
            from pinner.evidence.resolver import ProvingResolver

            return ProvingResolver(resolver, rules, prover_of(client, rules))

        yield make


def prover(project: Project) -> Prover | None:
    """Give what proves digests by the project's rules; None where it has no rules."""
    rules = project.settings.trust_rules
    if not rules:
        return None
    from pinner.cli.proving import prover_of

    return prover_of(make_client(project), rules)
