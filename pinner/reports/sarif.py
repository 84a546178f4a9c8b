"""SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pinner import __version__
from pinner.model.findings import SUMMARIES, Finding, FindingName, default_level
from pinner.model.shown import escaped
from pinner.reports.rule_help import DOCUMENT, HELP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Replacement

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = tuple(FindingName)


def findings_sarif(findings: Sequence[Finding]) -> str:
    """One run with a rule for each kind of finding."""
    driver = {
        "name": "pinner",
        "semanticVersion": __version__,
        "informationUri": "https://pinner-lock.readthedocs.io/",
        "rules": list(map(_rule, _RULES)),
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in findings],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _rule(name: FindingName) -> dict[str, Any]:
    summary, help_ = SUMMARIES[name], HELP[name]
    why, how = help_.why, help_.how
    return {
        "id": name.value,
        "name": "".join(word.capitalize() for word in name.value.split("-")),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": f"{summary} {why}"},
        "helpUri": f"{DOCUMENT}#{name.value}",
        "help": {
            "text": f"{summary}\n\nWhy it matters: {why}\n\nHow to fix it: {how}",
            "markdown": f"{summary}\n\n**Why it matters**: {why}\n\n**How to fix it**: {how}",
        },
        "defaultConfiguration": {"level": default_level(name).value},
    }


def _result(finding: Finding) -> dict[str, Any]:
    artifact = {"uri": quote(os.fsencode(finding.file))}
    location: dict[str, Any] = {"artifactLocation": artifact}
    if finding.line:
        region = {"startLine": finding.line}
        if finding.column:
            region |= {"startColumn": finding.column, "endColumn": finding.end_column}
        location["region"] = region
    result: dict[str, Any] = {
        "ruleId": finding.name.value,
        "ruleIndex": _RULES.index(finding.name),
        "level": finding.level.value,
        "message": {"text": escaped(finding.message)},
        "locations": [{"physicalLocation": location}],
    }
    if finding.fix:
        changes = [{"artifactLocation": artifact, "replacements": list(map(_change, finding.fix))}]
        words = {"text": "Write the digest that the lockfile has."}
        result["fixes"] = [{"description": words, "artifactChanges": changes}]
    return result


def _change(change: Replacement) -> dict[str, Any]:
    region = {
        "startLine": change.line,
        "startColumn": change.column,
        "endLine": change.end_line,
        "endColumn": change.end_column,
    }
    return {"deletedRegion": region, "insertedContent": {"text": change.text}}
