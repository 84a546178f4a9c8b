"""Scanning that begins while the program is still being imported, on a machine that has no cache.

In CI nothing was ever scanned, and another processor has nothing to do: a process of its own opens
the project and scans what the lockfile names. What it finds counts only if the program comes to
the same questions; it costs nothing if it fails.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from pinner.project.cache_folder import cache_folder
from pinner.project.second_process import LARGE_LOCKFILE, has_second_processor

_LOCKFILE = "pinner.lock"


def begin() -> tuple[int, int] | None:
    """Begin, if that can be of use here: a process, and the pipe that its results come through."""
    if sys.platform != "linux" or not _is_of_use():
        return None
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        _scan(writer)
    os.close(writer)
    return process, reader


def import_msgspec() -> None:
    """Import msgspec without typing_extensions, whose import takes as long as its own.

    What it wants of it stands in typing since Python 3.11, where it turns if there is no such
    module.
    """
    if "typing_extensions" in sys.modules:
        return
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    import msgspec  # noqa: F401

    del sys.modules["typing_extensions"]


def _is_of_use() -> bool:
    try:
        return (
            os.stat(_LOCKFILE).st_size >= LARGE_LOCKFILE
            and has_second_processor()
            and not os.path.exists(f"{cache_folder()}/scans")
        )
    except OSError:
        return False


def _scan(writer: int) -> NoReturn:
    """Scan, say nothing, and leave without what the other process would do at its end."""
    try:
        import_msgspec()
        from msgspec import msgpack

        from pinner.project.opening import open_project

        content = msgpack.encode(open_project(()).surveyor.scan_locked())
        with open(writer, "wb", closefd=False) as pipe:
            pipe.write(content)
    finally:
        os._exit(0)
