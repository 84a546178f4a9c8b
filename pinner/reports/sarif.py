"""SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pinner import __version__
from pinner.model.findings import SUMMARIES, Finding, FindingName
from pinner.model.shown import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = tuple(FindingName)


def findings_sarif(findings: Sequence[Finding]) -> str:
    """One run with a rule for each kind of finding."""
    rules = [
        {
            "id": name.value,
            "shortDescription": {"text": SUMMARIES[name]},
            "help": {"text": f"{SUMMARIES[name]} See docs/findings.md#{name.value} of pinner."},
        }
        for name in _RULES
    ]
    driver = {"name": "pinner", "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in findings],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _result(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(os.fsencode(finding.file))}}
    if finding.line:
        region = {"startLine": finding.line}
        if finding.column:
            region |= {"startColumn": finding.column, "endColumn": finding.end_column}
        location["region"] = region
    return {
        "ruleId": finding.name.value,
        "ruleIndex": _RULES.index(finding.name),
        "level": finding.level.value,
        "message": {"text": escaped(finding.message)},
        "locations": [{"physicalLocation": location}],
    }
