"""Code Quality of GitLab: a subset of Code Climate's issues.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from pinner.model.findings import Level
from pinner.model.shown import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Finding

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def findings_gitlab(findings: Sequence[Finding]) -> str:
    """Write an array with an issue a finding.

    A fingerprint is of a finding's name, file and subject, and of how many of the same came
    before it in the file: lines that move leave it as it is.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    issues = []
    for finding in findings:
        number = seen[finding.identity]
        seen[finding.identity] += 1
        issues.append(
            {
                "description": escaped(finding.message),
                "check_name": finding.name.value,
                "fingerprint": _fingerprint((*finding.identity, str(number))),
                "severity": _SEVERITIES[finding.level],
                "location": {
                    "path": escaped(finding.file),
                    "lines": {"begin": finding.line or 1},
                },
            }
        )
    return json.dumps(issues, indent=2) + "\n"


def _fingerprint(parts: Sequence[str]) -> str:
    text = "\0".join(parts)
    return sha256(text.encode("utf-8", errors="backslashreplace")).hexdigest()
