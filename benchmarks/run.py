"""`make bench`: measure, print a table, and keep the numbers in benchmarks/results.json.

Targets are those of the project's plan; a miss is marked and fails nothing.
"""

from __future__ import annotations

import argparse
import compileall
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import requests
from delay import DelayingProxy
from measure import PINNER, Run, alternate, import_times, measure
from trees import (
    chart_tree,
    compose_file,
    crd_bundle,
    dockerfile_tree,
    git_tree,
    locked_tree,
    mixed_tree,
    yaml_tree,
)

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from images import INDEX, Image
from registry_server import PROGRAM, SKOPEO, Registry

import pinner
from pinner.pins.lockfile import LockedImage, Lockfile
from pinner.pins.lockfile_text import dump_lockfile, load_lockfile
from pinner.scanners.all_scanners import BUILT_IN

RESULTS = Path(__file__).parent / "results.json"
LIST = [*PINNER, "list", "--no-cache", "--format", "json"]


@dataclass(frozen=True)
class Row:
    """One line of the table, and the largest or the least value that is good enough."""

    name: str
    value: float
    unit: str
    target: float | None = None
    least: float | None = None

    def __str__(self) -> str:
        mark = ""
        if self.target is not None:
            verdict = "ok" if self.value <= self.target else "MISSED"
            mark = f"at most {self.target:g} {self.unit}: {verdict}"
        if self.least is not None:
            verdict = "ok" if self.value >= self.least else "MISSED"
            mark = f"at least {self.least:g} {self.unit}: {verdict}"
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
    rows.append(formats(work / "yaml"))
    rows.append(charts(work))
    half = measure(LIST, yaml_tree(work / "half", 5_000, 1_000)).seconds
    whole = rows[0].value
    rows.append(Row("list: twice the files take times as long", whole / half, "x", 2.2))
    return rows


def formats(root: Path) -> Row:
    """Compare a large tree of YAML with what it takes where only three formats are read."""
    others = [name for name in BUILT_IN if name not in ("dockerfile", "compose", "kubernetes")]
    settings = root / "pinner.toml"

    def exclude(names: list[str]) -> None:
        settings.write_text(f"[formats]\nexclude = {json.dumps(names)}\n")

    found = alternate(
        {
            "few": Run(LIST, prepare=lambda: exclude(others)),
            "all": Run(LIST, prepare=lambda: exclude([])),
        },
        root,
        runs=7,
    )
    settings.unlink()
    return Row("list: all formats take times three", found["all"] / found["few"], "x", 1.15)


def charts(work: Path) -> Row:
    """List a repository of charts with 600 templates."""
    root = chart_tree(work / "charts", 600)
    return Row("list: charts with 600 templates", measure(LIST, root).seconds, "s", 1.0)


def starting(work: Path) -> list[Row]:
    """Compare small runs with what they cannot do without: Python, and git's list of files."""
    compileall.compile_dir(str(Path(pinner.__file__).parent), quiet=1)
    root = mixed_tree(work / "small", 2_000, 50)
    empty, kept = str(work / "empty"), str(work / "kept")
    edited = root / "part-0" / "deploy-0.yaml"

    def clear() -> None:
        shutil.rmtree(empty, ignore_errors=True)

    def edit() -> None:
        edited.write_text(f"{edited.read_text()}# edited\n")

    found = alternate(
        {
            "python": Run([PINNER[0], "-c", "pass"]),
            "git": Run(["git", "ls-files"]),
            "typer": Run([PINNER[0], "-c", "import typer"]),
            "cold": Run(
                [*PINNER, "verify"], empty, lambda: shutil.rmtree(empty, ignore_errors=True)
            ),
            "unchanged": Run([*PINNER, "verify"], kept),
            "edited": Run([*PINNER, "verify"], kept, edit),
            "check": Run([*PINNER, "lock", "--check"], kept),
        },
        root,
        runs=21,
    )
    base = found["python"] + found["git"]
    print(import_times(["verify"], root))
    name = "50 image files of 2,000 files"
    return [
        Row(f"verify, nothing cached: {name}", found["cold"] / base, "x", 6.0),
        Row(f"verify, one file edited: {name}", found["edited"] / base, "x", 6.5),
        Row(f"verify, unchanged: {name}", found["unchanged"] / base, "x"),
        Row(f"lock --check: {name}", found["check"] / base, "x", 9.0),
        Row("  importing typer alone", found["typer"] / base, "x"),
        Row("  python -c pass and git ls-files", base, "s"),
    ]


def verifying(work: Path) -> list[Row]:
    """Verify a large project that has not changed since the last run."""
    large = yaml_tree(work / "large", 10_000, 2_000)
    cache = {"PINNER_CACHE_DIR": str(work / "cache")}
    time.sleep(3)  # until the files are older than the clock's step
    command = [*PINNER, "verify"]
    measure(command, large, runs=2, **cache)
    seconds = measure(command, large, **cache).seconds
    return [Row("verify, unchanged: 2,000 of 10,000 files", seconds, "s", 1.0)]


def writing(work: Path) -> list[Row]:
    """Write 2,000 files, and compare with working out what to write."""
    root = locked_tree(work / "writing", 2_000)
    cache = {"PINNER_CACHE_DIR": str(work / "cache")}
    dry, real = [], []
    for _ in range(5):
        dry.append(measure([*PINNER, "lock", "--dry-run"], root, runs=1, **cache).seconds)
        real.append(measure([*PINNER, "lock"], root, runs=1, **cache).seconds)
        subprocess.run(["git", "checkout", "--quiet", "."], cwd=root, check=True)
    ratio = statistics.median(real) / statistics.median(dry)
    return [
        Row("lock: 2,000 edited files take times the dry run", ratio, "x", 1.6),
        Row("  the dry run", statistics.median(dry), "s"),
    ]


def reading(work: Path) -> list[Row]:
    """Read a lockfile of 5,000 entries."""
    digest = "sha256:" + "a" * 64
    images = [
        LockedImage(
            reference=f"registry.example.com/team/app-{n}:1.{n}",
            digest=digest,
            media_type=INDEX,
            files=(f"deploy/part-{n % 9}.yaml", f"other/part-{n % 7}.yaml"),
        )
        for n in range(5_000)
    ]
    text = dump_lockfile(Lockfile.of(images))
    (work / "pinner.lock").write_text(text)
    times = []
    for _ in range(9):
        begun = time.perf_counter()
        load_lockfile(text, "pinner.lock")
        times.append(time.perf_counter() - begun)
    return [Row("read a lockfile of 5,000 entries", sorted(times)[4] * 1000, "ms", 100.0)]


def asking(work: Path) -> list[Row]:
    """Count the requests that a real registry sees, and time 200 tags over a slow link."""
    if PROGRAM is None or SKOPEO is None:
        print("asking: docker-registry and skopeo are not installed; not measured")
        return []
    registry = Registry(work / "registry").start()
    proxy = DelayingProxy(registry.port, 0.05)
    try:
        return [*_counted(work, registry), *_timed(work, proxy)]
    finally:
        proxy.close()
        registry.stop()


def tag_many(registry: Registry, repositories: int, tags: int) -> None:
    """Push one image to each repository, and give it further tags without pushing layers."""
    for number in range(repositories):
        name = f"bench/r{number}"
        registry.push(
            f"{name}:t0", Image(content="bench", platforms=("linux/amd64", "linux/arm64"))
        )
        url = f"http://{registry.host}/v2/{name}/manifests"
        manifest = requests.get(f"{url}/t0", headers={"Accept": INDEX}, timeout=5)
        for tag in range(1, tags):
            headers = {"Content-Type": manifest.headers["Content-Type"]}
            requests.put(f"{url}/t{tag}", manifest.content, headers=headers, timeout=5)


def _tree(root: Path, host: str, repositories: int, tags: int) -> Path:
    git_tree(root)
    lines = [f"FROM {host}/bench/r{r}:t{t}\n" for r in range(repositories) for t in range(tags)]
    (root / "Dockerfile").write_text("".join(lines))
    return root


def _counted(work: Path, registry: Registry) -> list[Row]:
    repositories, tags = 20, 10
    tag_many(registry, repositories, tags)
    root = _tree(work / "counted", registry.host, repositories, tags)
    rows = []
    for name, command, most in (
        ("cold lock of 200 tags in 20 repositories", ["lock"], repositories * tags),
        ("warm lock", ["lock"], 0),
        ("verify", ["verify"], 0),
    ):
        before = len(registry.requests())
        measure([*PINNER, *command], root, runs=1)
        asked = len(registry.requests()) - before
        rows.append(Row(f"requests: {name}", asked, "requests", most))
    return rows


def _timed(work: Path, proxy: DelayingProxy) -> list[Row]:
    root = _tree(work / "timed", proxy.host, 20, 10)
    found = measure([*PINNER, "lock", "--dry-run", "--no-cache"], root, runs=3)
    return [Row("lock: 200 tags, 50 ms of delay a request", found.seconds, "s", 3.0)]


SUITES = {
    "starting": starting,
    "scanning": scanning,
    "verifying": verifying,
    "writing": writing,
    "reading": reading,
    "asking": asking,
}


def show_and_keep(rows: list[Row]) -> None:
    """Print rows beside what they were the last time, and keep those that are not indented."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for row in rows:
        before = kept.get(row.name)
        change = f"   (last time {before['value']:.3f})" if before else ""
        print(f"{row}{change}")
    kept |= {row.name: asdict(row) for row in rows if not row.name.startswith(" ")}
    RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def main() -> None:
    """Run the suites that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", default=[], help=f"of {', '.join(SUITES)}")
    for name in parser.parse_args().suites or list(SUITES):
        with tempfile.TemporaryDirectory() as folder:
            show_and_keep(SUITES[name](Path(folder)))


if __name__ == "__main__":
    main()
