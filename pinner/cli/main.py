"""The command line: arguments and exit codes."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from pinner import __version__
from pinner.cli import quick
from pinner.cli.image import image
from pinner.cli.options import (
    FINDINGS,
    INCOMPLETE,
    Boundary,
    Check,
    Debug,
    Diff,
    DryRun,
    JsonOrText,
    NoCache,
    Paths,
    Platforms,
    Scanner,
    TextOrJson,
    Verbose,
    known_scanner,
    leave,
    parse_platform,
    parse_platforms,
    run_and_write,
    say,
    show_log,
    show_result,
    write_output,
)
from pinner.cli.update import update
from pinner.model.errors import PinnerError, UsageError
from pinner.pins.rewrite import Style
from pinner.reports.all_reports import FindingsFormat

if TYPE_CHECKING:
    from pinner.model.findings import Result

app = typer.Typer(
    cls=Boundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(image, name="image")


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer's protocol
    if value:
        typer.echo(f"pinner {__version__}")
        raise typer.Exit


@app.callback()
def pinner(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
) -> None:
    """Pin container images by digest, with a lockfile."""


@app.command(short_help="Pin what is not pinned.")
def lock(
    paths: Paths = None,
    *,
    check: Check = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    lock_only: Annotated[
        bool, typer.Option("--lock-only", help="Write the lockfile alone.")
    ] = False,
    style: Annotated[Style | None, typer.Option(help="How a pinned reference is written.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fail rather than ask a registry.")
    ] = False,
    platform: Platforms = None,
    pin_platform: Annotated[
        str | None,
        typer.Option(metavar="OS/ARCH", help="Pin to this platform's manifest, not to the index."),
    ] = None,
    scanner: Scanner = None,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Pin what is not pinned, in files and lockfile; what is locked keeps its digest."""
    from pinner.cli import world
    from pinner.operations.lock import lock as work_out

    show_log(verbose=verbose, debug=debug)
    project = world.open_project(paths or (), use_cache=not no_cache)
    wishes = world.wishes_of(project.settings, lock_only=lock_only)
    wishes = replace(
        wishes,
        style=style or wishes.style,
        platforms=parse_platforms(platform) or wishes.platforms,
        pin_platform=parse_platform(pin_platform),
    )

    def run() -> Result:
        with world.resolver_maker(project) as make:
            return work_out(
                project.surveyor,
                None if offline else make,
                wishes,
                scopes=project.scopes,
                scanner=known_scanner(project, scanner),
            )

    result = run_and_write(project, run, write=not (check or dry_run))
    show_result(result, written=not (check or dry_run), diff=diff, format_=format_, verbose=verbose)
    leave(result, check=check)


@app.command(short_help="Check files and lockfile; no network.")
def verify(
    ctx: typer.Context,
    paths: Paths = None,
    *,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the registries too: moved and gone digests.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Take what cannot be pinned for an error.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(metavar="FINDING", help="Take this finding for an error, as moved."),
    ] = None,
    lock_only: Annotated[
        bool, typer.Option("--lock-only", help="Ask for entries, not for digests in files.")
    ] = False,
    format_: Annotated[FindingsFormat, typer.Option("--format", help="The report's format.")] = (
        FindingsFormat.TEXT
    ),
    output: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the report to a file.")
    ] = None,
    no_cache: NoCache = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Say whether files and lockfile agree and everything is pinned; without network."""
    from pinner.cli import world
    from pinner.model.findings import FindingName, Level
    from pinner.operations.verify import verify as work_out
    from pinner.reports.all_reports import findings_report
    from pinner.reports.text import findings_summary

    show_log(verbose=verbose, debug=debug)
    unknown = sorted(set(fail_on or ()) - set(FindingName))
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no finding; there are {', '.join(FindingName)}")
    project = world.open_project(paths or (), use_cache=not no_cache)
    with world.resolver_maker(project) as make:
        verdict = work_out(
            project.surveyor,
            world.wishes_of(project.settings, lock_only=lock_only),
            scopes=project.scopes,
            make_resolver=make if online else None,
            strict=strict,
            fail_on=[FindingName(name) for name in fail_on or ()],
        )
    report = findings_report(format_)(verdict.findings)
    summary = findings_summary(verdict.findings, verdict.references)
    code = 0
    if any(finding.level is Level.ERROR for finding in verdict.findings):
        code = FINDINGS
    if any(finding.name is FindingName.UNREACHABLE for finding in verdict.findings):
        code = INCOMPLETE
    write_output(report, output)
    say(summary)
    if isinstance(ctx.obj, quick.Question) and project.has_known_scanners:
        quick.remember(ctx.obj, verdict.sources, report, f"{summary}\n", code)
    raise typer.Exit(code)


app.command("update", short_help="Move digests, and tags if asked, forward.")(update)


@app.command("list", short_help="List references, and why some stay as they are.")
def list_references(
    paths: Paths = None,
    *,
    scanner: Scanner = None,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    debug: Debug = False,
) -> None:
    """List the references that were found, and why some cannot be pinned; `-` reads stdin."""
    from pinner.cli import world
    from pinner.reports.json import listing_json
    from pinner.reports.text import listing_text, problem_text

    show_log(verbose=False, debug=debug)
    if paths == ["-"]:
        project = world.open_project((), use_cache=False)
        named = known_scanner(project, scanner)
        if named is None:
            raise UsageError("-: say with --scanner what standard input is")
        survey = project.surveyor.survey_content("<stdin>", sys.stdin.buffer.read(), named)
    else:
        project = world.open_project(paths or (), use_cache=not no_cache)
        survey = project.surveyor.survey(project.scopes, known_scanner(project, scanner))
    text = listing_json if format_ is TextOrJson.JSON else listing_text
    typer.echo(text(survey.occurrences), nl=False)
    for problem in survey.problems:
        say(f"error: {problem_text(problem)}")
    if survey.problems:
        raise typer.Exit(PinnerError.exit_code)


@app.command(short_help="Take the digests out of the files again.")
def unpin(
    paths: Paths = None,
    *,
    check: Check = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    debug: Debug = False,
) -> None:
    """Take the digests out of the files again; the lockfile stays."""
    from pinner.cli import world
    from pinner.operations.unpin import unpin as work_out

    show_log(verbose=False, debug=debug)
    project = world.open_project(paths or (), use_cache=not no_cache)
    write = not (check or dry_run)
    result = run_and_write(
        project, lambda: work_out(project.surveyor, scopes=project.scopes), write=write
    )
    show_result(result, written=write, diff=diff, format_=format_)
    leave(result, check=check)


@app.command("config", short_help="Print the configuration in force.")
def show_config(*, format_: JsonOrText = TextOrJson.TEXT) -> None:
    """Print the configuration in force, and where each value comes from."""
    from pinner.cli import world
    from pinner.reports.settings import settings_json, settings_text

    settings = world.open_project(()).settings
    typer.echo((settings_json if format_ is TextOrJson.JSON else settings_text)(settings), nl=False)


def run(question: quick.Question | None = None) -> None:
    """Run the command line; an answer to `question` is kept."""
    gc.disable()  # the nodes of large files are many, and a run is short
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app(obj=question)
