"""Tables for pull requests and job summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.shown import counted, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Finding


_LARGEST_SUMMARY = 900_000


def findings_markdown(findings: Sequence[Finding]) -> str:
    """Write a table of findings."""
    if not findings:
        return "Everything is pinned, and files and lockfile agree.\n"
    rows = [
        f"| {finding.level.value} | `{finding.name.value}` | {code(finding.location)} "
        f"| {cell(finding.message)} |\n"
        for finding in findings
    ]
    return "| level | finding | where | what |\n|---|---|---|---|\n" + "".join(rows)


def job_summary(findings: Sequence[Finding], summary: str) -> str:
    """Write a table for a job's page, with what was counted; GitHub shows no more than 1 MiB."""
    rows = findings_markdown(findings).splitlines(keepends=True)
    kept, size = 0, 0
    while kept < len(rows) and size + len(rows[kept].encode()) <= _LARGEST_SUMMARY:
        size += len(rows[kept].encode())
        kept += 1
    others = len(rows) - kept
    more = f"\nand {counted(others, 'finding')} more\n" if others else ""
    return f"### pinner verify\n\n{cell(summary)}\n\n{''.join(rows[:kept])}{more}\n"


def cell(text: str) -> str:
    """Write text so that it is nothing else: no link, no heading, no person, no issue called."""
    plain = escaped(text).replace("\\", "\\\\")
    for sign in "|`*_[]<>&~":
        plain = plain.replace(sign, f"\\{sign}")
    for sign in ("@", "#", "://", "www."):
        plain = plain.replace(sign, f"{sign[0]}\u200b{sign[1:]}")
    return plain


def code(text: str) -> str:
    """Write text as code, whatever backticks and bars it holds."""
    clean = escaped(text).replace("|", "\\|")
    fence = "`"
    while fence in clean:
        fence += "`"
    padding = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{padding}{clean}{padding}{fence}"
