"""A CSV to a committed, gated version, beside DuckDB's own typed ``read_csv`` to Parquet."""

import tempfile
from pathlib import Path

from benchmarks import conform, sensors
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians

ROWS = 6_000_000
GROWTH = 4
_HERE = "benchmarks.ingest"


def ours(file: str) -> Timed:
    """Keep, conform, gate and commit ``file``; importing the libraries is a worker's start and does not count."""
    import duckdb  # noqa: F401
    import pyarrow.compute
    import pyarrow.parquet
    import pyiceberg.catalog.sql
    import pyiceberg.io.pyarrow  # noqa: F401

    import lake.commit
    import lake.location
    import lake.swap  # noqa: F401
    from dags.sources.deliveries import DeliveryStore
    from dags.sources.places import locate
    from dags.steps.conform import conform as conformed
    from lake import Lake
    from quality.gate import _quiet, gate

    with _quiet():
        import quality.suite  # noqa: F401
    pyarrow.array([""])  # loads what Arrow loads late
    declared = sensors.contract(conform.NUMBERS)
    plan = sensors.plan(declared)
    with tempfile.TemporaryDirectory(dir=Path(file).parent) as folder:
        home = Path(folder)
        store = DeliveryStore(home, 1 << 40)
        with Stopwatch() as watch:
            delivery = store.keep(declared, locate(declared, None, Path(file)), "bench")
            done = conformed(declared, plan, delivery, store, home / "out", max_rows=1 << 40)
            accepted = Path(done.accepted)
            verdict = gate(
                declared,
                plan,
                accepted,
                rows_in=done.rows_in,
                rows_quarantined=done.rows_quarantined,
                refused=done.rules,
            )
            record = done.record("bench", passed=verdict.passed)
            version = Lake(home).commit(declared, plan.concept_of, accepted, record)
    if not verdict.passed:
        raise RuntimeError(f"the generated data should pass: {[c.id for c in verdict.failed]}")
    return watch.timed(version.rows)


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """``rows`` rows against the peer, and the memory at four times the rows."""
    number = rows or ROWS
    against = "DuckDB's typed read_csv to Parquet"
    file = conform.write_csv(folder / f"ingest-{number}.csv", number)
    mine, theirs = medians([f"{_HERE}:ours", "benchmarks.conform:duckdb_typed"], times, file=str(file)).values()
    file.unlink()
    large = conform.write_csv(folder / f"ingest-{number * GROWTH}.csv", number * GROWTH)
    (grown,) = medians([f"{_HERE}:ours"], 1, file=str(large)).values()
    large.unlink()
    if (mine.said, grown.said) != (number, number * GROWTH):
        raise RuntimeError(f"{mine.said} and {grown.said} rows were committed")
    work = f"a CSV of {number:,} rows to a committed, gated version"
    return [
        at_most(work, against, mine.cpu_seconds, theirs.cpu_seconds, "cpu s", 2.5),
        at_most(f"{work}: peak memory", "700 MB", mine.peak_mb, 700, "MB", 1),
        at_most(
            f"peak memory at {number * GROWTH:,} rows", f"at {number:,} rows", grown.peak_mb, mine.peak_mb, "MB", 1.15
        ),
    ]
