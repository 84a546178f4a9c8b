"""`pinner verify`: begun before most of the program is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.errors import UsageError
from pinner.project.scan_ahead import begin_early

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    write_baseline: bool = False,
    no_mirrors: bool = False,
    no_git: bool = False,
    format_: FindingsFormat | None = None,
    output: str | None = None,
    no_cache: bool = False,
    verbose: bool = False,
    now: str | None = None,
    debug: bool = False,
) -> int:
    """Say whether files and lockfile agree and everything is pinned."""
    if verbose or debug:
        from pinner.cli.output import show_log

        show_log(verbose=verbose, debug=debug)
    if online and offline:
        raise UsageError("--online and --offline ask for different things; choose one")
    if write_baseline and (paths or staged or since is not None):
        raise UsageError("--write-baseline is for the whole project as it is on the disk")
    ahead = None if paths or staged or no_cache else begin_early()
    # Imported while another process gets ready.
    from pinner.project.opening import open_projects

    projects = open_projects(paths, use_cache=not no_cache, use_git=not no_git, staged=staged)
    if now is not None:
        from pinner.cli.arguments import parse_day

        projects = [replace(project, today=parse_day(now)) for project in projects]
    begun = []
    for project in projects:
        begun.append((project, project.begin_survey(ahead)))
        ahead = None  # it has the first one's question
    # Imported while git and another process are at work.
    from pinner.cli.commands.verdicts import judge
    from pinner.operations.leveling import strictness_of
    from pinner.operations.verify_project import VerifyRequest
    from pinner.reports.all_reports import FindingsFormat

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
    return judge(begun, request, format_, output)
