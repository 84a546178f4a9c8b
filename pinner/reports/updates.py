"""What an update changed: for a terminal, a pull request, a program, a commit message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pinner.model.findings import Action
from pinner.model.reference import familiar_name
from pinner.model.shown import escaped
from pinner.reports.compare_links import compare_link
from pinner.reports.details import platform_row
from pinner.reports.image_changes import GLANCE, change_lines, digests_of, places_line, title_of
from pinner.reports.json import dump_json, outcome_row, written_rows
from pinner.reports.markdown import cell, code
from pinner.reports.text import outcome_line, short_digest, told_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinner.model.findings import Outcome, Result
    from pinner.model.image_details import Layer
    from pinner.pins.image_changes import ImageChange, PlatformChange

_MOVED = frozenset({Action.MOVED, Action.ADOPTED, Action.PINNED, Action.REMOVED})
_REST = {
    Action.HELD: "Held back",
    Action.LEFT: "Left as they are",
    Action.FAILED: "Could not be resolved",
}


class UpdateBranch(Struct, frozen=True):
    """A branch with an update: what a request for it needs; `report` is the file of its body."""

    name: str
    title: str
    report: str | None


def status_of(result: Result) -> str:
    """Say in a word what happened: failed, moved or unchanged."""
    if result.has_failures or result.problems:
        return "failed"
    return "moved" if result.changes else "unchanged"


def update_text(result: Result, changes: Sequence[ImageChange], *, verbose: bool) -> str:
    """Write a block for each image that moved, and a line for what else was done or left."""
    by_reference = {change.reference: change for change in changes}
    parts = []
    for outcome in told_outcomes(result, verbose=verbose):
        change = by_reference.get(outcome.reference)
        if change is not None and outcome.action in _MOVED:
            parts.append(_block(change, outcome))
        else:
            parts.append(f"{outcome_line(outcome)}\n")
    return "".join(parts)


def _block(change: ImageChange, outcome: Outcome) -> str:
    action = outcome.action.value
    lines = [f"{action:8} {title_of(change)}: {GLANCE[change.verdict]}, {digests_of(change)}"]
    lines += [f"  {line}" for line in change_lines(change)]
    if (link := compare_link(change)) is not None:
        lines.append(f"  {link}")
    further = (_detail(change, outcome), places_line(outcome.places))
    lines += [f"  {words}" for words in further if words]
    return "\n".join(map(escaped, lines)) + "\n"


def update_markdown(
    result: Result, changes: Sequence[ImageChange], groups: Mapping[str, str]
) -> str:
    """Write the body of a pull request: a section for each group with a name."""
    moved = [outcome for outcome in result.outcomes if outcome.action in _MOVED]
    by_reference = {change.reference: change for change in changes}
    lines = ["# Container image updates", ""]
    if not moved:
        lines += ["Nothing moved.", ""]
    names = {groups.get(outcome.reference, "") for outcome in moved}
    for name in sorted(names, key=lambda name: (not name, name)):
        own = [outcome for outcome in moved if groups.get(outcome.reference, "") == name]
        if len(names) > 1:
            lines += [f"## {cell(name) if name else 'Others'}", ""]
        lines += ["| image | what it is | from | to |", "|---|---|---|---|"]
        lines += [_row(outcome, by_reference.get(outcome.reference)) for outcome in own]
        lines.append("")
        for outcome in own:
            change = by_reference.get(outcome.reference)
            lines += _section(change, outcome) if change is not None else _told(outcome)
    for action, title in _REST.items():
        outcomes = [outcome for outcome in result.outcomes if outcome.action is action]
        if outcomes:
            lines += [f"## {title}", ""]
            lines += [
                f"- {code(familiar_name(outcome.reference))}: {cell(outcome.detail)}"
                for outcome in outcomes
            ]
            lines.append("")
    return "\n".join(lines)


def _row(outcome: Outcome, change: ImageChange | None) -> str:
    glance = GLANCE[change.verdict] if change else outcome.action.value
    name = title_of(change) if change else familiar_name(outcome.reference)
    before = code(short_digest(outcome.previous)) if outcome.previous else ""
    after = code(short_digest(outcome.digest)) if outcome.digest else ""
    return f"| {code(name)} | {glance} | {before} | {after} |"


def _section(change: ImageChange, outcome: Outcome) -> Iterator[str]:
    yield f"**{code(title_of(change))}**, {GLANCE[change.verdict]}:"
    yield ""
    for line in change_lines(change):
        yield f"- {cell(line)}"
    if (link := compare_link(change)) is not None:
        yield f"- [what changed]({link})"
    for words in (_detail(change, outcome), places_line(outcome.places)):
        if words:
            yield f"- {cell(words)}"
    yield ""


def _detail(change: ImageChange, outcome: Outcome) -> str:
    """Give the detail without what the title says."""
    return outcome.detail.removeprefix(f"from {change.former}").removeprefix("; ")


def _told(outcome: Outcome) -> Iterator[str]:
    """Say why an image without a comparison is there."""
    if outcome.detail or outcome.places:
        words = "; ".join(filter(None, (outcome.detail, places_line(outcome.places))))
        yield f"- {code(familiar_name(outcome.reference))}: {cell(words)}"
        yield ""


def update_json(
    result: Result,
    changes: Sequence[ImageChange],
    groups: Mapping[str, str],
    branches: Sequence[UpdateBranch] = (),
    *,
    written: bool,
) -> str:
    """Write all that happened."""
    return dump_json(
        "outcomes",
        (
            {**outcome_row(one), "group": groups.get(one.reference) or None}
            for one in result.outcomes
        ),
        status=status_of(result),
        branches=[
            {"branch": one.name, "title": one.title, "report": one.report} for one in branches
        ],
        changes=[_change_row(change) for change in changes],
        **written_rows(result, written=written),
    )


def _change_row(change: ImageChange) -> dict[str, Any]:
    return {
        "reference": change.reference,
        "former": change.former,
        "before": change.before,
        "after": change.after,
        "verdict": change.verdict.value,
        "note": change.note,
        "compare": compare_link(change),
        "platforms": [_platform_json(platform) for platform in change.platforms],
    }


def _platform_json(platform: PlatformChange) -> dict[str, Any]:
    def layers(found: Sequence[Layer]) -> list[dict[str, Any]]:
        return [{"digest": layer.digest, "size": layer.size} for layer in found]

    return {
        "platform": platform.platform,
        "before": platform_row(platform.before) if platform.before else None,
        "after": platform_row(platform.after) if platform.after else None,
        "changes": [
            {"what": change.what, "before": change.before, "after": change.after}
            for change in platform.changes
        ],
        "kept": layers(platform.kept),
        "added": layers(platform.added),
        "removed": layers(platform.removed),
    }


def commit_message(result: Result, changes: Sequence[ImageChange], group: str = "") -> str:
    """Write a commit message: what moved, and what each change is."""
    moved = [outcome for outcome in result.outcomes if outcome.action in _MOVED]
    verdicts = {change.reference: change for change in changes}
    lines = []
    for outcome in moved:
        change = verdicts.get(outcome.reference)
        title = title_of(change) if change else familiar_name(outcome.reference)
        glance = GLANCE[change.verdict] if change else outcome.action.value
        lines.append(f"- {escaped(title)}: {glance}")
        if outcome.previous and outcome.digest:
            lines.append(f"  {outcome.previous} to")
        if outcome.digest:
            lines.append(f"  {outcome.digest}")
    return f"{_subject(moved, verdicts, group)}\n\n" + "\n".join(lines) + "\n"


def _subject(moved: Sequence[Outcome], changes: Mapping[str, ImageChange], group: str) -> str:
    if len(moved) == 1:
        change = changes.get(moved[0].reference)
        if change is not None and change.former is not None:
            return f"Update {familiar_name(change.former)} to {change.reference.rpartition(':')[2]}"
        return f"Update {familiar_name(moved[0].reference)}"
    named = f" ({group})" if group else ""
    return f"Update {len(moved)} container images{named}"
