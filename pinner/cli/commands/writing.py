"""What commands that write have in common: the project's lock, and the code to leave with."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

from pinner.cli.boundary import FINDINGS, TERMINATED
from pinner.cli.output import say
from pinner.model.errors import PinnerError, RegistryError
from pinner.operations import writing as operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinner.model.findings import Result
    from pinner.project.project import Project


def run_and_write(project: Project, run: Callable[[], Result], *, write: bool) -> Result:
    """Work out a result; to write it, hold the project's lock from the first look on."""
    if write:
        signal.signal(signal.SIGTERM, _terminate)
    return operation.run_and_write(
        project,
        run,
        write=write,
        on_wait=lambda: say("waiting for another pinner that is at work here"),
    )


def _terminate(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)


def code_for(result: Result, *, check: bool) -> int:
    """Give the exit code that a result calls for."""
    if result.has_failures:
        return RegistryError.exit_code
    if result.problems:
        return PinnerError.exit_code
    return FINDINGS if check and result.changes else 0
