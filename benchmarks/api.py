"""The data API of a running catalogue: groups of 10 M rows for 8 clients at once, pages, and the memory that they take."""

import itertools
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import sensors
from benchmarks.measure import Result, at_most
from benchmarks.sdk import write
from benchmarks.served import AGENCY, Catalogue, catalogue_at

ROWS = 10_000_000
CLIENTS = 8
MEMORY = 1200
"""MB that a web process may take: CKAN, and the data API within its own limit."""
_ASKED = 24
_DATASET = "sensor-hourly"
_VERSION = "1-0a1b2c3d"
_ADDRESS = f"/api/v1/datasets/{_DATASET}"
_HOURS = 8760


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """The 95th percentile of a group over filtered rows, none of them asked for twice, of a page, and the peak memory."""
    number = rows or ROWS
    file = write(folder / f"published-{number}.parquet", number)
    home = folder / f"home-{os.getpid()}"
    place = home / "published" / _DATASET / f"{_VERSION}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.hardlink_to(file)
    with catalogue_at(home) as running:
        _publish(running)
        results = []
        for work, reach, question in _questions(number):
            found = _percentile(running, question, times * _ASKED)
            results.append(
                at_most(f"{work} of {number:,} rows, {CLIENTS} clients, 95 % within", "1 s", found, 1.0, "s", reach)
            )
        peak = max(_peaks(running.home))
        results.append(at_most("peak memory of a web process", f"{MEMORY} MB", peak, MEMORY, "MB", 1))
    return results


def _publish(running: Catalogue) -> None:
    address = f"/data/{_DATASET}/{_VERSION}"
    running.action(
        "package_create", signed_in=True, name=_DATASET, title="Số đo", owner_org=AGENCY, private=False,
        extras=[{"key": "hanoi_version", "value": _VERSION}],
        resources=[{"name": "Parquet", "format": "Parquet", "url": f"{address}.parquet"}],
    )  # fmt: skip


def _questions(rows: int) -> Iterator[tuple[str, float, Callable[[int], str]]]:
    hours = max(48, rows // sensors.STATIONS)
    span = min(_HOURS, hours // 2)

    def between(number: int) -> str:
        start = random.Random(number).randrange(hours - span)  # noqa: S311 - the same questions in every run
        first, last = (_moment(hour) for hour in (start, start + span))
        return f"observed_at=gte.{first}&observed_at=lt.{last}"

    def level(number: int) -> str:
        return f"pm25=gte.{35 + number % 97 / 10}"

    group = "group=station&measure=count,pm25.avg,pm10.max"
    yield "groups by station over a year", 1.0, lambda n: f"{_ADDRESS}/aggregate?{group}&{between(n)}"
    yield "groups by station where pm25 is high", 1.0, lambda n: f"{_ADDRESS}/aggregate?{group}&{level(n)}"
    yield "a page of 100 rows by a filter", 1.0, lambda n: f"{_ADDRESS}/records?limit=100&{between(n)}&{level(n)}"


def _moment(hour: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _percentile(running: Catalogue, question: Callable[[int], str], asked: int) -> float:
    import httpx

    numbers = itertools.count()

    def client(_: int) -> list[float]:
        taken = []
        with httpx.Client(base_url=running.url, headers={"Authorization": running.token}, timeout=60) as session:
            for _ in range(-(-asked // CLIENTS)):
                address = question(next(numbers))
                began = time.perf_counter()
                while (answer := session.get(address)).status_code == 503:  # as a decent client does
                    time.sleep(int(answer.headers["Retry-After"]))
                taken.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    raise RuntimeError(f"{address} was answered by {answer.status_code}: {answer.text[:500]}")
        return taken

    with ThreadPoolExecutor(CLIENTS) as clients:
        taken = [seconds for found in clients.map(client, range(CLIENTS)) for seconds in found]
    return statistics.quantiles(taken, n=20)[-1]


def _peaks(home: Path) -> list[float]:
    """The peak memory of each web process, in MB."""
    import psutil

    def of_web(process: Any) -> bool:
        return any(f"hanoi-catalogue:{home}" in part for part in process.info["cmdline"] or ())

    found = []
    for process in filter(of_web, psutil.process_iter(["cmdline"])):
        status = Path(f"/proc/{process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        found.append(int(line.split()[1]) / 1024)
    return found
