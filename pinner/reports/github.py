"""Annotations for GitHub Actions: workflow commands on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.findings import Level
from pinner.model.shown import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Finding


_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def findings_github(findings: Sequence[Finding]) -> str:
    """One workflow command a finding."""
    return "".join(
        f"::{_COMMANDS[finding.level]} {_properties(finding)}::{_escaped(finding.message)}\n"
        for finding in findings
    )


def _properties(finding: Finding) -> str:
    pairs = [("file", finding.file)]
    if finding.line:
        pairs.append(("line", str(finding.line)))
    if finding.column:
        pairs += [("col", str(finding.column)), ("endColumn", str(finding.end_column))]
    pairs.append(("title", f"pinner: {finding.name.value}"))
    return ",".join(
        f"{key}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for key, value in pairs
    )


def _escaped(text: str) -> str:
    return escaped(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
