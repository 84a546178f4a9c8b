"""What `pinner verify` says of the projects that it began to look through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.cli.boundary import FINDINGS, INCOMPLETE
from pinner.cli.output import append_summary, say_briefly, write_report
from pinner.cli.terminal import asking
from pinner.model.findings import FileChange, FindingName, Level, Result, Tally
from pinner.model.shown import counted, escaped
from pinner.operations.relocation import relocate_findings
from pinner.operations.verify_project import verify_project
from pinner.project.accepted import BASELINE, dump_accepted, is_acceptable
from pinner.reports.all_reports import FindingsFormat, findings_report
from pinner.reports.text import findings_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.operations.verify import Verdict
    from pinner.operations.verify_project import VerifyRequest
    from pinner.project.project import Project
    from pinner.project.surveyor import Surveyor

_MOST_GONE = 10


def judge(
    begun: Sequence[tuple[Project, Surveyor]],
    request: VerifyRequest,
    format_: FindingsFormat,
    output: str | None,
) -> int:
    """Verify projects whose surveys have begun, report on them, and give the exit code.

    Where the request accepts nothing, a baseline is written of what can be accepted.
    """
    findings, tally = [], Tally()
    for project, surveyor in begun:
        with asking() as way_of:
            verdict = verify_project(project, surveyor, request, way_of)
        if not request.accepts:
            verdict = _written(project, verdict)
        _say_gone(verdict, project)
        shown = project.shown_from_top if format_.is_for_repositories else project.shown
        findings += relocate_findings(verdict.findings, shown)
        tally = tally.plus(verdict.tally, project.shown)
    is_text = format_ is FindingsFormat.TEXT
    write_report(findings_report(format_)(findings), output, is_text=is_text)
    summary = findings_summary(findings, tally)
    if format_ is FindingsFormat.GITHUB:
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
