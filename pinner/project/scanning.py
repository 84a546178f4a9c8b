"""Read files and scan them, several at a time where they are many."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pinner.model.errors import ScanError
from pinner.model.occurrence import Problem
from pinner.project.scan_cache import content_hash
from pinner.project.workspace import MissingError
from pinner.scanners.embedded import read_embedded
from pinner.scanners.scanner import name_pattern
from pinner.spans.source import decode_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinner.project.file_state import FileState
    from pinner.project.scan_cache import Result
    from pinner.project.workspace import Workspace
    from pinner.scanners.scanner import Scanner, ScanOptions
    from pinner.spans.source import Source

Job = tuple[str, tuple[str, ...]]

# Below this a second process costs more than it saves (measured: some 50 ms against 0.1 ms a file).
_MANY = 1000
_CHUNK = 200
_MOST_PROCESSES = 8


@dataclass
class Scanned:
    """What one file gave, and the states and contents of the files that it was made from.

    `is_lasting` is false where something could not be read.
    """

    results: list[Result] = field(default_factory=list)
    sources: dict[str, tuple[FileState | None, str | None]] = field(default_factory=dict)
    is_lasting: bool = True

    @property
    def hashes(self) -> dict[str, str | None]:
        """The hashes of the contents."""
        return {path: digest for path, (_, digest) in self.sources.items()}


@dataclass(frozen=True)
class FileReader:
    """Reads files for scanners; `overlay` holds contents that stand in for those on the disk."""

    workspace: Workspace
    scanners: Mapping[str, Scanner]
    options: ScanOptions
    folders: Mapping[str, Sequence[str]]
    overlay: Mapping[str, bytes]

    def key(self, path: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Name all that a file's results depend on beside contents: scanners, and files beside."""
        return (*names, *(other for name in names for other in self._beside(path, name)))

    def hash_of(self, path: str) -> str | None:
        """Hash a file's content; None where it cannot be read."""
        try:
            return content_hash(self.workspace.read(path))
        except ScanError:
            return None

    def scan(self, path: str, names: tuple[str, ...]) -> Scanned:
        """Scan a file; what cannot be read is among the results. A file that is gone has none."""
        scanned = Scanned()
        try:
            content = self._read(path, scanned)
            for name in names:
                scanned.results += self._scan_as(path, content, self.scanners[name], scanned)
        except MissingError:
            return Scanned(is_lasting=False)
        except ScanError as error:
            scanned.results.append(Problem(error.file, error.line, error.message))
        return scanned

    def _scan_as(
        self, path: str, content: bytes, scanner: Scanner, scanned: Scanned
    ) -> Iterator[Result]:
        if not scanner.may_hold(content, self.options):
            return
        source = decode_source(path, content)
        if scanner.companions:
            source = replace(source, companions=self._companions(path, scanner, scanned))
        found = scanner.scan(source, self.options)
        yield from read_embedded(found, source, self.scanners, scanner.name)

    def _beside(self, path: str, scanner_name: str) -> list[str]:
        """Name the files of the folder that a scanner wants beside a path."""
        wanted = self.scanners[scanner_name].companions
        if not wanted:
            return []
        folder, _, own = path.rpartition("/")
        matches = name_pattern(wanted).fullmatch
        return [name for name in self.folders.get(folder, ()) if name != own and matches(name)]

    def _companions(self, path: str, scanner: Scanner, scanned: Scanned) -> dict[str, Source]:
        folder, slash, _ = path.rpartition("/")
        found = {}
        for name in self._beside(path, scanner.name):
            other = f"{folder}{slash}{name}"
            try:
                found[name] = decode_source(other, self._read(other, scanned))
            except MissingError:
                scanned.is_lasting = False
        return found

    def _read(self, path: str, scanned: Scanned) -> bytes:
        if path in self.overlay:
            return self.overlay[path]
        try:
            content, state = self.workspace.load(path)
        except ScanError:
            scanned.is_lasting = False
            raise
        scanned.sources[path] = (state, content_hash(content))
        return content


def scan_all(reader: FileReader, jobs: Sequence[Job]) -> Iterable[Scanned]:
    """Scan files in order, by several processes where that pays and is safe."""
    processes = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if len(jobs) < _MANY or processes < 2:
        return [reader.scan(path, names) for path, names in jobs]
    from multiprocessing import get_context  # noqa: PLC0415 - for many files only

    chunks = [jobs[at : at + _CHUNK] for at in range(0, len(jobs), _CHUNK)]
    # A forked process has the reader already; only jobs and results travel.
    context = get_context("fork")
    with context.Pool(min(processes, _MOST_PROCESSES), _remember, (reader,)) as pool:
        return [scanned for part in pool.map(_scan_chunk, chunks, 1) for scanned in part]


_readers: list[FileReader] = []


def _remember(reader: FileReader) -> None:
    """Set up a worker: an interrupt is for its parent, which then ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _readers.append(reader)


def _scan_chunk(jobs: Sequence[Job]) -> list[Scanned]:
    return [_readers[-1].scan(path, names) for path, names in jobs]
