"""The lockfile: text to values and back, without I/O.

The format is TOML; the same values always give the same bytes.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import structs

from pinner.model.reference import LONGEST_REPOSITORY, ImageReference, ReferenceSyntaxError
from pinner.pins.lockfile import VERSION, LockedImage, Lockfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tomlkit.items import AoT

    from pinner.model.evidence import Evidence
    from pinner.model.resolver import PlatformDigests

HEADER = "Written by pinner. Commit this file; change it with `pinner lock` and `pinner update`."

_TEXT = r'"([^"\\\x00-\x1f]*)"'
_DIGEST = r'"(sha256:[a-f0-9]{64})"'
_PLATFORM_TABLE = rf"\n\[image\.platforms\.{_TEXT}\]\ndigest = {_DIGEST}\nimage-id = {_DIGEST}\n"
_EVIDENCE_TABLE = (
    rf"\n\[\[image\.evidence\]\]\ndigest = {_DIGEST}\n"
    rf"(?:key = {_TEXT}\n|identity = {_TEXT}\nissuer = {_TEXT}\n)"
    rf"(?:attestations = \[((?:{_TEXT}(?:, |(?=\])))+)\]\n)?"
    rf"(?:builder = {_TEXT}\n)?(?:source = {_TEXT}\n)?"
)
_CANONICAL = re.compile(
    rf"\n\[\[image\]\]\nreference = {_TEXT}\n(?:platform = {_TEXT}\n)?digest = {_DIGEST}\n"
    rf"media-type = {_TEXT}\nfiles = \[((?:{_TEXT}(?:, |(?=\])))*)\]\n"
    rf"(?:implied-tag = \[((?:{_TEXT}(?:, |(?=\])))*)\]\n)?"
    r"(?P<tables>(?:\n\[+image\..+\n(?:[a-z-]+ = .+\n)+)*)"
)
# The commonest canonical references, recognised without parsing them.
_PLAIN_REFERENCE = re.compile(
    r"(?:docker\.io/[a-z0-9]+|(?!(?:index\.)?docker\.io/)[a-z0-9]+(?:\.[a-z0-9]+)+)"
    r"(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*){1,8}:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
)


def dump_lockfile(lockfile: Lockfile) -> str:
    """Write a lockfile's text."""
    import tomlkit  # noqa: PLC0415 - reading, the common case, does without

    document = tomlkit.document()
    document.add(tomlkit.comment(HEADER))
    document.add("version", tomlkit.item(VERSION))
    images = tomlkit.aot()
    for image in lockfile.images:
        table = tomlkit.table()
        table.add("reference", image.reference)
        if image.platform is not None:
            table.add("platform", image.platform)
        table.add("digest", image.digest)
        table.add("media-type", image.media_type)
        table.add("files", list(image.files))
        if image.implied:
            table.add("implied-tag", list(image.implied))
        if image.evidence:
            table.add("evidence", _evidence_tables(image.evidence))
        if image.platforms:
            platforms = tomlkit.table(is_super_table=True)
            for name, digests in sorted(image.platforms.items()):
                entry = tomlkit.table()
                entry.add("digest", digests.digest)
                entry.add("image-id", digests.image_id)
                platforms.add(name, entry)
            table.add("platforms", platforms)
        images.append(table)
    if lockfile.images:
        document.add("image", images)
    return tomlkit.dumps(document)


def _evidence_tables(evidence: Sequence[Evidence]) -> AoT:
    import tomlkit  # noqa: PLC0415 - as above

    tables = tomlkit.aot()
    for one in evidence:
        table = tomlkit.table()
        for name, value in structs.asdict(one).items():
            if value:
                table.add(name, list(value) if isinstance(value, tuple) else value)
        tables.append(table)
    return tables


def _evidence(match: re.Match[str]) -> Evidence:
    from pinner.model.evidence import Evidence  # noqa: PLC0415 - start-up: few lockfiles have any

    digest, key, identity, issuer, kinds, _, builder, source = match.groups("")
    return Evidence(
        digest=digest,
        key=key,
        identity=identity,
        issuer=issuer,
        attestations=tuple(kinds[1:-1].split('", "')) if kinds else (),
        builder=builder,
        source=source,
    )


def load_lockfile(text: str, path: str) -> Lockfile:
    """Read a lockfile's text; raises LockfileError naming the line."""
    found = _load_canonical(text)
    if found is None:
        from pinner.pins.lockfile_checks import check_lockfile  # noqa: PLC0415 - seldom needed

        found = check_lockfile(text, path)
    return found


def is_dump_of(lockfile: Lockfile, content: bytes) -> bool:
    """Recognise what `dump_lockfile` writes, without writing it; no is not certain."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _load_canonical(text) == lockfile


def _load_canonical(text: str) -> Lockfile | None:
    """Read the form that `dump_lockfile` writes, some twenty times faster than any TOML parser."""
    at = len(f"# {HEADER}\nversion = {VERSION}\n")
    if text[:at] != f"# {HEADER}\nversion = {VERSION}\n":
        return None
    images = []
    while at < len(text):
        match = _CANONICAL.match(text, at)
        if match is None or _reference_error(match[1]):
            return None
        files, implied, tables = match[5], match[7], match["tables"]
        if tables and not re.fullmatch(f"(?:{_EVIDENCE_TABLE})*(?:{_PLATFORM_TABLE})*", tables):
            return None
        images.append(
            LockedImage(
                reference=match[1],
                platform=match[2],
                digest=match[3],
                media_type=match[4],
                files=tuple(files[1:-1].split('", "')) if files else (),
                implied=tuple(implied[1:-1].split('", "')) if implied else (),
                evidence=tuple(map(_evidence, re.finditer(_EVIDENCE_TABLE, tables)))
                if tables
                else (),
                platforms=_platforms(tables) if tables else {},
            )
        )
        at = match.end()
    return Lockfile(tuple(images)) if _is_in_order(images) else None


def _platforms(tables: str) -> dict[str, PlatformDigests]:
    from pinner.model.resolver import PlatformDigests  # noqa: PLC0415 - as above

    found = re.finditer(_PLATFORM_TABLE, tables)
    return {table[1]: PlatformDigests(table[2], table[3]) for table in found}


def _is_in_order(images: Sequence[LockedImage]) -> bool:
    """Say whether all is sorted and nothing there twice: else it was merged or edited by hand."""
    return (
        all(one.key < other.key for one, other in pairwise(images))
        and all(one < other for image in images for one, other in pairwise(image.files))
        and all(one < other for image in images for one, other in pairwise(image.implied))
        and all(one < other for image in images for one, other in pairwise(image.platforms))
        and all(
            one.sort_key < other.sort_key
            for image in images
            for one, other in pairwise(image.evidence)
        )
        and all(
            one < other
            for image in images
            for proven in image.evidence
            for one, other in pairwise(proven.attestations)
        )
    )


def _reference_error(text: str) -> str | None:
    if len(text) < LONGEST_REPOSITORY and _PLAIN_REFERENCE.fullmatch(text):
        return None
    try:
        reference = ImageReference.parse(text)
    except ReferenceSyntaxError as error:
        return str(error)
    if str(reference) != text:
        return f"{text!r} is not in its canonical form {str(reference)!r}"
    return None
