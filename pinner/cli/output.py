"""What reaches the user: results on standard output, words about them on standard error."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from pinner.model.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinner.model.findings import Result


class TextOrJson(StrEnum):
    """The formats of what is not a list of findings."""

    TEXT = "text"
    JSON = "json"


def show(text: str) -> None:
    """Write a result, or a part of one."""
    sys.stdout.write(text)
    sys.stdout.flush()


def say(text: str) -> None:
    """Say something about the results."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


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


def write_report(report: str, output: str | None) -> None:
    """Print a report, or write it to a file; raises ReportError."""
    if output is None:
        show(report)
        return
    try:
        content = report.encode("utf-8", errors="backslashreplace")
        with open(_checked_output(output), "wb") as file:
            file.write(content)
    except OSError as error:
        raise ReportError(f"{output} cannot be written: {error.strerror}") from error


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
    from pinner.reports.json import result_json

    if format_ is TextOrJson.JSON:
        show(as_json() if as_json else result_json(result, written=written))
    elif diff:
        show(_as_no_command(text.diff_text(result.changes)))
    else:
        show(as_text() if as_text else text.result_text(result, verbose=verbose))
    for failure in text.failures_text(result):
        say(f"error: {failure}")
    say(text.result_summary(result, verb or ("wrote" if written else "would write")))
