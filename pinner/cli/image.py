"""The command line of `pinner image`."""

from __future__ import annotations

from typing import Annotated

import typer

from pinner.cli.common import with_common_options
from pinner.cli.options import JsonOrText, NoCache, Verbose
from pinner.cli.output import TextOrJson

image = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Ask a registry about one image.",
)
Reference = Annotated[str, typer.Argument(metavar="REF", help="An image, as in alpine:3.19.")]
OnePlatform = Annotated[
    str | None, typer.Option("--platform", metavar="OS/ARCH", help="This platform's manifest.")
]


@image.command("digest", short_help="Print the digest that a tag points to.")
@with_common_options
def image_digest(
    ref: Reference,
    *,
    platform: OnePlatform = None,
    list_: Annotated[
        bool, typer.Option("--list", help="The digest of the index (what is shown anyway).")
    ] = False,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> int:
    """Print the digest that a tag points to: the index's, right on every platform."""
    from pinner.cli.commands import image as commands

    return commands.image_digest(
        ref, platform=platform, list_=list_, no_cache=no_cache, verbose=verbose
    )


@image.command("id", short_help="Print the image ID, as `docker inspect` shows it.")
@with_common_options
def image_id(
    ref: Reference,
    *,
    platform: OnePlatform = None,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> int:
    """Print the image ID, as `docker inspect` shows it; of this machine's platform if none."""
    from pinner.cli.commands import image as commands

    return commands.image_id(ref, platform=platform, no_cache=no_cache, verbose=verbose)


@image.command("manifest", short_help="Print the manifest or index.")
@with_common_options
def image_manifest(
    ref: Reference,
    *,
    platform: OnePlatform = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="The exact bytes: their SHA-256 is the digest.")
    ] = False,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> int:
    """Print the manifest or index that a reference names."""
    from pinner.cli.commands import image as commands

    return commands.image_manifest(
        ref, platform=platform, raw=raw, no_cache=no_cache, verbose=verbose
    )


@image.command("inspect", short_help="Print all about an image, and the headers.")
@with_common_options
def image_inspect(
    ref: Reference,
    *,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> int:
    """Print digests, image IDs, layers, sizes and dates of all platforms, and the headers."""
    from pinner.cli.commands import image as commands

    return commands.image_inspect(ref, format_=format_, no_cache=no_cache, verbose=verbose)


@image.command("signatures", short_help="Print who signed an image, and what counts.")
@with_common_options
def image_signatures(
    ref: Reference,
    *,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> int:
    """Print signatures and attestations, and which `[[trust]]` rules they satisfy, or why not."""
    from pinner.cli.commands import trust as commands

    return commands.image_signatures(ref, format_=format_, no_cache=no_cache, verbose=verbose)
