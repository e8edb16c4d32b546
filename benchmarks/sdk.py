"""The SDK: what travels for a part of a remote file, a local scan beside DuckDB, a table to pandas, the memory of batches."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import paging, sensors
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians, run

ROWS = 6_000_000
BATCH_ROWS = 10_000_000
_NUMBERS = 10
_HERE = "benchmarks.sdk"
_DATASET = "sensor-hourly"
_WANTED = "pm25"
_REPEAT = 20


def write(path: Path, number: int) -> Path:
    """The rows as the publisher writes a version; a file that is there is kept."""
    import duckdb

    from catalog.publisher.files import PARQUET

    if not path.exists():
        part = path.with_name(f".{path.name}")
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            db.execute(f"COPY ({sensors.rows(number, _NUMBERS)}) TO '{part}' ({PARQUET})")
        part.rename(path)
    return path


@contextmanager
def serving(file: Path, number: int) -> Iterator[tuple[str, dict[str, int]]]:
    """A catalogue of one dataset on this machine, and the bytes of its Parquet file that it sent."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import FileResponse, JSONResponse, Response
    from starlette.routing import Route

    sent = {"bytes": 0}
    columns = [{"name": n, "type": t} for n, t in (("station", "string"), ("observed_at", "timestamp"))]
    columns += [{"name": n, "type": "double"} for n in sensors.names(_NUMBERS)]
    dictionary = JSONResponse({"key": ["station", "observed_at"], "columns": columns}).body
    parts = [
        ("Parquet", f"/data/{_DATASET}/1-00000000.parquet", file.stat().st_size, _sha256(file.read_bytes())),
        ("JSON", f"/data/{_DATASET}/1-00000000.schema.json", len(dictionary), _sha256(bytes(dictionary))),
    ]
    package = {
        "name": _DATASET,
        "extras": [{"key": "hanoi_version", "value": "1-00000000"}, {"key": "hanoi_rows", "value": str(number)}],
        "resources": [{"format": f, "url": url, "size": size, "hash": sha} for f, url, size, sha in parts],
    }

    async def show(_: Any) -> Response:
        return JSONResponse({"success": True, "result": package})

    async def schema(_: Any) -> Response:
        return Response(bytes(dictionary), media_type="application/json")

    async def data(request: Any) -> Response:
        asked = request.headers.get("range", "").removeprefix("bytes=")
        first, _, last = asked.partition("-")
        sent["bytes"] += int(last) - int(first) + 1 if last else file.stat().st_size
        return FileResponse(file)

    app = Starlette(
        routes=[
            Route("/api/3/action/package_show", show),
            Route(parts[1][1], schema),
            Route(parts[0][1], data),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    [socket] = server.servers[0].sockets
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}", sent
    finally:
        server.should_exit = True
        thread.join()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def part(url: str, cache: str, rows: int) -> int:
    """One column of a hundredth of the rows, read by the parts that hold them."""
    return len(_opened(url, cache).to_arrow([_WANTED], where=_hundredth(rows)))


def whole(url: str, cache: str, rows: int) -> int:
    """The same after a download of the whole file."""
    found = _opened(url, cache)
    found.path()
    return len(found.to_arrow([_WANTED], where=_hundredth(rows)))


def ours(url: str, cache: str, rows: int) -> Timed:
    """A sum over the file in the cache through the SDK; its hash is checked once, before, and DuckDB is loaded."""
    found = _opened(url, cache)

    def ask() -> Any:
        return found.to_duckdb([_WANTED], where=_hundredth(rows)).sum(_WANTED).fetchone()

    said = ask()
    with Stopwatch() as watch:
        for _ in range(_REPEAT):
            said = ask()
    return watch.timed(said and round(said[0], 1))


def theirs(url: str, cache: str, rows: int) -> Timed:
    """DuckDB on the same file, asked once before as well."""
    import duckdb

    path = _opened(url, cache).path()
    start, end = _span(rows)
    query = f"SELECT sum({_WANTED}) FROM read_parquet(?) WHERE observed_at >= ? AND observed_at < ?"
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        said = db.execute(query, [str(path), start, end]).fetchone()
        with Stopwatch() as watch:
            for _ in range(_REPEAT):
                said = db.execute(query, [str(path), start, end]).fetchone()
    return watch.timed(said and round(said[0], 1))


def batches(url: str, cache: str, rows: int) -> int:
    """Every row in batches."""
    found = sum(batch.num_rows for batch in _opened(url, cache).iter_batches())
    if found != rows:
        raise RuntimeError(f"{found} rows came, {rows} were written")
    return found


def _opened(url: str, cache: str) -> Any:
    os.environ["HANOI_CLOUD_CACHE"] = cache
    import hanoi_cloud as hc

    return hc.connect(url).dataset(_DATASET)


def _span(rows: int) -> tuple[Any, Any]:
    from datetime import UTC, datetime, timedelta

    hours = rows // sensors.STATIONS
    start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours // 2)
    return start, start + timedelta(hours=max(1, hours // 100))


def _hundredth(rows: int) -> Any:
    import hanoi_cloud as hc

    start, end = _span(rows)
    return (hc.col("observed_at") >= start) & (hc.col("observed_at") < end)


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """The four figures, on ``rows`` rows of 12 columns (batches on 10 M; to pandas 1 M of 9)."""
    number = rows or ROWS
    file = write(folder / f"published-{number}.parquet", number)
    size = file.stat().st_size
    results = []
    with serving(file, number) as (url, sent):
        asked: dict[str, Any] = {"url": url, "rows": number}
        found = run(f"{_HERE}:part", **asked, cache=str(folder / f"cache-none-{os.getpid()}"))
        part_bytes, sent["bytes"] = sent["bytes"], 0
        fetched = run(f"{_HERE}:whole", **asked, cache=str(folder / f"cache-{os.getpid()}"))
        if found.said != fetched.said or sent["bytes"] < size:
            raise RuntimeError(f"the answers differ: {found.said} and {fetched.said}")
        work = f"1 of {_NUMBERS} measured columns, 1 % of {number:,} rows, {size / 1e6:.0f} MB over HTTP"
        results.append(at_most(work, "full download and filter", part_bytes / 1e6, size / 1e6, "MB", 0.03))
        cached = {**asked, "cache": str(folder / f"cache-{os.getpid()}")}
        mine, peer = medians([f"{_HERE}:ours", f"{_HERE}:theirs"], times, **cached).values()
        if mine.said != peer.said:
            raise RuntimeError(f"the sums differ: {mine.said} and {peer.said}")
        results.append(
            at_most("local scan through the SDK", "DuckDB on the same file", mine.seconds, peer.seconds, "s", 1.1)
        )
    results += paging.bench(folder / "paging", rows, times)
    many = rows or BATCH_ROWS
    file = write(folder / f"published-{many}.parquet", many)
    with serving(file, many) as (url, _):
        done = medians([f"{_HERE}:batches"], times, url=url, cache=str(folder / f"cache-b-{os.getpid()}"), rows=many)
        [peak] = [measured.peak_mb for measured in done.values()]
        results.append(at_most(f"iter_batches over {many:,} rows, peak memory", "400 MB", peak, 400, "MB", 1))
    return results
