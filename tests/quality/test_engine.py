"""DuckDB as a data source of Great Expectations, beyond what the gate needs of it."""

import doctest
import inspect
import warnings

import duckdb
import pytest

from quality.gate import _quiet

ROWS = """
    SELECT i AS n, 'k' || (i % 3) AS k, CASE WHEN i % 4 = 0 THEN NULL ELSE 'a' || i || '%' END AS s,
           DATE '2026-01-01' + i::INT AS d, i / 2 AS x, CAST(i AS DECIMAL(18,6)) AS m, i % 2 = 0 AS b,
           '{"a": ' || i || '}' AS j, '2026-01-0' || (1 + i % 9) AS t
    FROM range(12) r(i)
"""


@pytest.fixture(scope="module")
def gx():
    with _quiet():
        import great_expectations as gx

        import quality.engine  # noqa: F401

    return gx


@pytest.fixture(scope="module")
def batch(gx, tmp_path_factory):
    path = tmp_path_factory.mktemp("engine") / "x.parquet"
    from quality.engine import ephemeral_context

    with duckdb.connect() as db:
        db.execute(f"COPY ({ROWS}) TO '{path}' (FORMAT parquet)")
    source = ephemeral_context().data_sources.add_duckdb("test")
    asset = source.add_parquet_asset("rows", path)
    yield asset.add_batch_definition_whole_table("all").get_batch()
    source.close()


def test_stock_great_expectations_still_fails_on_duckdb(gx, tmp_path):
    """Why this engine exists. Once this fails, upstream has been repaired: see whether the engine can go."""
    from great_expectations.datasource.fluent.interfaces import GxDatasourceWarning

    from quality.engine import ephemeral_context

    with duckdb.connect(str(tmp_path / "x.duckdb")) as db:
        db.execute(f"CREATE TABLE rows AS {ROWS}")
    with warnings.catch_warnings():
        # Our own data source makes Great Expectations recommend it.
        warnings.filterwarnings("ignore", ".*more specific DuckDBDatasource.*", GxDatasourceWarning)
        source = ephemeral_context().data_sources.add_sql(
            "stock", connection_string=f"duckdb:///{tmp_path / 'x.duckdb'}"
        )
    try:
        asset = source.add_table_asset("rows", table_name="rows")
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        with _quiet():
            result = batch.validate(gx.expectations.ExpectColumnValuesToNotBeNull(column="n"))
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()
    assert not result.success
    assert "list index out of range" in str(result.exception_info)


CASES = [
    # expectation, arguments, whether the rows above meet it
    ("ExpectTableRowCountToEqual", {"value": 12}, True),
    ("ExpectTableColumnCountToEqual", {"value": 8}, False),
    ("ExpectColumnToExist", {"column": "s"}, True),
    ("ExpectColumnValuesToNotBeNull", {"column": "s"}, False),
    ("ExpectColumnValuesToNotBeNull", {"column": "s", "mostly": 0.7}, True),
    ("ExpectColumnValuesToBeBetween", {"column": "n", "min_value": 0, "max_value": 11}, True),
    ("ExpectColumnValuesToBeBetween", {"column": "m", "max_value": 10.5}, False),
    ("ExpectColumnValuesToBeInSet", {"column": "k", "value_set": ["k0", "k1", "k2"]}, True),
    ("ExpectColumnValuesToBeInSet", {"column": "k", "value_set": [f"k{i}" for i in range(1, 90)]}, False),
    ("ExpectColumnValuesToNotBeInSet", {"column": "k", "value_set": ["k9"]}, True),
    ("ExpectColumnValuesToBeUnique", {"column": "n"}, True),
    ("ExpectColumnValuesToBeUnique", {"column": "k"}, False),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["k", "x"]}, True),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["k", "b"]}, False),
    ("ExpectColumnValuesToMatchRegex", {"column": "s", "regex": "[0-9]+"}, True),
    ("ExpectColumnValuesToMatchRegex", {"column": "s", "regex": "^[0-9]+"}, False),
    ("ExpectColumnValuesToNotMatchRegex", {"column": "s", "regex": "b"}, True),
    ("ExpectColumnValuesToNotMatchRegex", {"column": "s", "regex": "7"}, False),
    ("ExpectColumnValuesToMatchRegexList", {"column": "s", "regex_list": ["^a", "z"]}, True),
    ("ExpectColumnValuesToMatchRegexList", {"column": "s", "regex_list": ["^a", "z"], "match_on": "all"}, False),
    ("ExpectColumnValuesToNotMatchRegexList", {"column": "s", "regex_list": ["b", "7"]}, False),
    ("ExpectColumnValuesToMatchLikePattern", {"column": "s", "like_pattern": "a%"}, True),
    ("ExpectColumnValuesToMatchLikePattern", {"column": "s", "like_pattern": "a_!%", "escape": "!"}, False),
    ("ExpectColumnValuesToNotMatchLikePattern", {"column": "s", "like_pattern": "b%"}, True),
    (
        "ExpectColumnValuesToMatchLikePatternList",
        {"column": "s", "like_pattern_list": ["b%", "%!%"], "escape": "!"},
        True,
    ),
    ("ExpectColumnValuesToMatchLikePatternList", {"column": "s", "like_pattern_list": ["b%", "a%"]}, True),
    ("ExpectColumnValuesToNotMatchLikePatternList", {"column": "s", "like_pattern_list": ["b%", "a7%"]}, False),
    ("ExpectColumnValuesToBeOfType", {"column": "m", "type_": "DECIMAL(18,6)"}, True),
    ("ExpectColumnValuesToBeOfType", {"column": "m", "type_": "DECIMAL"}, True),
    ("ExpectColumnValuesToBeOfType", {"column": "m", "type_": "DECIMAL(9,2)"}, False),
    ("ExpectColumnValuesToBeOfType", {"column": "s", "type_": "TEXT"}, True),
    ("ExpectColumnValuesToBeInTypeList", {"column": "d", "type_list": ["TIMESTAMP", "DATE"]}, True),
    ("ExpectColumnValueLengthsToBeBetween", {"column": "k", "min_value": 2, "max_value": 2}, True),
    ("ExpectColumnMeanToBeBetween", {"column": "n", "min_value": 5.5, "max_value": 5.5}, True),
    ("ExpectColumnMedianToBeBetween", {"column": "n", "min_value": 5, "max_value": 6}, True),
    ("ExpectColumnMinToBeBetween", {"column": "n", "min_value": 1}, False),
    ("ExpectColumnDistinctValuesToBeInSet", {"column": "k", "value_set": ["k0", "k1", "k2"]}, True),
    ("ExpectColumnPairValuesAToBeGreaterThanB", {"column_A": "n", "column_B": "x", "or_equal": True}, True),
    ("ExpectMulticolumnSumToEqual", {"column_list": ["n", "x"], "sum_total": 3}, False),
    ("UnexpectedRowsExpectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n > 10"}, False),
    ("UnexpectedRowsExpectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n > 11"}, True),
]


@pytest.mark.parametrize(("name", "arguments", "met"), CASES)
def test_core_expectations_decide_on_duckdb(gx, batch, name, arguments, met):
    result = batch.validate(getattr(gx.expectations, name)(**arguments))
    assert result.success is met, result.exception_info
    assert not result.exception_info.get("raised_exception")


def test_the_examples_in_the_docstrings_run(gx):
    import quality.engine

    result = doctest.testmod(quality.engine)
    assert (result.attempted, result.failed) == (3, 0)


def test_samples_come_where_they_are_asked_for(gx, batch):
    expectation = gx.expectations.ExpectColumnValuesToBeBetween(column="n", max_value=9)
    result = batch.validate(expectation, result_format="COMPLETE").result
    assert (result["unexpected_count"], sorted(result["unexpected_list"])) == (2, [10, 11])
    result = batch.validate(expectation, result_format={"result_format": "BASIC", "partial_unexpected_count": 1}).result
    assert len(result["partial_unexpected_list"]) == 1
    result = batch.validate(expectation, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}).result
    assert (result["unexpected_count"], result["partial_unexpected_list"]) == (2, [])


def test_rows_can_be_chosen_by_a_condition(gx, batch):
    from great_expectations.expectations.row_conditions import Column

    some = gx.expectations.ExpectColumnValuesToNotBeNull(column="s", row_condition=Column("b") == False)  # noqa: E712
    assert batch.validate(some).success
    unique = gx.expectations.ExpectColumnValuesToBeUnique(column="k", row_condition=Column("n") < 3)
    assert batch.validate(unique).success


HOOKS = {
    "_execute_query_with_recovery": ["connection", "query"],
    "_connection_has_transaction": ["connection"],
    "_build_direct_and_bundled_metric_computation_configurations": [
        "self",
        "metrics_to_resolve",
        "metrics",
        "runtime_configuration",
    ],
    "_process_direct_and_bundled_metric_computation_configurations": [
        "self",
        "metric_fn_direct_configurations",
        "metric_fn_bundle_configurations",
    ],
}
OVERRIDDEN = {
    "execute_query": ["self", "query"],
    "execute_query_in_transaction": ["self", "query"],
    "resolve_metrics": ["self", "metrics_to_resolve", "metrics", "runtime_configuration"],
    "resolve_metric_bundle": ["self", "metric_fn_bundle"],
    "get_connection": ["self"],
    "get_domain_records": ["self", "domain_kwargs"],
}


def test_the_private_hooks_of_great_expectations_are_as_they_were(gx):
    """An upgrade that moves what the engine leans on fails here first, by name."""
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.execution_engine import MetricComputationConfiguration
    from great_expectations.expectations.metrics.map_metric_provider import (
        ColumnMapMetricProvider,
        MulticolumnMapMetricProvider,
    )

    from quality.execution import DuckDBExecutionEngine

    assert gx.__version__.startswith("1.24.")
    assert set(DuckDBExecutionEngine.PRIVATE_HOOKS) == set(HOOKS)
    for name, parameters in {**HOOKS, **OVERRIDDEN}.items():
        assert list(inspect.signature(getattr(SqlAlchemyExecutionEngine, name)).parameters) == parameters, name
    for name in ("_create_engine", "get_engine", "get_execution_engine", "add_table_asset"):
        assert callable(getattr(SQLDatasource, name)), name
    assert "_execution_engine" in SQLDatasource.__private_attributes__
    fields = {"metric_configuration", "metric_fn", "metric_provider_kwargs", "compute_domain_kwargs"}
    assert fields < set(MetricComputationConfiguration.__dataclass_fields__)
    assert "column" in ColumnMapMetricProvider.condition_domain_keys
    assert {"column_list", "ignore_row_if"} < set(MulticolumnMapMetricProvider.condition_domain_keys)


def test_our_metrics_are_the_ones_that_run(gx):
    from great_expectations.expectations.registry import get_metric_provider

    from quality.execution import DuckDBExecutionEngine

    engine = DuckDBExecutionEngine(connection_string="duckdb:///:memory:")
    names = [
        *(
            f"column_values.{n}.condition"
            for n in ("match_regex", "not_match_regex_list", "match_like_pattern", "in_set")
        ),
        "table.column_types",
        "column_values.unique.unexpected_count.aggregate_fn",
        "compound_columns.unique.unexpected_count.aggregate_fn",
        "table.rows_against_sql.aggregate_fn",
    ]
    for name in names:
        provider, _ = get_metric_provider(name, engine)
        assert provider.__module__ == "quality.metrics", name
    engine.close()
