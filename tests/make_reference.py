"""Write docs/commands.md and man/pinner.1 from the program's own help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE, MANUAL = ROOT / "docs" / "commands.md", ROOT / "man" / "pinner.1"
COMMANDS = (
    "lock", "verify", "update", "list", "unpin", "config",
    "image digest", "image id", "image manifest", "image inspect", "image signatures",
    "trust refresh",
)  # fmt: skip
_CODES = (
    ("0", "all is well"),
    ("1", "findings, or \\-\\-check would change something"),
    ("2", "wrong usage, configuration, lockfile or file, or git gives no answer"),
    ("3", "some reference could not be resolved or some file not be edited; the others were done"),
    ("70", "a bug of pinner"),
    ("130, 143", "interrupted, terminated"),
)
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


def manual() -> str:
    """Give the text of the manual page, in man(7)'s macros."""
    parts = [
        '.TH PINNER 1 "" "pinner" "User Commands"',
        ".SH NAME",
        "pinner \\- pin container images by digest, with a lockfile",
        ".SH SYNOPSIS",
        ".B pinner",
        "[OPTIONS] COMMAND [ARGS]...",
        ".SH DESCRIPTION",
        "pinner finds the container images that the files of a repository name, writes their",
        "digests behind their tags, and keeps them in pinner.lock.",
        ".SH COMMANDS",
    ]
    for command in COMMANDS:
        shown = _run("help", *command.split())
        parts += [f".SS pinner {command}", ".nf", _as_roff(shown.rstrip()), ".fi"]
    parts.append(".SH EXIT STATUS")
    for code, words in _CODES:
        parts += [".TP", code, words]
    parts += [
        ".SH FILES",
        ".TP", "pinner.lock", "the digests",
        ".TP", "pinner.toml, pyproject.toml", "the configuration",
        ".SH SEE ALSO",
        "docker(1), podman(1), skopeo(1), git(1)",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _as_roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(
        f"\\&{line}" if line[:1] in (".", "'") else line for line in escaped.split("\n")
    )


def _run(*arguments: str) -> str:
    environment = {**os.environ, "COLUMNS": "88", "TERMINAL_WIDTH": "88"}
    command = [sys.executable, "-m", "pinner", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout


if __name__ == "__main__":
    PAGE.write_text(page())
    MANUAL.write_text(manual())
