"""Look through the project's files: find what scanners read, and what they find there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pinner.errors import ScanError, UsageError
from pinner.occurrence import Found, Occurrence, Problem, Reason, Skipped
from pinner.policy import apply_ignores
from pinner.scan_cache import content_hash
from pinner.scanner import ScanOptions, decode_source, name_pattern
from pinner.workspace import select_files

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinner.config import Settings
    from pinner.file_state import FileState
    from pinner.scan_cache import Result, ScanCache
    from pinner.scanner import Scanner, Source
    from pinner.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
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


@dataclass(frozen=True, slots=True)
class Surveyor:
    """What a survey needs to know: the files, who reads them, and what the settings say."""

    workspace: Workspace
    scanners: Mapping[str, Scanner]
    settings: Settings
    cache: ScanCache

    def survey(self, scopes: Sequence[str] = (), scanner: str | None = None) -> Survey:
        """Scan what lies below scopes; a scanner may be named for files whatever they are called.

        Raises UsageError where no scanner reads a file that is named.
        """
        listed = self.workspace.list_files(scopes)
        jobs = dict(self._jobs(listed, scopes, scanner))
        pending = _Scanning(self, _by_folder(listed))
        found = {path: pending.results(path, names) for path, names in jobs.items()}
        self.cache.save(None if scopes else set(jobs))
        return pending.summary(found, jobs, is_partial=bool(scopes))

    def survey_content(self, path: str, content: bytes, scanner: str) -> Survey:
        """Scan content that stands in no file."""
        pending = _Scanning(self, {}, {path: content})
        jobs = {path: (scanner,)}
        found = {path: list(pending.scan(path, (scanner,)))}
        return pending.summary(found, jobs, is_partial=True)

    def rescan(
        self, survey: Survey, paths: Iterable[str], contents: Mapping[str, bytes]
    ) -> tuple[Occurrence, ...]:
        """Scan files of a survey again as they would be with other contents."""
        folders = _by_folder(self.workspace.list_files(sorted(paths)))
        pending = _Scanning(self, folders, contents)
        found = {path: list(pending.scan(path, survey.jobs[path])) for path in paths}
        again = pending.summary(found, survey.jobs, is_partial=True)
        return again.occurrences

    def _jobs(
        self, listed: Sequence[str], scopes: Sequence[str], scanner: str | None
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        named = {scope for scope in scopes if scope in listed}
        inside = [path for path in listed if not scopes or _is_inside(path, scopes)]
        selected = select_files(inside, self.settings.include, self.settings.exclude)
        kept = set(select_files(sorted(named), (), self.settings.exclude))
        matchers = self._matchers()
        for path in sorted({*selected, *kept}):
            names = tuple(name for name, matches in matchers.items() if matches(path))
            if scanner is not None:
                names = (scanner,) if path in named or scanner in names else ()
            if names:
                yield path, names
            elif path in named:
                raise UsageError(
                    f"{path}: no scanner reads files of this name; choose one with --scanner "
                    f"({', '.join(self.scanners)})"
                )

    def _matchers(self) -> dict[str, _Matcher]:
        return {
            name: _Matcher(name_pattern(scanner.patterns), self.settings.files.get(name, ()))
            for name, scanner in self.scanners.items()
        }


class _Matcher:
    """Says whether a scanner reads a path, by its name or by the configuration's patterns."""

    def __init__(self, names: re.Pattern[str], extra: Sequence[str]) -> None:
        self._names = names
        self._extra = extra

    def __call__(self, path: str) -> bool:
        if self._names.fullmatch(path.rpartition("/")[2]):
            return True
        return bool(self._extra) and bool(select_files((path,), self._extra, ()))


def _is_inside(path: str, scopes: Sequence[str]) -> bool:
    return any(path == scope or path.startswith(f"{scope}/") for scope in scopes)


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(name)
    return folders


@dataclass
class _Scanning:
    """One pass over files; contents that stand in for those on the disk come in `overlay`."""

    surveyor: Surveyor
    folders: Mapping[str, Sequence[str]]
    overlay: Mapping[str, bytes] = field(default_factory=dict)
    sources: dict[str, tuple[FileState | None, str | None]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    failed: bool = False

    def results(self, path: str, names: tuple[str, ...]) -> list[Result]:
        workspace, cache = self.surveyor.workspace, self.surveyor.cache
        key = (*names, *(name for scanner in names for name in self.beside(path, scanner)))
        known = cache.find(path, key, workspace.state, self.hash_of)
        if known is not None:
            results, hashes = known
            self.hashes |= {source: digest for source, digest in hashes.items() if digest}
            return results
        if workspace.state(path) is None and not workspace.is_link(path):
            return []  # listed by git, but deleted
        self.sources, self.failed = {}, False
        results = list(self.scan(path, names))
        if not self.failed:
            cache.store(path, key, self.sources, results)
        return results

    def hash_of(self, path: str) -> str | None:
        try:
            return content_hash(self.surveyor.workspace.read(path))
        except ScanError:
            return None

    def scan(self, path: str, names: tuple[str, ...]) -> Iterator[Result]:
        try:
            content = self.read(path)
            for name in names:
                yield from self.scan_as(path, content, self.surveyor.scanners[name])
        except ScanError as error:
            yield Problem(error.file, error.line, error.message)

    def scan_as(self, path: str, content: bytes, scanner: Scanner) -> Iterator[Result]:
        options = ScanOptions(image_paths=self.surveyor.settings.image_paths)
        if not scanner.may_hold(content, options):
            return
        source = decode_source(path, content)
        if scanner.companions:
            source = replace(source, companions=self.companions(path, scanner))
        yield from scanner.scan(source, options)

    def beside(self, path: str, scanner_name: str) -> list[str]:
        """Name the files of the folder that a scanner wants beside a path."""
        wanted = self.surveyor.scanners[scanner_name].companions
        if not wanted:
            return []
        folder, _, own = path.rpartition("/")
        matches = name_pattern(wanted).fullmatch
        return [name for name in self.folders.get(folder, ()) if name != own and matches(name)]

    def companions(self, path: str, scanner: Scanner) -> dict[str, Source]:
        folder, slash, _ = path.rpartition("/")
        found = {}
        for name in self.beside(path, scanner.name):
            other = f"{folder}{slash}{name}"
            if other in self.overlay or self.surveyor.workspace.state(other):
                found[name] = decode_source(other, self.read(other))
            else:
                self.sources[other] = (None, None)
        return found

    def read(self, path: str) -> bytes:
        if path in self.overlay:
            return self.overlay[path]
        state = self.surveyor.workspace.state(path)
        try:
            content = self.surveyor.workspace.read(path)
        except ScanError:
            self.failed = True
            raise
        digest = content_hash(content)
        self.sources[path] = (state, digest)
        self.hashes[path] = digest
        return content

    def summary(
        self,
        found: Mapping[str, Sequence[Result]],
        jobs: Mapping[str, tuple[str, ...]],
        *,
        is_partial: bool,
    ) -> Survey:
        results = [result for members in found.values() for result in members]
        problems = {result for result in results if isinstance(result, Problem)}
        occurrences = _merge(result for result in results if not isinstance(result, Problem))
        return Survey(
            occurrences=tuple(apply_ignores(occurrences, self.surveyor.settings.ignore)),
            problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.line))),
            jobs=jobs,
            hashes=self.hashes,
            is_partial=is_partial,
        )


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
