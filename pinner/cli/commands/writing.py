"""What commands that write have in common: the project's lock, and the code to leave with."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

from pinner.cli.boundary import FINDINGS, TERMINATED
from pinner.cli.output import say
from pinner.model.errors import PinnerError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinner.model.findings import Result
    from pinner.project.project import Project


def run_and_write(project: Project, run: Callable[[], Result], *, write: bool) -> Result:
    """Work out a result; to write it, hold the project's lock from the first look on."""
    if not write:
        return run()
    from pinner.operations.changes import write_changes
    from pinner.project.transaction import project_lock

    signal.signal(signal.SIGTERM, _terminate)
    with project_lock(
        project.lock_files, lambda: say("waiting for another pinner that is at work here")
    ):
        result = run()
        write_changes(project.workspace, result.changes, project.journal)
        return result


def _terminate(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)


def code_for(result: Result, *, check: bool) -> int:
    """Give the exit code that a result calls for."""
    if result.has_failures:
        return RegistryError.exit_code
    if result.problems:
        return PinnerError.exit_code
    return FINDINGS if check and result.changes else 0
