"""`pinner unpin`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.cli.commands.writing import code_for, run_and_write
from pinner.cli.output import TextOrJson, show_log, show_result
from pinner.operations import unpin as operation
from pinner.operations.relocation import relocate_result
from pinner.project.opening import open_project

if TYPE_CHECKING:
    from collections.abc import Sequence


def unpin(
    paths: Sequence[str] = (),
    *,
    check: bool = False,
    dry_run: bool = False,
    diff: bool = False,
    format_: TextOrJson = TextOrJson.TEXT,
    no_cache: bool = False,
    no_git: bool = False,
    debug: bool = False,
) -> int:
    """Take the digests out of the files again."""
    show_log(verbose=False, debug=debug)
    project = open_project(paths, use_cache=not no_cache, use_git=not no_git)
    write = not (check or dry_run or diff)
    result = run_and_write(
        project, lambda: operation.unpin(project.surveyor, scopes=project.scopes), write=write
    )
    show_result(relocate_result(result, project.shown), written=write, diff=diff, format_=format_)
    return code_for(result, check=check)
