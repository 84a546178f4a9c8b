"""Read a lockfile that somebody edited or merged, and say what is wrong with it and where."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import LockfileError
from pinner.model.evidence import Evidence
from pinner.model.platforms import Platform, PlatformSyntaxError
from pinner.model.reference import ImageReference, ReferenceSyntaxError, is_digest
from pinner.model.resolver import PlatformDigests
from pinner.pins.lockfile import VERSION, LockedImage, Lockfile

_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)
_KEYS = {
    "reference", "platform", "digest", "media-type", "files", "implied-tag", "evidence",
    "platforms",
}  # fmt: skip
_PROVEN = ("key", "identity", "issuer", "builder", "source")


def check_lockfile(text: str, path: str) -> Lockfile:
    """Read a lockfile's text; raises LockfileError naming the line."""
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        raise LockfileError(
            f"{path}:{line}: a merge conflict is not resolved; "
            "`pinner lock` does it from the files and both sides"
        )
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = _toml_message(str(error), text)
        raise LockfileError(f"{path}:{line}: {message}") from error
    return _Checker(text, path).lockfile(data)


def _toml_message(message: str, text: str) -> tuple[str, int]:
    match = re.search(r"\s*\(at line (\d+), column \d+\)", message)
    if match:
        return f"not TOML: {message[: match.start()]}", int(match[1])
    return f"not TOML: {message.partition(' (')[0]}", text.count("\n") + 1


def _reference_error(text: str) -> str | None:
    try:
        reference = ImageReference.parse(text)
    except ReferenceSyntaxError as error:
        return str(error)
    if str(reference) != text:
        return f"{text!r} is not in its canonical form {str(reference)!r}"
    return None


class _Checker(Struct, frozen=True):
    """Checks data that TOML gave, and finds the lines of what is wrong with it."""

    text: str
    path: str

    def error(self, number: int, message: str, key: str = "") -> LockfileError:
        """Blame the n-th entry, or a key of it; -1 is the file's head."""
        starts = [
            match.start() for match in re.finditer(r"^\[\[image\]\]", self.text, re.MULTILINE)
        ]
        at = starts[number] if 0 <= number < len(starts) else 0
        if key:
            match = re.compile(rf"^\s*{re.escape(key)}\s*=", re.MULTILINE).search(self.text, at)
            at = match.start() if match else at
        line = self.text.count("\n", 0, at) + 1
        return LockfileError(f"{self.path}:{line}: {message}")

    def lockfile(self, data: dict[str, Any]) -> Lockfile:
        version = data.pop("version", None)
        if not isinstance(version, int) or isinstance(version, bool):
            raise self.error(-1, "`version` is missing; this is not a lockfile", "version")
        if version > VERSION:
            raise self.error(
                -1, f"version {version} is newer than this pinner knows; update pinner", "version"
            )
        if version < VERSION:
            raise self.error(-1, f"version {version} is not a lockfile version", "version")
        entries = data.pop("image", [])
        if data:
            key = next(iter(data))
            raise self.error(-1, f"unknown key {key!r}", key)
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise self.error(-1, "`image` is not a list of tables", "image")
        images = [self.image(number, entry) for number, entry in enumerate(entries)]
        merged: dict[tuple[str, str], LockedImage] = {}
        for number, image in enumerate(images):
            known = merged.get(image.key)
            if known is None:
                merged[image.key] = image
            elif (known.digest, known.media_type) == (image.digest, image.media_type):
                # Two branches added the same image, and git merged both additions.
                files = tuple(sorted({*known.files, *image.files}))
                platforms = {**image.platforms, **known.platforms}
                implied = tuple(sorted({*known.implied, *image.implied}))
                proven = sorted({*known.evidence, *image.evidence}, key=lambda one: one.sort_key)
                merged[image.key] = replace(
                    known,
                    files=files,
                    implied=implied,
                    platforms=platforms,
                    evidence=tuple(proven),
                )
            else:
                raise self.error(
                    number, f"{image.reference} has two entries with different digests; keep one"
                )
        return Lockfile.of(merged.values())

    def image(self, number: int, entry: dict[str, Any]) -> LockedImage:
        for key in entry:
            if key not in _KEYS:
                raise self.error(number, f"unknown key {key!r} in an entry", key)
        reference = self.string(number, entry, "reference")
        if problem := _reference_error(reference):
            raise self.error(number, problem, "reference")
        platform = self.string(number, entry, "platform") if "platform" in entry else None
        files = self.paths(number, entry, "files")
        implied = self.paths(number, entry, "implied-tag") if "implied-tag" in entry else ()
        if platform is not None:
            self.check_platform(number, platform)
        return LockedImage(
            reference=reference,
            platform=platform,
            digest=self.digest(number, entry, "digest"),
            media_type=self.string(number, entry, "media-type"),
            files=files,
            implied=implied,
            evidence=self.evidence(number, entry.get("evidence", [])),
            platforms=self.platforms(number, entry.get("platforms", {})),
        )

    def evidence(self, number: int, tables: object) -> tuple[Evidence, ...]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self.error(number, "`evidence` is not a list of tables", "evidence")
        found = {self.proven(number, table) for table in tables}
        return tuple(sorted(found, key=lambda one: one.sort_key))

    def proven(self, number: int, table: dict[str, Any]) -> Evidence:
        for key in table:
            if key not in ("digest", "attestations", *_PROVEN):
                raise self.error(number, f"unknown key {key!r} in the evidence of an entry", key)
        texts = {key: self.string(number, table, key) for key in _PROVEN if key in table}
        if bool(texts.get("key")) == bool(texts.get("identity") and texts.get("issuer")):
            raise self.error(
                number,
                "evidence names either a `key`, or an `identity` and its `issuer`",
                "evidence",
            )
        kinds = table.get("attestations", [])
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise self.error(number, "`attestations` is not a list of texts", "attestations")
        return Evidence(
            digest=self.digest(number, table, "digest"),
            attestations=tuple(sorted(set(kinds))),
            **texts,
        )

    def paths(self, number: int, entry: dict[str, Any], key: str) -> tuple[str, ...]:
        found = entry.get(key)
        if not isinstance(found, list) or not all(isinstance(path, str) for path in found):
            raise self.error(number, f"`{key}` is not a list of paths", key)
        return tuple(sorted(set(found)))

    def platforms(self, number: int, tables: object) -> dict[str, PlatformDigests]:
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            raise self.error(number, "`platforms` is not a table of tables", "platforms")
        for name in tables:
            self.check_platform(number, name)
        return {
            name: PlatformDigests(
                self.digest(number, table, "digest"), self.digest(number, table, "image-id")
            )
            for name, table in tables.items()
        }

    def check_platform(self, number: int, text: str) -> None:
        try:
            Platform.parse(text)
        except PlatformSyntaxError as error:
            raise self.error(number, str(error), "platform") from error

    def string(self, number: int, entry: dict[str, Any], key: str) -> str:
        value = entry.get(key)
        if not isinstance(value, str):
            raise self.error(number, f"an entry has no {key!r}, or it is not text", key)
        return value

    def digest(self, number: int, entry: dict[str, Any], key: str) -> str:
        value = self.string(number, entry, key)
        if not is_digest(value):
            raise self.error(number, f"{value!r} is not a digest", key)
        return value
