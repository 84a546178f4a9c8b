"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli.output import TextOrJson

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files and folders; the whole project if none."),
]
Scanner = Annotated[str | None, typer.Option(help="Read the named files as this format.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show each request, and what was kept.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show each decision, for a bug's report.")]
Diff = Annotated[bool, typer.Option("--diff", help="Write nothing; show the changes as a diff.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing.")]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit with 1 if anything would change.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep nothing in the user's cache.")]
NoGit = Annotated[
    bool, typer.Option("--no-git", help="Look for files without git, by .gitignore alone.")
]
Platforms = Annotated[
    list[str] | None,
    typer.Option("--platform", metavar="OS/ARCH", help="Record this platform's digests as well."),
]
JsonOrText = Annotated[TextOrJson, typer.Option("--format", help="The output's format.")]
