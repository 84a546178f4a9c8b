"""Look through the project's files: find what scanners read, and what they find there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import UsageError
from pinner.model.occurrence import Found, Occurrence, Problem, Reason, Skipped
from pinner.pins.policy import apply_ignores
from pinner.project.listing import begin_listing, list_files, select_files
from pinner.project.scanning import FileReader, scan_all
from pinner.scanners.file_names import name_chooser
from pinner.scanners.scanner import ScanOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pinner.project.scan_cache import Result, ScanCache
    from pinner.project.settings import Settings
    from pinner.project.workspace import Workspace
    from pinner.scanners.scanner import Scanner


class Survey(Struct, frozen=True, kw_only=True):
    """What was found; occurrences are sorted by file, line and column.

    `jobs` names the scanners that read each file, `hashes` tells the contents that spans
    belong to.
    """

    occurrences: tuple[Occurrence, ...]
    problems: tuple[Problem, ...]
    jobs: Mapping[str, tuple[str, ...]]
    hashes: Mapping[str, str]
    is_partial: bool = False

    @property
    def scope(self) -> frozenset[str] | None:
        """The files that were looked at; None for the whole project."""
        return frozenset(self.jobs) if self.is_partial else None

    @property
    def unread(self) -> frozenset[str]:
        """The files that could not be read, wholly or in part."""
        return frozenset(problem.file for problem in self.problems)


class Surveyor(Struct, frozen=True):
    """What a survey needs to know: the files, who reads them, and what the settings say.

    `finish_listing` is there where listing the files that are to be surveyed was begun before.
    """

    workspace: Workspace
    scanners: Mapping[str, Scanner]
    settings: Settings
    open_cache: Callable[[], ScanCache]
    finish_listing: Callable[[], list[str]] | None = None

    def survey(self, scopes: Sequence[str] = (), scanner: str | None = None) -> Survey:
        """Scan what lies below scopes; a scanner may be named for files whatever they are called.

        Raises UsageError where no scanner reads a file that is named.
        """
        finish_listing = self.finish_listing or begin_listing(self.workspace.root, scopes)
        cache = self.open_cache()
        listed = finish_listing()
        jobs = self._without_second_names(dict(self._jobs(listed, scopes, scanner)))
        reader = self._reader(_by_folder(listed))
        results: list[Result] = []
        hashes: dict[str, str | None] = {}
        unknown = []
        keys = {path: reader.key(path, names) for path, names in jobs.items()}
        for path, names in jobs.items():
            known = cache.find(path, keys[path], self.workspace.state, reader.hash_of)
            if known is None:
                unknown.append((path, names))
            else:
                results += known[0]
                hashes |= known[1]
        for (path, _), scanned in zip(unknown, scan_all(reader, unknown), strict=True):
            results += scanned.results
            hashes |= scanned.hashes
            if scanned.is_lasting:
                cache.store(path, keys[path], scanned.sources, scanned.results)
        cache.save(None if scopes else set(jobs))
        return self._summary(results, hashes, jobs, is_partial=bool(scopes))

    def survey_content(self, path: str, content: bytes, scanner: str) -> Survey:
        """Scan content that stands in no file."""
        reader = self._reader({}, {path: content})
        results = reader.scan(path, (scanner,)).results
        return self._summary(results, {}, {path: (scanner,)}, is_partial=True)

    def rescan(
        self, survey: Survey, paths: Iterable[str], contents: Mapping[str, bytes]
    ) -> tuple[Occurrence, ...]:
        """Scan files of a survey again as they would be with other contents."""
        reader = self._reader(_by_folder(list_files(self.workspace.root, sorted(paths))), contents)
        results = [found for p in paths for found in reader.scan(p, survey.jobs[p]).results]
        return self._summary(results, {}, survey.jobs, is_partial=True).occurrences

    def _reader(
        self, folders: Mapping[str, Sequence[str]], overlay: Mapping[str, bytes] | None = None
    ) -> FileReader:
        options = ScanOptions(image_paths=self.settings.image_paths)
        return FileReader(self.workspace, self.scanners, options, folders, overlay or {})

    def _summary(
        self,
        results: Sequence[Result],
        hashes: Mapping[str, str | None],
        jobs: Mapping[str, tuple[str, ...]],
        *,
        is_partial: bool,
    ) -> Survey:
        problems = {result for result in results if isinstance(result, Problem)}
        occurrences = _merge(result for result in results if not isinstance(result, Problem))
        return Survey(
            occurrences=tuple(apply_ignores(occurrences, self.settings.ignore)),
            problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line))),
            jobs=jobs,
            hashes={path: digest for path, digest in hashes.items() if digest},
            is_partial=is_partial,
        )

    def _jobs(
        self, listed: Sequence[str], scopes: Sequence[str], scanner: str | None
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        named = {scope for scope in scopes if scope in listed}
        inside = [path for path in listed if _is_inside(path, scopes)] if scopes else listed
        selected = select_files(inside, self.settings.include, self.settings.exclude)
        kept = set(select_files(sorted(named), (), self.settings.exclude))
        candidates = sorted({*selected, *kept}) if kept else selected
        choose = name_chooser({name: own.patterns for name, own in self.scanners.items()})
        extra = {
            name: set(select_files(candidates, patterns, ()))
            for name, patterns in self.settings.files.items()
            if patterns
        }
        for path in candidates:
            names = choose(path.rpartition("/")[2])
            if extra:
                names = tuple(n for n in self.scanners if n in names or path in extra.get(n, ()))
            if scanner is not None:
                names = (scanner,) if path in named or scanner in names else ()
            if names:
                yield path, names
            elif path in named:
                raise UsageError(
                    f"{path}: no scanner reads files of this name; choose one with --scanner "
                    f"({', '.join(self.scanners)})"
                )

    def _without_second_names(self, jobs: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Drop links to files that are scanned anyway: a file is read and edited once."""
        links = {path for path in jobs if self.workspace.is_link(path)}
        targets = jobs.keys() - links
        dropped = set()
        for path in sorted(links):
            target = self.workspace.link_target(path)
            if target is not None and target in targets:
                dropped.add(path)
            elif target is not None:
                targets.add(target)
        return {path: names for path, names in jobs.items() if path not in dropped}


def _is_inside(path: str, scopes: Sequence[str]) -> bool:
    return any(path == scope or path.startswith(f"{scope}/") for scope in scopes)


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(name)
    return folders


def _merge(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Sort, and make one of those that different files lead to and that one edit serves."""
    merged: dict[tuple[object, ...], Occurrence] = {}
    for seen in occurrences:
        place = seen.place
        key = (place.file, place.line, place.column, place.text)
        known = merged.get(key)
        if known is None or isinstance(known, Skipped):
            merged[key] = seen
        elif isinstance(seen, Found) and known.reference != seen.reference:
            merged[key] = Skipped(known.place, Reason.UNSUPPORTED_EDIT, known.reference)
    return sorted(
        merged.values(), key=lambda seen: (seen.place.file, seen.place.line, seen.place.column)
    )
