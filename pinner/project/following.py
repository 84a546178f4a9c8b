"""Follow what files say of others: read what they name, and what their builds are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Problem, Reason, Skipped
from pinner.scanners.mentions import BuiltImage, Mention, Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.model.reference import ImageReference
    from pinner.project.scan_cache import Result
    from pinner.project.scanning import FileReader, Scanned
    from pinner.spans.source import Source

_MOST_FILES = 2_000
# Where podman and buildah keep what they built; a registry on this machine has a port.
_LOCAL_STORE = "localhost"


class Overlays(Struct):
    """Which images every overlay over a file replaces."""

    names: dict[str, frozenset[str]] = field(default_factory=dict)
    above: dict[str, set[str]] = field(default_factory=dict)

    def add(self, path: str, overlay: Overlay) -> None:
        """Keep what one overlay says."""
        self.names[path] = self.names.get(path, frozenset()) | overlay.names
        for below in overlay.below:
            self.above.setdefault(below, set()).add(path)

    def replace(self, path: str, name: str) -> bool:
        """Say whether an image of a file is replaced on every way up from there."""
        if not self.names:
            return False
        pending, seen, is_replaced = [path], {path}, False
        while pending:
            over = self._over(pending.pop())
            if not over:
                return False
            for above in over - seen:
                seen.add(above)
                if name in self.names[above]:
                    is_replaced = True
                else:
                    pending.append(above)
        return is_replaced

    def _over(self, path: str) -> set[str]:
        """Give the overlays over a file, or over the folder whose overlay it is."""
        folder = path.rpartition("/")[0] or "."
        by_folder = self.above.get(folder, set()) if path in self.names else set()
        return self.above.get(path, set()) | by_folder


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
    overlays: Overlays = field(default_factory=Overlays)

    def learn(self, path: str, said: Mention | BuiltImage | Overlay) -> Mention | None:
        """Keep what a file says of others; give it back if it is to be followed."""
        match said:
            case BuiltImage():
                self.built.add(said.reference)
            case Overlay():
                self.overlays.add(path, said)
            case Mention():
                return said
        return None

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
        if result.reference.registry == _LOCAL_STORE:
            return Skipped(result.place, Reason.BUILT_LOCALLY, result.reference)
        named = self.contexts.get(result.place.file, ())
        if self.overlays.replace(result.place.file, _name_of(result)):
            return Skipped(result.place, Reason.REPLACED, result.reference)
        if result.reference in self.built or (named and _context_of(result) in named):
            return Skipped(result.place, Reason.BUILT_LOCALLY, result.reference)
        return result


def _name_of(seen: Found) -> str:
    """Give an image's name as it is written."""
    folder, slash, last = seen.place.text.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


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
            for mention in _single_files(followed.learn(path, said), reader, jobs):
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
    mention: Mention | None, reader: FileReader, jobs: Mapping[str, tuple[str, ...]]
) -> list[Mention]:
    """Give a mention for each file that is meant."""
    if mention is None or mention.format in reader.options.excluded:
        return []
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
