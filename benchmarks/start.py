"""The catalogue from an empty folder to its first page, and from a prepared one, against the steps that CKAN documents.

CKAN's documented steps on PostgreSQL, Valkey and gunicorn from the same packages (a configuration, two database commands, the
rights of the DataStore, the server; each command imports CKAN anew) took 34 s on a quiet machine of two cores.
"""

import json
import shutil
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Result, at_most
from benchmarks.served import PATIENCE, PYTHON, SERVER, free_port

DOCUMENTED = 34.0
"""Seconds of CKAN 2.12's documented steps, from an empty folder to the first page."""
REACH = 0.5


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:  # noqa: ARG001 - benches have one signature
    """Medians of ``times`` starts of each kind."""
    cold, warm = [], []
    for number in range(times):
        home = folder / f"home-{number}"
        for found in (cold, warm):
            with _starting(home) as began:
                found.append(_first_page(home, began))
        shutil.rmtree(home)
    against = "CKAN's documented steps"
    return [
        at_most("empty folder to first page", against, statistics.median(cold), DOCUMENTED, "s", REACH),
        at_most("prepared folder to first page", against, statistics.median(warm), DOCUMENTED, "s", REACH),
    ]


@contextmanager
def _starting(home: Path) -> Iterator[float]:
    """A server of ``home`` that is starting; gives the moment at which it was called."""
    home.mkdir(parents=True, exist_ok=True)
    command = [str(PYTHON), "-m", "hanoi_server", "run", "--home", str(home), "--port", str(free_port())]
    began = time.monotonic()
    with (home / "server.log").open("wb") as output:
        server = subprocess.Popen(command, cwd=SERVER, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603
    try:
        yield began
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _first_page(home: Path, began: float) -> float:
    """Seconds from ``began`` until the list of datasets is answered."""
    import httpx

    announced = home / "ckan" / "server.json"
    while time.monotonic() - began < PATIENCE:
        if announced.exists():
            url = json.loads(announced.read_text(encoding="utf-8"))["url"]
            if httpx.get(f"{url}/dataset", timeout=PATIENCE).status_code == 200:
                return time.monotonic() - began
        time.sleep(0.05)
    raise RuntimeError(f"the catalogue did not start:\n{(home / 'server.log').read_text('utf-8', 'replace')[-2000:]}")
