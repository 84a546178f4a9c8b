"""Write docs/commands.md from the program's own help: python tests/make_reference.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
COMMANDS = (
    "lock", "verify", "update", "list", "unpin", "config",
    "image digest", "image id", "image manifest", "image inspect",
)  # fmt: skip
_HEAD = """# Commands

Written by `tests/make_reference.py` from what `pinner help` says.

## Exit codes

| code | meaning |
|---|---|
| 0 | all is well |
| 1 | findings, or `--check` would change something |
| 2 | wrong usage, configuration, lockfile or file, or git gives no answer |
| 3 | some reference could not be resolved or some file not be edited; the others were done |
| 70 | a bug of pinner |
| 130, 143 | interrupted, terminated |
"""


def page() -> str:
    """Give the page's text."""
    parts = [_HEAD]
    for command in ("", *COMMANDS):
        shown = _run("help", *command.split())
        parts.append(f"\n## pinner {command}".rstrip() + f"\n\n```text\n{shown.rstrip()}\n```\n")
    return "".join(parts)


def _run(*arguments: str) -> str:
    environment = {**os.environ, "COLUMNS": "88", "TERMINAL_WIDTH": "88"}
    command = [sys.executable, "-m", "pinner", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout


if __name__ == "__main__":
    PAGE.write_text(page())
