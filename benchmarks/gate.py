"""The gate against hand-written DuckDB SQL in one scan, and against Great Expectations on pandas, reading included."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import sensors
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians

SIZES = ((2_000_000, 2, 15), (5_000_000, 10, 40))
"""Rows, measured columns, and the expectations that their contract makes at least."""
_PANDAS_TYPES = {"VARCHAR": "str", "DOUBLE": "float64", "TIMESTAMP WITH TIME ZONE": "Timestamp"}


def ours(file: str, numbers: int) -> Timed:
    """The gate as the platform runs it, the share of quarantined rows included.

    Importing Great Expectations is a worker's start and does not count. Says the checks, and the queries that read rows.
    """
    from quality.gate import _quiet, gate

    with _quiet():
        import quality.suite  # noqa: F401
    contract, plan = sensors.contract(numbers), sensors.plan()
    with Stopwatch() as watch:
        verdict = gate(contract, plan, Path(file), rows_in=1, rows_quarantined=0)
    if not verdict.passed:
        raise RuntimeError(f"the generated data should pass: {[c.id for c in verdict.failed]}")
    with reading_queries() as queries:  # once more, as asking for the plans takes time
        gate(contract, plan, Path(file), rows_in=1, rows_quarantined=0)
    return watch.timed([len(verdict.checks), len(queries)])


def by_hand(file: str, numbers: int) -> Timed:
    """The same questions as one query that a careful engineer would write."""
    import duckdb

    from blueprint.rules import row_rules
    from blueprint.sql import ident, literal

    contract, plan = sensors.contract(numbers), sensors.plan()
    counts = ", ".join(f"count_if(NOT {rule.good})" for rule in row_rules(contract, plan))
    key = ", ".join(map(ident, contract.key))
    with Stopwatch() as watch, duckdb.connect() as db:
        answer = db.execute(
            f"SELECT count(*), count(*) - count(DISTINCT ({key})), {counts} FROM read_parquet({literal(file)})"
        ).fetchone()
    if answer is None or any(answer[1:]):
        raise RuntimeError("the generated data should pass")
    return watch.timed()


def on_pandas(file: str, numbers: int) -> Timed:
    """Great Expectations' own pandas engine with every expectation that it has; says how many."""
    from quality.gate import _quiet

    with _quiet():
        import great_expectations as gx
        import pandas as pd

        from quality.suite import expectation_suite

        suite = expectation_suite(sensors.contract(numbers), sensors.plan())
        own = [e for e in suite.expectations if e.expectation_type != "expect_rows_to_satisfy_sql"]
        for expectation in own:
            if expectation.expectation_type == "expect_column_values_to_be_of_type":
                expectation.type_ = _PANDAS_TYPES[expectation.type_]
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        with Stopwatch() as watch:
            frame = pd.read_parquet(file)
            asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
            batch = asset.add_batch_definition_whole_dataframe("b").get_batch(batch_parameters={"dataframe": frame})
            found = batch.validate(
                gx.ExpectationSuite(name="s", expectations=own),
                result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
            )
    if not found.success:
        raise RuntimeError(
            f"the generated data should pass: {[r.expectation_config.type for r in found.results if not r.success]}"
        )
    return watch.timed(len(own))


def importing(**_: Any) -> None:
    """What both sides on Great Expectations hold before they read a row."""
    from quality.gate import _quiet

    with _quiet():
        import quality.suite  # noqa: F401


@contextmanager
def reading_queries() -> Iterator[list[str]]:
    """The statements in the block, run through SQLAlchemy on DuckDB, whose plan reads rows of a Parquet file.

    What DuckDB answers from the head of a file, such as its columns or the number of its rows, reads none.
    """
    import sqlalchemy as sa

    found: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "FROM", "COPY", "INSERT", "CREATE TABLE")):
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN (FORMAT json) {statement}", parameters or None)
            if "READ_PARQUET" in str(cursor.fetchall()):
                found.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """Both sizes, or one of ``rows`` rows with the smaller contract."""
    results = []
    for number, numbers, expectations in [(rows, 2, 15)] if rows else SIZES:
        file = sensors.write(folder / f"sensors-{number}-{numbers}.parquet", number, numbers)
        arguments: dict[str, Any] = {"file": str(file), "numbers": numbers}
        sides = [f"benchmarks.gate:{side}" for side in ("ours", "by_hand", "on_pandas", "importing")]
        mine, hand, pandas, imported = medians(sides, times, **arguments).values()
        checks, queries = mine.said
        work = f"gate, {checks} expectations, {number:,} rows"
        if checks < expectations:
            raise RuntimeError(f"{work}: at least {expectations} were meant")
        on_pandas = f"GX on pandas, {pandas.said} expectations"
        results += [
            at_most(work, "hand-written DuckDB SQL, one scan", mine.seconds, hand.seconds, "s", 1.3),
            at_most(work, "one query that reads rows", queries, 1, "queries", 1),
            at_most(work, f"{on_pandas}, reading included", mine.seconds, pandas.seconds, "s", 0.1),
            at_most(work, f"{on_pandas}, peak memory", mine.peak_mb, pandas.peak_mb, "MB", 0.333),
            at_most(
                work,
                f"{on_pandas}, peak memory over {imported.peak_mb:.0f} MB of imports",
                max(mine.peak_mb - imported.peak_mb, 0),
                pandas.peak_mb - imported.peak_mb,
                "MB",
                0.333,
            ),
        ]
    return results
