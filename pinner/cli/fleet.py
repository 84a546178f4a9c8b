"""The command line of `pinner fleet`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli.common import with_common_options
from pinner.pins.reach import Reach

fleet = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Ask one question of many repositories.",
)
Repositories = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[REPOSITORIES]...",
        help="Folders, bare repositories, patterns of these, and addresses that git fetches.",
    ),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="A list: a line, or a JSON object, for each."),
]
Output = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write the rows here, not to standard output."),
]
Html = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write a page of it, a file that loads nothing else."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from what --output has of an earlier run.")
]
Workers = Annotated[
    int, typer.Option(metavar="N", min=0, help="Processes here; as many as processors if 0.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A scheduler of Dask that stands, as in tcp://host:8786."),
]
TlsCa = Annotated[
    str | None, typer.Option("--tls-ca-file", metavar="FILE", help="Who vouches for its cluster.")
]
TlsCert = Annotated[
    str | None, typer.Option("--tls-cert", metavar="FILE", help="The certificate to show it.")
]
TlsKey = Annotated[
    str | None, typer.Option("--tls-key", metavar="FILE", help="The certificate's key.")
]


@fleet.callback()
def group() -> None:
    """Ask one question of many repositories."""


@fleet.command("inventory", short_help="List the references of all repositories.")
@with_common_options
def inventory(
    repositories: Repositories = None,
    *,
    from_: From = None,
    output: Output = None,
    html: Html = None,
    resume: Resume = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask what the tags give now.")
    ] = False,
    dates: Annotated[
        bool, typer.Option("--dates", help="Ask when the digests in use were created, too.")
    ] = False,
    workers: Workers = 0,
    scheduler: Scheduler = None,
    tls_ca_file: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> int:
    """List the references of all repositories, and what each tag gives now."""
    from pinner.cli.commands import fleet as commands

    return commands.run(
        repositories or (),
        commands.Choices(
            verb="inventory",
            listed=from_,
            output=output,
            html=html,
            resume=resume,
            asks_tags=not offline,
            asks_dates=dates,
            workers=workers,
            scheduler=scheduler,
            tls=(tls_ca_file, tls_cert, tls_key),
        ),
    )


@fleet.command("verify", short_help="Verify all repositories.")
@with_common_options
def verify(
    repositories: Repositories = None,
    *,
    from_: From = None,
    output: Output = None,
    html: Html = None,
    resume: Resume = False,
    online: Annotated[
        bool, typer.Option("--online", help="Ask registries, each question once for all.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Every reference without a digest is an error.")
    ] = False,
    workers: Workers = 0,
    scheduler: Scheduler = None,
    tls_ca_file: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> int:
    """Say of each repository what `pinner verify` says in it; exit code 1 if there are errors."""
    from pinner.cli.commands import fleet as commands

    return commands.run(
        repositories or (),
        commands.Choices(
            verb="verify",
            listed=from_,
            output=output,
            html=html,
            resume=resume,
            asks_tags=online,
            strict=strict,
            workers=workers,
            scheduler=scheduler,
            tls=(tls_ca_file, tls_cert, tls_key),
        ),
    )


@fleet.command("update", short_help="Make a branch with updates in each repository.")
@with_common_options
def update(
    repositories: Repositories = None,
    *,
    from_: From = None,
    output: Output = None,
    resume: Resume = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Images to update; with ! before it, to leave out."),
    ] = None,
    tags: Annotated[
        Reach | None, typer.Option(help="Move tags too, so far; the configuration's rules count.")
    ] = None,
    min_age: Annotated[
        str | None, typer.Option(metavar="AGE", help="Take digests that are so old, as in 3d.")
    ] = None,
    signoff: Annotated[bool, typer.Option("--signoff", help="Sign the commits off.")] = False,
    push: Annotated[
        bool, typer.Option("--push", help="Push the branches to where repositories came from.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Make no branch.")] = False,
    now: Annotated[str | None, typer.Option(hidden=True)] = None,
    workers: Workers = 0,
    scheduler: Scheduler = None,
    tls_ca_file: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> int:
    """Make the branch pinner/updates in each repository, with what `pinner update` would change.

    Commits are made of the last commit; work trees stay as they are. A branch of that name is
    replaced if its last commit is pinner's own, and left alone if it is not.
    """
    from pinner.cli.commands import fleet as commands

    return commands.run(
        repositories or (),
        commands.Choices(
            verb="update",
            listed=from_,
            output=output,
            resume=resume,
            asks_tags=False,
            workers=workers,
            scheduler=scheduler,
            tls=(tls_ca_file, tls_cert, tls_key),
            update=commands.update_wishes(
                only or (), tags, min_age, now, signoff=signoff, push=push, dry_run=dry_run
            ),
        ),
    )
