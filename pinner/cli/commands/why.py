"""`pinner why`."""

from __future__ import annotations

from msgspec.structs import replace

from pinner.cli.boundary import FINDINGS
from pinner.cli.output import TextOrJson, say_briefly, show, show_text
from pinner.operations import why as operation
from pinner.operations.relocation import relocate_occurrences
from pinner.project.opening import open_project
from pinner.reports.why import why_json, why_text


def why(
    text: str,
    *,
    no_history: bool = False,
    format_: TextOrJson = TextOrJson.TEXT,
    no_cache: bool = False,
    no_git: bool = False,
) -> int:
    """Say why an image is here; 1 if it is not."""
    project = open_project((), use_cache=not no_cache, use_git=not no_git)
    found = [
        replace(row, uses=tuple(relocate_occurrences(row.uses, project.shown)))
        for row in operation.why(project, text, with_history=not no_history)
    ]
    if format_ is TextOrJson.JSON:
        show(why_json(found))
    else:
        show_text(why_text(found, project.shown(project.settings.lockfile)))
    if not found:
        say_briefly(f"nothing here is, or is pinned to, {text}")
        return FINDINGS
    return 0
