"""Print the changelog's section of a tag; fail where tag, version and changelog do not agree."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_LINES = re.MULTILINE | re.DOTALL


def notes(tag: str, root: Path = ROOT) -> str:
    """Give the section of a tag such as v1.2.3; raises ValueError."""
    version = tag.removeprefix("v")
    declared = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    module = (root / "pinner/__init__.py").read_text("utf-8")
    shown = re.search(r'^__version__ = "(.*)"$', module, re.MULTILINE)
    if not tag.startswith("v") or version != declared:
        raise ValueError(f"{tag} is not v{declared}, the version of pyproject.toml")
    if shown is None or shown[1] != version:
        raise ValueError(f"pinner/__init__.py has another version than {version}")
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    section = re.search(rf"^## {re.escape(version)}\b.*?\n(.*?)(?=^## |\Z)", changelog, _LINES)
    if section is None or not section[1].strip():
        raise ValueError(f"CHANGELOG.md has no section of {version}")
    return section[1].strip() + "\n"


if __name__ == "__main__":
    try:
        sys.stdout.write(notes(sys.argv[1]))
    except ValueError as error:
        sys.exit(f"error: {error}")
