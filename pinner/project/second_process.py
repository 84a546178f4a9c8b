"""When another process pays, and is safe."""

from __future__ import annotations

import os
import sys

# A smaller lockfile, in bytes, names fewer files than pay for another process.
LARGE_LOCKFILE = 4_000
# What is itself one of many processes starts no other.
is_alone = True


def processors() -> int:
    """Count the processors that scanning may use: one where a fork is not safe, beside threads."""
    if sys.platform != "linux" or not is_alone or _has_threads():
        return 1
    return len(os.sched_getaffinity(0))


def _has_threads() -> bool:
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1


def has_second_processor() -> bool:
    """Say whether a further process finds a processor that has nothing else to do."""
    return processors() > 1
