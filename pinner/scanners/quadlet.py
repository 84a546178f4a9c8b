"""Podman's Quadlet: units of systemd for containers, images, volumes, pods and builds.

podman-systemd.unit(5); lines as Quadlet's own parser of units reads them.
"""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.mentions import BuiltImage, Mention
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.plain_words import continued_lines, split_words
from pinner.spans.source import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.traced import Traced

_GROUP = re.compile(r"\[([^\[\]\x00-\x1f]+)\][ \t]*")
# Images that no registry is asked for: containers-transports(5).
_ELSEWHERE = (
    "oci:", "oci-archive:", "dir:", "docker-archive:", "docker-daemon:", "containers-storage:",
    "sif:", "ostree:",
)  # fmt: skip
_UNITS = (".image", ".build")
_ELSEWHERE_PATH = re.compile(r"[/~]|[a-z][a-z0-9+.-]*:|.*%", re.IGNORECASE)
_INFRA = "--infra-image"


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find references; raises ScanError where Quadlet gives up."""
    return scan_literals(source, name, _read)


def mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give the images that a unit builds, and the file that it builds them from."""
    try:
        unit = _parse(Literals(source))
    except MalformedTextError:
        return
    for text in unit.values("Build", "ImageTag"):
        with suppress(ReferenceSyntaxError):
            yield BuiltImage(ImageReference.parse(text.text).tagged().without_digest())
    file, folder = unit.last("Build", "File"), unit.last("Build", "SetWorkingDirectory")
    if file is None or not file.text or _ELSEWHERE_PATH.match(file.text):
        return
    if folder is None or folder.text in ("", "unit", "file"):
        beside = posixpath.join(posixpath.dirname(source.path), file.text)
        yield Mention(
            path=posixpath.normpath(beside),
            format="dockerfile",
            line=source.line(file.starts[0]),
            where="Build.File",
        )


def _read(literals: Literals) -> None:
    unit = _parse(literals)
    for group in ("Container", "Image", "Volume"):
        image = unit.last(group, "Image")
        if image is not None and not (group != "Image" and image.text.endswith(_UNITS)):
            _note(literals, image, f"{group}.Image")
    for text in unit.values("Container", "Mount"):
        for mount in split_words(text):
            _read_mount(literals, mount)
    for text in unit.values("Pod", "PodmanArgs"):
        words = split_words(text)
        for word, following in zip(words, [*words[1:], None], strict=True):
            if word.text.startswith(f"{_INFRA}="):
                _note(literals, word.cut(len(_INFRA) + 1, len(word.text)), "Pod.PodmanArgs")
            elif word.text == _INFRA and following is not None:
                _note(literals, following, "Pod.PodmanArgs")


def _read_mount(literals: Literals, mount: Traced) -> None:
    fields = list(_split(mount, ","))
    if all(part.text != "type=image" for part in fields):
        return
    for part in fields:
        key, sign, value = part.text.partition("=")
        if key in ("source", "src") and sign and not value.endswith(_UNITS):
            _note(literals, part.cut(len(key) + 1, len(part.text)), "Container.Mount")


def _note(literals: Literals, image: Traced, where: str) -> None:
    if image.text.startswith(_ELSEWHERE):
        return
    if "%" in image.text:  # a specifier of systemd
        literals.refuse(image, where, Reason.TEMPLATED)
    elif f"{image.text}:" in _ELSEWHERE:  # with a tag it would be a transport
        literals.refuse(image, where, Reason.UNSUPPORTED_EDIT)
    else:
        literals.note(image, where)


class _Unit(Struct):
    """The assignments of a unit in their order, those of equal groups together."""

    groups: dict[str, list[tuple[str, Traced]]]

    def last(self, group: str, key: str) -> Traced | None:
        """Give the assignment that counts, without the quotes around it."""
        found = [value for name, value in self.groups.get(group, ()) if name == key]
        if not found:
            return None
        text = found[-1].text
        quoted = len(text) > 1 and text[0] == '"' == text[-1]
        return found[-1].cut(1, len(text) - 1) if quoted else found[-1]

    def values(self, group: str, key: str) -> list[Traced]:
        """Give all assignments behind the last empty one."""
        found = [value for name, value in self.groups.get(group, ()) if name == key]
        emptied = [at for at, value in enumerate(found) if not value.text]
        return found[emptied[-1] + 1 :] if emptied else found


def _parse(literals: Literals) -> _Unit:
    unit = _Unit({})
    group = None
    text = literals.source.text
    for line in continued_lines(text, literals.comments, signs="#;", joint=""):
        match = _GROUP.fullmatch(line.text)
        name, sign, value = line.text.partition("=")
        if match:
            group = unit.groups.setdefault(match[1], [])
        elif not name or not sign:
            raise MalformedTextError("neither a group, a key with a value nor a comment", _at(line))
        elif group is None:
            raise MalformedTextError("a key stands before all groups", _at(line))
        else:
            start = len(line.text) - len(value)
            group.append((name.rstrip(), line.cut(start, len(line.text)).strip()))
    return unit


def _at(line: Traced) -> int:
    return line.starts[0]


def _split(text: Traced, sign: str) -> Iterator[Traced]:
    start = 0
    for part in text.text.split(sign):
        yield text.cut(start, start + len(part))
        start += len(part) + 1
