"""How much each finding matters: what the configuration and the options make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import UsageError
from pinner.model.findings import FindingName, Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinner.model.findings import Finding

# Of references without a digest, which --strict takes for errors whatever the configuration says.
_STRICT = frozenset(
    {
        FindingName.UNPINNED,
        FindingName.NOT_LOCKED,
        FindingName.UNSET_VARIABLE,
        FindingName.TEMPLATED,
        FindingName.INVALID_REFERENCE,
        FindingName.UNSUPPORTED_EDIT,
        FindingName.PLATFORM_VARIABLE,
        FindingName.AMBIGUOUS_STAGE,
        FindingName.CHART_DECIDES,
        FindingName.LOCKED_ONLY,
    }
)


class Strictness(Struct, frozen=True):
    """Whether any reference without a digest is an error, and which findings are in any case."""

    is_strict: bool = False
    fail_on: tuple[FindingName, ...] = ()


def strictness_of(is_strict: bool, names: Sequence[str]) -> Strictness:  # noqa: FBT001 - an option
    """Make it of names of findings that somebody gives; raises UsageError for an unknown one."""
    unknown = sorted(set(names) - set(FindingName))
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no finding; there are {', '.join(FindingName)}")
    return Strictness(is_strict, tuple(FindingName(name) for name in names))


def leveled(
    findings: Iterable[Finding], levels: Mapping[str, Level | None], strictness: Strictness
) -> Iterator[Finding]:
    """Give findings the levels that are in force; those that are off are left out."""
    for finding in findings:
        if finding.name in strictness.fail_on:
            yield replace(finding, level=Level.ERROR)
        elif finding.name.value not in levels or (strictness.is_strict and finding.name in _STRICT):
            yield finding
        elif (level := levels[finding.name.value]) is not None:
            yield replace(finding, level=level)
