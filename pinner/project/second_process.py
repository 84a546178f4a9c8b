"""How many processes may scan: where a fork is safe."""

from __future__ import annotations

import os
import sys


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
