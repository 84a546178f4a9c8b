"""What earlier scans found, kept in the user's cache folder, so that a file is scanned once.

An entry counts only while every file it was made from is as it was.
Its state tells that if it is older than the scan; otherwise its content does.
The folder may be deleted at any moment.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pinner.model.occurrence import Found, Occurrence, Place, Problem, Reason, Site, Skipped, Span
from pinner.model.reference import ImageReference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pinner.project.file_state import FileState

# File systems keep times in steps, of two seconds at the worst.
_CLOCK_STEP = 2_000_000_000

Result = Occurrence | Problem


def content_hash(content: bytes) -> str:
    """Give what tells two contents apart."""
    return blake2b(content, digest_size=20).hexdigest()


class ScanCache:
    """The entries of one project; `file` is None where nothing is to be kept."""

    def __init__(self, file: Path | None, identity: str) -> None:
        """Read what is there; `identity` names all that results depend on beside the files."""
        self._file = file
        self._identity = identity
        self._entries: dict[str, Any] = self._load() if file else {}
        self._changed = False
        self.started = time.time_ns()

    def _load(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            data = json.loads(self._file.read_bytes()) if self._file else None
            if isinstance(data, dict) and data.get("identity") == self._identity:
                entries = data.get("entries")
                return entries if isinstance(entries, dict) else {}
        return {}

    def find(
        self,
        path: str,
        scanners: Sequence[str],
        state_of: Callable[[str], FileState | None],
        hash_of: Callable[[str], str | None],
    ) -> tuple[list[Result], dict[str, str | None]] | None:
        """Give the results for a path and the hashes of the files they came from, if they count."""
        try:
            recorded, names, sources, rows = self._entries[path]
            if names != list(scanners):
                return None
            renewed = False
            for source, (state, digest) in sources.items():
                now = state_of(source)
                same = (list(now) if now else None) == state
                settled = now is None or now.is_older_than(recorded - _CLOCK_STEP)
                if same and settled:
                    continue
                if hash_of(source) != digest:
                    return None
                renewed = True
            results = [_from_row(row) for row in rows]
            hashes = {source: digest for source, (_, digest) in sources.items()}
        except (KeyError, TypeError, ValueError, IndexError):
            return None
        if renewed:
            self.store(path, scanners, {s: (state_of(s), h) for s, h in hashes.items()}, results)
        return results, hashes

    def store(
        self,
        path: str,
        scanners: Sequence[str],
        sources: Mapping[str, tuple[FileState | None, str | None]],
        results: Sequence[Result],
    ) -> None:
        """Keep the results that came from files in these states with these contents."""
        kept = {source: [state, digest] for source, (state, digest) in sources.items()}
        rows = [_to_row(result) for result in results]
        self._entries[path] = [self.started, list(scanners), kept, rows]
        self._changed = True

    def save(self, paths: set[str] | None) -> None:
        """Write the entries, those of `paths` alone if given; a folder that refuses is let be."""
        gone = set() if paths is None else self._entries.keys() - paths
        if self._file is None or not (self._changed or gone):
            return
        for path in gone:
            del self._entries[path]
        temporary = self._file.with_name(f"{self._file.name}.{os.getpid()}.tmp")
        data = {"identity": self._identity, "entries": self._entries}
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
            temporary.replace(self._file)


def _to_row(result: Result) -> list[Any]:
    if isinstance(result, Problem):
        return ["problem", result.file, result.line, result.message]
    place = result.place
    head = [place.file, place.line, place.column, place.scanner, place.where, place.text]
    reference = str(result.reference) if result.reference else None
    if isinstance(result, Skipped):
        return ["skipped", *head, reference, result.reason.value]
    site = result.site
    if site is None:
        return ["found", *head, reference]
    spans = [[span.start, span.end] if span else None for span in (site.digest, site.tag)]
    flags = [site.has_at, site.tag_alone, site.implied_tag, site.composed]
    return ["found", *head, reference, site.end, *spans, *flags]


def _from_row(row: list[Any]) -> Result:
    if row[0] == "problem":
        return Problem(row[1], row[2], row[3])
    file, line, column, scanner, where, text = row[1:7]
    place = Place(file=file, line=line, column=column, scanner=scanner, where=where, text=text)
    reference = ImageReference.parse(row[7]) if row[7] else None
    if row[0] == "skipped":
        return Skipped(place, Reason(row[8]), reference)
    if reference is None:
        raise ValueError("an entry without its reference")
    if len(row) == 8:
        return Found(place, reference, None)
    end, digest, tag, has_at, tag_alone, implied_tag, composed = row[8:]
    site = Site(
        end=end,
        digest=Span(*digest) if digest else None,
        tag=Span(*tag) if tag else None,
        has_at=has_at,
        tag_alone=tag_alone,
        implied_tag=implied_tag,
        composed=composed,
    )
    return Found(place, reference, site)
