"""Look through the project's files: find what scanners read, and what they find there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import LockfileError
from pinner.model.occurrence import Problem
from pinner.project.locked import read_lockfile
from pinner.project.scan_ahead import LARGE_LOCKFILE, Ahead
from pinner.project.scanning import FileReader, scan_all
from pinner.project.second_process import processors
from pinner.scanners.file_names import name_chooser
from pinner.scanners.scanner import ScanOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pinner.model.occurrence import Occurrence
    from pinner.project.listing import Listing
    from pinner.project.scan_cache import Result, ScanCache
    from pinner.project.scanning import Job, Scanned
    from pinner.project.settings import Settings
    from pinner.project.survey import Survey
    from pinner.project.workspace import Files
    from pinner.scanners.scanner import Scanner


class Surveyor(Struct, frozen=True):
    """What a survey needs to know: the files, who reads them, and what the settings say.

    `finish_listing` is there where listing the files that are to be surveyed was begun before,
    `ahead` where scanning some was.
    `inner_projects` are the folders that are left alone: None for all that bear a project's mark.
    `today` is the date by which ignores end, as 2027-01-01; that of UTC where it is empty.
    """

    files: Files
    scanners: Mapping[str, Scanner]
    settings: Settings
    open_cache: Callable[[], ScanCache]
    finish_listing: Callable[[], Listing] | None = None
    inner_projects: tuple[str, ...] | None = None
    ahead: Ahead | None = None
    today: str = ""

    def begin(self, scopes: Sequence[str] = (), ahead: Ahead | None = None) -> Surveyor:
        """Begin what a survey of scopes takes: files are listed, and scanned where none is known.

        What scans ahead may have begun before. Nothing is told before `survey` asks.
        """
        finish = self.files.begin_listing(scopes)
        cache = self.open_cache()
        may_scan = not scopes and cache.is_empty and processors() > 1
        if jobs := self._locked_jobs() if may_scan else []:
            ahead = ahead or Ahead()
            ahead.ask(self.files.root, self._options, jobs)
        elif ahead is not None:
            ahead.drop()
            ahead = None
        return replace(self, finish_listing=finish, open_cache=lambda: cache, ahead=ahead)

    def _locked_jobs(self) -> list[Job]:
        """Give the files of a large lockfile and their scanners, if these want no files beside.

        They hold references, where they are still there.
        """
        state = self.files.state(self.settings.lockfile)
        if state is None or state.size < LARGE_LOCKFILE:
            return []
        try:
            lockfile, _ = read_lockfile(self.files, self.settings.lockfile)
        except LockfileError:
            return []  # which is said when it is read for good
        scanners = self._asked_scanners()
        choose = name_chooser({name: own.patterns for name, own in scanners.items()})
        paths = sorted({path for image in lockfile.images for path in image.files})
        jobs = [(path, names) for path in paths if (names := choose(path))]
        return [job for job in jobs if not any(scanners[name].companions for name in job[1])]

    def survey(self, scopes: Sequence[str] = (), scanner: str | None = None) -> Survey:
        """Scan what lies below scopes; a scanner may be named for files whatever they are called.

        Raises UsageError where no scanner reads a file that is named.
        """
        # What scans ahead does without these: they are imported while it is at work.
        from pinner.model.findings import PassedOver  # noqa: PLC0415
        from pinner.project.following import follow_mentions  # noqa: PLC0415
        from pinner.project.jobs import choose_jobs  # noqa: PLC0415

        finish_listing = self.finish_listing or self.files.begin_listing(scopes)
        cache = self.open_cache()
        listing = finish_listing()
        choice = choose_jobs(
            self.files,
            listing.files,
            self._asked_scanners(),
            self.settings,
            scopes=scopes,
            scanner=scanner,
            inner_projects=self.inner_projects,
        )
        jobs = dict(choice.jobs)
        self.files.prepare(jobs)
        reader = self._reader(_by_folder(listing.files))
        results: list[Result] = []
        hashes: dict[str, str | None] = {}
        unknown = []
        keys = {path: reader.key(path, names) for path, names in jobs.items()}
        for path, names in jobs.items():
            known = cache.find(path, keys[path], self.files.state, reader.hash_of)
            if known is None:
                unknown.append((path, names))
            else:
                results += known[0]
                hashes |= known[1]
        absent, pointers = [], set()
        for (path, _), scanned in self._scan(reader, unknown):
            results += scanned.results
            if scanned.is_absent:
                absent.append(path)
            if scanned.is_pointer:
                pointers.add(path)
            if scanned.recognised:
                jobs[path] = (*jobs[path], *scanned.recognised)
            hashes |= scanned.hashes
            if scanned.is_lasting:
                cache.store(path, keys[path], scanned.sources, scanned.results)
        cache.save(None if scopes else set(jobs))
        followed = follow_mentions(reader, jobs, scopes)
        results = followed.applied(self._dated([*results, *followed.results]))
        hashes |= {path: digest for one in followed.scanned for path, digest in one.hashes.items()}
        jobs |= followed.jobs
        results += [Problem(folder, 0, "cannot be opened") for folder in listing.unopened]
        survey = self._summary(results, hashes, jobs, is_partial=bool(scopes))
        return replace(
            survey,
            unknown=frozenset(pointers | self.files.unchecked(absent)),
            passed_over=PassedOver(
                choice.copied,
                choice.excluded,
                listing.foreign,
                unread=len({seen.place.file for seen in survey.looks_like}),
            ),
        )

    def _scan(self, reader: FileReader, jobs: Sequence[Job]) -> Iterator[tuple[Job, Scanned]]:
        """Scan files that nothing is known of; those that are scanned ahead come last."""
        if self.ahead is None:
            yield from zip(jobs, scan_all(reader, jobs), strict=True)
            return
        begun = frozenset(self.ahead.jobs)
        others = [job for job in jobs if job not in begun]
        yield from zip(others, scan_all(reader, others, busy=1), strict=True)
        wanted = begun.intersection(jobs)
        found = self.ahead.results(self.files.root, reader.options)
        yield from ((job, found[job]) for job in sorted(wanted & found.keys()))
        missing = sorted(wanted - found.keys())
        yield from zip(missing, scan_all(reader, missing), strict=True)

    def survey_content(self, path: str, content: bytes, scanner: str) -> Survey:
        """Scan content that stands in no file."""
        reader = self._reader({}, {path: content})
        results = list(self._dated(reader.scan(path, (scanner,)).results))
        return self._summary(results, {}, {path: (scanner,)}, is_partial=True)

    def rescan(
        self, survey: Survey, paths: Iterable[str], contents: Mapping[str, bytes]
    ) -> tuple[Occurrence, ...]:
        """Scan files of a survey again as they would be with other contents."""
        from pinner.project.following import follow_mentions  # noqa: PLC0415 - as in `survey`

        listing = self.files.begin_listing(sorted(paths))()
        reader = self._reader(_by_folder(listing.files), contents)
        results = [found for p in paths for found in reader.scan(p, survey.jobs[p]).results]
        followed = follow_mentions(reader, survey.jobs)
        results = followed.applied(self._dated([*results, *followed.results]))
        return self._summary(results, {}, survey.jobs, is_partial=True).occurrences

    def _dated(self, results: Iterable[Result]) -> Iterator[Result]:
        from pinner.project.directives import judge_directives  # noqa: PLC0415 - as in `survey`

        return judge_directives(results, self.today)

    def _summary(
        self,
        results: Sequence[Result],
        hashes: Mapping[str, str | None],
        jobs: Mapping[str, tuple[str, ...]],
        *,
        is_partial: bool,
    ) -> Survey:
        from pinner.project.survey import survey_of  # noqa: PLC0415 - as in `survey`

        ignore = self.settings.ignore
        return survey_of(results, hashes, jobs, ignore=ignore, is_partial=is_partial)

    def _asked_scanners(self) -> Mapping[str, Scanner]:
        excluded = self.settings.excluded_formats
        if not excluded:
            return self.scanners
        return {name: own for name, own in self.scanners.items() if name not in excluded}

    def _reader(
        self, folders: Mapping[str, Sequence[str]], overlay: Mapping[str, bytes] | None = None
    ) -> FileReader:
        return FileReader(self.files, self.scanners, self._options, folders, overlay or {})

    @property
    def _options(self) -> ScanOptions:
        settings = self.settings
        return ScanOptions(
            settings.image_paths,
            settings.by_content,
            settings.pins_helm_tags,
            settings.excluded_formats,
        )


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(name)
    return folders
