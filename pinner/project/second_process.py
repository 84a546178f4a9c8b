"""When another process pays: known before much of the program is imported."""

from __future__ import annotations

import os
import sys

# A smaller lockfile, in bytes, names fewer files than pay for another process.
LARGE_LOCKFILE = 4_000


def has_second_processor() -> bool:
    """Say whether a further process finds a processor that has nothing else to do."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
