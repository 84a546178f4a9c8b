"""Where this user's caches are."""

from __future__ import annotations

import os
import sys


def cache_folder() -> str:
    """Give the user's cache folder; `PINNER_CACHE_DIR` names another."""
    if named := os.environ.get("PINNER_CACHE_DIR"):
        return named
    if sys.platform == "linux":  # as platformdirs does, without its import
        base = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        return os.path.join(base, "pinner")
    from platformdirs import user_cache_dir  # noqa: PLC0415 - start-up

    return user_cache_dir("pinner")
