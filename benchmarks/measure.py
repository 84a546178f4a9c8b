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


def alternate(commands: dict[str, list[str]], folder: Path, *, runs: int) -> dict[str, float]:
    """Run commands in turn, so that a noisy machine is equally unfair to all; medians."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(measure(command, folder, runs=1).seconds)
    return {name: statistics.median(found) for name, found in times.items()}
