"""Scan a text, and show what was found and what locking makes of it."""

import json

from bounds import in_bounded_time

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Skipped
from pinner.pins.rewrite import Style, pin_edits, splice, unpin_edit
from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.embedded import read_embedded
from pinner.scanners.file_names import name_matcher
from pinner.scanners.scanner import ScanOptions
from pinner.spans.source import Source, decode_source

DIGEST = "sha256:" + "d" * 64


def sources(path, text, beside):
    source = decode_source(path, text.encode())
    companions = {name: decode_source(name, content.encode()) for name, content in beside.items()}
    return Source(source.path, source.text, source.bom, companions)


def scan(scanner, text, path="file", beside=(), **options):
    beside = dict(beside)
    source = sources(path, text, beside)
    found = scanner.scan(source, ScanOptions(**options))
    return list(read_embedded(found, source, BUILT_IN, scanner.name))


def scan_content(scanner, content, path="file", env=None):
    """As a file's bytes are read: not at all where they seem to hold nothing."""
    if not scanner.may_hold(content, ScanOptions()):
        return []
    source = decode_source(path, content, wide=True)
    if env is not None:
        beside = {".env": decode_source(".env", env.encode())}
        source = Source(source.path, source.text, source.bom, beside, source.is_editable)
    return list(read_embedded(scanner.scan(source, ScanOptions()), source, BUILT_IN, scanner.name))


def gists(found):
    """Line, reference (short) or None, and reason or None."""
    rows = []
    for seen in sorted(found, key=lambda seen: (seen.place.file, seen.place.line)):
        reference = seen.reference.without_digest().familiar if seen.reference else None
        reason = seen.reason.value if isinstance(seen, Skipped) else None
        rows.append((seen.place.line, reference, reason))
    return rows


def locked(found, text, file="file"):
    """The text after lock, with `@D` for the digest."""
    return shortened(pinned(found, text, file))


def pinned(found, text, file="file"):
    """The text after lock."""
    edits = [
        edit
        for seen in found
        if isinstance(seen, Found) and seen.site and seen.place.file == file
        if not seen.site.lock_only
        for edit in pin_edits(seen.site, DIGEST, Style.TAG_AND_DIGEST)
    ]
    return splice(text.encode(), edits).decode()


def shortened(text):
    """Write `D` for the digest, `H` for its hex alone."""
    return text.replace(DIGEST, "D").replace("d" * 64, "H")


def unpinned(found, text, file="file"):
    """The text after unpin."""
    edits = [
        unpin_edit(seen.site, None)
        for seen in found
        if isinstance(seen, Found) and seen.site and seen.place.file == file
        if seen.reference.digest
    ]
    return splice(text.encode(), [edit for edit in edits if edit]).decode()


def check(name, path, before, after, *, beside=(), **options):
    """A scanner makes of a text what locking is to make of it, and nothing of that text again.

    Taking the digests out again gives the text back, but for tags that were implied.
    """
    scanner = BUILT_IN[name]
    assert name_matcher(scanner.patterns)(path), path
    made = pinned(scan_bytes(scanner, before.encode(), path, beside, **options), before, path)
    assert shortened(made) == after
    again = scan_bytes(scanner, made.encode(), path, beside, **options)
    assert pinned(again, made, path) == made
    if ":latest@D" not in after:
        assert unpinned(again, made, path) == before


def scan_bytes(scanner, content, path, beside=(), **options):
    """As a file's bytes are read: not at all where they seem to hold nothing."""
    chosen = ScanOptions(**options)
    if not scanner.may_hold(content, chosen):
        return []
    source = sources(path, content.decode(), dict(beside))
    return list(read_embedded(scanner.scan(source, chosen), source, BUILT_IN, scanner.name))


def bounded(job):
    """A text is judged or refused in little time; None where it is refused."""

    def judged():
        try:
            return job()
        except ScanError:
            return None

    return in_bounded_time(judged)


def listed(project):
    """What the command lists: file, reference and reason."""
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    return [(row["file"], row["reference"], row["reason"]) for row in rows]
