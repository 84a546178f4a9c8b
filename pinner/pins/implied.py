"""Which references had no tag before they were pinned, so that unpinning can leave none.

The lockfile keeps the files in which all uses of an entry were so, and single uses as `FILE#2`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.reference import DEFAULT_TAG

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pinner.model.occurrence import Found


def without_tag(found: Iterable[Found], labels: Collection[str]) -> Iterator[Found]:
    """Give those uses of an entry that had no tag, by what the lockfile keeps."""
    for file, members in _by_file(found).items():
        for number, seen in enumerate(members, 1):
            if seen.reference.tag == DEFAULT_TAG and {file, f"{file}#{number}"} & set(labels):
                yield seen


def implied_labels(found: Iterable[Found], labels: Collection[str]) -> tuple[str, ...]:
    """Write down which uses have no tag now, or had none by what the lockfile keeps."""
    uses = list(found)
    known = {id(seen) for seen in without_tag(uses, labels)}
    written: list[str] = []
    for file, members in _by_file(uses).items():
        had_none = [
            (id(seen) in known and seen.reference.digest is not None) or _has_none(seen)
            for seen in members
        ]
        if all(had_none):
            written.append(file)
        else:
            written += [f"{file}#{n}" for n, none in enumerate(had_none, 1) if none]
    return tuple(sorted(written))


def _has_none(seen: Found) -> bool:
    return seen.site is not None and seen.site.implied_tag and seen.reference.digest is None


def _by_file(found: Iterable[Found]) -> dict[str, list[Found]]:
    files: dict[str, list[Found]] = {}
    for seen in sorted(found, key=lambda seen: (seen.place.line, seen.place.column)):
        files.setdefault(seen.place.file, []).append(seen)
    return files
