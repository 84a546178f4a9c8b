"""The commands of `pinner image`: questions about one image."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pinner.cli.options import (
    JsonOrText,
    NoCache,
    TextOrJson,
    Verbose,
    parse_platform,
    show_log,
)
from pinner.model.errors import UsageError

if TYPE_CHECKING:
    from pinner.model.reference import ImageReference
    from pinner.registry.client import RegistryClient
    from pinner.registry.resolver import RegistryResolver

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
def image_digest(
    ref: Reference,
    *,
    platform: OnePlatform = None,
    list_: Annotated[
        bool, typer.Option("--list", help="The digest of the index (what is shown anyway).")
    ] = False,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> None:
    """Print the digest that a tag points to: the index's, right on every platform."""
    from pinner.operations import image as operations

    if list_ and platform:
        raise UsageError("--list and --platform ask for different digests; choose one")
    reference, client, resolver = _image_world(ref, no_cache=no_cache, verbose=verbose)
    wanted = parse_platform(platform)
    typer.echo(operations.image_digest(resolver, client, reference, wanted))


@image.command("id", short_help="Print the image ID, as `docker inspect` shows it.")
def image_id(
    ref: Reference,
    *,
    platform: OnePlatform = None,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> None:
    """Print the image ID, as `docker inspect` shows it; of this machine's platform if none."""
    from pinner.operations import image as operations

    reference, _, resolver = _image_world(ref, no_cache=no_cache, verbose=verbose)
    wanted = parse_platform(platform)
    typer.echo(operations.image_id(resolver, reference, wanted))


@image.command("manifest", short_help="Print the manifest or index.")
def image_manifest(
    ref: Reference,
    *,
    platform: OnePlatform = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="The exact bytes: their SHA-256 is the digest.")
    ] = False,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> None:
    """Print the manifest or index that a reference names."""
    from pinner.operations import image as operations

    reference, client, resolver = _image_world(ref, no_cache=no_cache, verbose=verbose)
    wanted = parse_platform(platform)
    manifest = operations.image_manifest(resolver, client, reference, wanted)
    if raw:
        sys.stdout.buffer.write(manifest)
        sys.stdout.buffer.flush()
    else:
        typer.echo(operations.indented(manifest), nl=False)


@image.command("inspect", short_help="Print all about an image, and the headers.")
def image_inspect(
    ref: Reference,
    *,
    format_: JsonOrText = TextOrJson.TEXT,
    no_cache: NoCache = False,
    verbose: Verbose = False,
) -> None:
    """Print digests, image IDs, layers, sizes and dates of all platforms, and the headers."""
    import json

    from pinner.registry.details import fetch_details
    from pinner.reports.details import details_row, details_text

    reference, client, _ = _image_world(ref, no_cache=no_cache, verbose=verbose)
    details = fetch_details(client, reference)
    if format_ is TextOrJson.JSON:
        typer.echo(json.dumps(details_row(details), indent=2))
    else:
        typer.echo(details_text(details), nl=False)


def _image_world(
    ref: str, *, no_cache: bool, verbose: bool
) -> tuple[ImageReference, RegistryClient, RegistryResolver]:
    from pinner.cli import world
    from pinner.operations.image import parse_reference
    from pinner.registry.resolver import RegistryResolver

    show_log(verbose=verbose, debug=False)
    reference = parse_reference(ref)
    client = world.make_client(world.open_project((), use_cache=not no_cache))
    return reference, client, RegistryResolver(client)
