"""Many readers at once on search, pages and tables of one running catalogue: errors, waiting times and memory.

``hanoi bench load`` lets 50 readers read for 60 s; ``--rows`` sets the rows of the table, ``--times`` is not used.
"""

import json
import random
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, at_most
from benchmarks.served import AGENCY, Catalogue, catalogue_at

READERS, SECONDS, ROWS, DATASETS = 50, 60.0, 100_000, 60
_DATASET = "readings"
_GROWTH = 1.25
"""How much more memory the server may hold in the last third of the time than in the middle one."""
_SLOWEST = 10.0
"""How many times the median the 95th percentile may be."""
_WORDS = ("khong khi", "không khí", "xe buýt", "xe buyt", "nước", "so do", "số đo", "khong kih", "phường", "quan trac")


@dataclass
class Reading:
    """What readers met: seconds of each answer, by what they asked for, and every answer that was none."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def answers(self) -> int:
        return sum(map(len, self.seconds.values()))

    def percentile(self, share: float, kind: str | None = None) -> float:
        """The seconds within which ``share`` of the answers came, of one kind or of all."""
        found = sorted(self.seconds.get(kind, []) if kind else [s for each in self.seconds.values() for s in each])
        return found[min(len(found) - 1, int(share * len(found)))] if found else 0.0


def read(
    url: str, dataset: str, table: str, readers: int, seconds: float, memory: Callable[[], float] | None = None
) -> Reading:
    """Let ``readers`` ask ``url`` for searches, pages and tables until ``seconds`` are over, each in a thread of its own.

    ``dataset`` is the name of a dataset with rows, ``table`` the id of its resource; ``memory`` tells the server's, in MB.
    """
    import httpx

    found, lock, end = Reading(), threading.Lock(), time.monotonic() + seconds

    def reader(number: int) -> None:
        draw = random.Random(number)  # noqa: S311 - the same load every time
        with httpx.Client(base_url=url, timeout=60) as client:
            while time.monotonic() < end:
                kind, path = _asked(draw, dataset, table)
                began = time.perf_counter()
                try:
                    answer = client.get(path)
                    problem = "" if answer.status_code == 200 else f"{answer.status_code} {path}"
                except httpx.HTTPError as error:
                    problem = f"{type(error).__name__} {path}"
                with lock:
                    if problem:
                        found.errors.append(problem)
                    else:
                        found.seconds.setdefault(kind, []).append(time.perf_counter() - began)

    threads = [threading.Thread(target=reader, args=[number]) for number in range(readers)]
    for thread in threads:
        thread.start()
    while memory and time.monotonic() < end:
        found.memory.append(memory())
        time.sleep(1)
    for thread in threads:
        thread.join()
    return found


def _asked(draw: random.Random, dataset: str, table: str) -> tuple[str, str]:
    """One question of a reader: what kind it is, and its address."""
    from urllib.parse import urlencode

    word = draw.choice(_WORDS)
    kind = draw.choice(("search", "search", "page", "table"))
    if kind == "search":
        path = draw.choice(("/dataset?", "/en/dataset?", "/api/3/action/package_search?"))
        return kind, path + urlencode({"q": word})
    if kind == "page":
        return kind, draw.choice(("/", "/en/", f"/dataset/{dataset}", f"/en/dataset/{dataset}", "/dataset"))
    asked = {"resource_id": table, "limit": 50, "offset": draw.randrange(0, 1000, 50), "q": draw.choice(("", word))}
    return kind, f"/api/3/action/datastore_search?{urlencode(asked)}"


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:  # noqa: ARG001 - one long run says enough
    """Errors per answer, the slowest answers against the median, and the memory at the end against that in the middle."""
    from benchmarks.datastore import write

    number = rows or ROWS
    write(folder / "home", _DATASET, number)
    with catalogue_at(folder / "home") as catalogue:
        table = _fill(catalogue)
        catalogue.action("datastore_search", resource_id=table)
        found = read(catalogue.url, _DATASET, table, READERS, SECONDS, lambda: used_mb(catalogue.home))
    third = max(1, len(found.memory) // 3)
    before, after = statistics.median(found.memory[third : 2 * third]), statistics.median(found.memory[-third:])
    told = f"{READERS} readers, {SECONDS:g} s"
    return [
        at_most(f"errors, {told}{_first(found.errors)}", "answers", len(found.errors), found.answers, "queries", 0),
        *(
            at_most(f"95th percentile, {kind or 'all'}", "median", found.percentile(0.95, kind),
                    found.percentile(0.5, kind), "s", _SLOWEST)
            for kind in (None, "search", "page", "table")
        ),
        at_most(f"memory of the server at the end, {told}", "in the middle", after, before, "MB", _GROWTH),
    ]  # fmt: skip


def _first(errors: list[str]) -> str:
    return f" ({errors[0]})" if errors else ""


def _fill(catalogue: Catalogue) -> str:
    """Datasets to search, and the one with rows; returns the id of its table."""
    resources = [{"name": "Parquet", "format": "Parquet", "url": f"/data/{_DATASET}/1-0a1b2c3d.parquet"}]
    extras = [{"key": "hanoi_version", "value": "1-0a1b2c3d"}]
    made: dict[str, Any] = catalogue.action(
        "package_create", signed_in=True, name=_DATASET, title="Số đo không khí", owner_org=AGENCY, private=False,
        resources=resources, extras=extras,
    )  # fmt: skip
    for number in range(DATASETS):
        title = f"{_WORDS[number % len(_WORDS)]} số {number}"
        catalogue.action(
            "package_create", signed_in=True, name=f"set-{number}", title=title, owner_org=AGENCY, private=False
        )
    return str(made["resources"][0]["id"])


def used_mb(home: Path) -> float:
    """The memory of the server of ``home`` and of all that it started, in MB; what processes share is counted once."""
    import psutil

    server = psutil.Process(int(json.loads((home / "ckan" / "server.json").read_text(encoding="utf-8"))["pid"]))
    total = 0
    for process in (server, *server.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 2**20
