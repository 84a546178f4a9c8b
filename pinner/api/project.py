"""A project, for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.api.values import Finding, Listing, LockResult, Outcome, Problem, Reference
from pinner.model.errors import UsageError
from pinner.model.platforms import parse_platforms
from pinner.operations.asking import Asking
from pinner.operations.leveling import strictness_of
from pinner.operations.lock import lock
from pinner.operations.relocation import relocate_findings
from pinner.operations.verify_project import VerifyRequest, verify_project
from pinner.operations.writing import run_and_write
from pinner.pins.rewrite import Style
from pinner.project import opening
from pinner.reports.json import finding_row, outcome_row, reference_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.model import findings
    from pinner.model.occurrence import Occurrence
    from pinner.model.occurrence import Problem as SaidProblem
    from pinner.project.project import Project as OpenedProject


class Project:
    """A project, its settings as they were when it was opened, its files as they are each time.

    Paths in what it gives are below `root`, with `/` on every system. A project may be used by
    several threads. Each method raises GitError, LockfileError and ConfigError.
    """

    def __init__(self, projects: Sequence[OpenedProject]) -> None:
        """Use `Project.open`."""
        self._projects = tuple(projects)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] = ".",
        *,
        use_cache: bool = True,
        use_git: bool = True,
    ) -> Project:
        """Open the project that a folder is in, as `pinner` does in that folder.

        Without `use_cache` nothing is kept in the user's cache folder, without `use_git` files are
        found without asking git. Raises UsageError where there is no such folder, and ConfigError.
        """
        root = opening.open_project([os.fspath(path)], use_git=use_git).workspace.root
        return cls(opening.open_projects([root], use_cache=use_cache, use_git=use_git))

    @property
    def root(self) -> str:
        """The project's folder, absolute."""
        return self._projects[0].workspace.root

    def list(self) -> Listing:
        """List the references of all files, pinned or not, and why some cannot be pinned."""
        survey = self._projects[0].surveyor.survey()
        return Listing(
            references=tuple(map(_reference, survey.occurrences)),
            problems=tuple(_problems(survey.problems)),
        )

    def lock(
        self,
        *,
        write: bool = True,
        offline: bool = False,
        lock_only: bool = False,
        style: str | None = None,
        platforms: Iterable[str] = (),
    ) -> LockResult:
        """Pin what is not pinned, as `pinner lock` does; all files are written, or none.

        With `write` false nothing is written; with `offline` the lockfile alone is asked; with
        `lock_only` the digests stand in the lockfile alone. `style` is `tag-and-digest` or
        `digest-only`, `platforms` are recorded beside each digest, as `linux/arm64`: both are those
        of the configuration where they are not given. What fails for a single reference is an
        outcome. Raises UsageError, and WriteError where nothing could be written.
        """
        project = self._projects[0]
        wishes = project.settings.wishes(lock_only=lock_only)
        wishes = replace(
            wishes,
            style=_style(style) if style is not None else wishes.style,
            platforms=parse_platforms(tuple(platforms)) or wishes.platforms,
        )
        way = Asking(project)
        make = None if offline else way.resolver
        result = run_and_write(project, lambda: lock(project.surveyor, make, wishes), write=write)
        return LockResult(
            outcomes=tuple(map(_outcome, result.outcomes)),
            problems=tuple(_problems(result.problems)),
            files=tuple(change.file for change in result.changes),
            is_written=write,
        )

    def verify(
        self,
        *,
        online: bool = False,
        since: str | None = None,
        strict: bool = False,
        fail_on: Iterable[str] = (),
    ) -> tuple[Finding, ...]:
        """Say what is wrong, as `pinner verify` does; nothing is asked of a network.

        With `online` registries are asked whether tags moved and digests are still there. With
        `since`, a revision of git, what is weaker than it was then is found too. With `strict`
        warnings are errors, with `fail_on` the findings of these names are. Projects inside that
        the configuration names are verified too. Raises UsageError for a name that is none.
        """
        request = VerifyRequest(
            online=online,
            since=since,
            offline=not online,
            strictness=strictness_of(strict, tuple(fail_on)),
        )
        found: list[findings.Finding] = []
        for project in self._projects:
            verdict = verify_project(project, project.begin_survey(), request, Asking)
            found += relocate_findings(verdict.findings, lambda path: self._shown(project, path))  # noqa: B023
        return tuple(map(_finding, found))

    def _shown(self, project: OpenedProject, path: str) -> str:
        return project.shown_from(self.root, path)


def _style(text: str) -> Style:
    try:
        return Style(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no style; there are {', '.join(Style)}") from error


def _reference(seen: Occurrence) -> Reference:
    row = reference_row(seen)
    said = row.pop("ignore") or {}
    return Reference(**row, ignore_reason=said.get("reason"), ignore_until=said.get("until"))


def _problems(problems: Iterable[SaidProblem]) -> Iterable[Problem]:
    return (
        Problem(file=problem.file, line=problem.line, message=problem.message)
        for problem in problems
    )


def _outcome(outcome: findings.Outcome) -> Outcome:
    return Outcome(**{**outcome_row(outcome), "places": tuple(outcome.places)})


def _finding(finding: findings.Finding) -> Finding:
    row = finding_row(finding)
    return Finding(end_column=row.pop("end-column"), **row)
