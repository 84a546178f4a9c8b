"""`pinner image`: questions about one image."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pinner.cli.arguments import parse_platform
from pinner.cli.output import TextOrJson, show, show_log
from pinner.model.errors import UsageError
from pinner.operations import image as operations
from pinner.operations.asking import make_client
from pinner.project.opening import open_project
from pinner.registry.resolver import RegistryResolver

if TYPE_CHECKING:
    from pinner.model.reference import ImageReference
    from pinner.registry.client import RegistryClient


def image_digest(
    ref: str, *, platform: str | None, list_: bool, no_cache: bool, verbose: bool
) -> int:
    """Print the digest that a tag points to."""
    if list_ and platform:
        raise UsageError("--list and --platform ask for different digests; choose one")
    reference, client, resolver = _image_asked(ref, no_cache=no_cache, verbose=verbose)
    wanted = parse_platform(platform)
    show(f"{operations.image_digest(resolver, client, reference, wanted)}\n")
    return 0


def image_id(ref: str, *, platform: str | None, no_cache: bool, verbose: bool) -> int:
    """Print the image ID."""
    reference, _, resolver = _image_asked(ref, no_cache=no_cache, verbose=verbose)
    wanted = parse_platform(platform)
    show(f"{operations.image_id(resolver, reference, wanted)}\n")
    return 0


def image_manifest(
    ref: str, *, platform: str | None, raw: bool, no_cache: bool, verbose: bool
) -> int:
    """Print the manifest or index that a reference names."""
    reference, client, resolver = _image_asked(ref, no_cache=no_cache, verbose=verbose)
    wanted = parse_platform(platform)
    manifest = operations.image_manifest(resolver, client, reference, wanted)
    if raw:
        sys.stdout.buffer.write(manifest)
        sys.stdout.buffer.flush()
    else:
        show(operations.indented(manifest))
    return 0


def image_inspect(ref: str, *, format_: TextOrJson, no_cache: bool, verbose: bool) -> int:
    """Print digests, image IDs, layers, sizes and dates of all platforms, and the headers."""
    import json

    from pinner.registry.details import fetch_details
    from pinner.reports.details import details_row, details_text

    reference, client, _ = _image_asked(ref, no_cache=no_cache, verbose=verbose)
    details = fetch_details(client, reference)
    as_json = format_ is TextOrJson.JSON
    show(f"{json.dumps(details_row(details), indent=2)}\n" if as_json else details_text(details))
    return 0


def _image_asked(
    ref: str, *, no_cache: bool, verbose: bool
) -> tuple[ImageReference, RegistryClient, RegistryResolver]:
    show_log(verbose=verbose, debug=False)
    reference = operations.parse_reference(ref)
    client = make_client(open_project((), use_cache=not no_cache))
    return reference, client, RegistryResolver(client)
