"""When another process pays: known before much of the program is imported."""

from __future__ import annotations

import os
import sys

# A smaller lockfile, in bytes, names fewer files than pay for another process.
LARGE_LOCKFILE = 4_000


# What is itself one of many processes, or has threads at work, starts no other.
is_alone = True


def processors() -> int:
    """Count the processors that scanning may use."""
    if sys.platform != "linux" or not is_alone:
        return 1
    return len(os.sched_getaffinity(0))


def has_second_processor() -> bool:
    """Say whether a further process finds a processor that has nothing else to do."""
    return processors() > 1
