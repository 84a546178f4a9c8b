"""`make bench-fleet`: a thousand repositories, their tags asked once, on one and two processes.

Repositories are bare, as mirrors are: 200 files each, twelve references among them over 300
tags of a real registry. Times are of the whole command; memory is that of the client alone.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from registry_server import PROGRAM, SKOPEO, Registry
from run import Row, show_and_keep, tag_many

from pinner.operations.fleet.examine import Request, examine
from pinner.operations.fleet.repositories import Repository

COUNTS = (250, 500, 1000)
REPOSITORIES, TAGS = 30, 10  # of the registry
FILES, REFERENCES = 200, 12
SAMPLE = 100
ROUNDS = 7
_FILLING = {"yaml": "key: value\nlist: [1, 2]\n", "json": '{"key": 1}\n'}


@dataclass(frozen=True)
class Ran:
    """Seconds of a run, the peak of its client's memory in MiB, and the rows that came out."""

    seconds: float
    memory: float
    rows: int


def make_fleet(folder: Path, host: str, count: int) -> list[Path]:
    """Make bare repositories by git's own stream of objects, which needs no files."""
    chance = random.Random(1)
    tags = [f"{host}/bench/r{r}:t{t}" for r in range(REPOSITORIES) for t in range(TAGS)]
    made = []
    for number in range(count):
        root = folder / f"repository-{number:04}.git"
        subprocess.run(["git", "init", "--quiet", "--bare", root], check=True)
        subprocess.run(
            ["git", "--git-dir", root, "fast-import", "--quiet"],
            input=_stream(chance.sample(tags, REFERENCES), host).encode(),
            check=True,
        )
        made.append(root)
    return made


def _stream(references: list[str], host: str) -> str:
    files = {
        "pinner.toml": f'[registries."{host}"]\nplain-http = true\n',
        "Dockerfile": "".join(f"FROM {one}\n" for one in references[:4]),
        "compose.yaml": "services:\n"
        + "".join(f"  s{n}:\n    image: {one}\n" for n, one in enumerate(references[4:8])),
        "deploy/pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
        + "".join(f"  - image: {one}\n" for one in references[8:]),
    }
    for number in range(FILES - len(files)):
        kind = ("py", "md", "yaml", "json", "go")[number % 5]
        files[f"source/part{number % 9}/file{number}.{kind}"] = _FILLING.get(kind, "line\n" * 40)
    lines = ["commit refs/heads/master", "committer B <b@example.com> 0 +0000", "data 1", "b"]
    for path, text in files.items():
        lines += [f"M 100644 inline {path}", f"data {len(text)}", text]
    return "\n".join([*lines, "done", ""])


def run(folder: Path, count: int, *arguments: str) -> Ran:
    """Take an inventory of the first so many repositories."""
    listed = folder / "list"
    names = sorted(path.name for path in folder.glob("repository-*.git"))[:count]
    listed.write_text("".join(f"{name}\n" for name in names))
    output = folder / "out.jsonl"
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pinner", "fleet", "inventory", "--from", listed,
         "--output", output, *arguments],
        stderr=subprocess.DEVNULL, env={**os.environ, "PINNER_CACHE_DIR": str(folder / "cache")},
    )  # fmt: skip
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watcher.start()
    process.wait()
    seconds = time.perf_counter() - begun
    rows = [json.loads(line)["kind"] for line in output.read_text().splitlines()]
    assert rows.count("repository") == count
    return Ran(seconds, peak[0], len(rows))


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        try:
            text = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        line = next((line for line in text.splitlines() if line.startswith("VmHWM")), "")
        peak[0] = max(peak[0], int(line.split()[1]) / 1024 if line else 0)
        time.sleep(0.1)


def measured(folder: Path) -> list[Row]:
    """Make the fleet, and run over parts of it."""
    registry = Registry(folder / "registry").start()
    try:
        tag_many(registry, REPOSITORIES, TAGS)
        fleet = make_fleet(folder, registry.host, max(COUNTS))
        rows, times, memory = [], {}, {}
        for count in COUNTS:
            before = len(registry.requests())
            found = run(folder, count)
            asked = len(registry.requests()) - before
            times[count], memory[count] = found.seconds, found.memory
            rows.append(Row(f"fleet: requests, {count} repositories", asked, "requests",
                            REPOSITORIES * TAGS))  # fmt: skip
            rows.append(Row(f"fleet: {count} repositories, 2 processes", found.seconds, "s"))
            rows.append(Row(f"fleet: memory of the client, {count}", found.memory, "MiB"))
        line = statistics.linear_regression(COUNTS, [times[count] for count in COUNTS])
        off = max(abs(times[count] / (line.slope * count + line.intercept) - 1) for count in COUNTS)
        rows.append(Row("fleet: farthest from a straight line", off * 100, "%", 15))
        growth = memory[max(COUNTS)] / memory[min(COUNTS)]
        rows.append(Row("fleet: memory of the client, 1000 by 250", growth, "x", 1.1))
        rounds = _by_processes(folder)
        shares = [(one - empty) / (two - empty) for empty, one, two in rounds]
        share = statistics.median(shares)
        rows.append(Row("fleet: scanning by one process and by two", share, "x", least=1.7))
        rows += [Row("  in one round", found, "x") for found in sorted(shares)]
        alone = _alone(fleet[:SAMPLE], str(folder / "cache"))
        empty = statistics.median(empty for empty, _, _ in rounds)
        engine = statistics.median(one - empty for empty, one, _ in rounds) / 500 - alone
        rows.append(Row("fleet: examining a repository, without an engine", alone * 1000, "ms"))
        rows.append(Row("fleet: the engine's own cost a repository", engine * 1000, "ms"))
        rows.append(Row("fleet: start and end of a run", empty, "s"))
        return rows
    finally:
        registry.stop()


def _by_processes(folder: Path) -> list[tuple[float, float, float]]:
    """Give the seconds of a run over one repository, and over 500 by one process and by two.

    They take turns, since a machine with others on it has good and bad minutes.
    """
    return [
        (
            run(folder, 1, "--offline", "--workers", "1").seconds,
            run(folder, 500, "--offline", "--workers", "1").seconds,
            run(folder, 500, "--offline", "--workers", "2").seconds,
        )
        for _ in range(ROUNDS)
    ]


def _alone(fleet: list[Path], cache: str) -> float:
    request = Request(verb="inventory", cache=cache)
    begun = time.perf_counter()
    for root in fleet:
        examine(Repository(location=str(root)), request, {})
    return (time.perf_counter() - begun) / len(fleet)


def main() -> None:
    """Measure, print, and keep the figures."""
    if PROGRAM is None or SKOPEO is None:
        sys.exit("docker-registry and skopeo are not installed; nothing is measured")
    with tempfile.TemporaryDirectory() as folder:
        show_and_keep(measured(Path(folder)))


if __name__ == "__main__":
    main()
