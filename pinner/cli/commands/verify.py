"""`pinner verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.cli import world
from pinner.cli.boundary import FINDINGS, INCOMPLETE
from pinner.cli.output import say, show_log, write_report
from pinner.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.reports.all_reports import FindingsFormat


def verify(
    paths: Sequence[str] = (),
    *,
    online: bool = False,
    strict: bool = False,
    fail_on: Sequence[str] = (),
    lock_only: bool = False,
    format_: FindingsFormat | None = None,
    output: str | None = None,
    no_cache: bool = False,
    verbose: bool = False,
    debug: bool = False,
) -> int:
    """Say whether files and lockfile agree and everything is pinned."""
    show_log(verbose=verbose, debug=debug)
    project = world.open_project(paths, use_cache=not no_cache)
    surveyor = project.begin_survey()
    # Imported while git is at work.
    from pinner.model.findings import FindingName, Level
    from pinner.operations import verify as operation
    from pinner.reports.all_reports import FindingsFormat, findings_report
    from pinner.reports.text import findings_summary

    unknown = sorted(set(fail_on) - set(FindingName))
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no finding; there are {', '.join(FindingName)}")
    with world.resolver_maker(project) as make:
        verdict = operation.verify(
            surveyor,
            world.wishes_of(project.settings, lock_only=lock_only),
            scopes=project.scopes,
            make_resolver=make if online else None,
            strict=strict,
            fail_on=[FindingName(name) for name in fail_on],
        )
    write_report(findings_report(format_ or FindingsFormat.TEXT)(verdict.findings), output)
    say(findings_summary(verdict.findings, verdict.references))
    if any(finding.name is FindingName.UNREACHABLE for finding in verdict.findings):
        return INCOMPLETE
    failed = any(finding.level is Level.ERROR for finding in verdict.findings)
    return FINDINGS if failed else 0
