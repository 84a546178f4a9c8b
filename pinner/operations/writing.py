"""Work out a result and write it, as the only one that writes in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinner.model.findings import Result
    from pinner.project.project import Project


def run_and_write(
    project: Project,
    run: Callable[[], Result],
    *,
    write: bool,
    on_wait: Callable[[], None] = lambda: None,
) -> Result:
    """Work out a result; to write it, hold the project's lock from the first look on.

    `on_wait` is called where another process holds it. Raises WriteError.
    """
    if not write:
        return run()
    from pinner.operations.changes import write_changes  # noqa: PLC0415 - for writing only
    from pinner.project.transaction import project_lock  # noqa: PLC0415 - for writing only

    with project_lock(project.lock_files, on_wait):
        result = run()
        write_changes(project.workspace, result.changes, project.journal)
        return result
