"""What reaches the user: results on standard output, words about them on standard error."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from pinner.cli.terminal import manner, write_colored
from pinner.model.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinner.model.findings import Result


class TextOrJson(StrEnum):
    """The formats of what is not a list of findings."""

    TEXT = "text"
    JSON = "json"


class ExportFormat(StrEnum):
    """What images are written as."""

    LIST = "list"
    COMPOSE = "compose"
    KUSTOMIZE = "kustomize"
    IMAGES_LOCK = "images-lock"
    CYCLONEDX = "cyclonedx"


def show(text: str) -> None:
    """Write a result, or a part of one, as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def show_text(text: str, *, is_diff: bool = False) -> None:
    """Write a result for the eye."""
    write_colored(text, sys.stdout, is_diff=is_diff)
    sys.stdout.flush()


def say(text: str) -> None:
    """Say what went wrong, or what somebody waits for."""
    write_colored(f"{text}\n", sys.stderr)
    sys.stderr.flush()


def say_briefly(text: str) -> None:
    """Say something about the results, unless that is not wanted."""
    if not manner.is_quiet:
        say(text)


def show_log(*, verbose: bool, debug: bool) -> None:
    """Show the log on standard error: requests, and with debug each decision."""
    if not (verbose or debug):
        return
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    # urllib3 warns of each retry with the whole URL.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logger = logging.getLogger("pinner")
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    logger.addHandler(handler)


def write_report(report: str, output: str | None, *, is_text: bool = False) -> None:
    """Print a report, or write it to a file; raises ReportError."""
    if output is None:
        show_text(report) if is_text else show(report)
        return
    try:
        content = report.encode("utf-8", errors="backslashreplace")
        with open(_checked_output(output), "wb") as file:
            file.write(content)
    except OSError as error:
        raise ReportError(f"{output} cannot be written: {error.strerror}") from error


def append_summary(text: str) -> None:
    """Append to the page of the job where GitHub wants it; raises ReportError."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    try:
        with open(file, "ab") as summary:
            summary.write(text.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        message = f"GITHUB_STEP_SUMMARY: {file} cannot be written: {error.strerror}"
        raise ReportError(message) from error


def _as_no_command(lines: str) -> str:
    """Keep GitHub from taking lines of others' files for its workflow commands."""
    if not lines or os.environ.get("GITHUB_ACTIONS") != "true":
        return lines
    token = os.urandom(16).hex()
    return f"::stop-commands::{token}\n{lines}::{token}::\n"


def _checked_output(output: str) -> str:
    """Refuse a path that a link below the current folder leads out of it."""
    absolute, real = os.path.abspath(output), os.path.realpath(output)
    here, really = os.getcwd(), os.path.realpath(os.getcwd())
    is_below = absolute.startswith(f"{here}{os.sep}")
    if is_below and not real.startswith(f"{really}{os.sep}"):
        raise ReportError(f"{output} leads out of this folder by a link; nothing was written")
    return real


def say_failures(result: Result) -> None:
    """Say what could not be done, and why."""
    from pinner.reports.text import failures_text

    for failure in failures_text(result):
        say(f"error: {failure}")


def show_result(
    result: Result,
    *,
    written: bool,
    diff: bool,
    format_: TextOrJson,
    verbose: bool = False,
    verb: str | None = None,
    as_json: Callable[[], str] | None = None,
    as_text: Callable[[], str] | None = None,
) -> None:
    """Show what was done, and say what failed; a command may have JSON or text of its own."""
    from pinner.reports import text

    if format_ is TextOrJson.JSON:
        from pinner.reports.json import result_json

        show(as_json() if as_json else result_json(result, written=written))
    elif diff:
        show_text(_as_no_command(text.diff_text(result.changes)), is_diff=True)
    elif not manner.is_quiet:
        shown = as_text or (lambda: text.result_text(result, verbose=verbose))
        show_text(shown())
    say_failures(result)
    say_briefly(text.result_summary(result, verb or ("wrote" if written else "would write")))
