"""Great Expectations' SQL engine, made to work on DuckDB. Importing this module imports Great Expectations (seconds).

Stock Great Expectations fails on DuckDB: it reads a result after its connection went back to the pool, whose rollback
discards the rows. Here results are buffered first. The engine also waits with aggregates until every other metric of
a suite is known and computes them all in one scan.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine import SqlAlchemyExecutionEngine

_TYPE_NAME = re.compile(r"[A-Z][A-Z0-9_ ]*(\(.*\))?")
_ALIASES = {
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "INT": "INTEGER",
    "REAL": "FLOAT",
    "NUMERIC": "DECIMAL",
    "BOOL": "BOOLEAN",
}
# What marks a metric of one column or key; it says nothing about which rows are read.
_ACCESSORS = {"column", "column_A", "column_B", "column_list", "ignore_row_if"}


class DuckDBType(sa.types.UserDefinedType[Any]):
    """A column type by the name DuckDB gives it; each type is a subclass, as Great Expectations compares classes."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        return type(self).__name__


@lru_cache(maxsize=256)
def duckdb_type(name: str) -> type[DuckDBType]:
    """The class of a type name; ``DECIMAL(18,6)`` is a ``DECIMAL``."""
    general, _, parameters = name.partition("(")
    general = _ALIASES.get(general.strip(), general.strip())
    if not parameters:
        return type(general, (DuckDBType,), {"cache_ok": True})
    return type(f"{general}({parameters}", (duckdb_type(general),), {"cache_ok": True})


class _Types:
    """Stands where Great Expectations expects a SQLAlchemy dialect module: a namespace of type classes."""

    __name__ = "duckdb"

    def __getattr__(self, name: str) -> type[DuckDBType]:
        # Great Expectations also probes this object for the dialect classes of other databases, such as TrinoDialect.
        if not _TYPE_NAME.fullmatch(name):
            raise AttributeError(name)
        return duckdb_type(_ALIASES.get(name, name))


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Computes Great Expectations' metrics in DuckDB, all aggregates of a suite in one query.

    Hooks on private methods of Great Expectations 1.24 are listed in ``PRIVATE_HOOKS``; a test holds them to their
    signatures.
    """

    PRIVATE_HOOKS: ClassVar[tuple[str, ...]] = (
        "_execute_query_with_recovery",
        "_connection_has_transaction",
        "_build_direct_and_bundled_metric_computation_configurations",
        "_process_direct_and_bundled_metric_computation_configurations",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect_module = _Types()

    def execute_query(self, query: Any) -> Any:
        """Run ``query`` and return its rows, read before the connection's rollback discards them."""
        with self.get_connection() as connection:
            return _buffered(self._execute_query_with_recovery(connection, query))

    def execute_query_in_transaction(self, query: Any) -> Any:
        """Run ``query``, commit, and return its rows."""
        with self.get_connection() as connection:
            result = _buffered(self._execute_query_with_recovery(connection, query))
            if self._connection_has_transaction(connection):
                connection.commit()
            return result

    def describe(self, selectable: Any) -> list[tuple[str, type[DuckDBType]]]:
        """Name and type of every column of ``selectable``, in order; reads no rows."""
        query = sa.select(sa.text("*")).select_from(selectable)
        compiled = query.compile(dialect=self.engine.dialect, compile_kwargs={"literal_binds": True})
        with self.get_connection() as connection:
            rows = connection.exec_driver_sql(f"DESCRIBE {compiled}").fetchall()
        return [(row[0], duckdb_type(row[1])) for row in rows]

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Compute the metrics that need no scan; the aggregates only once nothing else is left.

        The validation graph asks again for whatever is missing from the answer, so what waits here meets every other
        aggregate of the suite in one query. Samples of bad values are not fetched where none were asked for.
        """
        wanted = list(metrics_to_resolve)
        if not wanted:
            return metrics or {}
        unsampled = [m for m in wanted if _wants_no_sample(m)]
        resolved: dict[Any, Any] = {m.id: [] for m in unsampled}
        direct, bundled = self._build_direct_and_bundled_metric_computation_configurations(
            metrics_to_resolve=[m for m in wanted if m not in unsampled],
            metrics=metrics,
            runtime_configuration=runtime_configuration,
        )
        # Conditions wait for the row count, which DuckDB knows from the head of a Parquet file without a scan.
        counts = [m for m in bundled if m.metric_configuration.metric_name == "table.row_count"]
        due = [] if direct or unsampled else counts or bundled
        resolved.update(
            self._process_direct_and_bundled_metric_computation_configurations(
                metric_fn_direct_configurations=direct, metric_fn_bundle_configurations=due
            )
        )
        return resolved

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[Any]) -> dict[Any, Any]:
        """Compute aggregates: one query for all that read the same rows."""
        return super().resolve_metric_bundle([replace(m, compute_domain_kwargs=_rows_of(m)) for m in metric_fn_bundle])


def _rows_of(metric: Any) -> dict[str, Any]:
    domain = metric.compute_domain_kwargs or {}
    return {k: v for k, v in domain.items() if v is not None and k not in _ACCESSORS}


def _wants_no_sample(metric: Any) -> bool:
    result_format = metric.metric_value_kwargs.get("result_format")
    return (
        metric.metric_name.endswith(".unexpected_values")
        and isinstance(result_format, dict)
        and result_format.get("result_format") == "BASIC"
        and result_format.get("partial_unexpected_count") == 0
    )


def _buffered(result: Any) -> Any:
    return result.freeze()() if result.returns_rows else result
