"""Repeat the last answer of `verify` where nothing has changed since, in a fraction of the time.

Importing the command line alone takes longer than all of this, so nothing but the standard
library's smallest parts is imported here.
An answer counts only while git lists the same files, and every file that it came from is in the
same state and was so long before, because file systems' clocks tick slowly.
"""

from __future__ import annotations

import os
import sys
import time
from zlib import crc32

from pinner import __version__
from pinner.project.listing import LIST_FILES, find_root, git_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CLOCK_STEP = 2_000_000_000
_MOST_ANSWERS = 64
# Whoever gives one of these wants something done, or may see something else each time.
_UNREPEATABLE = ("--online", "--output", "--no-cache", "--verbose", "-v", "--debug", "--help", "-h")
_SETTINGS = ("pinner.toml", "pyproject.toml")


class Question:
    """A call of `verify`, and the moment it was made."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Describe a call from the current folder."""
        self.folder = os.getcwd()
        self.root = find_root(self.folder)
        state = f"{code_state()} {_installed_state()}"
        words = [__version__, state, self.root, self.folder, *arguments]
        self.identity = "\0".join(words).encode(errors="surrogateescape")
        self.moment = time.time_ns()
        self.listing = b""

    @property
    def file(self) -> str:
        """Where its answer is kept."""
        return os.path.join(cache_home(), "answers", f"{crc32(self.identity):08x}")


def cache_home() -> str:
    """Give the user's cache folder on Linux, as platformdirs does."""
    named = os.environ.get("PINNER_CACHE_DIR")
    if named:
        return named
    home = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
    return os.path.join(home, "pinner")


def ask(arguments: Sequence[str]) -> Question | None:
    """Describe a call whose answer may be repeated; None for all others."""
    if sys.platform != "linux" or arguments[:1] != ["verify"]:
        return None
    if any(word.partition("=")[0] in _UNREPEATABLE for word in arguments):
        return None
    try:
        question = Question(arguments)
    except OSError:
        return None
    listing = _git_listing(question.root)
    if listing is None:
        return None
    question.listing = listing
    return question


def recall(question: Question) -> tuple[str, str, int] | None:
    """Give the output, the words about it, and the exit code, if they still count."""
    try:
        with open(question.file, "rb") as file:
            identity, listing, states, out, err, code = _unpack(file.read())
        if identity != question.identity or listing != question.listing:
            return None
        for row in states.split(b"\0\0"):
            path, _, state = row.partition(b"\0")
            if _state(question.root, path) != state:
                return None
        return out.decode(), err.decode(), int(code)
    except (OSError, ValueError):
        return None


def remember(question: Question, paths: Iterable[str], out: str, err: str, code: int) -> None:
    """Keep an answer that came from files below the root, if they were long as they are."""
    rows = []
    for path in (*_SETTINGS, *paths):
        name = os.fsencode(path)
        state = _state(question.root, name, before=question.moment - _CLOCK_STEP)
        if state is None:
            return
        rows.append(name + b"\0" + state)
    parts = [question.identity, question.listing, b"\0\0".join(rows)]
    parts += [out.encode(errors="replace"), err.encode(errors="replace"), b"%d" % code]
    folder = os.path.dirname(question.file)
    temporary = f"{question.file}.{os.getpid()}"
    try:
        os.makedirs(folder, exist_ok=True)
        _forget_oldest(folder)
        with open(temporary, "wb") as file:
            file.write(_pack(parts))
        os.replace(temporary, question.file)
    except OSError:
        return


def _forget_oldest(folder: str) -> None:
    """Keep the folder small: old answers are those of projects that are not worked on."""
    with os.scandir(folder) as entries:
        ages = sorted((entry.stat().st_mtime, entry.path) for entry in entries)
    for _, path in ages[:-_MOST_ANSWERS]:
        os.unlink(path)


def _pack(parts: Sequence[bytes]) -> bytes:
    """Put texts in a row, their lengths before them."""
    return b" ".join(b"%d" % len(part) for part in parts) + b"\n" + b"".join(parts)


def _unpack(content: bytes) -> list[bytes]:
    """Take texts apart; raises ValueError where something is missing."""
    head, _, body = content.partition(b"\n")
    parts, at = [], 0
    for length in map(int, head.split()):
        parts.append(body[at : at + length])
        at += length
    if at != len(body):
        raise ValueError("an answer is cut off")
    return parts


def _state(root: str, path: bytes, before: int | None = None) -> bytes | None:
    """Write a file's state; None for one that changed since a moment."""
    try:
        status = os.stat(os.path.join(os.fsencode(root), path))
    except OSError:
        return b"-"
    if before is not None and max(status.st_mtime_ns, status.st_ctime_ns) >= before:
        return None
    times = b"%d %d" % (status.st_mtime_ns, status.st_ctime_ns)
    return b"%d %s %d %d" % (status.st_size, times, status.st_ino, status.st_dev)


def _git_listing(root: str) -> bytes | None:
    """List files as a survey does, without the cost of importing subprocess."""
    command = [LIST_FILES[0], "-C", root, *LIST_FILES[1:]]
    reader, writer = os.pipe()
    try:
        actions = [
            (os.POSIX_SPAWN_DUP2, writer, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_CLOSE, reader),
        ]
        child = os.posix_spawnp("git", command, git_environment(), file_actions=actions)
        os.close(writer)
        writer = -1
        with open(reader, "rb", closefd=False) as output:
            listing = output.read()
        _, status = os.waitpid(child, 0)
    except OSError:
        return None
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    return listing if os.waitstatus_to_exitcode(status) == 0 else None


def code_state() -> int:
    """Tell versions of the program apart that bear the same number."""
    newest = 0
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder, _, _ in os.walk(here):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    newest = max(newest, entry.stat().st_mtime_ns)
    return newest


def _installed_state() -> int:
    """Tell whether packages, which may bring scanners, came or went: their folders change."""
    state = 0
    for folder in sys.path:
        try:
            state = crc32(b"%d" % os.stat(folder or ".").st_mtime_ns, state)
        except OSError:
            continue
    return state
