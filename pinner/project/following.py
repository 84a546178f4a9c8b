"""Follow what files say of others: read what they name, and what their builds are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

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
    pending = [path for path, names in jobs.items() if _speaks(reader, names)]
    seen = set(pending)
    while pending and len(seen) < _MOST_FILES:
        path = pending.pop()
        names = jobs.get(path) or followed.jobs[path]
        for name in names:
            scanner: Any = reader.scanners[name]
            source = _source_of(reader, path, name) if hasattr(scanner, "mentions") else None
            if source is None:
                continue
            for mention in scanner.mentions(source):
                if isinstance(mention, BuiltImage):
                    followed.built.add(mention.reference)
                    continue
                known = jobs.get(mention.path) or followed.jobs.get(mention.path)
                if known is None and not _is_read(reader, mention, path, followed, scopes):
                    continue
                if mention.path not in seen and _speaks(reader, (mention.format,)):
                    seen.add(mention.path)
                    pending.append(mention.path)
                _build(reader, mention, source, name, followed)
    return followed


def _speaks(reader: FileReader, names: Iterable[str]) -> bool:
    return any(hasattr(reader.scanners[name], "mentions") for name in names)


def _source_of(reader: FileReader, path: str, name: str) -> Source | None:
    try:
        return reader.source(path, name)
    except ScanError:
        return None


def _is_read(
    reader: FileReader, mention: Mention, path: str, followed: Followed, scopes: Sequence[str]
) -> bool:
    """Read a file that nobody has read yet; say what hinders it."""
    is_outside = mention.path.startswith(("../", "/")) or mention.path == ".."
    is_there = not is_outside and (
        mention.path in reader.overlay or reader.files.state(mention.path) is not None
    )
    if not is_there and not mention.is_certain:
        return False
    if is_outside:
        message = f"{mention.where} names {mention.path}, outside the project; it is not read"
        followed.results.append(Problem(path, mention.line, message, "outside"))
        return False
    if not is_there:
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
    followed.jobs[mention.path] = (mention.format,)
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
