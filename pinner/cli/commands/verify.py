"""`pinner verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.cli import world
from pinner.cli.boundary import FINDINGS, INCOMPLETE
from pinner.cli.output import say_briefly, show_log, write_report
from pinner.cli.relocation import relocate_findings
from pinner.model.errors import UsageError
from pinner.model.findings import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.operations.verify import Strictness, Verdict
    from pinner.project.survey import Surveyor
    from pinner.reports.all_reports import FindingsFormat


def verify(
    paths: Sequence[str] = (),
    *,
    online: bool = False,
    offline: bool = False,
    since: str | None = None,
    staged: bool = False,
    strict: bool = False,
    fail_on: Sequence[str] = (),
    lock_only: bool = False,
    no_mirrors: bool = False,
    no_git: bool = False,
    format_: FindingsFormat | None = None,
    output: str | None = None,
    no_cache: bool = False,
    verbose: bool = False,
    debug: bool = False,
) -> int:
    """Say whether files and lockfile agree and everything is pinned."""
    show_log(verbose=verbose, debug=debug)
    if online and offline:
        raise UsageError("--online and --offline ask for different things; choose one")
    projects = world.open_projects(paths, use_cache=not no_cache, use_git=not no_git, staged=staged)
    begun = [(project, project.begin_survey()) for project in projects]
    # Imported while git is at work.
    from pinner.model.findings import FindingName, Level
    from pinner.operations import verify as operation
    from pinner.reports.all_reports import FindingsFormat, findings_report
    from pinner.reports.text import findings_summary

    unknown = sorted(set(fail_on) - set(FindingName))
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no finding; there are {', '.join(FindingName)}")
    format_ = format_ or FindingsFormat.TEXT
    findings, tally = [], Tally()
    for project, surveyor in begun:
        verdict = _judge(
            project,
            surveyor,
            since,
            operation.Strictness(strict, tuple(FindingName(name) for name in fail_on)),
            online=online,
            asks=not offline,
            lock_only=lock_only,
            no_mirrors=no_mirrors,
        )
        shown = project.shown_from_top if format_.is_for_repositories else project.shown
        findings += relocate_findings(verdict.findings, shown)
        tally = tally.plus(verdict.tally, project.shown)
    is_text = format_ is FindingsFormat.TEXT
    write_report(findings_report(format_)(findings), output, is_text=is_text)
    say_briefly(findings_summary(findings, tally))
    if any(finding.name is FindingName.UNREACHABLE for finding in findings):
        return INCOMPLETE
    failed = any(finding.level is Level.ERROR for finding in findings)
    return FINDINGS if failed else 0


def _judge(
    project: world.Project,
    surveyor: Surveyor,
    since: str | None,
    strictness: Strictness,
    *,
    online: bool,
    asks: bool,
    lock_only: bool,
    no_mirrors: bool,
) -> Verdict:
    """Verify one project; with `since`, by the settings that it had then."""
    from pinner.operations import verify as operation

    judged, then = project, None
    if since is not None:
        then = world.at_revision(project, since)
        judged = replace(project, settings=then.settings)
        surveyor = replace(surveyor, settings=then.settings)
    if no_mirrors:
        judged = world.without_mirrors(judged)
    with world.resolver_maker(judged, proves=False) as make:
        baseline = None
        if then is not None:
            from pinner.operations.since import Baseline

            baseline = Baseline(
                str(since),
                replace(then.surveyor, inner_projects=()),
                project.settings,
                world.settings_file(project.files),
                make if asks else None,
            )
        return operation.verify(
            surveyor,
            world.wishes_of(judged.settings, lock_only=lock_only),
            scopes=project.scopes,
            make_resolver=make if online else None,
            prove_all=world.prover(judged) if online or (then is not None and asks) else None,
            strictness=strictness,
            baseline=baseline,
        )
