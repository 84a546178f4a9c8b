"""Ask BuildKit's packages about Dockerfiles, and keep the answers in tests/data/buildkit.json.

The texts are those of the case tables, those already kept, and as many new ones as asked for:
`python tests/oracles/buildkit/record.py [COUNT [SEED]]`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent.parent
KEPT = TESTS / "data/buildkit.json"
sys.path[:0] = [str(TESTS), str(TESTS / "scanners")]

from cases import load_rows  # noqa: E402
from odd_dockerfiles import odd_dockerfile  # noqa: E402


def main() -> None:
    count, seed = (*map(int, sys.argv[1:]), 0, 0)[:2]
    texts = [row["text"] for table in ("dockerfile", "more_dockerfile") for row in load_rows(table)]
    if KEPT.exists():
        texts += [row["text"] for row in json.loads(KEPT.read_text(encoding="utf-8"))["cases"]]
    source = random.Random(seed)
    texts += chosen([odd_dockerfile(source) for _ in range(count * 20)], count)
    texts = list(dict.fromkeys(texts))
    rows = [{"text": text, **answer} for text, answer in zip(texts, answers(texts), strict=True)]
    lines = ",\n".join(json.dumps(row, sort_keys=True) for row in rows)
    KEPT.write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")


def answers(texts: list[str]) -> list[dict[str, object]]:
    done = subprocess.run(
        ["go", "run", "."],
        cwd=HERE,
        input=json.dumps(texts).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def chosen(texts: list[str], count: int) -> list[str]:
    """Take mostly texts that build."""
    good = [
        text for text, answer in zip(texts, answers(texts), strict=True) if "error" not in answer
    ]
    bad = [text for text in texts if text not in set(good)]
    return good[: count * 4 // 5] + bad[: count // 5]


if __name__ == "__main__":
    main()
