"""Choose the files that are read, and the scanners that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import UsageError
from pinner.project.listing import PROJECT_MARKERS, select_files
from pinner.scanners.file_names import name_chooser

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.project.settings import Settings
    from pinner.project.workspace import Files
    from pinner.scanners.scanner import Scanner

_MARKS = tuple(f"/{name}" for name in PROJECT_MARKERS)
# What others wrote and somebody copied here; it is read where `include` or an argument names it.
_COPIED = frozenset({"vendor", "node_modules", "third_party"})


class Choice(Struct, frozen=True, kw_only=True):
    """The scanners for each file, and how many files were passed over.

    `copied` counts those of folders such as `vendor`, `excluded` those that the configuration
    leaves out.
    """

    jobs: Mapping[str, tuple[str, ...]]
    copied: int = 0
    excluded: int = 0


def choose_jobs(  # noqa: PLR0913 - all that a choice depends on
    files: Files,
    listed: Sequence[str],
    scanners: Mapping[str, Scanner],
    settings: Settings,
    *,
    scopes: Sequence[str] = (),
    scanner: str | None = None,
    inner_projects: Sequence[str] | None = (),
) -> Choice:
    """Choose by name, or the named scanner whatever the names of the scopes.

    What lies in the folders of `inner_projects` is left out; with None, in all that bear the mark
    of a project.
    Raises UsageError where no scanner reads a file that is named.
    """
    named = set(scopes).intersection(listed)
    inside = [path for path in listed if _is_inside(path, scopes)] if scopes else listed
    others = _marked_folders(listed) if inner_projects is None else inner_projects
    if others:
        inside = [path for path in inside if not _is_inside(path, others)]
    wanted = {
        path: names
        for path, names in _readers(inside, scanners, settings)
        if names or path in named or scanner is not None
    }
    kept = set(select_files(list(wanted), settings.include, settings.exclude))
    kept.update(select_files(sorted(named & wanted.keys()), (), settings.exclude))
    own = {path for path in kept if not _is_copied(path, scopes)}
    if settings.include:
        own.update(select_files(sorted(kept - own), settings.include, ()))
    jobs = {}
    for path in sorted(own):
        names = wanted[path]
        if scanner is not None:
            names = (scanner,) if path in named or scanner in names else ()
        if names:
            jobs[path] = names
        elif path in named:
            raise UsageError(
                f"{path}: no scanner reads files of this name; choose one with --scanner "
                f"({', '.join(scanners)})"
            )
    return Choice(
        jobs=_without_second_names(files, jobs),
        copied=sum(bool(wanted[path]) for path in kept - own),
        excluded=sum(bool(names) for path, names in wanted.items() if path not in kept),
    )


def _marked_folders(listed: Sequence[str]) -> list[str]:
    """Give the folders below the root that hold a configuration or lockfile of their own."""
    return sorted(
        path.rpartition("/")[0] for path in listed if path.endswith(_MARKS) and "/" in path
    )


def _readers(
    paths: Iterable[str], scanners: Mapping[str, Scanner], settings: Settings
) -> Iterable[tuple[str, tuple[str, ...]]]:
    choose = name_chooser({name: own.patterns for name, own in scanners.items()})
    if not any(settings.files.values()):
        return ((path, choose(path)) for path in paths)
    paths = list(paths)
    extra = {
        name: set(select_files(paths, patterns, ()))
        for name, patterns in settings.files.items()
        if patterns
    }

    def names_of(path: str) -> tuple[str, ...]:
        usual = choose(path)
        return tuple(name for name in scanners if name in usual or path in extra.get(name, ()))

    return ((path, names_of(path)) for path in paths)


def _is_copied(path: str, scopes: Sequence[str]) -> bool:
    """Say whether a path lies in a copied folder; what a scope names is nobody's copy."""
    if not _COPIED.intersection(path.split("/")[:-1]):
        return False
    named = max((scope for scope in scopes if _is_inside(path, (scope,))), key=len, default="")
    return bool(_COPIED.intersection(path.removeprefix(named).split("/")[:-1]))


def _without_second_names(
    files: Files, jobs: dict[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Let a link's scanners read the file it leads to: a file is read and edited once."""
    merged = dict(jobs)
    for link in sorted(path for path in jobs if files.is_link(path)):
        target = files.link_target(link)
        if target is None or target == link:
            continue  # what cannot be followed is said by whoever reads it
        del merged[link]
        known = merged.get(target, ())
        merged[target] = (*known, *(name for name in jobs[link] if name not in known))
    return dict(sorted(merged.items()))


def _is_inside(path: str, scopes: Sequence[str]) -> bool:
    return any(path == scope or path.startswith(f"{scope}/") for scope in scopes)
