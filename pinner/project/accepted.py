"""The baseline: findings that a project lets be for now, in `pinner-baseline.json`.

A row is a finding's name, its file, what it is about, and how often: lines may move.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from pinner.model.errors import ConfigError, ScanError
from pinner.model.findings import Finding, FindingName, Level
from pinner.project.workspace import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.project.workspace import Files

BASELINE = "pinner-baseline.json"
_VERSION = 1
# What is found at registries, beside a revision or about comments, and what hides all else.
_NEVER = frozenset(
    {
        FindingName.UNREADABLE,
        FindingName.WEAKENED,
        FindingName.NEW_DIGEST,
        FindingName.MOVED,
        FindingName.GONE,
        FindingName.UNREACHABLE,
        FindingName.UNTRUSTED,
        FindingName.SINGLE_PLATFORM,
        FindingName.UNKNOWN_DIRECTIVE,
        FindingName.IGNORE_EXPIRES,
        FindingName.IGNORE_EXPIRED,
    }
)

Identity = tuple[str, str, str]


class _Row(Struct, frozen=True, forbid_unknown_fields=True):
    finding: str
    file: str
    subject: str
    count: int


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    findings: tuple[_Row, ...]


def read_accepted(files: Files) -> Counter[Identity]:
    """Read how often each finding is let be; nothing where there is no file.

    Raises ConfigError.
    """
    try:
        content = files.read(BASELINE)
    except MissingError:
        return Counter()
    except ScanError as error:
        raise ConfigError(str(error)) from error
    try:
        document = msgspec.json.decode(content, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _bad(str(error)) from error
    if document.version != _VERSION:
        raise _bad(f"its version is {document.version}, and this pinner knows {_VERSION}")
    accepted: Counter[Identity] = Counter()
    for row in document.findings:
        if row.finding not in set(FindingName) - _NEVER:
            raise _bad(f"{row.finding!r} is no finding that can be let be")
        if row.count < 1:
            raise _bad(f"the count of {row.subject!r} is {row.count}")
        accepted[row.finding, row.file, row.subject] += row.count
    return accepted


def _bad(message: str) -> ConfigError:
    return ConfigError(
        f"{BASELINE}: {message}; write it anew with `pinner verify --write-baseline`"
    )


def is_acceptable(finding: Finding) -> bool:
    """Say whether a finding is written to the baseline: errors and warnings about references.

    A file whose name is no UTF-8 cannot be named there.
    """
    if finding.name in _NEVER or finding.level is Level.NOTE:
        return False
    try:
        "\n".join(finding.identity).encode()
    except UnicodeEncodeError:
        return False
    return True


def dump_accepted(findings: Iterable[Finding]) -> bytes:
    """Write the findings as a baseline, a line a row, sorted."""
    import json  # noqa: PLC0415 - start-up

    counts = Counter(finding.identity for finding in findings if is_acceptable(finding))
    rows = ",\n".join(
        f"  {json.dumps({'finding': name, 'file': file, 'subject': subject, 'count': count})}"
        for (name, file, subject), count in sorted(counts.items())
    )
    body = f"[\n{rows}\n]" if rows else "[]"
    return f'{{"version": {_VERSION}, "findings": {body}}}\n'.encode()


def split_accepted(
    findings: Sequence[Finding], accepted: Mapping[Identity, int]
) -> tuple[list[Finding], Counter[Identity]]:
    """Give the findings that are not let be, and how often each other one is there."""
    seen: Counter[Identity] = Counter()
    kept = []
    for finding in findings:
        may_be = finding.name not in _NEVER
        if may_be and seen[finding.identity] < accepted.get(finding.identity, 0):
            seen[finding.identity] += 1
        else:
            kept.append(finding)
    return kept, seen
