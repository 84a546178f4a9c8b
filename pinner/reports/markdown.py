"""Tables for pull requests and job summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Finding


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


def cell(text: str) -> str:
    """Write text so that it cannot end a cell, begin a link or call a person."""
    escaped = text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    for sign in "`*_[]<>":
        escaped = escaped.replace(sign, f"\\{sign}")
    return escaped.replace("@", "@\u200b")


def code(text: str) -> str:
    """Write text as code, whatever backticks and bars it holds."""
    clean = text.replace("\n", " ").replace("|", "\\|")
    fence = "`"
    while fence in clean:
        fence += "`"
    padding = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{padding}{clean}{padding}{fence}"
