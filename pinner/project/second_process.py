"""Other processes of this program: where a fork is safe, and what works in one."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_KILL = 9  # signal.SIGKILL, of a module that takes 2 ms to import
# Processes that have ended, as good as: the next one asks the system to forget them.
_gone: list[int] = []


def processors() -> int:
    """Count the processors that scanning may use: one where a fork is not safe, beside threads.

    Workers of a fleet have threads too, and are many already.
    """
    if sys.platform != "linux" or _has_threads():
        return 1
    return len(os.sched_getaffinity(0))


def _has_threads() -> bool:
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1


class Helper:
    """A forked process: it has all that its work takes already, only results travel."""

    _process: int
    _results: int

    def __init__(self, work: Callable[[], object]) -> None:
        """Begin."""
        if sys.platform != "linux":
            raise NotImplementedError
        while _gone:
            with suppress(ChildProcessError):  # of the process that this one was forked from
                os.waitpid(_gone.pop(), 0)
        self._results, writer = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            _help(work, writer)
        os.close(writer)

    def results(self, kind: type[T]) -> T | None:
        """Wait for the results; none where the process failed."""
        decoder = msgspec.msgpack.Decoder(kind)  # made while it is at work
        with open(self._results, "rb", closefd=False) as pipe:
            content = pipe.read()
        try:
            return decoder.decode(content)
        except msgspec.MsgspecError:
            return None

    def stop(self) -> None:
        """End the process, which has nothing to lose, and do not wait until all of it is gone."""
        os.close(self._results)
        with suppress(ProcessLookupError):
            os.kill(self._process, _KILL)
        _gone.append(self._process)


def _help(work: Callable[[], object], writer: int) -> NoReturn:
    """Work in a forked process; it says nothing, and leaves without what its parent would do.

    So does one that a signal interrupts: the parent then has a part of an answer, which is none.
    """
    try:
        content = msgspec.msgpack.encode(work())
        with open(writer, "wb") as pipe:  # closed, so that nobody waits for more
            pipe.write(content)
    finally:
        os._exit(0)
