"""The case tables of tests/data, as pytest parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"
DIGEST = "sha256:" + "d" * 64


def load_rows(name: str) -> list[dict[str, Any]]:
    data = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return data["cases"] if "cases" in data else data["words"]


def parameters(name: str, key: str) -> list[Any]:
    return [pytest.param(row, id=str(row[key]) or "empty") for row in load_rows(name)]
