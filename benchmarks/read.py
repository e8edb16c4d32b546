"""Reading one day of a version through the lake against DuckDB on the raw files."""

from datetime import date
from pathlib import Path

from benchmarks import sensors
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians

ROWS = 6_000_000
_DAY = date(2021, 6, 1)
_SUM = (
    "SELECT count(*), round(sum(pm25), 1), max(observed_at)::VARCHAR FROM ({query}) "
    "WHERE observed_at >= TIMESTAMPTZ '{day} 00:00:00+00' AND observed_at < TIMESTAMPTZ '{day} 00:00:00+00' + INTERVAL 1 DAY"
)


def prepare(home: str, file: str) -> None:
    """Commit the file as a version of a lake, once."""
    from lake import CommitRecord, Lake

    plan, store = sensors.plan(), Lake(Path(home))
    if store.current("sensor-hourly") is None:
        record = CommitRecord(
            delivery="0" * 64,
            run_id="bench",
            gate="passed",
            rows_in=0,
            rows_quarantined=0,
            simulated=True,
            code_version="bench",
        )
        store.commit(sensors.contract(), plan.concept_of, Path(file), record)


def _asked(query: str, repeat: int) -> list[object]:
    import duckdb

    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        for _ in range(repeat):
            found = db.execute(_SUM.format(query=query, day=_DAY)).fetchone()
    return list(found or ())


def ours(home: str, repeat: int) -> Timed:
    """The version found in the lake's catalogue and read by its field ids."""
    from lake import Lake

    store = Lake(Path(home))
    version = store.current("sensor-hourly")
    if version is None:
        raise RuntimeError("the lake is empty")
    query = store.select(version)
    with Stopwatch() as watch:
        said = _asked(query, repeat)
    return watch.timed(said)


def raw(home: str, repeat: int) -> Timed:
    """DuckDB on the same Parquet files, with nothing in between."""
    from blueprint.sql import literal
    from lake import Lake

    store = Lake(Path(home))
    version = store.current("sensor-hourly")
    files = ", ".join(literal(str(f)) for f in store.files(version)) if version else ""
    with Stopwatch() as watch:
        said = _asked(f"SELECT * FROM read_parquet([{files}])", repeat)
    return watch.timed(said)


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """One day of ``rows`` rows, by version."""
    number = rows or ROWS
    file = sensors.write(folder / f"sensors-{number}-3.parquet", number)
    home = folder / f"lake-{number}"
    prepare(str(home), str(file))
    found = medians(["benchmarks.read:ours", "benchmarks.read:raw"], times, home=str(home), repeat=20)
    mine, theirs = found.values()
    if mine.said != theirs.said:
        raise RuntimeError(f"the answers differ: {mine.said} and {theirs.said}")
    return [
        at_most(
            f"read of one day by version, {number:,} rows",
            "DuckDB on the raw files",
            mine.seconds,
            theirs.seconds,
            "s",
            1.1,
        )
    ]
