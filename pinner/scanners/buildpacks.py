"""Buildpacks' project descriptors: the builder, and buildpacks that are images.

The project descriptor of buildpacks.io: `io.buildpacks`, and `build` of its first version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.spans.judging import URL_SCHEME
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.toml_texts import toml_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

_BUILDER = re.compile(r"(?:io\.buildpacks|build)\.builder")
_URI = re.compile(r"(?:io\.buildpacks(?:\.pre|\.post)?\.group|build\.buildpacks)(?:\.\*)?\.uri")


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find references; raises ScanError for what is not TOML."""
    return scan_literals(source, name, _read)


def _read(literals: Literals) -> None:
    for keys, text in toml_texts(literals.source.text, literals.comments):
        path = ".".join(keys)
        is_image = _URI.fullmatch(path) and text.text.startswith(URL_SCHEME)
        if is_image or _BUILDER.fullmatch(path):
            literals.note(text, path)
