"""What an update changed: for a terminal, a pull request, a program, a commit message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinner.model.findings import Action
from pinner.model.reference import familiar_name
from pinner.model.shown import escaped
from pinner.pins.image_changes import Verdict
from pinner.reports.details import human_size, platform_row
from pinner.reports.json import dump_json, outcome_row, written_rows
from pinner.reports.markdown import cell, code
from pinner.reports.text import short_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Outcome, Result
    from pinner.model.image_details import Layer
    from pinner.pins.image_changes import Change, ImageChange, PlatformChange

_GLANCE = {
    Verdict.REBUILD: "a rebuild of the same",
    Verdict.NEW_VERSION: "a new version",
    Verdict.NEW_CONFIGURATION: "a new configuration",
    Verdict.UNKNOWN: "cannot be compared",
}
_MOVED = frozenset({Action.MOVED, Action.ADOPTED, Action.PINNED, Action.REMOVED})


def status_of(result: Result) -> str:
    """Say in a word what happened: failed, moved or unchanged."""
    if result.has_failures or result.problems:
        return "failed"
    return "moved" if result.changes else "unchanged"


def changes_text(changes: Sequence[ImageChange]) -> str:
    """Write a block for each image that moved."""
    return "".join(_block(change) for change in changes)


def _block(change: ImageChange) -> str:
    lines = [f"{_title(change)}: {_GLANCE[change.verdict]}"]
    lines.append(f"  {short_digest(change.before)} → {short_digest(change.after)}")
    if change.note:
        lines.append(f"  {change.note}")
    for platform in change.platforms:
        lines.append(f"  {platform.platform}: {_summary(platform)}")
        lines += [f"    {_words(difference)}" for difference in platform.changes]
    return "\n".join(map(escaped, lines)) + "\n"


def _title(change: ImageChange) -> str:
    name = familiar_name(change.reference)
    if change.former is None:
        return name
    return f"{familiar_name(change.former)} → {name.rpartition(':')[2]}"


def _summary(platform: PlatformChange) -> str:
    before, after = platform.before, platform.after
    if before is None or after is None:
        return "is new" if before is None else "is gone"
    sizes = f"{human_size(before.size)} → {human_size(after.size)}"
    added, removed = _weight(platform.added), _weight(platform.removed)
    return (
        f"created {before.created or '?'} → {after.created or '?'}, "
        f"{len(platform.kept)} layers kept, {len(platform.added)} added ({added}), "
        f"{len(platform.removed)} removed ({removed}), {sizes}"
    )


def _weight(layers: Sequence[Layer]) -> str:
    return human_size(sum(layer.size for layer in layers))


def _words(change: Change) -> str:
    if change.before is None:
        return f"{change.what}: {change.after} (new)"
    return f"{change.what}: {change.before} → {change.after or '(gone)'}"


def update_markdown(result: Result, changes: Sequence[ImageChange]) -> str:
    """Write the body of a pull request."""
    moved = [outcome for outcome in result.outcomes if outcome.action in _MOVED]
    held = [outcome for outcome in result.outcomes if outcome.action is Action.HELD]
    failed = [outcome for outcome in result.outcomes if outcome.action is Action.FAILED]
    lines = ["# Container image updates", ""]
    if not moved:
        lines += ["Nothing moved.", ""]
    else:
        lines += ["| image | what it is | from | to |", "|---|---|---|---|"]
        verdicts = {change.reference: change for change in changes}
        lines += [_row(outcome, verdicts.get(outcome.reference)) for outcome in moved]
        lines.append("")
    for change in changes:
        lines += _section(change)
    for title, outcomes in (("Held back", held), ("Could not be resolved", failed)):
        if outcomes:
            lines += [f"## {title}", ""]
            lines += [
                f"- {code(familiar_name(outcome.reference))}: {cell(outcome.detail)}"
                for outcome in outcomes
            ]
            lines.append("")
    return "\n".join(lines)


def _row(outcome: Outcome, change: ImageChange | None) -> str:
    glance = _GLANCE[change.verdict] if change else outcome.action.value
    name = _title(change) if change else familiar_name(outcome.reference)
    before = code(short_digest(outcome.previous)) if outcome.previous else ""
    after = code(short_digest(outcome.digest)) if outcome.digest else ""
    return f"| {code(name)} | {glance} | {before} | {after} |"


def _section(change: ImageChange) -> list[str]:
    lines = [f"## {code(_title(change))}: {_GLANCE[change.verdict]}", ""]
    if change.note:
        lines += [cell(change.note), ""]
    if change.platforms:
        lines += [
            "| platform | created | layers kept, added, removed | size |",
            "|---|---|---|---|",
            *(_platform_row(platform) for platform in change.platforms),
            "",
        ]
    seen: dict[str, list[str]] = {}
    for platform in change.platforms:
        for difference in platform.changes:
            seen.setdefault(_words(difference), []).append(platform.platform)
    everywhere = len(change.platforms)
    for words, platforms in seen.items():
        where = "" if len(platforms) == everywhere else f" ({cell(', '.join(platforms))})"
        lines.append(f"- {cell(words)}{where}")
    return [*lines, ""] if seen else lines


def _platform_row(platform: PlatformChange) -> str:
    before, after = platform.before, platform.after
    if before is None or after is None:
        return f"| {cell(platform.platform)} | {'new' if before is None else 'gone'} | | |"
    added, removed = _weight(platform.added), _weight(platform.removed)
    return (
        f"| {cell(platform.platform)} "
        f"| {cell(before.created or '?')} → {cell(after.created or '?')} "
        f"| {len(platform.kept)}, {len(platform.added)} ({added}), "
        f"{len(platform.removed)} ({removed}) "
        f"| {human_size(before.size)} → {human_size(after.size)} |"
    )


def update_json(result: Result, changes: Sequence[ImageChange], *, written: bool) -> str:
    """Write all that happened."""
    return dump_json(
        "outcomes",
        map(outcome_row, result.outcomes),
        status=status_of(result),
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


def commit_message(result: Result, changes: Sequence[ImageChange]) -> str:
    """Write a commit message: what moved, and what each change is."""
    moved = [outcome for outcome in result.outcomes if outcome.action in _MOVED]
    verdicts = {change.reference: change for change in changes}
    names = [familiar_name(outcome.reference) for outcome in moved]
    subject = f"Update {names[0]}" if len(names) == 1 else f"Update {len(names)} container images"
    lines = []
    for outcome, name in zip(moved, names, strict=True):
        change = verdicts.get(outcome.reference)
        title = _title(change) if change else name
        glance = _GLANCE[change.verdict] if change else outcome.action.value
        lines.append(f"- {escaped(title)}: {glance}")
        if outcome.previous and outcome.digest:
            lines.append(f"  {outcome.previous} to")
        if outcome.digest:
            lines.append(f"  {outcome.digest}")
    return f"{subject}\n\n" + "\n".join(lines) + "\n"
