"""What Windows and macOS do otherwise: programs, names of files, files that others hold open.

Nothing of this is imported on Linux. What decides is pure, so that it can be tried anywhere.
"""

from __future__ import annotations

import ntpath
import os
import sys
import time
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_VERBATIM, _VERBATIM_SHARE = "\\\\?\\", "\\\\?\\UNC\\"
_TRIES = 12
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5


def find_program(name: str, path: str, is_file: Callable[[str], bool]) -> str | None:
    """Find a program as Windows does, but only in the folders of the path that are absolute.

    Windows itself looks in the current folder first, and that is the one which is checked.
    """
    for entry in path.split(";"):
        folder = entry.strip().strip('"')
        drive, rest = ntpath.splitdrive(folder)
        if drive.startswith("\\\\") or (drive and rest.startswith(("\\", "/"))):
            found = ntpath.join(folder, f"{name}.exe")
            if is_file(found):
                return found
    return None


def program(name: str) -> str:
    """Give what starts a program; raises FileNotFoundError where Windows has none on its path."""
    if sys.platform != "win32":
        return name
    found = find_program(name, os.environ.get("PATH", ""), os.path.isfile)
    if found is None:
        raise FileNotFoundError(2, "it is not on the path", name)
    return found


def windows_below(path: str, base: str) -> str | None:
    r"""Give a path below a folder, with `/`; None where it is elsewhere.

    Letters are alike in either case, both slashes divide, and `\\?\` says nothing.
    """
    path, base = _without_prefix(path), _without_prefix(base).rstrip("\\")
    if ntpath.normcase(path) in {ntpath.normcase(base), ntpath.normcase(f"{base}\\")}:
        return "."
    prefix = f"{base}\\"
    is_below = ntpath.normcase(path).startswith(ntpath.normcase(prefix))
    return path[len(prefix) :].replace("\\", "/") if is_below else None


def _without_prefix(path: str) -> str:
    path = path.replace("/", "\\")
    if path.startswith(_VERBATIM_SHARE):
        return f"\\\\{path.removeprefix(_VERBATIM_SHARE)}"
    return path.removeprefix(_VERBATIM)


def as_listed(path: str, list_folder: Callable[[str], Iterable[str]]) -> str:
    """Write a path below the root as its folders have it, where they take any spelling.

    `list_folder` gives the names in a folder below the root. Names that differ in case alone are
    one on Windows and macOS, and git names each as it was added; macOS also takes any composition
    of accents, and git the composed one.
    """
    listed: list[str] = []
    for part in path.split("/"):
        names = list(list_folder("/".join(listed)))
        alike = [name for name in names if _alike(name) == _alike(part)]
        name = part if part in names or not alike else min(alike)
        listed.append(unicodedata.normalize("NFC", name))
    return "/".join(listed)


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def replace_file(staged: Path, target: Path, pause: Callable[[float], None] = time.sleep) -> None:
    """Rename over a file, once nobody holds it open any more; raises PermissionError in the end.

    Scanners of viruses and indexers open what is new for a moment. After some seconds it is
    somebody who keeps it open.
    """
    wait = _FIRST_PAUSE
    for _ in range(_TRIES):
        try:
            staged.replace(target)
        except PermissionError:
            pause(wait)
            wait = min(2 * wait, _LONGEST_PAUSE)
        else:
            return
    staged.replace(target)
