"""What a person reads in a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pinner.model.findings import Action, Level
from pinner.model.occurrence import Skipped
from pinner.model.reference import familiar_name
from pinner.model.shown import counted, escaped, line_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinner.model.findings import FileChange, Finding, Outcome, Result, Tally
    from pinner.model.occurrence import Occurrence, Problem

_MOST_NAMES = 10
_SHORT_DIGEST = len("sha256:") + 12


def findings_text(findings: Sequence[Finding]) -> str:
    """One line a finding, as compilers write them."""
    return "".join(
        f"{line_start(finding.location)}: {finding.level.value}: {escaped(finding.message)} "
        f"[{finding.name.value}]\n"
        for finding in findings
    )


def findings_summary(findings: Sequence[Finding], tally: Tally) -> str:
    """Count what was found among so many references, and what was let be."""
    loud = [finding for finding in findings if finding.level is not Level.NOTE]
    if not loud:
        return f"{_all_is_well(tally)}{_let_be(tally)}"
    levels = Counter(finding.level for finding in loud)
    parts = [counted(count, level.value) for level in Level if (count := levels[level])]
    files = len({finding.file for finding in loud})
    return f"{' and '.join(parts)} in {counted(files, 'file')}{_let_be(tally)}"


def _all_is_well(tally: Tally) -> str:
    if not tally.references:
        is_any = tally.ignored or tally.built_locally
        return "no reference is to be pinned" if is_any else "no image references found"
    if tally.accepted:
        return f"nothing new in {counted(tally.references, 'reference')}"
    if tally.references == 1:
        return "the one reference is pinned, and files and lockfile agree"
    return f"all {tally.references} references are pinned, and files and lockfile agree"


def _let_be(tally: Tally) -> str:
    """Say what a green light does not speak of."""
    over = tally.passed_over
    parts = [
        words
        for count, words in (
            (tally.ignored, f"{tally.ignored} ignored"),
            (tally.built_locally, f"{tally.built_locally} built locally"),
            (tally.accepted, f"{tally.accepted} in the baseline"),
            (tally.switched_off, f"{counted(tally.switched_off, 'finding')} switched off"),
            (tally.locked_only, f"{tally.locked_only} in the lockfile alone"),
            (over.excluded, f"{counted(over.excluded, 'file')} excluded"),
            (over.copied, f"{counted(over.copied, 'file')} of vendor folders not read"),
            (
                over.unread,
                f"{counted(over.unread, 'file')} with what is not read: pinner list --unread",
            ),
            (len(over.foreign), f"not checked out: {escaped(', '.join(over.foreign))}"),
        )
        if count
    ]
    if tally.sources:
        asked = (f"{escaped(name)} {count}" for name, count in sorted(tally.sources.items()))
        parts.append(f"answers came from {', '.join(asked)}")
    return f" ({'; '.join(parts)})" if parts else ""


def result_text(result: Result, *, verbose: bool = False) -> str:
    """One line for each thing done, and why; what was kept only if asked for."""
    told = told_outcomes(result, verbose=verbose)
    return "".join(f"{outcome_line(outcome)}\n" for outcome in told)


def told_outcomes(result: Result, *, verbose: bool) -> list[Outcome]:
    """Give the outcomes that are told: failures are errors, and what was kept is quiet.

    What was skipped is told when the lockfile is new, and counted from then on.
    """
    is_first = any(change.is_new for change in result.changes)
    quiet = {Action.KEPT} if is_first else {Action.KEPT, Action.SKIPPED}
    return [
        outcome
        for outcome in result.outcomes
        if outcome.action is not Action.FAILED and (verbose or outcome.action not in quiet)
    ]


def outcome_line(outcome: Outcome) -> str:
    """Say in a line what was done, and why."""
    parts = [f"{outcome.action.value:8} {familiar_name(outcome.reference.partition('@')[0])}"]
    if outcome.digest and outcome.previous:
        parts.append(f"{short_digest(outcome.previous)} → {short_digest(outcome.digest)}")
    elif outcome.digest:
        parts.append(short_digest(outcome.digest))
    if outcome.detail:
        parts.append(f"({outcome.detail})")
    if outcome.places:
        parts.append(f"in {', '.join(outcome.places)}")
    return escaped(" ".join(parts))


def failures_text(result: Result) -> list[str]:
    """Give the errors: references that could not be resolved, files that could not be read."""
    problems = [problem_text(problem) for problem in result.problems]
    failures = [
        f"{escaped(outcome.detail)}\n    wanted by {escaped(', '.join(outcome.places))}"
        for outcome in result.outcomes
        if outcome.action is Action.FAILED
    ]
    return problems + failures


def problem_text(problem: Problem) -> str:
    """Say where a file cannot be read, and why."""
    line = f":{problem.line}" if problem.line else ""
    return f"{line_start(problem.file)}{line}: {escaped(problem.message)}"


def result_summary(result: Result, verb: str) -> str:
    """Count what was done, and name the files to which it was or would be: "wrote"."""
    counts = Counter(outcome.action for outcome in result.outcomes)
    parts = [f"{counts[action]} {action.value}" for action in Action if counts[action]]
    counted = ", ".join(parts) or "no image references found"
    if not result.changes:
        return f"{counted}; nothing to change"
    names = [escaped(change.file) for change in result.changes]
    shown, others = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    files = ", ".join(shown) + (f" and {others} more" if others > 0 else "")
    return f"{counted}; {verb} {files}"


def diff_text(changes: Iterable[FileChange]) -> str:
    """Write a unified diff; bytes that are no UTF-8 cannot occur in files that were scanned."""
    return "".join(line for change in changes for line in _diff_lines(change))


def _diff_lines(change: FileChange) -> Iterator[str]:
    import difflib  # noqa: PLC0415 - start-up

    before, after = (_lines(content) for content in (change.before, change.after))
    old = "/dev/null" if change.is_new else f"a/{change.file}"
    for line in difflib.unified_diff(before, after, old, f"b/{change.file}"):
        shown = escaped(line, keep="\t\r\n")
        yield shown if shown.endswith("\n") else f"{shown}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", errors="replace").splitlines(keepends=True)


def listing_text(occurrences: Sequence[Occurrence]) -> str:
    """One line an occurrence: where it stands, what it is, whether it is pinned or why not."""
    rows = []
    for seen in occurrences:
        place = seen.place
        shown = seen.reference.without_digest().familiar if seen.reference else repr(place.text)
        status = "unpinned"
        if isinstance(seen, Skipped):
            status = f"skipped: {seen.reason.value}{_ignore_words(seen)}"
        elif seen.reference.digest:
            status = f"pinned to {short_digest(seen.reference.digest)}"
        at = f"{line_start(place.file)}:{place.line}:{place.column}"
        rows.append(f"{at}: {escaped(f'{shown} ({place.where}) {status}')}\n")
    return "".join(rows)


def _ignore_words(seen: Skipped) -> str:
    """Say why and until when something is ignored, where its comment does."""
    if seen.ignore is None:
        return ""
    until = f" until {seen.ignore.until}" if seen.ignore.until else ""
    reason = f" ({seen.ignore.reason})" if seen.ignore.reason else ""
    return f"{until}{reason}"


def short_digest(digest: str) -> str:
    """Shorten a digest for the eye."""
    return digest[:_SHORT_DIGEST]
