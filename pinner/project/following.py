"""Follow what files say of others: read what they name, and what their builds are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Problem, Reason, Skipped
from pinner.scanners.mentions import BuiltImage, Mention

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.model.reference import ImageReference
    from pinner.project.scan_cache import Result
    from pinner.project.scanning import FileReader, Scanned
    from pinner.spans.source import Source

_MOST_FILES = 2_000


class Followed(Struct):
    """What following brought: further results and files, and what changes earlier results.

    `contexts` are the names that a build of a Dockerfile has from outside, `built` the images that
    are built here, `resolved` the places whose variables are given a value.
    """

    results: list[Result] = field(default_factory=list)
    jobs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scanned: list[Scanned] = field(default_factory=list)
    contexts: dict[str, set[str]] = field(default_factory=dict)
    built: set[ImageReference] = field(default_factory=set)
    resolved: set[tuple[str, int, int]] = field(default_factory=set)

    def applied(self, results: Iterable[Result]) -> list[Result]:
        """Take what is built here, or given a value, into account."""
        return [self._judged(result) for result in results if not self._is_resolved(result)]

    def _is_resolved(self, result: Result) -> bool:
        if not isinstance(result, Skipped) or result.reason is not Reason.UNSET_VARIABLE:
            return False
        return (result.place.file, result.place.line, result.place.column) in self.resolved

    def _judged(self, result: Result) -> Result:
        if not isinstance(result, Found) or result.reference.digest is not None:
            return result
        named = self.contexts.get(result.place.file, ())
        if result.reference in self.built or (named and _context_of(result) in named):
            return Skipped(result.place, Reason.BUILT_LOCALLY, result.reference)
        return result


def _context_of(seen: Found) -> str:
    return seen.reference.familiar.removesuffix(":latest")


def follow_mentions(
    reader: FileReader, jobs: Mapping[str, tuple[str, ...]], scopes: Sequence[str] = ()
) -> Followed:
    """Read what is mentioned until nothing new is; with scopes, no file outside them."""
    followed = Followed()
    speaking = {name for name, own in reader.scanners.items() if hasattr(own, "mentions")}
    pending = [(path, name) for path, names in jobs.items() for name in names if name in speaking]
    seen = set(pending)
    while pending and len(followed.jobs) < _MOST_FILES:
        path, name = pending.pop()
        scanner: Any = reader.scanners[name]
        source = _source_of(reader, path, name)
        if source is None:
            continue
        for said in scanner.mentions(source):
            if isinstance(said, BuiltImage):
                followed.built.add(said.reference)
                continue
            for mention in _single_files(said, reader, jobs):
                known = followed.jobs.get(mention.path) or jobs.get(mention.path, ())
                if mention.format not in known:
                    if not _is_read(reader, mention, path, followed, scopes):
                        continue
                    followed.jobs[mention.path] = (*known, mention.format)
                further = (mention.path, mention.format)
                if mention.format in speaking and further not in seen:
                    seen.add(further)
                    pending.append(further)
                _build(reader, mention, source, name, followed)
    return followed


def _single_files(
    mention: Mention, reader: FileReader, jobs: Mapping[str, tuple[str, ...]]
) -> list[Mention]:
    """Give a mention for each file that is meant."""
    if not mention.pattern:
        return [mention]
    listed = {
        f"{folder}/{name}" if folder else name
        for folder, names in reader.folders.items()
        for name in names
    }
    paths = (path for path in listed | jobs.keys() if re.fullmatch(mention.pattern, path))
    return [replace(mention, path=path, pattern="") for path in sorted(paths)]


def _source_of(reader: FileReader, path: str, name: str) -> Source | None:
    try:
        return reader.source(path, name)
    except ScanError:
        return None


def _is_read(
    reader: FileReader, mention: Mention, path: str, followed: Followed, scopes: Sequence[str]
) -> bool:
    """Read a file that nobody has read yet; say what hinders it."""
    if mention.path.startswith(("../", "/")) or mention.path == "..":
        message = f"{mention.where} names {mention.path}, outside the project; it is not read"
        followed.results.append(Problem(path, mention.line, message, "outside"))
        return False
    if reader.files.state(mention.path) is None and mention.path not in reader.overlay:
        message = f"{mention.where} names {mention.path}, which is not there"
        followed.results.append(Problem(path, mention.line, message, "missing-file"))
        return False
    if scopes and not any(
        mention.path == scope or mention.path.startswith(f"{scope}/") for scope in scopes
    ):
        return False
    scanned = reader.scan(mention.path, (mention.format,))
    followed.scanned.append(scanned)
    followed.results += scanned.results
    return True


def _build(
    reader: FileReader, mention: Mention, teller: Source, scanner: str, followed: Followed
) -> None:
    """Find what a build with arguments pulls, and which names come from outside."""
    if mention.contexts:
        followed.contexts.setdefault(mention.path, set()).update(mention.contexts)
    builder: Any = reader.scanners[mention.format]
    if not mention.arguments or not hasattr(builder, "scan_build"):
        return
    source = _source_of(reader, mention.path, mention.format)
    if source is None:
        return
    build = builder.scan_build(source, mention, teller, scanner)
    followed.results += build.occurrences
    followed.resolved |= build.resolved
