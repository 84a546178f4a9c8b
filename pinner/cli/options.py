"""What commands have in common: options, the error boundary, and words for standard error."""

from __future__ import annotations

import signal
import sys
import traceback
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from pinner.model.errors import PinnerError, RegistryError, ReportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinner.cli.world import Project
    from pinner.model.findings import Result
    from pinner.model.platforms import Platform

FINDINGS, INCOMPLETE, INTERRUPTED, TERMINATED, BUG = 1, 3, 130, 143, 70

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


class TextOrJson(StrEnum):
    """The formats of what is not a list of findings."""

    TEXT = "text"
    JSON = "json"


JsonOrText = Annotated[TextOrJson, typer.Option("--format", help="The output's format.")]


def say(text: str) -> None:
    """Say something about the results: on standard error."""
    typer.echo(text, err=True)


class Boundary(TyperGroup):
    """Turns every error into one message on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PinnerError as error:
            say(f"error: {error}")
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            say("interrupted")
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


def parse_platforms(texts: Sequence[str] | None) -> tuple[Platform, ...]:
    """Parse platforms; raises UsageError."""
    if not texts:
        return ()
    from pinner.model.platforms import Platform, PlatformSyntaxError

    try:
        return tuple(map(Platform.parse, texts))
    except PlatformSyntaxError as error:
        raise UsageError(str(error)) from error


def parse_platform(text: str | None) -> Platform | None:
    """Parse a platform if one is named; raises UsageError."""
    return parse_platforms([text])[0] if text else None


def known_scanner(project: Project, name: str | None) -> str | None:
    """Check that a scanner is there; raises UsageError."""
    if name is not None and name not in project.scanners:
        raise UsageError(f"{name!r} is no scanner; there are {', '.join(project.scanners)}")
    return name


def show_log(*, verbose: bool, debug: bool) -> None:
    """Show the log on standard error: requests, and with debug each decision."""
    import logging

    level = logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    # urllib3 warns of each retry with the whole URL.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logger = logging.getLogger("pinner")
    logger.setLevel(level)
    logger.addHandler(handler)


def run_and_write(project: Project, run: Callable[[], Result], *, write: bool) -> Result:
    """Work out a result; to write it, hold the project's lock from the first look on."""
    from pinner.operations.changes import write_changes
    from pinner.project.transaction import project_lock

    if not write:
        return run()
    signal.signal(signal.SIGTERM, _terminate)
    with project_lock(
        project.lock_files, lambda: say("waiting for another pinner that is at work here")
    ):
        result = run()
        write_changes(project.workspace, result.changes)
        return result


def _terminate(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)


def show_result(
    result: Result,
    *,
    written: bool,
    diff: bool,
    format_: TextOrJson,
    verbose: bool = False,
    as_json: Callable[[], str] | None = None,
    further_text: Callable[[], str] | None = None,
) -> None:
    """Show what was done, and say what failed; a command may have JSON or text of its own."""
    from pinner.reports import text
    from pinner.reports.json import result_json

    if format_ is TextOrJson.JSON:
        typer.echo(as_json() if as_json else result_json(result, written=written), nl=False)
    elif diff:
        typer.echo(text.diff_text(result.changes), nl=False)
    else:
        typer.echo(text.result_text(result, verbose=verbose), nl=False)
        typer.echo(further_text() if further_text else "", nl=False)
    for failure in text.failures_text(result):
        say(f"error: {failure}")
    say(text.result_summary(result, written=written))


def leave(result: Result, *, check: bool) -> None:
    """Exit with the code that a result calls for."""
    if result.has_failures:
        raise typer.Exit(RegistryError.exit_code)
    if result.problems:
        raise typer.Exit(PinnerError.exit_code)
    if check and result.changes:
        raise typer.Exit(FINDINGS)


def write_output(report: str, output: str | None) -> None:
    """Print a report, or write it to a file; raises ReportError."""
    if output is None:
        typer.echo(report, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(report)
    except OSError as error:
        raise ReportError(f"{output} cannot be written: {error.strerror}") from error
