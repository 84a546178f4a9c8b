"""Make one commit of some files."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from pinner.model.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def changed_files(root: Path, files: Sequence[str]) -> list[str]:
    """Name those of some files that differ from the last commit; raises WriteError outside git."""
    output = _run(root, "status", "--porcelain", "-z", "--untracked-files=all", "--", *files)
    return [row[3:] for row in output.split("\0") if row[3:]]


def commit_files(root: Path, files: Sequence[str], message: str) -> None:
    """Commit just these files on the current branch; raises WriteError with git's own words."""
    _run(root, "add", "--", *files)
    _run(root, "commit", "--quiet", "--only", "--message", message, "--", *files)


def _run(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "--literal-pathspecs", *arguments],  # noqa: S607
            cwd=root, capture_output=True, check=False, text=True,
        )  # fmt: skip
    except OSError as error:
        raise WriteError(f"git cannot be run: {error.strerror}") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).partition("\n")[0]
        raise WriteError(f"git {arguments[0]} failed: {words}")
    return done.stdout
