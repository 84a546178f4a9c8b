"""Ask bake what comes of files before and after pinning: tests/data/bake.json.

`python tests/oracles/record_bake.py`, for the cases of tests/bake_cases.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "scanners")]

from bake_cases import cases  # noqa: E402
from cases import DATA  # noqa: E402
from scanning import pinned, scan_bytes  # noqa: E402

from pinner.scanners.all_scanners import BUILT_IN  # noqa: E402


def main() -> None:
    rows, questions = [], []
    for name, files, path in cases():
        text = files[path]
        after = pinned(scan_bytes(BUILT_IN["bake"], text.encode(), path), text, path)
        rows.append({"name": name, "text": text, "pinned": after})
        questions += [{"files": files}, {"files": {**files, path: after}}]
    done = subprocess.run(
        ["go", "run", "."],
        cwd=HERE / "bake",
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)
    for at, row in enumerate(rows):
        row["before"], row["after"] = answers[2 * at], answers[2 * at + 1]
    lines = ",\n".join(json.dumps(row, sort_keys=True) for row in rows)
    (DATA / "bake.json").write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
