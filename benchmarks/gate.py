"""The gate against hand-written DuckDB SQL in one scan, and against Great Expectations on pandas, reading included."""

from pathlib import Path
from typing import Any

from benchmarks import sensors
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians

SIZES = ((2_000_000, 2, 15), (5_000_000, 10, 40))
"""Rows, measured columns, and the expectations that their contract makes at least."""


def ours(file: str, numbers: int) -> Timed:
    """The gate as the platform runs it, the share of quarantined rows included; importing Great Expectations is a worker's start and does not count."""
    from quality.gate import _quiet, gate

    with _quiet():
        import quality.suite  # noqa: F401
    contract = sensors.contract(numbers)
    with Stopwatch() as watch:
        verdict = gate(contract, sensors.plan(), Path(file), rows_in=1, rows_quarantined=0)
    if not verdict.passed:
        raise RuntimeError(f"the generated data should pass: {[c.id for c in verdict.failed]}")
    return watch.timed(len(verdict.checks))


def by_hand(file: str, numbers: int) -> Timed:
    """The same questions as one query that a careful engineer would write."""
    import duckdb

    from blueprint.rules import row_rules
    from blueprint.sql import ident, literal

    contract, plan = sensors.contract(numbers), sensors.plan()
    counts = ", ".join(f"count(*) FILTER (NOT {rule.good})" for rule in row_rules(contract, plan))
    key = ", ".join(map(ident, contract.key))
    with Stopwatch() as watch, duckdb.connect() as db:
        answer = db.execute(
            f"SELECT count(*), count(*) - count(DISTINCT ({key})), {counts} FROM read_parquet({literal(file)})"
        ).fetchone()
    if answer is None or any(answer[1:]):
        raise RuntimeError("the generated data should pass")
    return watch.timed()


def on_pandas(file: str, numbers: int) -> Timed:
    """Great Expectations' own pandas engine with the expectations that it has."""
    from quality.gate import _quiet

    with _quiet():
        import great_expectations as gx
        import pandas as pd

        from quality.suite import expectation_suite

        suite = expectation_suite(sensors.contract(numbers), sensors.plan())
        own = [
            e
            for e in suite.expectations
            if e.expectation_type not in ("expect_rows_to_satisfy_sql", "expect_column_values_to_be_of_type")
        ]
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        with Stopwatch() as watch:
            frame = pd.read_parquet(file)
            batch = (
                context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
            )
            definition = gx.ValidationDefinition(
                name="v", data=batch, suite=context.suites.add(gx.ExpectationSuite(name="s", expectations=own))
            )
            context.validation_definitions.add(definition)
            found = definition.run(
                batch_parameters={"dataframe": frame},
                result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
            )
    if not found.success:
        raise RuntimeError(
            f"the generated data should pass: {[r.expectation_config.type for r in found.results if not r.success]}"
        )
    return watch.timed(len(own))


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """Both sizes, or one of ``rows`` rows with the smaller contract."""
    results = []
    for number, numbers, expectations in [(rows, 2, 15)] if rows else SIZES:
        file = sensors.write(folder / f"sensors-{number}-{numbers}.parquet", number, numbers)
        arguments: dict[str, Any] = {"file": str(file), "numbers": numbers}
        found = medians(
            ["benchmarks.gate:ours", "benchmarks.gate:by_hand", "benchmarks.gate:on_pandas"], times, **arguments
        )
        mine, hand, pandas = found.values()
        work = f"gate, {mine.said} expectations, {number:,} rows"
        if mine.said < expectations:
            raise RuntimeError(f"{work}: at least {expectations} were meant")
        results += [
            at_most(work, "hand-written DuckDB SQL, one scan", mine.seconds, hand.seconds, "s", 1.3),
            at_most(
                work,
                f"GX on pandas, reading included, {pandas.said} expectations",
                mine.seconds,
                pandas.seconds,
                "s",
                0.1,
            ),
            at_most(work, "GX on pandas, peak memory", mine.peak_mb, pandas.peak_mb, "MB", 0.333),
        ]
    return results
