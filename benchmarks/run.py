"""`make bench`: measure, print a table, and keep the numbers in benchmarks/results.json.

Targets are those of the project's plan; a miss is marked and fails nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from measure import PINNER, alternate, measure
from trees import compose_file, crd_bundle, dockerfile_tree, mixed_tree, yaml_tree

RESULTS = Path(__file__).parent / "results.json"
LIST = [*PINNER, "list", "--no-cache", "--format", "json"]


@dataclass(frozen=True)
class Row:
    """One line of the table; a target is the largest value that is good enough."""

    name: str
    value: float
    unit: str
    target: float | None = None

    def __str__(self) -> str:
        mark = ""
        if self.target is not None:
            verdict = "ok" if self.value <= self.target else "MISSED"
            mark = f"at most {self.target:g} {self.unit}: {verdict}"
        return f"{self.name:58} {self.value:10.3f} {self.unit:12} {mark}"


def scanning(work: Path) -> list[Row]:
    """Scan large trees without any cache."""
    cases = [
        ("10,000 YAML files, 2,000 with images", yaml_tree(work / "yaml", 10_000, 2_000), 2.0),
        ("one CRD bundle of 5 MB", crd_bundle(work / "crd", 5_000_000), 0.5),
        ("2,000 Dockerfiles", dockerfile_tree(work / "docker", 2_000), None),
        ("a compose file of 60 services", compose_file(work / "compose", 60), None),
    ]
    rows = []
    for name, root, target in cases:
        sizes = [p.stat().st_size for p in root.rglob("*") if p.is_file() and ".git/" not in str(p)]
        found = measure(LIST, root)
        rows += [
            Row(f"list: {name}", found.seconds, "s", target),
            Row("  files", len(sizes) / found.seconds, "files/s"),
            Row("  bytes", sum(sizes) / 1e6 / found.seconds, "MB/s"),
            Row("  peak memory", found.memory, "MiB", 150.0),
        ]
    half = measure(LIST, yaml_tree(work / "half", 5_000, 1_000)).seconds
    whole = rows[0].value
    rows.append(Row("list: twice the files take times as long", whole / half, "x", 2.2))
    return rows


def verifying(work: Path) -> list[Row]:
    """Verify what has not changed since the last run."""
    cache = {"PINNER_CACHE_DIR": str(work / "cache")}
    os.environ.update(cache)
    small = mixed_tree(work / "small", 2_000, 50)
    large = yaml_tree(work / "large", 10_000, 2_000)
    time.sleep(3)  # until the files are older than the clock's step
    verify = [*PINNER, "verify"]
    for root in (small, large):
        measure(verify, root, runs=2)
    commands = {
        "python": [PINNER[0], "-c", "pass"],
        "git": ["git", "ls-files"],
        "typer": [PINNER[0], "-c", "import typer"],
        "verify": verify,
    }
    found = alternate(commands, small, runs=21)
    base = found["python"] + found["git"]
    return [
        Row("verify, unchanged: 50 of 2,000 files", found["verify"] / base, "x", 4.5),
        Row("  importing typer alone", found["typer"] / base, "x"),
        Row("  python -c pass and git ls-files", base, "s"),
        Row("verify, unchanged: 2,000 of 10,000 files", measure(verify, large).seconds, "s", 1.0),
    ]


SUITES = {"scanning": scanning, "verifying": verifying}


def main() -> None:
    """Run the suites that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", default=[], help=f"of {', '.join(SUITES)}")
    wanted = parser.parse_args().suites or list(SUITES)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            rows = SUITES[name](Path(folder))
        for row in rows:
            before = kept.get(row.name)
            change = f"   (last time {before['value']:.3f})" if before else ""
            print(f"{row}{change}")
        kept |= {row.name: asdict(row) for row in rows if not row.name.startswith(" ")}
    RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
