"""Why an image or a digest is in a project: every place, the lockfile's entry, and its history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import UsageError
from pinner.model.reference import ImageReference
from pinner.pins.policy import matches_image
from pinner.project.lock_history import lock_history
from pinner.project.locked import read_lockfile

if TYPE_CHECKING:
    from pinner.model.occurrence import Occurrence
    from pinner.pins.lockfile import LockedImage
    from pinner.project.lock_history import Change
    from pinner.project.project import Project

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{7,64})")


class Explained(Struct, frozen=True, kw_only=True):
    """One reference: its entry, if it is locked, where it is used, and how the entry came to be.

    `line` is that of the entry in the lockfile.
    """

    reference: str
    platform: str | None
    digest: str | None
    line: int | None
    uses: tuple[Occurrence, ...]
    history: tuple[Change, ...]


def why(project: Project, text: str, *, with_history: bool = True) -> list[Explained]:
    """Explain all that an image's name or pattern, or a digest or its beginning, means here.

    Raises UsageError for an empty text, LockfileError and GitError.
    """
    if not text.strip():
        raise UsageError("name an image, or a digest or its beginning")
    survey = project.surveyor.survey(project.scopes)
    lockfile, content = read_lockfile(project.files, project.settings.lockfile)
    digest = _DIGEST.fullmatch(text)
    prefix = f"sha256:{digest[1]}" if digest else ""
    uses: dict[str, list[Occurrence]] = {}
    for seen in survey.occurrences:
        if seen.reference is not None:
            uses.setdefault(str(seen.reference.without_digest()), []).append(seen)
    locked = lockfile.by_reference()
    all_of_them: list[tuple[str, LockedImage | None, list[Occurrence]]] = [
        (reference, entry, uses.get(reference, []))
        for reference in sorted(uses.keys() | locked.keys())
        for entry in tuple(locked.get(reference, ())) or (None,)
    ]
    found = [row for row in all_of_them if _is_meant(*row, text, prefix)]
    keys = [entry.key for _, entry, _ in found if entry is not None]
    history = (
        lock_history(project.workspace.root, project.settings.lockfile, keys)
        if with_history and project.workspace.use_git
        else {}
    )
    return [
        Explained(
            reference=reference,
            platform=entry.platform if entry else None,
            digest=entry.digest if entry else None,
            line=_line_of(content or b"", entry) if entry else None,
            uses=tuple(seen_here),
            history=tuple(history.get(entry.key, ())) if entry else (),
        )
        for reference, entry, seen_here in found
    ]


def _is_meant(
    reference: str,
    entry: LockedImage | None,
    uses: list[Occurrence],
    text: str,
    prefix: str,
) -> bool:
    if matches_image(ImageReference.parse(reference), [text]):
        return True
    if not prefix:
        return False
    digests = [entry.digest] if entry else []
    if entry is not None:
        digests += [one.digest for one in entry.platforms.values()]
        digests += [one.image_id for one in entry.platforms.values()]
    digests += [str(seen.reference.digest) for seen in uses if seen.reference]
    return any(digest.startswith(prefix) for digest in digests)


def _line_of(content: bytes, entry: LockedImage) -> int | None:
    """Find an entry's line by its reference and digest, which stand below each other."""
    wanted = f'reference = "{entry.reference}"'.encode()
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        if line.strip() == wanted and any(
            entry.digest.encode() in other for other in lines[number : number + 3]
        ):
            return number
    return None
