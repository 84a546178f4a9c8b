"""`pinner update`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.cli import world
from pinner.cli.arguments import parse_min_age, parse_moment, parse_platforms
from pinner.cli.commands.writing import code_for, run_and_write
from pinner.cli.output import TextOrJson, say, show_log, show_result, write_report
from pinner.cli.relocation import relocate_result
from pinner.model.errors import WriteError
from pinner.operations import update as operation
from pinner.operations.update_request import UpdateRequest
from pinner.project.seen_digests import SeenDigests
from pinner.reports.updates import changes_text, commit_message, update_json, update_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.findings import Result
    from pinner.operations.update import Update
    from pinner.pins.update_rules import Reach


def update(
    paths: Sequence[str] = (),
    *,
    only: Sequence[str] = (),
    tags: Reach | None = None,
    past_latest: bool = False,
    pin_latest: bool = False,
    pin_tag: bool = False,
    min_age: str | None = None,
    state: str | None = None,
    report: str | None = None,
    commit: bool = False,
    check: bool = False,
    dry_run: bool = False,
    diff: bool = False,
    platform: Sequence[str] = (),
    format_: TextOrJson = TextOrJson.TEXT,
    no_cache: bool = False,
    no_git: bool = False,
    verbose: bool = False,
    now: str | None = None,
    debug: bool = False,
) -> int:
    """Move locked references to what their tags point to now."""
    show_log(verbose=verbose, debug=debug)
    project = world.open_project(paths, use_cache=not no_cache, use_git=not no_git)
    wishes = world.wishes_of(project.settings)
    wishes = replace(wishes, platforms=parse_platforms(platform) or wishes.platforms)
    request = UpdateRequest(
        now=parse_moment(now),
        only=tuple(only),
        reach=tags,
        min_age=parse_min_age(min_age) if min_age else None,
        rules=project.settings.update_rules,
        policy_age=project.settings.policy.min_age,
        pin_latest=pin_latest,
        pin_tag=pin_tag,
        past_latest=past_latest,
    )
    seen = SeenDigests(Path(state) if state else world.state_file(project))
    write = not (check or dry_run or diff)
    done: list[Update] = []

    def run() -> Result:
        with world.resolver_maker(project) as make:
            done[:] = [
                operation.update(
                    project.surveyor, make, wishes, request, seen, scopes=project.scopes
                )
            ]
        if commit and write:
            _refuse_mixed_commit(project, done[0].result)
        return done[0].result

    result = run_and_write(project, run, write=write)
    if write or state:
        seen.save(request.now)
    changes = done[0].changes
    show_result(
        relocate_result(result, project.shown),
        written=write,
        diff=diff,
        format_=format_,
        verbose=verbose,
        as_json=lambda: update_json(result, changes, written=write),
        further_text=lambda: changes_text(changes),
    )
    if report is not None:
        write_report(update_markdown(result, changes), report)
    if commit and write and result.changes:
        _commit(project, result, commit_message(result, changes))
    return code_for(result, check=check)


def _refuse_mixed_commit(project: world.Project, result: Result) -> None:
    """Refuse to sweep somebody's unfinished work into the commit."""
    from pinner.project.git import changed_files

    files = [change.file for change in result.changes]
    dirty = changed_files(project.workspace.root, files) if files else []
    if dirty:
        raise WriteError(
            f"{dirty[0]} has changes that are not committed; commit or stash them first, "
            "or update without --commit. Nothing was written"
        )


def _commit(project: world.Project, result: Result, message: str) -> None:
    from pinner.project.git import commit_files

    commit_files(project.workspace.root, [change.file for change in result.changes], message)
    say(f"committed: {message.partition(chr(10))[0]}")
