"""Conform beside its peers: a CSV against DuckDB's own typed ``read_csv``, a workbook against python-calamine.

``python -m benchmarks.conform [ROWS]`` prints the result as JSON. Keeping the raw bytes is another step, and loading
libraries happens once in a worker: neither is timed, on no side.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import sensors
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians, report

ROWS = 6_000_000
GROWTH = 4
WORKBOOK_ROWS = 100_000
NUMBERS = 4
_TYPES = {
    "station": "VARCHAR",
    "observed_at": "TIMESTAMPTZ",
    "pm25": "DOUBLE",
    "pm10": "DOUBLE",
    "no2": "DOUBLE",
    "o3": "DOUBLE",
}
_HERE = "benchmarks.conform"


def write_csv(path: Path, number: int, *, faults: bool = False, zone: bool = False) -> Path:
    """Sensor rows with times of Hà Nội, or of UTC with a Z where ``zone`` is set.

    With ``faults``, one row in 1,000 is out of range and one in 10,000 repeats the row before it.
    """
    import duckdb

    query = sensors.rows(number, NUMBERS)
    if faults:
        query = query.replace(
            "FROM range", "FROM (SELECT CASE WHEN n % 10000 = 11 THEN n - 1 ELSE n END AS i FROM range"
        )
        query = query.replace("t(i)", "t(n))").replace(" AS o3", " + CASE WHEN i % 1000 = 7 THEN 5000 ELSE 0 END AS o3")
    form = "%Y-%m-%dT%H:%M:%SZ" if zone else "%Y-%m-%d %H:%M:%S"
    with duckdb.connect() as db:
        db.execute(f"SET TimeZone = '{'UTC' if zone else 'Asia/Ho_Chi_Minh'}'")
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER, TIMESTAMPFORMAT '{form}')")
    return path


def write_workbook(path: Path, number: int) -> Path:
    """The same rows as a workbook of one sheet."""
    import duckdb
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Số liệu")
    sheet.append(list(_TYPES))
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'Asia/Ho_Chi_Minh'")
        query = f"SELECT * REPLACE (strftime(observed_at, '%Y-%m-%d %H:%M:%S') AS observed_at) FROM ({sensors.rows(number, NUMBERS)})"
        for row in db.execute(query).fetchall():
            sheet.append(row)
    book.save(path)
    return path


def ours(file: str) -> Timed:
    """Conform ``file``: read, typed, judged by every rule, accepted and quarantined rows written."""
    import duckdb  # noqa: F401
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.dataset
    import pyarrow.parquet
    import python_calamine  # noqa: F401

    from dags.sources.deliveries import DeliveryStore
    from dags.sources.places import locate
    from dags.steps.conform import conform

    pyarrow.array([""])  # loads what Arrow loads late
    declared = sensors.contract(NUMBERS)
    source = declared.sources[0]
    form = "excel" if file.endswith(".xlsx") else "csv"
    declared = declared.model_copy(
        update={"sources": (source.model_copy(update={"reading": source.reading.model_copy(update={"format": form})}),)}
    )
    with tempfile.TemporaryDirectory(dir=Path(file).parent) as folder:
        store = DeliveryStore(Path(folder), 1 << 40)
        delivery = store.keep(declared, locate(declared, None, Path(file)), "bench")
        with Stopwatch() as watch:
            done = conform(declared, sensors.plan(declared), delivery, store, Path(folder) / "out", max_rows=1 << 40)
    return watch.timed([done.rows_in, done.rows_accepted, done.rows_quarantined])


def duckdb_typed(file: str) -> Timed:
    """DuckDB's typed read of ``file`` into Parquet, by its own defaults."""
    import duckdb

    types = ", ".join(f"'{name}': '{kind}'" for name, kind in _TYPES.items())
    with tempfile.TemporaryDirectory(dir=Path(file).parent) as folder, Stopwatch() as watch, duckdb.connect() as db:
        db.execute("SET TimeZone = 'Asia/Ho_Chi_Minh'")
        db.execute(f"COPY (FROM read_csv('{file}', columns = {{{types}}}, header = true)) TO '{folder}/peer.parquet'")
    return watch.timed()


def calamine(file: str) -> Timed:
    """python-calamine's read of the workbook into Python values."""
    from python_calamine import CalamineWorkbook

    with Stopwatch() as watch:
        rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return watch.timed(len(rows))


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """CSV of ``rows`` rows, once whole and once with faults; memory at four times the rows; a workbook of 100,000."""
    number = rows or ROWS
    results: list[Result] = []
    peak = 0.0
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("", {}),
        (", times in UTC", {"zone": True}),
        (", 0.1 % out of range and 0.01 % repeated", {"faults": True}),
    )
    for kind, how in kinds:
        file = write_csv(folder / f"conform-{number}.csv", number, **how)
        mine, theirs = medians([f"{_HERE}:ours", f"{_HERE}:duckdb_typed"], times, file=str(file)).values()
        file.unlink()
        expected = (
            number - len(range(11, number, 10_000)) - len(range(7, number, 1_000)) if how.get("faults") else number
        )
        if mine.said[:2] != [number, expected]:
            raise RuntimeError(
                f"{mine.said} rows in, accepted and quarantined; expected {expected} of {number} accepted"
            )
        work, against = f"conform a CSV of {number:,} rows{kind}", "DuckDB's typed read_csv to Parquet"
        results.append(at_most(work, against, mine.cpu_seconds, theirs.cpu_seconds, "cpu s", 2))
        results.append(at_most(f"{work}: peak memory", "700 MB", mine.peak_mb, 700, "MB", 1))
        peak = mine.peak_mb
    if number < ROWS:  # smaller files do not fill what the larger then keeps to
        return [*results, *_workbook(folder, times)]
    file = write_csv(folder / f"conform-{number * GROWTH}.csv", number * GROWTH, faults=True)
    grown = medians([f"{_HERE}:ours"], 1, file=str(file))[f"{_HERE}:ours"]
    file.unlink()
    work = f"conform a CSV of {number * GROWTH:,} rows: peak memory"
    results.append(at_most(work, f"the same for {number:,} rows", grown.peak_mb, peak, "MB", 1.15))
    return [*results, *_workbook(folder, times)]


def _workbook(folder: Path, times: int) -> list[Result]:
    book = write_workbook(folder / "conform.xlsx", WORKBOOK_ROWS)
    mine, theirs = medians([f"{_HERE}:ours", f"{_HERE}:calamine"], times, file=str(book)).values()
    work = f"conform a workbook of {WORKBOOK_ROWS:,} rows"
    return [at_most(work, "python-calamine's own read", mine.cpu_seconds, theirs.cpu_seconds, "cpu s", 1.5)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-conform-") as temporary:
        found = bench(Path(temporary), *map(int, sys.argv[1:3]))
        sys.stdout.write(json.dumps(report(found), ensure_ascii=False, indent=1) + "\n")
