"""The command `pinner update`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinner.cli.options import (
    Check,
    Debug,
    Diff,
    DryRun,
    JsonOrText,
    NoCache,
    Paths,
    Platforms,
    TextOrJson,
    Verbose,
    leave,
    parse_platforms,
    run_and_write,
    say,
    show_log,
    show_result,
    write_output,
)
from pinner.model.errors import UsageError, WriteError
from pinner.pins.tag_versions import Level

if TYPE_CHECKING:
    from datetime import timedelta

    from pinner.cli.world import Project
    from pinner.model.findings import Result
    from pinner.operations.update import Update


def update(
    paths: Paths = None,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Only images that match, as 'nginx*' or 'ghcr.io/*'."),
    ] = None,
    tags: Annotated[
        Level | None, typer.Option(help="Move tags too: which of their numbers may change.")
    ] = None,
    pin_latest: Annotated[
        bool, typer.Option("--pin-latest", help="Give `latest` its most specific version tag.")
    ] = False,
    min_age: Annotated[
        str | None, typer.Option(metavar="AGE", help="Take digests only when this old, as 3d.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Where to keep when each digest was first seen."),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write what changed as markdown, for a pull request."),
    ] = None,
    commit: Annotated[
        bool, typer.Option("--commit", help="Make one commit on the current branch; no push.")
    ] = False,
    check: Check = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    platform: Platforms = None,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    verbose: Verbose = False,
    now: Annotated[str | None, typer.Option(hidden=True)] = None,
    debug: Debug = False,
) -> None:
    """Move locked references to what their tags point to now, and say what changed."""
    from pinner.cli import world
    from pinner.operations.update import UpdateRequest
    from pinner.operations.update import update as work_out
    from pinner.project.seen_digests import SeenDigests
    from pinner.reports.updates import (
        changes_text,
        commit_message,
        update_json,
        update_markdown,
    )

    show_log(verbose=verbose, debug=debug)
    project = world.open_project(paths or (), use_cache=not no_cache)
    wishes = world.wishes_of(project.settings)
    wishes = replace(wishes, platforms=parse_platforms(platform) or wishes.platforms)
    request = UpdateRequest(
        now=_moment(now),
        only=tuple(only or ()),
        min_age=_age(min_age) if min_age else project.settings.policy.min_age,
        level=tags,
        pin_latest=pin_latest,
    )
    seen = SeenDigests(Path(state) if state else world.state_file(project))
    done: list[Update] = []

    def run() -> Result:
        with world.resolver_maker(project) as make:
            done[:] = [
                work_out(project.surveyor, make, wishes, request, seen, scopes=project.scopes)
            ]
        if commit and not (check or dry_run):
            _refuse_mixed_commit(project, done[0].result)
        return done[0].result

    write = not (check or dry_run)
    result = run_and_write(project, run, write=write)
    if write or state:
        seen.save()
    changes = done[0].changes
    show_result(
        result,
        written=write,
        diff=diff,
        format_=format_,
        verbose=verbose,
        as_json=lambda: update_json(result, changes, written=write),
        further_text=lambda: changes_text(changes),
    )
    if report is not None:
        write_output(update_markdown(result, changes), report)
    if commit and write and result.changes:
        from pinner.project.git import commit_files

        files = [change.file for change in result.changes]
        message = commit_message(result, changes)
        commit_files(project.workspace.root, files, message)
        say(f"committed: {message.partition(chr(10))[0]}")
    leave(result, check=check)


def _refuse_mixed_commit(project: Project, result: Result) -> None:
    """Refuse to sweep somebody's unfinished work into the commit."""
    from pinner.project.git import changed_files

    files = [change.file for change in result.changes]
    dirty = changed_files(project.workspace.root, files) if files else []
    if dirty:
        raise WriteError(
            f"{dirty[0]} has changes that are not committed; commit or stash them first, "
            "or update without --commit. Nothing was written"
        )


def _age(text: str) -> timedelta:
    from pinner.project.config import parse_age

    try:
        return parse_age(text)
    except ValueError as error:
        raise UsageError(f"--min-age: {error}") from error


def _moment(text: str | None) -> datetime:
    """Take the clock's moment, or the one that tests pass in."""
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now: {text!r} is no moment") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
