"""`pinner lock`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.cli.arguments import known_scanner, parse_platform, parse_platforms
from pinner.cli.commands.writing import code_for, run_and_write
from pinner.cli.output import TextOrJson, say_briefly, say_failures, show_log, show_result
from pinner.cli.terminal import asking
from pinner.model.errors import UsageError
from pinner.operations import lock as operation
from pinner.operations.relocation import relocate_result
from pinner.project.opening import open_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Result
    from pinner.pins.rewrite import Style
    from pinner.pins.wishes import Wishes
    from pinner.project.project import Project


def lock(
    paths: Sequence[str] = (),
    *,
    check: bool = False,
    dry_run: bool = False,
    diff: bool = False,
    lock_only: bool = False,
    style: Style | None = None,
    offline: bool = False,
    platform: Sequence[str] = (),
    pin_platform: str | None = None,
    scanner: str | None = None,
    format_: TextOrJson = TextOrJson.TEXT,
    no_cache: bool = False,
    no_git: bool = False,
    verbose: bool = False,
    debug: bool = False,
) -> int:
    """Pin what is not pinned."""
    show_log(verbose=verbose, debug=debug)
    is_input = list(paths) == ["-"]
    project = open_project(() if is_input else paths, use_cache=not no_cache, use_git=not no_git)
    wishes = project.settings.wishes(lock_only=lock_only)
    wishes = replace(
        wishes,
        style=style or wishes.style,
        platforms=parse_platforms(platform) or wishes.platforms,
        pin_platform=parse_platform(pin_platform),
    )

    if is_input:
        return _lock_input(project, wishes, known_scanner(project, scanner), offline=offline)

    def run() -> Result:
        with asking() as way_of:
            return operation.lock(
                project.surveyor,
                None if offline else way_of(project).resolver,
                wishes,
                scopes=project.scopes,
                scanner=known_scanner(project, scanner),
            )

    write = not (check or dry_run or diff)
    result = run_and_write(project, run, write=write)
    show_result(
        relocate_result(result, project.shown),
        written=write,
        diff=diff,
        format_=format_,
        verbose=verbose,
    )
    return code_for(result, check=check)


def _lock_input(project: Project, wishes: Wishes, scanner: str | None, *, offline: bool) -> int:
    """Pin standard input, and write it to standard output."""
    from pinner.reports.text import result_summary

    if scanner is None:
        raise UsageError("-: say with --scanner what standard input is")
    content = sys.stdin.buffer.read()
    with asking() as way_of:
        pinned, result = operation.lock_content(
            project.surveyor,
            None if offline else way_of(project).resolver,
            wishes,
            content,
            scanner,
        )
    sys.stdout.buffer.write(pinned)
    sys.stdout.flush()
    say_failures(result)
    say_briefly(result_summary(result, "wrote"))
    return code_for(result, check=False)
