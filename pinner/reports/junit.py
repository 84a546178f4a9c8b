"""JUnit XML, as Surefire writes it and CI systems read it.

A test case a finding: an error is a failure, anything milder a case that was skipped.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pinner.model.findings import Level
from pinner.model.shown import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Finding

# What no document of XML 1.0 may hold, not even as a reference (production 2, Char).
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUOTES = {'"': "&quot;"}


def findings_junit(findings: Sequence[Finding]) -> str:
    """Write a suite a file, and one passed case where nothing was found."""
    suites = [
        _suite(file, list(found))
        for file, found in groupby(
            sorted(findings, key=lambda finding: finding.file), key=lambda finding: finding.file
        )
    ] or [_tag("testsuite", _counts([], "pinner"), _tag("testcase", _PASSED))]
    counts = {key: value for key, value in _counts(findings, "pinner").items() if key != "skipped"}
    body = _tag("testsuites", counts, *suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


_PASSED = {"name": "all is pinned", "classname": "pinner"}


def _suite(file: str, findings: Sequence[Finding]) -> str:
    return _tag("testsuite", _counts(findings, file), *map(_case, findings))


def _counts(findings: Sequence[Finding], name: str) -> dict[str, str]:
    failures = sum(finding.level is Level.ERROR for finding in findings)
    return {
        "name": name,
        "tests": str(len(findings) or 1),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(len(findings) - failures),
    }


def _case(finding: Finding) -> str:
    kind = "failure" if finding.level is Level.ERROR else "skipped"
    says = {"type": finding.name.value, "message": finding.message}
    text = f"{finding.location}: {finding.level.value}: {finding.message}"
    name = f"{finding.location}: {finding.name.value}"
    case = {"name": name, "classname": finding.file}
    return _tag("testcase", case, f"<{kind}{_attributes(says)}>{_text(text)}</{kind}>\n")


def _tag(name: str, attributes: dict[str, str], *inner: str) -> str:
    head = f"<{name}{_attributes(attributes)}"
    return f"{head}>\n{''.join(inner)}</{name}>\n" if inner else f"{head}/>\n"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f' {key}="{_text(value)}"' for key, value in values.items())


def _text(text: str) -> str:
    r"""Escape what is no visible text, such as `\x1b`, then what is markup."""
    return escape(_NO_CHARACTER.sub("\ufffd", escaped(text)), _QUOTES)
