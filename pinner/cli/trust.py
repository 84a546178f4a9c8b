"""The command line of `pinner trust`."""

from __future__ import annotations

import typer

from pinner.cli.common import with_common_options
from pinner.cli.options import Verbose

trust = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Keep what signatures are checked with.",
)


@trust.callback()
def group() -> None:
    """Keep what signatures are checked with."""


@trust.command("refresh", short_help="Fetch Sigstore's root of trust anew, by TUF.")
@with_common_options
def trust_refresh(*, verbose: Verbose = False) -> int:
    """Fetch Sigstore's root of trust anew, by TUF; nothing else ever does."""
    from pinner.cli.commands import trust as commands

    return commands.trust_refresh(verbose=verbose)
