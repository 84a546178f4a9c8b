"""Join the sides of a lockfile with the conflict markers of a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.pins.lockfile import Lockfile

if TYPE_CHECKING:
    from collections.abc import Collection

    from pinner.pins.lockfile import LockedImage

_OURS, _BASE, _THEIRS = range(3)
_MARKS = {"<<<<<<< ": _OURS, "||||||| ": _BASE, "=======": _THEIRS}


def split_sides(text: str) -> tuple[str, str] | None:
    """Give the text as each side had it; what was there before both is left out.

    None where a marker is left without its end.
    """
    ours: list[str] = []
    theirs: list[str] = []
    side: int | None = None
    for line in text.splitlines(keepends=True):
        mark = next((mark for mark in _MARKS if line.startswith(mark)), None)
        if mark is not None and (side is not None or mark == "<<<<<<< "):
            side = _MARKS[mark]
        elif side is not None and line.startswith(">>>>>>> "):
            side = None
        else:
            if side in (None, _OURS):
                ours.append(line)
            if side in (None, _THEIRS):
                theirs.append(line)
    return ("".join(ours), "".join(theirs)) if side is None else None


def join_sides(ours: Lockfile, theirs: Lockfile, held: Collection[tuple[str, str]]) -> Lockfile:
    """Keep what the sides agree about, or only one has.

    Of an image to which they give different digests the side counts that the files hold: `held` are
    their references and digests. Where they hold neither or both it is left out and asked for.
    """
    others = {image.key: image for image in theirs.images}
    found = [_joined(image, others.pop(image.key, image), held) for image in ours.images]
    return Lockfile.of([*filter(None, found), *others.values()])


def _joined(
    one: LockedImage, other: LockedImage, held: Collection[tuple[str, str]]
) -> LockedImage | None:
    if one.digest != other.digest:
        right = [side for side in (one, other) if (side.reference, side.digest) in held]
        return right[0] if len(right) == 1 else None
    return replace(
        one,
        files=tuple(sorted({*one.files, *other.files})),
        implied=tuple(sorted({*one.implied, *other.implied})),
        evidence=tuple(sorted({*one.evidence, *other.evidence}, key=lambda found: found.sort_key)),
        platforms={**other.platforms, **one.platforms},
    )
