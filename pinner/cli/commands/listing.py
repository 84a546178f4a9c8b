"""`pinner list`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.cli.arguments import known_scanner
from pinner.cli.output import TextOrJson, say, show, show_log, show_text
from pinner.model.errors import PinnerError, UsageError
from pinner.operations.relocation import relocate_occurrences, relocate_problems
from pinner.project.opening import open_project
from pinner.reports.text import listing_text, problem_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.project.survey import Survey


def list_references(
    paths: Sequence[str] = (),
    *,
    scanner: str | None = None,
    unread: bool = False,
    format_: TextOrJson = TextOrJson.TEXT,
    no_cache: bool = False,
    no_git: bool = False,
    debug: bool = False,
) -> int:
    """List the references that were found, and why some cannot be pinned.

    With `unread`, list instead what looks like one in a place that is not read.
    """
    show_log(verbose=False, debug=debug)
    survey = _survey(paths, scanner, no_cache=no_cache, no_git=no_git)
    shown = survey.looks_like if unread else survey.occurrences
    if format_ is TextOrJson.JSON:
        from pinner.reports.json import listing_json

        show(listing_json(shown))
    else:
        show_text(listing_text(shown))
    for problem in survey.problems:
        say(f"error: {problem_text(problem)}")
    return PinnerError.exit_code if survey.problems else 0


def _survey(paths: Sequence[str], scanner: str | None, *, no_cache: bool, no_git: bool) -> Survey:
    if list(paths) != ["-"]:
        project = open_project(paths, use_cache=not no_cache, use_git=not no_git)
        survey = project.surveyor.survey(project.scopes, known_scanner(project, scanner))
        return replace(
            survey,
            occurrences=tuple(relocate_occurrences(survey.occurrences, project.shown)),
            looks_like=tuple(relocate_occurrences(survey.looks_like, project.shown)),
            problems=tuple(relocate_problems(survey.problems, project.shown)),
        )
    project = open_project((), use_cache=False)
    named = known_scanner(project, scanner)
    if named is None:
        raise UsageError("-: say with --scanner what standard input is")
    return project.surveyor.survey_content("<stdin>", sys.stdin.buffer.read(), named)
