"""Write the paths of results as they are seen from where somebody stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pinner.model.findings import Finding, Result
    from pinner.model.occurrence import Occurrence, Problem


def relocate_findings(findings: Iterable[Finding], shown: Callable[[str], str]) -> list[Finding]:
    """Write the files of findings anew, and sort by them."""
    moved = [replace(finding, file=shown(finding.file)) for finding in findings]
    return sorted(moved, key=lambda found: (found.file, found.line, found.column, found.name))


def relocate_problems(problems: Iterable[Problem], shown: Callable[[str], str]) -> list[Problem]:
    """Write the files of problems anew."""
    return [replace(problem, file=shown(problem.file)) for problem in problems]


def relocate_occurrences(
    occurrences: Iterable[Occurrence], shown: Callable[[str], str]
) -> list[Occurrence]:
    """Write the files of occurrences anew."""
    return [
        replace(seen, place=replace(seen.place, file=shown(seen.place.file)))
        for seen in occurrences
    ]


def relocate_result(result: Result, shown: Callable[[str], str]) -> Result:
    """Write the files of a result anew: places, problems and changes."""
    return replace(
        result,
        outcomes=tuple(
            replace(outcome, places=tuple(_place(place, shown) for place in outcome.places))
            for outcome in result.outcomes
        ),
        problems=tuple(relocate_problems(result.problems, shown)),
        changes=tuple(replace(change, file=shown(change.file)) for change in result.changes),
    )


def _place(place: str, shown: Callable[[str], str]) -> str:
    file, colon, line = place.rpartition(":")
    return f"{shown(file)}{colon}{line}"
