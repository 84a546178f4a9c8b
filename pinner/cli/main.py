"""The command line: typer parses the arguments and calls the commands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pinner import __version__
from pinner.cli.boundary import set_up
from pinner.cli.common import Boundary, with_common_options
from pinner.cli.fleet import fleet
from pinner.cli.image import image
from pinner.cli.options import (
    Check,
    Debug,
    Diff,
    DryRun,
    JsonOrText,
    NoCache,
    NoGit,
    Paths,
    Platforms,
    Scanner,
    Verbose,
)
from pinner.cli.output import ExportFormat, TextOrJson
from pinner.cli.trust import trust
from pinner.model.errors import UsageError
from pinner.pins.reach import BranchPer, Reach
from pinner.pins.rewrite import Style
from pinner.reports.all_reports import FindingsFormat

app = typer.Typer(
    cls=Boundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(image, name="image")
app.add_typer(trust, name="trust")
app.add_typer(fleet, name="fleet")


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer's protocol
    if value:
        typer.echo(f"pinner {__version__}")
        raise typer.Exit


@app.callback()
def pinner(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", is_eager=True, callback=_show_version, help="Show the version."
        ),
    ] = False,
) -> None:
    """Pin container images by digest, with a lockfile."""


@app.command(short_help="Pin what is not pinned.")
@with_common_options
def lock(
    paths: Paths = None,
    *,
    check: Check = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    lock_only: Annotated[
        bool, typer.Option("--lock-only", help="Write the lockfile alone.")
    ] = False,
    style: Annotated[Style | None, typer.Option(help="How a pinned reference is written.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fail rather than ask a registry.")
    ] = False,
    platform: Platforms = None,
    pin_platform: Annotated[
        str | None,
        typer.Option(metavar="OS/ARCH", help="Pin to this platform's manifest, not to the index."),
    ] = None,
    scanner: Scanner = None,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    no_git: NoGit = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> int:
    """Pin what is not pinned, in files and lockfile; what is locked keeps its digest."""
    from pinner.cli.commands import lock as command

    return command.lock(
        paths or (),
        check=check,
        dry_run=dry_run,
        diff=diff,
        lock_only=lock_only,
        style=style,
        offline=offline,
        platform=platform or (),
        pin_platform=pin_platform,
        scanner=scanner,
        format_=format_,
        no_cache=no_cache,
        no_git=no_git,
        verbose=verbose,
        debug=debug,
    )


@app.command(short_help="Check files and lockfile; no network.")
@with_common_options
def verify(
    paths: Paths = None,
    *,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the registries too: moved and gone digests.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="For pull requests: by REF's settings; ask for digests that REF does not have.",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="With --since: list new digests, ask nobody.")
    ] = False,
    staged: Annotated[
        bool, typer.Option("--staged", help="Look at what is staged in git, not at the disk.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Take any reference without a digest for an error.")
    ] = False,
    no_mirrors: Annotated[
        bool, typer.Option("--no-mirrors", help="Ask the registries themselves.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(metavar="FINDING", help="Take this finding for an error, as moved."),
    ] = None,
    lock_only: Annotated[
        bool, typer.Option("--lock-only", help="Ask for entries, not for digests in files.")
    ] = False,
    write_baseline: Annotated[
        bool,
        typer.Option("--write-baseline", help="Let today's findings be: note them in a file."),
    ] = False,
    format_: Annotated[
        FindingsFormat,
        typer.Option("--format", metavar="FORMAT", help=", ".join(FindingsFormat) + "."),
    ] = FindingsFormat.TEXT,
    output: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the report to a file.")
    ] = None,
    no_cache: NoCache = False,
    no_git: NoGit = False,
    verbose: Verbose = False,
    now: Annotated[str | None, typer.Option(hidden=True)] = None,
    debug: Debug = False,
) -> int:
    """Say whether files and lockfile agree and everything is pinned; without network."""
    from pinner.cli.commands import verify as command

    return command.verify(
        paths or (),
        online=online,
        offline=offline,
        since=since,
        staged=staged,
        no_mirrors=no_mirrors,
        strict=strict,
        fail_on=fail_on or (),
        lock_only=lock_only,
        write_baseline=write_baseline,
        format_=format_,
        output=output,
        no_cache=no_cache,
        no_git=no_git,
        verbose=verbose,
        now=now,
        debug=debug,
    )


@app.command(short_help="Move digests, and tags if asked, forward.")
@with_common_options
def update(
    paths: Paths = None,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Only images that match, as 'nginx*' or 'ghcr.io/*'."),
    ] = None,
    tags: Annotated[
        Reach | None,
        typer.Option(help="Move tags too: which of their numbers may change; or digests alone."),
    ] = None,
    past_latest: Annotated[
        bool, typer.Option("--past-latest", help="Move to versions after the one of `latest`, too.")
    ] = False,
    pin_latest: Annotated[
        bool, typer.Option("--pin-latest", help="Give `latest` its most specific version tag.")
    ] = False,
    pin_tag: Annotated[
        bool, typer.Option("--pin-tag", help="Give any tag its most specific one, as 8 to 8.17.0.")
    ] = False,
    min_age: Annotated[
        str | None, typer.Option(metavar="AGE", help="Take digests only when this old, as 3d.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Where to keep when each digest was first seen."),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write what changed as markdown, for a pull request."),
    ] = None,
    commit: Annotated[
        bool, typer.Option("--commit", help="Commit on the current branch, a group each; no push.")
    ] = False,
    branch_per: Annotated[
        BranchPer | None,
        typer.Option(help="A commit each, on branches of their own; files stay as they are."),
    ] = None,
    signoff: Annotated[
        bool, typer.Option("--signoff", help="Sign commits off in your name.")
    ] = False,
    check: Check = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    platform: Platforms = None,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    no_git: NoGit = False,
    verbose: Verbose = False,
    now: Annotated[str | None, typer.Option(hidden=True)] = None,
    debug: Debug = False,
) -> int:
    """Move locked references to what their tags point to now, and say what changed."""
    from pinner.cli.commands import update as command

    return command.update(
        paths or (),
        only=only or (),
        tags=tags,
        past_latest=past_latest,
        pin_latest=pin_latest,
        pin_tag=pin_tag,
        min_age=min_age,
        state=state,
        report=report,
        commit=commit,
        branch_per=branch_per,
        signoff=signoff,
        check=check,
        dry_run=dry_run,
        diff=diff,
        platform=platform or (),
        format_=format_,
        no_cache=no_cache,
        no_git=no_git,
        verbose=verbose,
        now=now,
        debug=debug,
    )


@app.command("list", short_help="List references, and why some stay as they are.")
@with_common_options
def list_references(
    paths: Paths = None,
    *,
    scanner: Scanner = None,
    unread: Annotated[
        bool, typer.Option("--unread", help="List what looks like references and is not read.")
    ] = False,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    no_git: NoGit = False,
    debug: Debug = False,
) -> int:
    """List the references that were found, and why some cannot be pinned; `-` reads stdin."""
    from pinner.cli.commands import listing as command

    return command.list_references(
        paths or (),
        scanner=scanner,
        unread=unread,
        format_=format_,
        no_cache=no_cache,
        no_git=no_git,
        debug=debug,
    )


@app.command(short_help="Take the digests out of the files again.")
@with_common_options
def unpin(
    paths: Paths = None,
    *,
    check: Check = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    no_git: NoGit = False,
    debug: Debug = False,
) -> int:
    """Take the digests out of the files again; the lockfile stays."""
    from pinner.cli.commands import unpin as command

    return command.unpin(
        paths or (),
        check=check,
        dry_run=dry_run,
        diff=diff,
        format_=format_,
        no_cache=no_cache,
        no_git=no_git,
        debug=debug,
    )


@app.command(short_help="Say where an image or a digest is used, and how it came here.")
@with_common_options
def why(
    text: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE|DIGEST", help="A name or pattern as in nginx or *:1.25, or a digest."
        ),
    ],
    *,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Do not look into git for the entry's past.")
    ] = False,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    no_git: NoGit = False,
) -> int:
    """Say where an image is used, what the lockfile has of it, and by which commits.

    A digest may be that of an index, of a platform or of an image, or the beginning of one. The
    exit code is 1 if there is nothing of it.
    """
    from pinner.cli.commands import why as command

    return command.why(
        text, no_history=no_history, format_=format_, no_cache=no_cache, no_git=no_git
    )


@app.command(short_help="Write the locked images for other tools.")
@with_common_options
def export(
    format_: Annotated[
        ExportFormat,
        typer.Argument(
            metavar="FORMAT",
            help="list, compose, kustomize, images-lock or cyclonedx.",
        ),
    ],
    paths: Paths = None,
    *,
    fleet: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Those of the rows that `pinner fleet` wrote."),
    ] = None,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Write to this file.")] = None,
    no_cache: NoCache = False,
    no_git: NoGit = False,
) -> int:
    """Write the locked images for other tools; no registry is asked.

    A list for crane and skopeo, an override for compose, a component for kustomize, an ImagesLock
    for imgpkg, or a bill of materials in CycloneDX 1.6.
    """
    from pinner.cli.commands import export as command

    return command.export(
        format_, paths or (), fleet=fleet, output=output, no_cache=no_cache, no_git=no_git
    )


@app.command("config", short_help="Print the configuration in force.")
@with_common_options
def show_config(*, format_: JsonOrText = TextOrJson.TEXT) -> int:
    """Print the configuration in force, and where each value comes from."""
    from pinner.cli.commands import config as command

    return command.show_config(format_=format_)


@app.command("help", short_help="Show the help of a command.")
@with_common_options
def show_help(
    context: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]...")] = None,
) -> None:
    """Show the help of a command, or of all."""
    here: Any = context.parent
    for word in command or ():
        found = getattr(here.command, "commands", {}).get(word)
        if found is None:
            raise UsageError(f"{word!r} is no command; `pinner help` lists them")
        here = type(here)(found, info_name=word, parent=here)
    typer.echo(here.get_help())


def run() -> None:
    """Run the command line; it leaves by SystemExit."""
    set_up()
    app(prog_name="pinner")
