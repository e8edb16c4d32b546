"""The hooks of Great Expectations that the engine leans on. An upgrade that moves one of them fails here, by its name."""

import inspect

import pytest
import sqlalchemy as sa

from quality.gate import _quiet


@pytest.fixture(scope="module")
def gx():
    with _quiet():
        import great_expectations as gx

        import quality.engine  # noqa: F401

    return gx


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


def parameters(function):
    return list(inspect.signature(function).parameters)


def test_the_version_is_the_one_that_the_hooks_are_of(gx):
    assert gx.__version__.startswith("1.24.")


@pytest.mark.parametrize("name", [*HOOKS, *OVERRIDDEN])
def test_a_method_of_the_engine_is_as_it_was(gx, name):
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    method = getattr(SqlAlchemyExecutionEngine, name, None)
    assert method is not None, f"SqlAlchemyExecutionEngine.{name} is gone"
    assert parameters(method) == {**HOOKS, **OVERRIDDEN}[name], (
        f"SqlAlchemyExecutionEngine.{name} takes other arguments"
    )


def test_the_list_of_private_hooks_is_whole(gx):
    from quality.execution import DuckDBExecutionEngine

    source = inspect.getsource(DuckDBExecutionEngine)
    assert set(DuckDBExecutionEngine.PRIVATE_HOOKS) == set(HOOKS)
    assert {name for name in HOOKS if f"self.{name}(" in source} == set(HOOKS)


@pytest.mark.parametrize("name", ["_create_engine", "get_engine", "get_execution_engine", "_add_asset", "asset_types"])
def test_a_part_of_the_data_source_is_there(gx, name):
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

    assert hasattr(SQLDatasource, name), f"SQLDatasource.{name} is gone"


def test_attributes_that_are_read_are_there(gx):
    from great_expectations.core.partitioners import PartitionerColumnValue
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource, TableAsset
    from great_expectations.execution_engine.execution_engine import MetricComputationConfiguration
    from great_expectations.expectations.metrics.column_aggregate_metrics.column_outlier_statistics import (
        OutlierStatistics,
    )
    from great_expectations.expectations.metrics.map_metric_provider import (
        ColumnMapMetricProvider,
        MulticolumnMapMetricProvider,
    )
    from great_expectations.validator.metric_configuration import MetricConfiguration

    assert "_execution_engine" in SQLDatasource.__private_attributes__
    assert parameters(TableAsset.test_connection) == ["self"]
    assert "column_name" in PartitionerColumnValue.__fields__
    fields = {"metric_configuration", "metric_fn", "metric_provider_kwargs", "compute_domain_kwargs"}
    assert fields | {"accessor_domain_kwargs"} <= set(MetricComputationConfiguration.__dataclass_fields__)
    assert OutlierStatistics._fields == ("lower_reference", "upper_reference", "spread")
    assert parameters(MetricConfiguration)[:3] == ["metric_name", "metric_domain_kwargs", "metric_value_kwargs"]
    assert "column" in ColumnMapMetricProvider.condition_domain_keys
    assert {"column_list", "ignore_row_if"} < set(MulticolumnMapMetricProvider.condition_domain_keys)


def test_counts_are_written_as_the_engine_reads_them(gx):
    """Otherwise they are right and slower: the engine turns ``sum(CASE ...)`` into ``count_if``."""
    from great_expectations.expectations.metrics.map_metric_provider import map_condition_auxilliary_methods as written

    from quality.execution import _counted

    bad = sa.column("x") > 1
    count, _, _ = written._sqlalchemy_map_condition_unexpected_count_aggregate_fn(
        None, None, {}, {}, {"unexpected_condition": (bad, {}, {})}
    )
    assert _counted(count).compare(sa.sql.elements.Grouping(bad))
    assert _counted(sa.func.sum(sa.column("x"))) is None
    assert _counted(sa.func.sum(sa.case((bad, 2), else_=0))) is None


@pytest.mark.parametrize("name", ["column_pair_values.equal", "multicolumn_sum.equal", "compound_columns.unique"])
def test_rows_that_are_not_ignored_are_counted_by_a_metric_of_this_name(gx, name):
    """The engine takes every metric of this ending into the one scan."""
    from great_expectations.expectations.registry import get_metric_provider

    from quality.execution import _ROWS_THAT_COUNT, DuckDBExecutionEngine

    engine = DuckDBExecutionEngine(connection_string="duckdb:///:memory:")
    assert get_metric_provider(f"{name}{_ROWS_THAT_COUNT}", engine)
    engine.close()


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
