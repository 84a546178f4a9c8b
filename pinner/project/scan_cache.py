"""What earlier scans found, kept in the user's cache folder, so that a file is scanned once.

An entry counts only while every file it was made from is as it was.
Its state tells that if it is older than the scan; otherwise its content does.
The folder may be deleted at any moment.
It is believed only while it is the user's own and nobody else can write to it.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from pinner.model.occurrence import Found, Problem, Skipped
from pinner.project.file_state import FileState  # noqa: TC001 - decoded by annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# File systems keep times in steps, of two seconds at the worst.
_CLOCK_STEP = 2_000_000_000
_WRITABLE_BY_OTHERS = 0o022

Result = Found | Skipped | Problem


class _Entry(Struct, array_like=True):
    """The results for a file, and the states and contents of what they were made from."""

    recorded: int
    scanners: tuple[str, ...]
    sources: dict[str, tuple[FileState | None, str | None]]
    results: tuple[Result, ...]


class _Entries(Struct):
    """A cache file: `identity` names all that results depend on beside the files."""

    identity: str
    entries: dict[str, _Entry] = field(default_factory=dict)


def content_hash(content: bytes) -> str:
    """Give what tells two contents apart."""
    return str(_blake2b()(content, digest_size=20).hexdigest())


def name_in_cache(root: str) -> str:
    """Give what tells a project's files in the cache folder from those of others."""
    return content_hash(os.fsencode(os.path.realpath(root)))[:32]


def cache_file(folder: str, root: str) -> str:
    """Name the file in the cache folder that keeps the scans of a project."""
    return f"{folder}/scans/{name_in_cache(root)}.json"


@cache
def _blake2b() -> Any:
    """Give the function of hashlib, without OpenSSL where Python has it in a module of its own."""
    try:
        import _blake2  # noqa: PLC0415
    except ImportError:
        from hashlib import blake2b  # noqa: PLC0415

        return blake2b
    return _blake2.blake2b


def code_state() -> int:
    """Tell versions of what scans apart that bear the same number."""
    newest = 0
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    pending = [os.path.join(package, folder) for folder in ("model", "spans", "scanners")]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    newest = max(newest, entry.stat().st_mtime_ns)
                elif "." not in entry.name and entry.name != "__pycache__":
                    pending.append(entry.path)
    return newest


class ScanCache:
    """The entries of one project; `file` is None where nothing is to be kept."""

    def __init__(self, file: str | None, identify: Callable[[], str]) -> None:
        """Begin; `identify` names all that results depend on beside the files."""
        self._file = file
        self._identify = identify
        self._changed = False
        self.started = time.time_ns()

    @cached_property
    def _data(self) -> _Entries:
        """What is there, read when it is asked for."""
        return _load(self._file, self._identify()) if self._file else _Entries("")

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is known yet, of a project that is to be kept."""
        if self._file is None:
            return False
        return not os.path.lexists(self._file) or not self._data.entries

    def find(
        self,
        path: str,
        scanners: Sequence[str],
        state_of: Callable[[str], FileState | None],
        hash_of: Callable[[str], str | None],
    ) -> tuple[tuple[Result, ...], dict[str, str | None]] | None:
        """Give the results for a path and the hashes of the files they came from, if they count."""
        entry = self._data.entries.get(path)
        if entry is None or entry.scanners != tuple(scanners):
            return None
        renewed = False
        for source, (state, digest) in entry.sources.items():
            now = state_of(source)
            settled = now is None or now.is_older_than(entry.recorded - _CLOCK_STEP)
            if now == state and settled:
                continue
            if hash_of(source) != digest:
                return None
            renewed = True
        hashes = {source: digest for source, (_, digest) in entry.sources.items()}
        if renewed:
            states = {source: (state_of(source), digest) for source, digest in hashes.items()}
            self.store(path, scanners, states, entry.results)
        return entry.results, hashes

    def store(
        self,
        path: str,
        scanners: Sequence[str],
        sources: Mapping[str, tuple[FileState | None, str | None]],
        results: Sequence[Result],
    ) -> None:
        """Keep the results that came from files in these states with these contents."""
        entry = _Entry(self.started, tuple(scanners), dict(sources), tuple(results))
        with suppress(UnicodeEncodeError):  # a name that is no text is not kept
            "\n".join((path, *sources)).encode()
            self._data.entries[path] = entry
            self._changed = True

    def save(self, paths: set[str] | None) -> None:
        """Write the entries, those of `paths` alone if given; a folder that refuses is let be."""
        entries = self._data.entries
        gone = set() if paths is None else entries.keys() - paths
        if self._file is None or not (self._changed or gone):
            return
        for path in gone:
            del entries[path]
        temporary = f"{self._file}.{os.getpid()}.tmp"
        with suppress(OSError, UnicodeEncodeError):
            content = msgspec.json.encode(self._data)
            _make_own(os.path.dirname(self._file))
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(temporary, flags, 0o600), "wb") as written:
                written.write(content)
            os.replace(temporary, self._file)


def _load(file: str, identity: str) -> _Entries:
    with suppress(OSError, ValueError, msgspec.MsgspecError):
        if not _is_own(os.lstat(os.path.dirname(file))):
            return _Entries(identity)
        with open(os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as kept:
            status = os.fstat(kept.fileno())
            if stat.S_ISREG(status.st_mode) and _is_own(status):
                data = msgspec.json.decode(kept.read(), type=_Entries)
                if data.identity == identity:
                    return data
    return _Entries(identity)


def _is_own(status: os.stat_result) -> bool:
    """Say whether a file or folder is this user's, and nobody else can write to it."""
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS


def _make_own(folder: str) -> None:
    """Make a folder that only this user can enter; raises OSError where it is another's."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if sys.platform != "win32":
        status = os.lstat(folder)
        if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
            raise PermissionError(f"{folder} is not this user's")
        if stat.S_IMODE(status.st_mode) != 0o700:
            os.chmod(folder, 0o700)
