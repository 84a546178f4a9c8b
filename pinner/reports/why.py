"""Why an image is here, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinner.model.occurrence import Skipped
from pinner.model.reference import familiar_name
from pinner.model.shown import escaped
from pinner.reports.json import dump_json, reference_row
from pinner.reports.text import short_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.model.occurrence import Occurrence
    from pinner.project.lock_history import Change


def why_text(rows: Iterable[Any], lockfile: str) -> str:
    """Write a block for each reference: its entry, its uses, its history."""
    return "\n".join("".join(f"{line}\n" for line in _lines(row, lockfile)) for row in rows)


def _lines(row: Any, lockfile: str) -> Iterable[str]:
    name = familiar_name(row.reference)
    platform = f" for {row.platform}" if row.platform else ""
    if row.digest:
        place = f"{lockfile}:{row.line}" if row.line else lockfile
        yield f"{name}{platform} {row.digest}"
        yield f"  locked   {place}"
    else:
        yield f"{name} is not locked"
    for seen in row.uses:
        yield f"  used     {_use(seen, row.digest)}"
    if row.digest and not row.uses:
        yield "  used     nowhere any more"
    for change in row.history:
        yield f"  history  {_change(change)}"


def _use(seen: Occurrence, locked: str | None) -> str:
    place = seen.place
    digest = seen.reference.digest if seen.reference else None
    if isinstance(seen, Skipped):
        said = f"skipped: {seen.reason.value}"
    elif digest is None:
        said = "unpinned"
    else:
        said = "pinned" if digest == locked else f"pinned to {short_digest(digest)}"
    return escaped(f"{place.file}:{place.line}:{place.column} ({place.where}) {said}")


def _change(change: Change) -> str:
    what = short_digest(change.digest) if change.digest else "taken out"
    return escaped(f"{change.date} {change.commit} {what}  {change.subject} ({change.author})")


def why_json(rows: Sequence[Any]) -> str:
    """Give the same for a program."""
    return dump_json(
        "images",
        [
            {
                "reference": row.reference,
                "platform": row.platform,
                "digest": row.digest,
                "line": row.line,
                "uses": [*map(reference_row, row.uses)],
                "history": [
                    {
                        "commit": change.commit,
                        "date": change.date,
                        "author": change.author,
                        "subject": change.subject,
                        "digest": change.digest,
                    }
                    for change in row.history
                ],
            }
            for row in rows
        ],
    )
