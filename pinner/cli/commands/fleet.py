"""`pinner fleet`."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.cli.arguments import parse_min_age, parse_moment
from pinner.cli.boundary import FINDINGS, INCOMPLETE
from pinner.cli.output import say, say_briefly, write_report
from pinner.cli.terminal import progress, shows_progress
from pinner.model.errors import UsageError
from pinner.model.shown import counted, escaped
from pinner.operations.fleet.cluster import ClusterError, ClusterSettings, require_extra
from pinner.operations.fleet.examine import Request
from pinner.operations.fleet.repositories import (
    distinct,
    listed_repositories,
    named_repositories,
)
from pinner.operations.fleet.results import Results, Tally, begin
from pinner.operations.fleet.update_one import BRANCH, UpdateWishes
from pinner.operations.leveling import Strictness
from pinner.operations.update_request import UpdateRequest
from pinner.project.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.operations.fleet.repositories import Repository
    from pinner.pins.reach import Reach


class Choices(Struct, frozen=True, kw_only=True):
    """What the options say; `tls` are the files of authorities, certificate and key."""

    verb: str
    listed: str | None
    output: str | None
    resume: bool
    asks_tags: bool
    workers: int
    scheduler: str | None
    tls: tuple[str | None, str | None, str | None]
    strict: bool = False
    asks_dates: bool = False
    html: str | None = None
    update: UpdateWishes | None = None


def update_wishes(
    only: Sequence[str],
    tags: Reach | None,
    min_age: str | None,
    now: str | None,
    *,
    signoff: bool,
    push: bool,
    dry_run: bool,
) -> UpdateWishes:
    """Make wishes of options; raises UsageError."""
    if push and dry_run:
        raise UsageError("--dry-run makes no branch that --push could push")
    request = UpdateRequest(
        now=parse_moment(now),
        only=tuple(only),
        reach=tags,
        min_age=parse_min_age(min_age) if min_age else None,
    )
    return UpdateWishes(request=request, signoff=signoff, pushes=push, writes=not dry_run)


def run(words: Sequence[str], choices: Choices) -> int:
    """Examine all repositories; rows go to the output as they come."""
    require_extra()
    from pinner.operations.fleet.run import FleetRun

    if choices.resume and choices.output is None:
        raise UsageError("--resume goes on from a file; name it with --output")
    repositories = _repositories(words, choices.listed)
    request = Request(
        verb=choices.verb,
        cache=cache_folder(),
        strictness=Strictness(choices.strict, ()),
        asks_tags=choices.asks_tags,
        asks_dates=choices.asks_dates,
        update=choices.update,
    )
    authorities, certificate, key = choices.tls
    settings = ClusterSettings(
        workers=min(choices.workers, len(repositories)),
        scheduler=choices.scheduler,
        tls_ca_file=authorities,
        tls_cert=certificate,
        tls_key=key,
    )
    with ExitStack() as stack:
        file = Path(choices.output) if choices.output else None
        if file is None and choices.html:
            file = Path(stack.enter_context(TemporaryDirectory()), "rows.jsonl")
        asks_rows = choices.asks_tags and choices.verb == "inventory"
        known = begin(file, resume=choices.resume, asks_tags=asks_rows)
        results = Results(file)
        stack.callback(results.close)
        gc.enable()  # which is off for short runs
        made = FleetRun(request, results, known, cache=cache_folder())
        tell = stack.enter_context(progress()) if shows_progress() else lambda *_: None
        try:
            made.run(repositories, settings, tell)
        except ClusterError as error:
            say(f"error: {error}{_advice(choices)}")
            return error.exit_code
        except KeyboardInterrupt:
            say(f"interrupted after {_counted(made.tally)}{_advice(choices)}")
            raise
        if choices.html and file:
            _write_page(file, choices.html)
    _say_branches(made.branches, pushed=bool(choices.update and choices.update.pushes))
    say_briefly(_summary(made.tally, choices.verb))
    if made.tally.failed or made.tally.unanswered:
        return INCOMPLETE
    return FINDINGS if made.tally.errors else 0


def _write_page(rows: Path, page: str) -> None:
    from pinner.operations.fleet.results import read_rows
    from pinner.reports.fleet_page import fleet_page

    now = datetime.now(UTC).isoformat(timespec="minutes")
    write_report(fleet_page(read_rows(rows), now=now), page)


def _repositories(words: Sequence[str], listed: str | None) -> list[Repository]:
    found = list(named_repositories(words))
    if listed is not None:
        try:
            text = Path(listed).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{listed} cannot be read: {error}") from error
        found += listed_repositories(text, listed)
    if not found:
        raise UsageError("name repositories, or a list of them with --from")
    return distinct(found)


def _advice(choices: Choices) -> str:
    if choices.output is None:
        return ""
    return f"; the same command with --resume goes on from {choices.output}"


def _counted(tally: Tally) -> str:
    return counted(tally.repositories, "repository", "repositories")


def _say_branches(branches: Sequence[tuple[str, str]], *, pushed: bool) -> None:
    """Say what to open where."""
    if not branches:
        return
    say_briefly(f"{'pushed' if pushed else 'made'} {BRANCH}; to open:")
    for repository, title in sorted(branches):
        say_briefly(f"  {escaped(repository)}  {escaped(title)}")


def _summary(tally: Tally, verb: str) -> str:
    references = counted(tally.references, "reference")
    parts = [f"{tally.pinned} of {references} pinned in {_counted(tally)}"]
    if verb == "update":
        branches = counted(tally.branches, "branch", "branches")
        parts = [f"{branches} in {_counted(tally)}"]
    for count, word in (
        (tally.kept, "known from before"),
        (tally.failed, "failed"),
        (tally.errors, "with errors" if tally.errors == 1 else "errors"),
        (tally.warnings, "warnings"),
        (tally.tags, "tags asked"),
        (tally.unanswered, "without an answer"),
    ):
        if count:
            parts.append(f"{count} {word}")
    return "; ".join(parts)
