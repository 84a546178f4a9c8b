"""Run commands and measure them: wall time, and memory at its peak."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable
    from pathlib import Path

PINNER = [sys.executable, "-m", "pinner"]


@dataclass(frozen=True)
class Measured:
    """Seconds of the median run, and the largest peak of memory in MiB."""

    seconds: float
    memory: float


def measure(command: list[str], folder: Path, *, runs: int = 5, **env: str) -> Measured:
    """Run a command several times; its output is thrown away, its exit code too."""
    times, peaks = [], []
    for _ in range(runs):
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **env},
        )
        _, _, usage = os.wait4(process.pid, 0)
        times.append(time.perf_counter() - begun)
        peaks.append(_mebibytes(usage))
    return Measured(statistics.median(times), max(peaks))


def _mebibytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024


@dataclass(frozen=True)
class Run:
    """A command, the cache folder it has, and what is done before each run, not counted."""

    command: list[str]
    cache: str = ""
    prepare: Callable[[], object] = lambda: None


def alternate(runs_of: dict[str, Run], folder: Path, *, runs: int) -> dict[str, float]:
    """Run commands in turn, so that a noisy machine is equally unfair to all; medians."""
    times: dict[str, list[float]] = {name: [] for name in runs_of}
    for _ in range(runs):
        for name, run in runs_of.items():
            run.prepare()
            cache = {"PINNER_CACHE_DIR": run.cache} if run.cache else {}
            times[name].append(measure(run.command, folder, runs=1, **cache).seconds)
    return {name: statistics.median(found) for name, found in times.items()}


def import_times(arguments: list[str], folder: Path, most: int = 12) -> str:
    """Show what a command imports at the most expense, in milliseconds with what it imports."""
    command = [sys.executable, "-X", "importtime", "-m", "pinner", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    rows = []
    for line in done.stderr.splitlines():
        if (
            line.startswith("import time:")
            and line.rpartition("|")[2].strip() != "imported package"
        ):
            own, whole, name = line.removeprefix("import time:").split("|")
            rows.append((int(whole), int(own), name.strip()))
    rows.sort(reverse=True)
    lines = [f"    {whole / 1000:8.1f} {own / 1000:8.1f}  {name}" for whole, own, name in rows]
    head = f"  imports of `pinner {' '.join(arguments)}`, ms with and without what they import"
    return "\n".join([head, *lines[:most]])
