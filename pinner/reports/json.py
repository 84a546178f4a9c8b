"""What a program reads; every document has a `version`, which changes when a key changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pinner.model.occurrence import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.model.findings import Finding, Outcome, Result
    from pinner.model.occurrence import Occurrence

VERSION = 1


def dump_json(key: str, rows: Iterable[object], **others: object) -> str:
    """Write a document of one main list, a line an item."""
    head = json.dumps({"version": VERSION, **others})[1:-1]
    lines = ",\n  ".join(map(json.dumps, rows))
    body = f"[\n  {lines}\n]" if lines else "[]"
    return f"{{{head}, {json.dumps(key)}: {body}}}\n"


def findings_json(findings: Sequence[Finding]) -> str:
    """List all findings."""
    return dump_json("findings", map(finding_row, findings))


def finding_row(finding: Finding) -> dict[str, Any]:
    """Give one finding as a JSON object."""
    return {
        "name": finding.name.value,
        "level": finding.level.value,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "end-column": finding.end_column,
        "reference": finding.reference,
        "message": finding.message,
    }


def listing_json(occurrences: Iterable[Occurrence]) -> str:
    """List all occurrences."""
    return dump_json("references", map(reference_row, occurrences))


def reference_row(seen: Occurrence) -> dict[str, Any]:
    """Give one occurrence as a JSON object."""
    place, reference = seen.place, seen.reference
    digest = reference.digest if reference else None
    reason = seen.reason.value if isinstance(seen, Skipped) else None
    status = "skipped" if reason else "pinned" if digest else "unpinned"
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "scanner": place.scanner,
        "where": place.where,
        "text": place.text,
        "reference": str(reference.without_digest()) if reference else None,
        "digest": digest,
        "status": status,
        "reason": reason,
        "ignore": _ignore(seen),
    }


def _ignore(seen: Occurrence) -> dict[str, str | None] | None:
    """Give what the comment says that ignores a reference."""
    if not isinstance(seen, Skipped) or seen.ignore is None:
        return None
    return {"reason": seen.ignore.reason or None, "until": seen.ignore.until or None}


def result_json(result: Result, *, written: bool) -> str:
    """Tell what was done, and to which files."""
    outcomes = map(outcome_row, result.outcomes)
    return dump_json("outcomes", outcomes, **written_rows(result, written=written))


def written_rows(result: Result, *, written: bool) -> dict[str, Any]:
    """Give what could not be read and what was, or would be, written."""
    problems = [
        {"file": problem.file, "line": problem.line, "message": problem.message}
        for problem in result.problems
    ]
    files = [change.file for change in result.changes]
    return {"problems": problems, "files": files, "written": written}


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """Give one outcome as a JSON object."""
    return {
        "action": outcome.action.value,
        "reference": outcome.reference,
        "digest": outcome.digest,
        "previous": outcome.previous,
        "places": list(outcome.places),
        "detail": outcome.detail,
    }
