"""What the project allows: images to ignore, registries, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.occurrence import Found, Reason, Skipped
from pinner.model.reference import familiar_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.model.occurrence import Occurrence
    from pinner.model.reference import ImageReference


def matches_image(reference: ImageReference, patterns: Iterable[str]) -> bool:
    """Match a reference, in its canonical or familiar form, with or without tag."""
    from fnmatch import fnmatchcase  # noqa: PLC0415 - start-up

    plain = reference.without_digest()
    spellings = {str(plain), plain.familiar, plain.name, familiar_name(plain.name)}
    return any(fnmatchcase(text, pattern) for text in spellings for pattern in patterns)


def apply_ignores(occurrences: Iterable[Occurrence], patterns: Sequence[str]) -> list[Occurrence]:
    """Turn what the configuration ignores into skipped occurrences."""
    return [
        Skipped(seen.place, Reason.IGNORED, seen.reference)
        if isinstance(seen, Found) and patterns and matches_image(seen.reference, patterns)
        else seen
        for seen in occurrences
    ]


def is_allowed_registry(reference: ImageReference, allowed: Sequence[str]) -> bool:
    """Match a reference's registry, or registry and path, against a list; empty allows all."""
    if not allowed:
        return True
    from fnmatch import fnmatchcase  # noqa: PLC0415 - start-up

    return any(
        fnmatchcase(reference.registry, entry)
        or fnmatchcase(reference.name, entry)
        or reference.name.startswith(f"{entry.rstrip('/')}/")
        for entry in allowed
    )
