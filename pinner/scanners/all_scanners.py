"""The table of scanners: the built-in ones, and those that other packages bring.

A package brings one by an entry point in the group `pinner.scanners` that leads to an object
with what `pinner.scanners.scanner.Scanner` asks for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

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
}


def all_scanners() -> dict[str, Scanner]:
    """Give every scanner by its name, the built-in ones first."""
    scanners = dict(BUILT_IN)
    if _others_are_installed():
        from importlib.metadata import entry_points  # noqa: PLC0415 - slow, and seldom needed

        for entry in entry_points(group=GROUP):
            scanner = cast("Scanner", entry.load())
            scanners.setdefault(scanner.name, scanner)
    return scanners


def _others_are_installed() -> bool:
    """Look for the group's name in the installed packages' entry points, without importing."""
    marker = f"[{GROUP}]".encode()
    for folder in sys.path:
        for file in Path(folder or ".").glob("*.dist-info/entry_points.txt"):
            try:
                if marker in file.read_bytes():
                    return True
            except OSError:
                continue
    return False
