"""The update of one repository: a branch beside its work tree, as the single command makes it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import GitError, WriteError
from pinner.operations.fleet.known_answers import Asked, KnownAnswers, UnansweredError, Way
from pinner.operations.relocation import relocate_result
from pinner.operations.update import update
from pinner.operations.update_groups import Update, joined
from pinner.operations.update_request import UpdateRequest  # noqa: TC001 - of a Struct
from pinner.project.clones import push, shown
from pinner.project.git import GitDirectory, find_commit, find_top
from pinner.project.git_commits import commit_on_branch
from pinner.project.seen_digests import SeenDigests
from pinner.reports.json import outcome_row
from pinner.reports.updates import commit_message, status_of, update_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.model.findings import Outcome
    from pinner.operations.fleet.repositories import Repository
    from pinner.project.project import Project

BRANCH = "pinner/updates"


class UpdateWishes(Struct, frozen=True, kw_only=True):
    """What is asked of the update of each repository; its own rules count as well."""

    request: UpdateRequest
    pushes: bool = False
    signoff: bool = False
    writes: bool = True


class Updated(Struct, frozen=True, kw_only=True):
    """What became of a repository: keys of its row, and whether it failed in part.

    With `needs` there is nothing yet: these questions are to be answered first.
    """

    row: dict[str, Any]
    has_failures: bool = False
    title: str = ""
    needs: tuple[tuple[Way, Asked], ...] = ()


def update_one(
    repository: Repository,
    projects: Sequence[Project],
    wishes: UpdateWishes,
    answers: Mapping[tuple[Way, Asked], Any],
) -> Updated:
    """Update all projects of a repository in one commit; raises what updating raises, GitError."""
    done: list[Update] = []
    states: list[SeenDigests] = []
    needs: list[tuple[Way, Asked]] = []
    root = projects[0].workspace.root
    for project in projects:
        way = Way.of(project)
        own = {asked: answer for (its, asked), answer in answers.items() if its == way}
        seen = SeenDigests(project.state_file)
        try:
            one = _update(project, KnownAnswers(own, way.rules), wishes.request, seen)
        except UnansweredError as error:
            needs += [(way, asked) for asked in error.asked]
            continue
        below = partial(project.shown_from, root)
        done.append(replace(one, result=relocate_result(one.result, below)))
        states.append(seen)
    if needs:
        return Updated(row={}, needs=tuple(needs))
    whole = _joined(done)
    if wishes.writes:
        for seen in states:
            seen.save(wishes.request.now)
    branch, words = (
        _branch(repository, projects[0], whole, wishes)
        if whole.result.changes and wishes.writes
        else (None, "")
    )
    row = {
        "update": "failed" if words else status_of(whole.result),
        "error": words or None,
        "outcomes": [*map(outcome_row, whole.result.outcomes)],
        "files": [change.file for change in whole.result.changes],
        "branch": branch,
        "report": update_markdown(whole.result, whole.changes, whole.groups),
    }
    has_failures = bool(words) or whole.result.has_failures or bool(whole.result.problems)
    return Updated(row=row, has_failures=has_failures, title=branch["title"] if branch else "")


def _update(
    project: Project, known: KnownAnswers, request: UpdateRequest, seen: SeenDigests
) -> Update:
    settings = project.settings
    own = replace(request, rules=settings.update_rules, policy_age=settings.policy.min_age)
    return update(project.surveyor, known.resolver, settings.wishes(), own, seen)


def _joined(updates: Sequence[Update]) -> Update:
    """Make one of the updates of several projects; what they did alike is told with all places."""
    outcomes: dict[Outcome, list[str]] = {}
    for one in updates:
        for outcome in one.result.outcomes:
            outcomes.setdefault(replace(outcome, places=()), []).extend(outcome.places)
    whole = joined(updates)
    told = tuple(replace(one, places=tuple(places)) for one, places in outcomes.items())
    return replace(whole, result=replace(whole.result, outcomes=told))


def _branch(
    repository: Repository, project: Project, done: Update, wishes: UpdateWishes
) -> tuple[dict[str, Any] | None, str]:
    """Make the branch, and push it if that is wanted; give its row, or why there is none."""
    root = project.workspace.root
    top = root if isinstance(root, GitDirectory) else find_top(root) or root
    base = project.snapshot.commit if project.snapshot else "HEAD"
    message = commit_message(done.result, done.changes)
    contents = {change.file: change.after for change in done.result.changes}
    former = _tip(top)
    try:
        made = commit_on_branch(top, BRANCH, contents, message, signoff=wishes.signoff, base=base)
        if wishes.pushes and repository.is_address and made.is_new:
            push(GitDirectory(top), repository.location, BRANCH, former)
    except (WriteError, GitError) as error:
        return None, str(error).replace(repository.location, shown(repository.location))
    return {
        "name": BRANCH,
        "title": message.partition("\n")[0],
        "commit": find_commit(top, f"refs/heads/{BRANCH}"),
        "is_new": made.is_new,
        "is_pushed": wishes.pushes and repository.is_address,
    }, ""


def _tip(top: str) -> str | None:
    try:
        return find_commit(top, f"refs/heads/{BRANCH}")
    except GitError:
        return None
