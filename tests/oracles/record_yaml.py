"""Ask compose-go and Kubernetes' decoders about YAML, and keep the answers in tests/data.

The inputs are those of the case tables and gates, those already kept, and as many new ones as asked
for: `python tests/oracles/record_yaml.py compose|kubernetes [COUNT [SEED]]`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TESTS = HERE.parent
sys.path[:0] = [str(TESTS), str(TESTS / "scanners")]

from cases import DATA, load_rows  # noqa: E402
from odd_yaml import odd_compose, odd_manifest  # noqa: E402

KEPT = {"compose": DATA / "compose_go.json", "kubernetes": DATA / "kubernetes_decoder.json"}
MAKERS = {"compose": odd_compose, "kubernetes": odd_manifest}
Question = dict[str, Any]


def main() -> None:
    kind = sys.argv[1]
    count, seed = (*map(int, sys.argv[2:]), 0, 0)[:2]
    asked = known(kind)
    source = random.Random(seed)
    asked += chosen(kind, [{"text": MAKERS[kind](source)} for _ in range(count * 20)], count)
    asked = list({json.dumps(question): question for question in asked}.values())
    rows = [{**question, **answer} for question, answer in answers(kind, asked)]
    lines = ",\n".join(json.dumps(row, sort_keys=True) for row in rows)
    KEPT[kind].write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")


def known(kind: str) -> list[Question]:
    """Give the inputs of the tables of cases, and those that were kept."""
    found = []
    for table in (kind, f"more_{kind}"):
        for row in load_rows(table):
            env = (row.get("beside") or {}).get(".env", row.get("env"))
            if isinstance(env, dict):
                env = "".join(f"{name}={value}\n" for name, value in env.items())
            found.append({"text": row["text"], **({"env": env} if env else {})})
    suffixes = (".yaml", ".yml", ".json")
    for row in load_rows("gate"):
        for path, text in row["files"].items():
            if path.endswith(suffixes) and (kind == "compose") == ("compose" in path):
                found.append({"text": text})
    if KEPT[kind].exists():
        kept = json.loads(KEPT[kind].read_text(encoding="utf-8"))["cases"]
        keys = ("text", "base64", "env")
        found += [{key: row[key] for key in keys if key in row} for row in kept]
    return found


def answers(kind: str, asked: list[Question]) -> list[tuple[Question, Question]]:
    done = subprocess.run(
        ["go", "run", "."],
        cwd=HERE / kind,
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return list(zip(asked, json.loads(done.stdout), strict=True))


def chosen(kind: str, asked: list[Question], count: int) -> list[Question]:
    """Take mostly texts that load."""
    told = answers(kind, asked)
    good = [question for question, answer in told if "error" not in answer]
    bad = [question for question, answer in told if "error" in answer]
    return good[: count * 4 // 5] + bad[: count // 5]


if __name__ == "__main__":
    main()
