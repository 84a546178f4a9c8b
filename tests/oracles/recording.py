"""Ask a program what comes of files before and after pinning, and keep its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "scanners")]

from cases import DATA  # noqa: E402
from scanning import pinned, scan_bytes  # noqa: E402

from pinner.scanners.all_scanners import BUILT_IN  # noqa: E402

Row = dict[str, Any]


def row_of(
    scanner: str, files: dict[str, str], path: str, about: Row
) -> tuple[Row, list[dict[str, str]]]:
    """Pin one of some files: what is known of the case, and the files before and after."""
    text = files[path]
    after = pinned(scan_bytes(BUILT_IN[scanner], text.encode(), path), text, path)
    return {**about, "text": text, "pinned": after}, [files, {**files, path: after}]


def record(program: str, rows: list[Row], questions: list[Row]) -> None:
    """Ask two questions a row, and write the rows with the answers to tests/data."""
    done = subprocess.run(
        ["go", "run", "."],
        cwd=HERE / program,
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)
    for at, row in enumerate(rows):
        row["before"], row["after"] = answers[2 * at], answers[2 * at + 1]
    lines = ",\n".join(json.dumps(row, sort_keys=True) for row in rows)
    (DATA / f"{program}.json").write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")
