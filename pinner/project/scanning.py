"""Read files and scan them, several at a time where they are many."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import ScanError
from pinner.model.occurrence import Problem
from pinner.project.file_state import FileState  # noqa: TC001 - decoded by annotations
from pinner.project.scan_cache import Result, content_hash
from pinner.project.second_process import Helper, processors
from pinner.project.workspace import MissingError, TooLargeError
from pinner.scanners.file_names import is_plain, name_matcher
from pinner.scanners.scanner import ScanOptions  # noqa: TC001 - decoded by annotations
from pinner.spans.source import decode_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinner.project.workspace import Files
    from pinner.scanners.mentions import RecognisingScanner
    from pinner.scanners.scanner import Scanner
    from pinner.spans.source import Source

Job = tuple[str, tuple[str, ...]]

_POINTER = b"version https://git-lfs.github.com/spec/"
# A further process pays from so many files on (measured: 2 ms against 0.02 to 0.5 ms a file).
_FEW = 200
_FIRST = 10
# Files are handed out in portions, since one may take as long as a hundred others.
_PORTIONS = 50
# A Dockerfile in UTF-16 is none; the engines of YAML read it.
_NOT_WIDE = frozenset({"dockerfile"})
_MOST_PROCESSES = 8


class Scanned(Struct):
    """What one file gave, and the states and contents of the files that it was made from.

    `is_lasting` is false where something could not be read, `is_absent` true where the file itself
    is not there, `is_pointer` where Git LFS keeps its content elsewhere. `recognised` are scanners
    that knew the file by its content.
    """

    results: list[Result] = field(default_factory=list)
    sources: dict[str, tuple[FileState | None, str | None]] = field(default_factory=dict)
    is_lasting: bool = True
    is_absent: bool = False
    is_pointer: bool = False
    recognised: tuple[str, ...] = ()

    @property
    def hashes(self) -> dict[str, str | None]:
        """The hashes of the contents."""
        return {path: digest for path, (_, digest) in self.sources.items()}


class FileReader(Struct, frozen=True, dict=True):  # dict: for what is found out once
    """Reads files for scanners; `overlay` holds contents that stand in for those on the disk."""

    files: Files
    scanners: Mapping[str, Scanner]
    options: ScanOptions
    folders: Mapping[str, Sequence[str]]
    overlay: Mapping[str, bytes]

    @cached_property
    def _recognising(self) -> Mapping[str, RecognisingScanner]:
        """The scanners that know files by their content, too."""
        scanners: Mapping[str, Any] = self.scanners
        return {
            name: own
            for name, own in scanners.items()
            if name not in self.options.excluded and hasattr(own, "recognises")
        }

    def key(self, path: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Name all that a file's results depend on beside contents: scanners, and files beside."""
        return (*names, *(other for name in names for other in self._beside(path, name)))

    def hash_of(self, path: str) -> str | None:
        """Hash a file's content; None where it cannot be read."""
        try:
            return content_hash(self.files.read(path))
        except ScanError:
            return None

    def scan(self, path: str, names: tuple[str, ...]) -> Scanned:
        """Scan a file; what cannot be read is among the results. A file that is gone has none."""
        scanned = Scanned()
        try:
            content = self._read(path, scanned)
            if content.startswith(_POINTER):
                return Scanned(is_lasting=False, is_pointer=True)
            scanned.recognised = self._recognised(path, content, names)
            scanned.is_lasting = scanned.is_lasting and not scanned.recognised
            for name in (*names, *scanned.recognised):
                if scanned.results and getattr(self.scanners[name], "is_last_resort", False):
                    continue
                scanned.results += self._scan_as(path, content, self.scanners[name], scanned)
        except MissingError:
            return Scanned(is_lasting=False, is_absent=True)
        except ScanError as error:
            if not isinstance(error, TooLargeError) or self._may_hold(path, names):
                scanned.results.append(Problem(error.file, error.line, error.message))
        return scanned

    def _may_hold(self, path: str, names: tuple[str, ...]) -> bool:
        """Say whether a file that is too large to be read could be one of its formats.

        Disks and archives may be called as units of Quadlet are.
        """
        for name in names:
            scanner: Any = self.scanners[name]
            if getattr(scanner, "has_escapes", True):
                return True
            if all(self.files.holds_any(path, group) for group in scanner.words):
                return True
        return False

    def _scan_as(
        self, path: str, content: bytes, scanner: Scanner, scanned: Scanned
    ) -> Iterator[Result]:
        if not scanner.may_hold(content, self.options):
            return
        from pinner.scanners.embedded import read_embedded  # noqa: PLC0415 - start-up

        source = self._decoded(path, content, scanner, scanned)
        found = scanner.scan(source, self.options)
        yield from read_embedded(found, source, self.scanners, scanner.name)

    def source(self, path: str, scanner_name: str) -> Source:
        """Read a file as a scanner is given it; raises ScanError."""
        scanned = Scanned()
        content = self._read(path, scanned)
        return self._decoded(path, content, self.scanners[scanner_name], scanned)

    def _decoded(self, path: str, content: bytes, scanner: Scanner, scanned: Scanned) -> Source:
        source = decode_source(path, content, wide=scanner.name not in _NOT_WIDE)
        if not scanner.companions:
            return source
        return replace(source, companions=self._companions(path, scanner, scanned))

    def _recognised(self, path: str, content: bytes, names: tuple[str, ...]) -> tuple[str, ...]:
        """Name the scanners that know their files by content, for YAML of any name."""
        if not self.options.by_content or not path.endswith((".yaml", ".yml")):
            return ()
        return tuple(
            name
            for name, scanner in self._recognising.items()
            if name not in names and scanner.recognises(content)
        )

    def _beside(self, path: str, scanner_name: str) -> list[str]:
        """Name the files of the folder that a scanner wants beside a path."""
        wanted = self.scanners[scanner_name].companions
        if not wanted:
            return []
        folder, _, own = path.rpartition("/")
        names = self.folders.get(folder, ())
        if len(wanted) == 1 and is_plain(wanted[0]):
            return [wanted[0]] if wanted[0] != own and wanted[0] in names else []
        matches = name_matcher(wanted)
        return [name for name in names if name != own and matches(name)]

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
            content, state = self.files.load(path)
        except ScanError:
            scanned.is_lasting = False
            raise
        scanned.sources[path] = (state, content_hash(content))
        return content


def scan_all(reader: FileReader, jobs: Sequence[Job], busy: int = 0) -> Sequence[Scanned]:
    """Scan files in order, by several processes where that pays and is safe.

    So many processors are `busy` with something else of ours.
    """
    processes = min(processors() - busy, _MOST_PROCESSES, len(jobs) // _FEW + 1)
    if processes <= 1:
        return scan_each(reader, jobs)
    # What the first files make scanners import is there for the others, in every process.
    first, others = scan_each(reader, jobs[:_FIRST]), jobs[_FIRST:]
    size = len(others) // _PORTIONS + 1
    portions = [others[at : at + size] for at in range(0, len(others), size)]
    tickets = _Tickets(len(portions))
    helpers: list[Helper] = [
        Helper(lambda: _scan_portions(reader, portions, tickets)) for _ in range(1, processes)
    ]
    try:
        found = _scan_portions(reader, portions, tickets)
        for helper in helpers:
            found |= helper.results(dict[int, list[Scanned]]) or {}
    finally:
        tickets.close()
        for helper in helpers:
            helper.stop()
    for at, portion in enumerate(portions):
        if at not in found:  # a helper took it, and did not come back
            found[at] = scan_each(reader, portion)
    return [*first, *(scanned for at in range(len(portions)) for scanned in found[at])]


def scan_each(reader: FileReader, jobs: Iterable[Job]) -> list[Scanned]:
    """Scan files in order, here."""
    return [reader.scan(path, names) for path, names in jobs]


def _scan_portions(
    reader: FileReader, portions: Sequence[Sequence[Job]], tickets: _Tickets
) -> dict[int, list[Scanned]]:
    """Scan portions that no other process has taken, until none is left."""
    return {at: scan_each(reader, portions[at]) for at in tickets}


class _Tickets:
    """The numbers from 0 to `count`, below 256, each of which one of several processes gets."""

    def __init__(self, count: int) -> None:
        """Put them into a pipe, of which every byte is read once."""
        self._pipe, writer = os.pipe()
        os.write(writer, bytes(range(count)))
        os.close(writer)

    def __iter__(self) -> Iterator[int]:
        """Take one after the other."""
        while taken := os.read(self._pipe, 1):
            yield taken[0]

    def close(self) -> None:
        """Let nobody take more."""
        os.close(self._pipe)
