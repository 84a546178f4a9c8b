"""Where a project's root is, and how git is asked for its files; imports next to nothing."""

from __future__ import annotations

import os

LIST_FILES = (
    "git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--others",
    "--exclude-standard",
)  # fmt: skip
_MARKERS = ("pinner.toml", "pinner.lock", ".git")
# Set by git for its hooks; they would point a `git` in another folder to the wrong place.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def find_root(folder: str) -> str:
    """Find the nearest folder upward that is a project's root, or give the folder itself."""
    candidate = folder
    while True:
        if any(os.path.lexists(os.path.join(candidate, marker)) for marker in _MARKERS):
            return candidate
        if _has_table(os.path.join(candidate, "pyproject.toml")):
            return candidate
        parent = os.path.dirname(candidate)
        if parent == candidate:
            return folder
        candidate = parent


def _has_table(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return b"[tool.pinner" in file.read()
    except OSError:
        return False


def git_environment() -> dict[str, str]:
    """Give the environment in which git is asked."""
    return {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
