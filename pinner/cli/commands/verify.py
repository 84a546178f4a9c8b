"""`pinner verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.cli.boundary import FINDINGS, INCOMPLETE
from pinner.cli.output import say_briefly, show_log, write_report
from pinner.cli.terminal import asking
from pinner.model.errors import UsageError
from pinner.model.findings import Tally
from pinner.model.shown import counted, escaped
from pinner.operations.relocation import relocate_findings
from pinner.project.opening import open_projects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.operations.verify import Verdict
    from pinner.project.project import Project
    from pinner.reports.all_reports import FindingsFormat


_MOST_GONE = 10


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
    write_baseline: bool = False,
    no_mirrors: bool = False,
    no_git: bool = False,
    format_: FindingsFormat | None = None,
    output: str | None = None,
    no_cache: bool = False,
    verbose: bool = False,
    now: str | None = None,
    debug: bool = False,
    ahead: tuple[int, int] | None = None,
) -> int:
    """Say whether files and lockfile agree and everything is pinned.

    `ahead` is a process that scans the project here already, and its pipe.
    """
    show_log(verbose=verbose, debug=debug)
    if online and offline:
        raise UsageError("--online and --offline ask for different things; choose one")
    if write_baseline and (paths or staged or since is not None):
        raise UsageError("--write-baseline is for the whole project as it is on the disk")
    projects = open_projects(paths, use_cache=not no_cache, use_git=not no_git, staged=staged)
    if now is not None:
        from pinner.cli.arguments import parse_day

        projects = [replace(project, today=parse_day(now)) for project in projects]
    begun = [(project, project.begin_survey(ahead)) for project in projects]
    # Imported while git is at work.
    from pinner.model.findings import FindingName, Level
    from pinner.operations.leveling import strictness_of
    from pinner.operations.verify_project import VerifyRequest, verify_project
    from pinner.reports.all_reports import FindingsFormat, findings_report
    from pinner.reports.text import findings_summary

    format_ = format_ or FindingsFormat.TEXT
    request = VerifyRequest(
        online=online,
        offline=offline,
        since=since,
        strictness=strictness_of(strict, fail_on),
        lock_only=lock_only,
        no_mirrors=no_mirrors,
        places_fixes=format_ is FindingsFormat.SARIF,
        accepts=not write_baseline,
    )
    findings, tally = [], Tally()
    for project, surveyor in begun:
        with asking() as way_of:
            verdict = verify_project(project, surveyor, request, way_of)
        if write_baseline:
            verdict = _written(project, verdict)
        _say_gone(verdict, project)
        shown = project.shown_from_top if format_.is_for_repositories else project.shown
        findings += relocate_findings(verdict.findings, shown)
        tally = tally.plus(verdict.tally, project.shown)
    is_text = format_ is FindingsFormat.TEXT
    write_report(findings_report(format_)(findings), output, is_text=is_text)
    summary = findings_summary(findings, tally)
    if format_ is FindingsFormat.GITHUB:
        from pinner.cli.output import append_summary
        from pinner.reports.markdown import job_summary

        append_summary(job_summary(findings, summary))
    say_briefly(summary)
    if any(finding.name is FindingName.UNREACHABLE for finding in findings):
        return INCOMPLETE
    failed = any(finding.level is Level.ERROR for finding in findings)
    return FINDINGS if failed else 0


def _written(project: Project, verdict: Verdict) -> Verdict:
    """Write the baseline; give what it does not let be."""
    from pinner.cli.commands.writing import run_and_write
    from pinner.model.findings import FileChange, Result
    from pinner.project.accepted import BASELINE, dump_accepted, is_acceptable

    files = project.workspace
    accepted = [finding for finding in verdict.findings if is_acceptable(finding)]

    def change() -> Result:
        is_new = not files.state(BASELINE)
        before = b"" if is_new else files.read(BASELINE)
        made = FileChange(
            file=BASELINE, before=before, after=dump_accepted(accepted), is_new=is_new
        )
        return Result(outcomes=(), changes=(made,) if made.before != made.after else ())

    run_and_write(project, change, write=True)
    say_briefly(f"{project.shown(BASELINE)} holds {counted(len(accepted), 'finding')}")
    kept = tuple(finding for finding in verdict.findings if not is_acceptable(finding))
    return replace(verdict, findings=kept, tally=replace(verdict.tally, accepted=len(accepted)))


def _say_gone(verdict: Verdict, project: Project) -> None:
    """Name the rows of the baseline that may be taken out."""
    for (name, file, subject), count in verdict.gone[:_MOST_GONE]:
        times = f" {count} times" if count > 1 else ""
        said = f"{name} of {subject} in {project.shown(file)} is gone{times}"
        say_briefly(f"baseline: {escaped(said)}; `pinner verify --write-baseline` takes it out")
    if len(verdict.gone) > _MOST_GONE:
        say_briefly(f"baseline: and {len(verdict.gone) - _MOST_GONE} more are gone")
