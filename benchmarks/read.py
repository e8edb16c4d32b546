"""Reading one day of a version through the lake against DuckDB on the raw files."""

from datetime import date, timedelta
from pathlib import Path

from benchmarks import sensors
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians

ROWS = 6_000_000
_HERE = "benchmarks.read"
_DATASET = "sensor-hourly"
_REPEAT = 20
_DAY = date(2021, 6, 1)
_SUM = (
    "SELECT count(*), round(sum(pm25), 1), max(observed_at)::VARCHAR FROM ({query}) "
    "WHERE observed_at >= TIMESTAMPTZ '{day} 00:00:00+00' AND observed_at < TIMESTAMPTZ '{day} 00:00:00+00' + INTERVAL 1 DAY"
)


def prepare(home: str, file: str, by: str | None) -> None:
    """Commit the file as a version of a lake, once; cut by day or month where ``by`` says so."""
    from lake import CommitRecord, Lake

    plan, store = sensors.plan(), Lake(Path(home))
    if store.current(_DATASET) is None:
        record = CommitRecord(
            delivery="0" * 64,
            run_id="bench",
            gate="passed",
            rows_in=0,
            rows_quarantined=0,
            simulated=True,
            code_version="bench",
        )
        cut = {"partition": "observed_at", "partition_by": by} if by else {}
        store.commit(sensors.contract().model_copy(update=cut), plan.concept_of, Path(file), record)


def ours(home: str, asked: bool) -> Timed:
    """The version by its id, read by its field ids; the lake finds the files of the day where the day is ``asked`` for.

    Opening the lake's catalogue is timed as well.
    """
    import duckdb
    import pyiceberg.catalog.sql
    import pyiceberg.expressions  # noqa: F401

    from lake import Lake

    where = {"observed_at": (_DAY, _DAY + timedelta(days=1))} if asked else None
    store = Lake(Path(home))
    version = store.versions(_DATASET)[-1]
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        with Stopwatch() as watch:
            query = store.select(version, where=where)
            for _ in range(_REPEAT):
                said = db.execute(_SUM.format(query=query, day=_DAY)).fetchone()
    return watch.timed(said)


def raw(home: str, asked: bool) -> Timed:  # noqa: ARG001 - both sides are called alike
    """DuckDB on all the version's Parquet files with nothing in between, whatever the lake is ``asked`` for."""
    import duckdb

    from blueprint.sql import literal
    from lake import Lake

    store = Lake(Path(home))
    files = ", ".join(literal(str(f)) for f in store.files(store.versions(_DATASET)[-1]))
    query = f"SELECT * FROM read_parquet([{files}])"
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        with Stopwatch() as watch:
            for _ in range(_REPEAT):
                said = db.execute(_SUM.format(query=query, day=_DAY)).fetchone()
    return watch.timed(said)


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """One day of ``rows`` rows, by version: found once and read 20 times, in one file and in one a month."""
    number = rows or ROWS
    file = sensors.write(folder / f"sensors-{number}-3.parquet", number)
    results = []
    for by in (None, "month"):
        home = folder / f"lake-{number}-{by}"
        prepare(str(home), str(file), by)
        found = medians([f"{_HERE}:ours", f"{_HERE}:raw"], times, home=str(home), asked=by is not None)
        mine, theirs = found.values()
        if mine.said != theirs.said:
            raise RuntimeError(f"the answers differ: {mine.said} and {theirs.said}")
        work = f"read of one day by version, {number:,} rows, one file{' a month' if by else ''}"
        results.append(at_most(work, "DuckDB on the raw files", mine.seconds, theirs.seconds, "s", 1.1))
    return results
