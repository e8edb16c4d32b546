"""Every core expectation of Great Expectations on DuckDB, beside what its own engines answer to the same data."""

import contextlib
import inspect
import sqlite3

import duckdb
import pandas as pd
import pytest

from quality.gate import _quiet
from quality.unsupported import UNSUPPORTED

ROWS = """
    SELECT i AS n, 'k' || (i % 3) AS k, CASE WHEN i % 4 = 0 THEN NULL ELSE 'a' || i || '%' END AS s,
           DATE '2026-01-01' + i::INT AS d, i / 2 AS x, i % 2 = 0 AS b, '{"a": ' || i || '}' AS j,
           '2026-01-0' || (1 + i % 9) AS t, 2 * i AS n2, CASE WHEN i = 3 THEN NULL ELSE i END AS nn,
           CASE WHEN i < 9 THEN 'x' ELSE 'y' END AS c
    FROM range(12) r(i)
"""
COLUMNS = ["n", "k", "s", "d", "x", "b", "j", "t", "n2", "nn", "c"]
CASES = {
    # expectation: arguments that the rows above meet, arguments that they do not
    "ExpectColumnDistinctValuesToBeInSet": (
        {"column": "k", "value_set": ["k0", "k1", "k2"]},
        {"column": "k", "value_set": ["k0"]},
    ),
    "ExpectColumnDistinctValuesToContainSet": (
        {"column": "k", "value_set": ["k0"]},
        {"column": "k", "value_set": ["k9"]},
    ),
    "ExpectColumnDistinctValuesToEqualSet": (
        {"column": "k", "value_set": ["k0", "k1", "k2"]},
        {"column": "k", "value_set": ["k0"]},
    ),
    "ExpectColumnKLDivergenceToBeLessThan": (
        {
            "column": "k",
            "partition_object": {"values": ["k0", "k1", "k2"], "weights": [0.34, 0.33, 0.33]},
            "threshold": 0.1,
        },
        {
            "column": "k",
            "partition_object": {"values": ["k0", "k1", "k2"], "weights": [0.9, 0.05, 0.05]},
            "threshold": 0.1,
        },
    ),
    "ExpectColumnMaxToBeBetween": ({"column": "n", "max_value": 11}, {"column": "n", "max_value": 10}),
    "ExpectColumnMeanToBeBetween": (
        {"column": "n", "min_value": 5.5, "max_value": 5.5},
        {"column": "n", "min_value": 6},
    ),
    "ExpectColumnMedianToBeBetween": (
        {"column": "n", "min_value": 5.5, "max_value": 5.5},
        {"column": "n", "min_value": 6},
    ),
    "ExpectColumnMinToBeBetween": ({"column": "n", "min_value": 0}, {"column": "n", "min_value": 1}),
    "ExpectColumnMostCommonValueToBeInSet": ({"column": "c", "value_set": ["x"]}, {"column": "k", "value_set": ["k9"]}),
    "ExpectColumnPairValuesAToBeGreaterThanB": (
        {"column_A": "n2", "column_B": "n", "or_equal": True},
        {"column_A": "n2", "column_B": "n"},
    ),
    "ExpectColumnPairValuesToBeEqual": (
        {"column_A": "n", "column_B": "nn", "ignore_row_if": "either_value_is_missing"},
        {"column_A": "n", "column_B": "n2"},
    ),
    "ExpectColumnPairValuesToBeInSet": (
        {"column_A": "n", "column_B": "n2", "value_pairs_set": [(i, 2 * i) for i in range(12)]},
        {"column_A": "n", "column_B": "n2", "value_pairs_set": [(0, 0)]},
    ),
    "ExpectColumnProportionOfNonNullValuesToBeBetween": (
        {"column": "s", "min_value": 0.7},
        {"column": "s", "min_value": 0.8},
    ),
    "ExpectColumnProportionOfUniqueValuesToBeBetween": (
        {"column": "k", "max_value": 0.25},
        {"column": "k", "min_value": 0.3},
    ),
    "ExpectColumnQuantileValuesToBeBetween": (
        {"column": "n", "quantile_ranges": {"quantiles": [0.25, 0.5], "value_ranges": [[2, 4], [5, 6]]}},
        {"column": "n", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[7, 9]]}},
    ),
    "ExpectColumnStdevToBeBetween": (
        {"column": "n", "min_value": 3.6, "max_value": 3.61},
        {"column": "n", "max_value": 3},
    ),
    "ExpectColumnSumToBeBetween": ({"column": "n", "min_value": 66, "max_value": 66}, {"column": "n", "max_value": 65}),
    "ExpectColumnToExist": ({"column": "n"}, {"column": "zz"}),
    "ExpectColumnTypeToBe": ({"column": "n", "type_": "BIGINT"}, {"column": "n", "type_": "VARCHAR"}),
    "ExpectColumnUniqueValueCountToBeBetween": (
        {"column": "k", "min_value": 3, "max_value": 3},
        {"column": "k", "min_value": 4},
    ),
    "ExpectColumnValueLengthsToBeBetween": (
        {"column": "k", "min_value": 2, "max_value": 2},
        {"column": "s", "max_value": 3},
    ),
    "ExpectColumnValueLengthsToEqual": ({"column": "k", "value": 2}, {"column": "s", "value": 3}),
    "ExpectColumnValueZScoresToBeLessThan": (
        {"column": "n", "threshold": 3, "double_sided": True},
        {"column": "n", "threshold": 1, "double_sided": True},
    ),
    "ExpectColumnValuesToBeBetween": (
        {"column": "n", "min_value": 0, "max_value": 11},
        {"column": "nn", "min_value": 2},
    ),
    "ExpectColumnValuesToBeDateutilParseable": ({"column": "t"}, {"column": "k"}),
    "ExpectColumnValuesToBeDecreasing": ({"column": "n"}, {"column": "n"}),
    "ExpectColumnValuesToBeInSet": (
        {"column": "k", "value_set": ["k0", "k1", "k2"]},
        {"column": "k", "value_set": ["k0"]},
    ),
    "ExpectColumnValuesToBeInTypeList": (
        {"column": "n", "type_list": ["BIGINT", "int64"]},
        {"column": "n", "type_list": ["VARCHAR"]},
    ),
    "ExpectColumnValuesToBeIncreasing": ({"column": "n"}, {"column": "k"}),
    "ExpectColumnValuesToBeJsonParseable": ({"column": "j"}, {"column": "s"}),
    "ExpectColumnValuesToBeNull": ({"column": "s", "mostly": 0.25}, {"column": "s"}),
    "ExpectColumnValuesToBeOfType": ({"column": "n", "type_": "BIGINT"}, {"column": "n", "type_": "VARCHAR"}),
    "ExpectColumnValuesToBeUnique": ({"column": "nn"}, {"column": "k"}),
    "ExpectColumnValuesToMatchJsonSchema": (
        {"column": "j", "json_schema": {"type": "object"}},
        {"column": "j", "json_schema": {"type": "array"}},
    ),
    "ExpectColumnValuesToMatchLikePattern": (
        {"column": "s", "like_pattern": "a%"},
        {"column": "s", "like_pattern": "a1%"},
    ),
    "ExpectColumnValuesToMatchLikePatternList": (
        {"column": "s", "like_pattern_list": ["a%"]},
        {"column": "s", "like_pattern_list": ["a1%", "b%"]},
    ),
    "ExpectColumnValuesToMatchRegex": ({"column": "s", "regex": "^a"}, {"column": "s", "regex": "^a1"}),
    "ExpectColumnValuesToMatchRegexList": (
        {"column": "s", "regex_list": ["^a", "b"]},
        {"column": "s", "regex_list": ["^a1"]},
    ),
    "ExpectColumnValuesToMatchStrftimeFormat": (
        {"column": "t", "strftime_format": "%Y-%m-%d"},
        {"column": "k", "strftime_format": "%Y"},
    ),
    "ExpectColumnValuesToNotBeInSet": ({"column": "k", "value_set": ["k9"]}, {"column": "k", "value_set": ["k0"]}),
    "ExpectColumnValuesToNotBeNull": ({"column": "n"}, {"column": "s"}),
    "ExpectColumnValuesToNotBeOutliers": (
        {"column": "n", "method": "iqr"},
        {"column": "n", "method": "std", "multiplier": 1},
    ),
    "ExpectColumnValuesToNotMatchLikePattern": (
        {"column": "s", "like_pattern": "b%"},
        {"column": "s", "like_pattern": "a1%"},
    ),
    "ExpectColumnValuesToNotMatchLikePatternList": (
        {"column": "s", "like_pattern_list": ["b%"]},
        {"column": "s", "like_pattern_list": ["a1%"]},
    ),
    "ExpectColumnValuesToNotMatchRegex": ({"column": "s", "regex": "b"}, {"column": "s", "regex": "^a1"}),
    "ExpectColumnValuesToNotMatchRegexList": (
        {"column": "s", "regex_list": ["b"]},
        {"column": "s", "regex_list": ["^a1", "b"]},
    ),
    "ExpectCompoundColumnsToBeUnique": ({"column_list": ["k", "n"]}, {"column_list": ["k", "b"]}),
    "ExpectMulticolumnSumToEqual": (
        {"column_list": ["n", "n2"], "sum_total": 0, "mostly": 0.08},
        {"column_list": ["n", "n2"], "sum_total": 3},
    ),
    "ExpectMulticolumnValuesToBeEqual": (
        {"column_list": ["n", "nn"], "ignore_row_if": "any_value_is_missing"},
        {"column_list": ["n", "n2"]},
    ),
    "ExpectQueryResultsToMatchComparison": (
        {
            "base_query": "SELECT count(*) FROM {batch}",
            "comparison_data_source_name": "t",
            "comparison_query": "SELECT count(*) FROM other",
        },
        {
            "base_query": "SELECT count(*) FROM {batch}",
            "comparison_data_source_name": "t",
            "comparison_query": "SELECT 1",
        },
    ),
    "ExpectSelectColumnValuesToBeUniqueWithinRecord": (
        {"column_list": ["n", "x"], "mostly": 0.9},
        {"column_list": ["n", "n2"]},
    ),
    "ExpectTableColumnCountToBeBetween": ({"min_value": 10}, {"max_value": 3}),
    "ExpectTableColumnCountToEqual": ({"value": 11}, {"value": 3}),
    "ExpectTableColumnsToMatchOrderedList": ({"column_list": COLUMNS}, {"column_list": COLUMNS[::-1]}),
    "ExpectTableColumnsToMatchSet": ({"column_set": COLUMNS[::-1]}, {"column_set": ["n"]}),
    "ExpectTableRowCountToBeBetween": ({"min_value": 12}, {"max_value": 3}),
    "ExpectTableRowCountToEqual": ({"value": 12}, {"value": 3}),
    "ExpectTableRowCountToEqualOtherTable": ({"other_table_name": "other"}, {"other_table_name": "few"}),
    "UnexpectedRowsExpectation": (
        {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n>11"},
        {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n>10"},
    ),
}
REPEATS = "ours counts the rows that repeat an earlier one; Great Expectations counts the first of them as well"
TYPES = "types have other names there"
# What its own engine answers otherwise, and why.
DIFFERS = {
    "ExpectColumnQuantileValuesToBeBetween": (
        {"observed_value"},
        "pandas takes the upper neighbour, SQL the lower one",
    ),
    "ExpectColumnTypeToBe": ({"success", "observed_value"}, TYPES),
    "ExpectColumnValuesToBeInTypeList": ({"success", "observed_value"}, TYPES),
    "ExpectColumnValuesToBeOfType": ({"success", "observed_value"}, TYPES),
    "ExpectColumnValuesToBeUnique": ({"unexpected_count", "unexpected_percent"}, REPEATS),
    "ExpectCompoundColumnsToBeUnique": ({"unexpected_count", "unexpected_percent"}, REPEATS),
}
# The pandas engine has no SQL and knows one table: for these the peer is the engine for SQLite.
IN_SQL = {
    "ExpectColumnValuesToMatchLikePattern",
    "ExpectColumnValuesToMatchLikePatternList",
    "ExpectColumnValuesToNotMatchLikePattern",
    "ExpectColumnValuesToNotMatchLikePatternList",
    "ExpectQueryResultsToMatchComparison",
    "ExpectTableRowCountToEqualOtherTable",
    "UnexpectedRowsExpectation",
}
FIELDS = ("unexpected_count", "unexpected_percent", "observed_value", "element_count", "missing_count")


@pytest.fixture(scope="module")
def gx():
    with _quiet():
        import great_expectations as gx

        import quality.engine  # noqa: F401

    return gx


@pytest.fixture(scope="module")
def context(gx):
    from quality.engine import ephemeral_context

    return ephemeral_context()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("core")
    duckdb.sql(ROWS).write_parquet(str(folder / "rows.parquet"))
    duckdb.sql("SELECT 1 AS n").write_parquet(str(folder / "few.parquet"))
    return folder


@pytest.fixture(scope="module")
def ours(context, files):
    source = context.data_sources.add_duckdb("t")
    asset = source.add_parquet_asset("rows", files / "rows.parquet")
    source.add_parquet_asset("other", files / "rows.parquet")
    source.add_parquet_asset("few", files / "few.parquet")
    yield asset.add_batch_definition_whole_table("all").get_batch()
    source.close()


@pytest.fixture(scope="module")
def pandas(context, files):
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
    frame = pd.read_parquet(files / "rows.parquet")
    return asset.add_batch_definition_whole_dataframe("b").get_batch(batch_parameters={"dataframe": frame})


@pytest.fixture(scope="module")
def sqlite(context, files):
    with contextlib.closing(sqlite3.connect(files / "x.sqlite")) as db:
        for table, file in {"rows": "rows", "other": "rows", "few": "few"}.items():
            pd.read_parquet(files / f"{file}.parquet").drop(columns="d", errors="ignore").to_sql(table, db, index=False)
    source = context.data_sources.add_sqlite("s", connection_string=f"sqlite:///{files / 'x.sqlite'}")
    yield source.add_table_asset("rows", table_name="rows").add_batch_definition_whole_table("all").get_batch()
    source.get_execution_engine().close()
    source.get_engine().dispose()


def answer(gx, batch, name, arguments):
    with _quiet():
        result = batch.validate(getattr(gx.expectations, name)(**arguments))
    raised = "'raised_exception': True" in str(result.exception_info)
    return {"success": bool(result.success), "raised": raised, **{f: result.result.get(f) for f in FIELDS}}, result


def test_every_core_expectation_is_here_or_is_said_not_to_run(gx):
    import great_expectations.expectations.core as core
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.registry import get_expectation_impl
    from great_expectations.util import camel_to_snake

    names = {n for n, c in vars(core).items() if inspect.isclass(c) and issubclass(c, Expectation)}
    unsupported = {n for n in names if camel_to_snake(n) in UNSUPPORTED}
    assert names - unsupported == set(CASES) - unsupported
    assert len(names - unsupported) >= 52
    assert set(UNSUPPORTED) == {camel_to_snake(n) for n in unsupported}
    assert [t for t, said in UNSUPPORTED.items() if said.metric is None] == ["expect_multicolumn_values_to_be_unique"]
    with pytest.raises(ExpectationNotFoundError):  # and so does Great Expectations say itself
        get_expectation_impl("expect_multicolumn_values_to_be_unique")


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("met", [True, False], ids=["met", "unmet"])
def test_a_core_expectation_answers_as_great_expectations_does(gx, ours, pandas, sqlite, name, met):
    from great_expectations.util import camel_to_snake

    kind = camel_to_snake(name)
    arguments = CASES[name][0 if met else 1]
    mine, result = answer(gx, ours, name, arguments)
    if kind in UNSUPPORTED:
        assert not mine["success"]
        assert f"{kind} cannot run on DuckDB: {UNSUPPORTED[kind].why}; use " in str(result.exception_info)
        return
    assert not mine["raised"], result.exception_info
    assert mine["success"] is met
    if name in IN_SQL:
        arguments = {k: "s" if v == "t" else v for k, v in arguments.items()}
    theirs, _ = answer(gx, sqlite if name in IN_SQL else pandas, name, arguments)
    fields, _why = DIFFERS.get(name, (set(), ""))
    assert {f for f in mine if mine[f] != theirs[f]} <= fields
