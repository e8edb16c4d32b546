"""Measuring: each side of a comparison runs in its own process, which times its work and whose memory the system reports.

A side is a function ``side(**arguments) -> None | float`` of a module of this folder. It may return the seconds of the
work itself, where preparation such as an import should not count; otherwise the whole call counts.
"""

import importlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("duckdb", "pyarrow", "pyiceberg", "great-expectations", "pandas", "ckanapi")
Unit = Literal["s", "cpu s", "MB", "queries", "values", "rows", "share"]


@dataclass(frozen=True)
class Measured:
    """One run of one side: wall and CPU seconds of its work, and the peak memory of its process in MB."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    said: Any = None


@dataclass(frozen=True)
class Result:
    """One line of a benchmark: ours against theirs, their ratio, and the ratio to reach."""

    work: str
    against: str
    ours: float
    theirs: float
    unit: Unit
    ratio: float
    reach: float
    ok: bool


def at_most(work: str, against: str, ours: float, theirs: float, unit: Unit, reach: float) -> Result:
    """A result that is well when ours is at most ``reach`` times theirs."""
    ratio = ours / theirs
    return Result(work, against, round(ours, 3), round(theirs, 3), unit, round(ratio, 3), reach, ratio <= reach)


def run(side: str, **arguments: Any) -> Measured:
    """Run the side ``module:function`` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.measure", side, json.dumps(arguments)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "GX_ANALYTICS_ENABLED": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=_ROOT)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{side} failed:\n{done.stderr[-4000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def median(side: str, times: int = 3, **arguments: Any) -> Measured:
    """The median of ``times`` runs, each figure by itself."""
    return medians([side], times, **arguments)[side]


def medians(sides: Sequence[str], times: int = 3, **arguments: Any) -> Mapping[str, Measured]:
    """The medians of several sides that take turns, so that a noisy minute meets all of them."""
    runs: dict[str, list[Measured]] = {side: [] for side in sides}
    for _ in range(times):
        for side in sides:
            runs[side].append(run(side, **arguments))
    return {
        side: Measured(
            statistics.median(r.seconds for r in found),
            statistics.median(r.cpu_seconds for r in found),
            statistics.median(r.peak_mb for r in found),
            found[-1].said,
        )
        for side, found in runs.items()
    }


def report(results: Sequence[Result]) -> dict[str, Any]:
    """The whole answer of a benchmark: the machine, the versions, and each result."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        versions[package] = version(package)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    machine = {"system": platform.platform(), "cores": os.cpu_count(), "memory_gb": round(memory / 2**30, 1)}
    return {"machine": machine, "versions": versions, "results": [asdict(r) for r in results]}


def _child(side: str, arguments: dict[str, Any]) -> None:
    module, _, function = side.partition(":")
    call = getattr(importlib.import_module(module), function)
    wall, cpu = time.perf_counter(), time.process_time()
    said = call(**arguments)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if isinstance(said, Timed):
        wall, cpu, said = said.seconds, said.cpu_seconds, said.said
    print(json.dumps({"seconds": wall, "cpu_seconds": cpu, "peak_mb": _peak_mb(), "said": said}))  # noqa: T201


def _peak_mb() -> float:
    """The peak memory of this process; the system's usage record also counts that of the process it was forked from."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


@dataclass(frozen=True)
class Timed:
    """What a side returns that times its work itself."""

    seconds: float
    cpu_seconds: float
    said: Any = None


class Stopwatch:
    """Times a block: ``with Stopwatch() as watch: ...; return watch.timed(said)``."""

    def __enter__(self) -> "Stopwatch":
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds, self.cpu_seconds = time.perf_counter() - self._wall, time.process_time() - self._cpu

    def timed(self, said: Any = None) -> Timed:
        return Timed(self.seconds, self.cpu_seconds, said)


if __name__ == "__main__":
    # The module runs as __main__ here, while sides import it by its name: one class must be the other.
    from benchmarks import measure

    measure._child(sys.argv[1], json.loads(sys.argv[2]))
