"""`pinner update`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.cli.arguments import parse_day, parse_min_age, parse_moment, parse_platforms
from pinner.cli.commands.writing import code_for, run_and_write
from pinner.cli.output import TextOrJson, say, say_briefly, show_log, show_result, write_report
from pinner.cli.terminal import asking
from pinner.model.errors import PinnerError, UsageError, WriteError
from pinner.model.shown import escaped_lines
from pinner.operations import update as operation
from pinner.operations.relocation import relocate_result
from pinner.operations.update_groups import group_names, joined
from pinner.operations.update_request import UpdateRequest
from pinner.project.opening import open_project
from pinner.project.seen_digests import SeenDigests
from pinner.reports.updates import (
    UpdateBranch,
    commit_message,
    update_json,
    update_markdown,
    update_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinner.model.findings import Result
    from pinner.model.resolver import Observer
    from pinner.operations.update_groups import Update
    from pinner.pins.reach import BranchPer, Reach
    from pinner.pins.wishes import Wishes
    from pinner.project.project import Project

_BRANCHES = "pinner/"


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
    branch_per: BranchPer | None = None,
    signoff: bool = False,
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
    project = open_project(paths, use_cache=not no_cache, use_git=not no_git)
    project = replace(project, today=parse_day(now) if now else "")
    wishes = project.settings.wishes()
    wishes = replace(wishes, platforms=parse_platforms(platform) or wishes.platforms)
    write = not (check or dry_run or diff)
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
        branch_per=branch_per,
    )
    if branch_per is not None and not write:
        raise UsageError("--branch-per makes commits, and cannot do so without writing")
    seen = SeenDigests(Path(state) if state else project.state_file)
    with asking() as way_of:
        updater = _Updater(
            project, wishes, request, seen, way_of(project).resolver, signoff=signoff, report=report
        )
        if branch_per is not None:
            done = updater.to_branches()
        elif commit and write:
            done = updater.to_commits()
        else:
            done = updater.to_files(write=write)
    if write or state:
        seen.save(request.now)
    result, shown = done.result, relocate_result(done.result, project.shown)
    show_result(
        shown,
        written=write,
        verb="committed" if branch_per is not None else None,
        diff=diff,
        format_=format_,
        verbose=verbose,
        as_json=lambda: update_json(
            result, done.changes, done.groups, updater.branches, written=write
        ),
        as_text=lambda: update_text(shown, done.changes, verbose=verbose),
    )
    if report is not None and branch_per is None:
        write_report(update_markdown(result, done.changes, done.groups), report)
    updater.say_commits()
    return max(updater.code, code_for(result, check=check))


class _Updater:
    """Runs an update the way it is asked for: once, or for each group."""

    def __init__(
        self,
        project: Project,
        wishes: Wishes,
        request: UpdateRequest,
        seen: SeenDigests,
        make_resolver: Callable[[], Observer],
        *,
        signoff: bool,
        report: str | None,
    ) -> None:
        self.project, self.wishes, self.request, self.seen = project, wishes, request, seen
        self.make_resolver, self.signoff, self.report = make_resolver, signoff, report
        self.branches: list[UpdateBranch] = []
        self.code = 0
        self._said: list[str] = []

    def say_commits(self) -> None:
        """Say which commits were made, and which could not be."""
        for words in self._said:
            say(words) if words.startswith("error: ") else say_briefly(words)

    def to_files(self, *, write: bool) -> Update:
        """Update once, and write the files if that is wanted."""
        return self._run(self.request, write=write)

    def to_commits(self) -> Update:
        """Update group by group, and make a commit of each."""
        return self._each_group(self._commit, write=True)

    def to_branches(self) -> Update:
        """Update group by group, each on a branch of its own; the files stay as they are."""
        return self._each_group(self._branch, write=False)

    def _each_group(self, keep: Callable[[Update, str], None], *, write: bool) -> Update:
        done = []
        scopes = self.project.scopes
        for group in group_names(self.project.surveyor, self.request, scopes) or [""]:
            request = replace(self.request, group=group)
            one = self._run(request, write=write, is_for_commit=True)
            done.append(one)
            if one.result.changes:
                keep(one, group)
        return joined(done)

    def _run(self, request: UpdateRequest, *, write: bool, is_for_commit: bool = False) -> Update:
        done: list[Update] = []
        project = self.project

        def run() -> Result:
            one = operation.update(
                project.surveyor,
                self.make_resolver,
                self.wishes,
                request,
                self.seen,
                scopes=project.scopes,
            )
            done[:] = [one]
            if is_for_commit:
                self._refuse_mixed_commit(one.result)
            return one.result

        run_and_write(project, run, write=write)
        return done[0]

    def _refuse_mixed_commit(self, result: Result) -> None:
        """Refuse to sweep somebody's unfinished work into the commit."""
        from pinner.project.git_commits import changed_files

        files = [change.file for change in result.changes]
        dirty = changed_files(self.project.workspace.root, files) if files else []
        if dirty:
            raise WriteError(
                f"{dirty[0]} has changes that are not committed; commit or stash them first, "
                "or update without --commit. Nothing was written"
            )

    def _commit(self, done: Update, group: str) -> None:
        from pinner.project.git_commits import commit_files

        message = commit_message(done.result, done.changes, group)
        files = [change.file for change in done.result.changes]
        commit_files(self.project.workspace.root, files, message, signoff=self.signoff)
        self._said.append(f"committed: {message.partition(chr(10))[0]}")

    def _branch(self, done: Update, group: str) -> None:
        from pinner.project.git_commits import commit_on_branch

        name = f"{_BRANCHES}{group or 'updates'}"
        message = commit_message(done.result, done.changes, group)
        contents = {change.file: change.after for change in done.result.changes}
        top = self.project.workspace.root
        try:
            branch = commit_on_branch(top, name, contents, message, signoff=self.signoff)
        except WriteError as error:
            self.code = max(self.code, PinnerError.exit_code)
            self._said.append(f"error: {escaped_lines(str(error))}")
            return
        written = None
        if self.report is not None:
            path = Path(self.report)
            written = str(path.with_name(f"{path.stem}.{group or 'updates'}{path.suffix}"))
            write_report(update_markdown(done.result, done.changes, done.groups), written)
        title = message.partition("\n")[0]
        self.branches.append(UpdateBranch(name, title, written))
        is_new = "" if branch.is_new else " (as it was)"
        self._said.append(f"branch {name}: {title}{is_new}")
