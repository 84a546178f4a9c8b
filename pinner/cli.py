"""The command line: arguments, exit codes, and the one place where errors become messages."""

from __future__ import annotations

import signal
import sys
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from pinner import __version__
from pinner.all_reports import FindingsFormat
from pinner.errors import PinnerError, RegistryError, ReportError, UsageError
from pinner.rewrite import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.findings import Result
    from pinner.platforms import Platform
    from pinner.world import Project

FINDINGS, INCOMPLETE, INTERRUPTED, TERMINATED, BUG = 1, 3, 130, 143, 70


class _Boundary(TyperGroup):
    """Turns every error into one message on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PinnerError as error:
            say(f"error: {error}")
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            say("interrupted; nothing was written")
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if type(error).__module__.startswith(("typer", "click")):
                raise
            if "--debug" in sys.argv:
                traceback.print_exc()
            say(f"internal error: {type(error).__name__}: {error}")
            say("this is a bug of pinner; run again with --debug and report what it prints")
            raise typer.Exit(BUG) from None


app = typer.Typer(
    cls=_Boundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders; the whole project if none."),
]
Scanner = Annotated[str | None, typer.Option(help="Read the named files as this format.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show each request, and what was kept.")
]
Debug = Annotated[bool, typer.Option("--debug", hidden=True)]
Diff = Annotated[bool, typer.Option("--diff", help="Show the changes as a diff.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing.")]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit with 1 if anything would change.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep nothing in the user's cache.")]
Platforms = Annotated[
    list[str] | None,
    typer.Option("--platform", metavar="OS/ARCH", help="Record this platform's digests as well."),
]
JsonOrText = Annotated[str, typer.Option("--format", help="text or json.")]


def say(text: str) -> None:
    """Say something about the results: on standard error."""
    typer.echo(text, err=True)


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


@app.command()
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
    format_: JsonOrText = "text",
    no_cache: NoCache = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Pin what is not pinned, in files and lockfile; what is locked keeps its digest."""
    from pinner import world
    from pinner.operations.lock import lock as work_out

    _show_log(verbose=verbose, debug=debug)
    _check_choice(format_)
    project = world.open_project(paths or (), use_cache=not no_cache)
    wishes = world.wishes_of(project.settings, lock_only=lock_only)
    wishes = replace(
        wishes,
        style=style or wishes.style,
        platforms=_platforms(platform) or wishes.platforms,
        pin_platform=_platforms([pin_platform])[0] if pin_platform else None,
    )

    def run() -> Result:
        with world.resolver_maker(project) as make:
            return work_out(
                project.surveyor,
                None if offline else make,
                wishes,
                scopes=project.scopes,
                scanner=_known_scanner(project, scanner),
            )

    result = _run_and_write(project, run, write=not (check or dry_run))
    _report(result, written=not (check or dry_run), diff=diff, format_=format_, verbose=verbose)
    _leave(result, check=check)


@app.command()
def verify(
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
    from pinner import world
    from pinner.all_reports import findings_report
    from pinner.findings import FindingName, Level
    from pinner.operations.verify import verify as work_out
    from pinner.reports.text import findings_summary

    _show_log(verbose=verbose, debug=debug)
    unknown = sorted(set(fail_on or ()) - set(FindingName))
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no finding; there are {', '.join(FindingName)}")
    project = world.open_project(paths or (), use_cache=not no_cache)
    with world.resolver_maker(project) as make:
        findings = work_out(
            project.surveyor,
            world.wishes_of(project.settings, lock_only=lock_only),
            scopes=project.scopes,
            make_resolver=make if online else None,
            strict=strict,
            fail_on=[FindingName(name) for name in fail_on or ()],
        )
    _print_report(findings_report(format_)(findings), output)
    say(findings_summary(findings))
    if any(finding.name is FindingName.UNREACHABLE for finding in findings):
        raise typer.Exit(INCOMPLETE)
    if any(finding.level is Level.ERROR for finding in findings):
        raise typer.Exit(FINDINGS)


@app.command("list")
def list_references(
    paths: Paths = None,
    *,
    scanner: Scanner = None,
    format_: JsonOrText = "text",
    no_cache: NoCache = False,
    debug: Debug = False,
) -> None:
    """List the references that were found, and why some cannot be pinned; `-` reads stdin."""
    from pinner import world
    from pinner.reports.json import listing_json
    from pinner.reports.text import listing_text

    _show_log(verbose=False, debug=debug)
    _check_choice(format_)
    if paths == ["-"]:
        project = world.open_project((), use_cache=False)
        named = _known_scanner(project, scanner)
        if named is None:
            raise UsageError("-: say with --scanner what standard input is")
        survey = project.surveyor.survey_content("<stdin>", sys.stdin.buffer.read(), named)
    else:
        project = world.open_project(paths or (), use_cache=not no_cache)
        survey = project.surveyor.survey(project.scopes, _known_scanner(project, scanner))
    text = listing_json if format_ == "json" else listing_text
    typer.echo(text(survey.occurrences), nl=False)
    for problem in survey.problems:
        line = f":{problem.line}" if problem.line else ""
        say(f"error: {problem.file}{line}: {problem.message}")
    if survey.problems:
        raise typer.Exit(PinnerError.exit_code)


def _run_and_write(project: Project, run: Any, *, write: bool) -> Result:
    """Work out a result; to write it, hold the project's lock from the first look on."""
    from pinner.operations.changes import write_changes
    from pinner.transaction import project_lock

    if not write:
        return run()  # type: ignore[no-any-return]
    signal.signal(signal.SIGTERM, _terminate)
    with project_lock(
        project.lock_file, lambda: say("waiting for another pinner that is at work here")
    ):
        result: Result = run()
        write_changes(project.workspace, result.changes)
        return result


def _terminate(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)


def _report(result: Result, *, written: bool, diff: bool, format_: str, verbose: bool) -> None:
    from pinner.reports import text
    from pinner.reports.json import result_json

    if format_ == "json":
        typer.echo(result_json(result, written=written), nl=False)
    elif diff:
        typer.echo(text.diff_text(result.changes), nl=False)
    else:
        typer.echo(text.result_text(result, verbose=verbose), nl=False)
    for failure in text.failures_text(result):
        say(f"error: {failure}")
    say(text.result_summary(result, written=written))


def _leave(result: Result, *, check: bool) -> None:
    if result.has_failures:
        raise typer.Exit(RegistryError.exit_code)
    if result.problems:
        raise typer.Exit(PinnerError.exit_code)
    if check and result.changes:
        raise typer.Exit(FINDINGS)


def _print_report(report: str, output: str | None) -> None:
    if output is None:
        typer.echo(report, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(report)
    except OSError as error:
        raise ReportError(f"{output} cannot be written: {error.strerror}") from error


def _platforms(texts: Sequence[str] | None) -> tuple[Platform, ...]:
    if not texts:
        return ()
    from pinner.platforms import Platform, PlatformSyntaxError

    try:
        return tuple(map(Platform.parse, texts))
    except PlatformSyntaxError as error:
        raise UsageError(str(error)) from error


def _known_scanner(project: Project, name: str | None) -> str | None:
    if name is not None and name not in project.scanners:
        raise UsageError(f"{name!r} is no scanner; there are {', '.join(project.scanners)}")
    return name


def _check_choice(format_: str) -> None:
    if format_ not in ("text", "json"):
        raise UsageError(f"{format_!r} is no format; there are text and json")


def _show_log(*, verbose: bool, debug: bool) -> None:
    import logging

    level = logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("pinner")
    logger.setLevel(level)
    logger.addHandler(handler)


def main() -> None:
    """Run the program."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app()
