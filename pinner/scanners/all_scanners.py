"""The table of scanners: the built-in ones, and those that other packages bring.

A package brings one by an entry point in the group `pinner.scanners` that leads to an object
with what `pinner.scanners.scanner.Scanner` asks for.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from pinner.scanners.all_formats import FORMATS
from pinner.scanners.compose import scan as compose
from pinner.scanners.dockerfile import scan as dockerfile
from pinner.scanners.kubernetes import scan as kubernetes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinner.scanners.scanner import Scanner

GROUP = "pinner.scanners"

BUILT_IN: Mapping[str, Scanner] = {
    "dockerfile": dockerfile,
    "compose": compose,
    "kubernetes": kubernetes,
    **{row.name: row for row in FORMATS},
}


@cache
def all_scanners() -> Mapping[str, Scanner]:
    """Give every scanner by its name, the built-in ones first; raises ConfigError.

    What is installed is looked for once a process.
    """
    scanners = dict(BUILT_IN)
    if _others_are_installed():
        from pinner.scanners.foreign import foreign_scanners  # noqa: PLC0415 - slow, seldom needed

        for scanner in foreign_scanners(GROUP):
            scanners.setdefault(scanner.name, scanner)
    return scanners


def _others_are_installed() -> bool:
    """Look for the group's name in the installed packages' entry points, without importing."""
    marker = f"[{GROUP}]".encode()
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            if name.endswith(".dist-info") and marker in _content(folder, name):
                return True
    return False


def _content(folder: str, name: str) -> bytes:
    try:
        with open(f"{folder or '.'}/{name}/entry_points.txt", "rb") as file:
            return file.read()
    except OSError:
        return b""
