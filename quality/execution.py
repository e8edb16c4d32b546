"""Great Expectations' SQL engine, made to work on DuckDB. Importing this module imports Great Expectations (seconds).

Stock Great Expectations fails on DuckDB: it reads a result after its connection went back to the pool, whose rollback
discards the rows. Here results are buffered first. The engine also waits with aggregates until every other metric of
a suite is known and computes them all in one scan; samples come last, and only where something was unexpected.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.util import convert_to_json_serializable
from great_expectations.validator.metric_configuration import MetricConfiguration

from quality import uniqueness
from quality.uniqueness import Question

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
_SAMPLES = (".unexpected_values", ".unexpected_rows", ".unexpected_index_list", ".unexpected_value_counts")
_ROWS_THAT_COUNT = ".filtered_row_count"
_UNEXPECTED = ".unexpected_count"
_OTHER_ROWS = (sa.sql.elements.Over, sa.sql.selectable.SelectBase, sa.sql.selectable.FromClause)


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

    ``parquet`` names the files behind a view; their footers tell whether a key can be proven unique by order. Hooks on
    private methods of Great Expectations 1.24 are listed in ``PRIVATE_HOOKS``; a test holds them to their signatures.
    """

    PRIVATE_HOOKS: ClassVar[tuple[str, ...]] = (
        "_execute_query_with_recovery",
        "_connection_has_transaction",
        "_build_direct_and_bundled_metric_computation_configurations",
        "_process_direct_and_bundled_metric_computation_configurations",
    )

    def __init__(self, *args: Any, parquet: Mapping[str, Sequence[Path]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect_module = _Types()
        self.parquet = dict(parquet or {})

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
        """Compute the metrics that need no scan; then the aggregates, in one query; then samples of bad values.

        The validation graph asks again for whatever is missing from the answer, so what waits here meets every other
        aggregate of the suite. A sample is only fetched where it was asked for and something was unexpected.
        """
        wanted = list(metrics_to_resolve)
        if not wanted:
            return metrics or {}
        known = metrics or {}
        resolved: dict[Any, Any] = {m.id: [] for m in wanted if _needs_no_sample(m, known)}
        direct, bundled = self._build_direct_and_bundled_metric_computation_configurations(
            metrics_to_resolve=[m for m in wanted if m.id not in resolved],
            metrics=metrics,
            runtime_configuration=runtime_configuration,
        )
        samples = [m for m in direct if m.metric_configuration.metric_name.endswith(_SAMPLES)]
        joining = {id(m): _as_aggregate(m) for m in direct if m not in samples}
        bundled += filter(None, joining.values())
        direct = [m for m in direct if m not in samples and joining[id(m)] is None]
        # Conditions wait for the row count, which DuckDB knows from the head of a Parquet file without a scan.
        counts = [m for m in bundled if m.metric_configuration.metric_name == "table.row_count"]
        waiting = bool(direct or resolved)
        resolved.update(
            self._process_direct_and_bundled_metric_computation_configurations(
                metric_fn_direct_configurations=direct or ([] if bundled or waiting else samples),
                metric_fn_bundle_configurations=[] if waiting else counts or bundled,
            )
        )
        return resolved

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[Any]) -> dict[Any, Any]:
        """Compute aggregates: one query for all that read the same rows, and how many there may be."""
        groups: dict[str, list[Any]] = {}
        for metric in metric_fn_bundle:
            groups.setdefault(repr(sorted(_rows_of(metric).items(), key=str)), []).append(metric)
        resolved: dict[Any, Any] = {}
        for group in groups.values():
            resolved.update(self._resolve_rows(group))
        return resolved

    def _resolve_rows(self, group: list[Any]) -> dict[Any, Any]:
        """The aggregates of ``group``, which all read the same rows."""
        rows = self.get_domain_records(domain_kwargs=_rows_of(group[0]))
        if isinstance(rows, sa.Select | sa.TextualSelect):
            rows = rows.subquery()  # a subquery can be described and read with its priors
        source = _table_of(rows)
        plain = [m for m in group if not isinstance(m.metric_fn, Question)]
        asked = [m for m in group if isinstance(m.metric_fn, Question)]
        leads = {m.metric_configuration.id: self._in_order(m.metric_fn, source, rows) for m in asked}
        proofs = [uniqueness.proof(m.metric_fn, leads[m.metric_configuration.id]) for m in asked]
        columns = [_aggregate(m) for m in plain] + [c for p in proofs for c in p.columns]
        names = [m.metric_configuration.metric_name for m in (*plain, *asked)]
        found = iter(self.one_row(columns, uniqueness.with_priors(rows, proofs), names))
        resolved = {m.metric_configuration.id: convert_to_json_serializable(next(found)) for m in plain}
        open_questions = []
        for metric, proof in zip(asked, proofs, strict=True):
            answer = proof.conclude([next(found) for _ in proof.columns])
            if answer is None:
                open_questions.append(metric)
            else:
                resolved[metric.metric_configuration.id] = answer
        if open_questions:  # not proven: count them, which is dearer
            counts = self.one_row([uniqueness.repeated(m.metric_fn) for m in open_questions], rows)
            resolved.update({m.metric_configuration.id: n for m, n in zip(open_questions, counts, strict=True)})
        return resolved

    def one_row(self, columns: Sequence[Any], rows: Any, names: Sequence[str] = ()) -> Sequence[Any]:
        """The values of the aggregates ``columns`` over ``rows``, by one query."""
        if isinstance(rows, sa.Select | sa.TextualSelect):
            rows = rows.subquery()
        labelled = [c.label(_label(n, names[n] if n < len(names) else "proof")) for n, c in enumerate(columns)]
        return self.execute_query(sa.select(*labelled).select_from(rows)).fetchone()

    def _in_order(self, question: Question, source: str | None, rows: Any) -> str | None:
        files = self.parquet.get(source or "")
        if not files:
            return None
        types = {name: str(kind()) for name, kind in self.describe(rows) if name in question.columns}
        with self.get_connection() as connection:
            return uniqueness.leading_column(connection, files, types, question.columns)


def _table_of(rows: Any) -> str | None:
    """The one table or view that a query reads, where it is one."""
    tables = {str(e.name) for e in sa.sql.visitors.iterate(rows) if isinstance(e, sa.TableClause)}
    return tables.pop() if len(tables) == 1 else None


def _label(number: int, name: str) -> str:
    return f"{name}.{number}" if number else name


def _aggregate(metric: Any) -> Any:
    """The aggregate of ``metric``, over the rows that the expectation does not ignore."""
    domain = {**(metric.compute_domain_kwargs or {}), **(metric.accessor_domain_kwargs or {})}
    kept = uniqueness.rows_that_count(domain)
    counted = _counted(metric.metric_fn)
    if counted is None:
        return metric.metric_fn if kept is None else metric.metric_fn.filter(kept)
    return uniqueness.count_if(counted if kept is None else sa.and_(kept, counted))


def _counted(aggregate: Any) -> Any | None:
    """The predicate whose rows ``sum(CASE WHEN predicate THEN 1 ELSE 0 END)`` adds up.

    That is how Great Expectations writes a count; ``count_if`` is a third faster, and FILTER is twice as slow.
    """
    if not isinstance(aggregate, sa.sql.functions.sum):
        return None
    (of,) = aggregate.clauses
    if not isinstance(of, sa.Case) or len(of.whens) != 1:
        return None
    ((predicate, one),) = of.whens
    values = [getattr(v, "value", None) for v in (one, of.else_)]
    return predicate if values == [1, 0] else None


def _as_aggregate(metric: Any) -> Any | None:
    """A count over a pair or a list of columns, for which Great Expectations has a query of its own, to join the scan.

    ``None`` where ``metric`` is no such count, or where its condition looks at other rows.
    """
    asked = metric.metric_configuration
    if asked.metric_name.endswith(_ROWS_THAT_COUNT):
        return replace(metric, metric_fn=_sum_of(sa.true()), compute_domain_kwargs=dict(asked.metric_domain_kwargs))
    if not asked.metric_name.endswith(_UNEXPECTED):
        return None
    condition, domain, accessor = metric.metric_provider_kwargs["metrics"].get(
        "unexpected_condition", (None, None, None)
    )
    if condition is None or any(isinstance(e, _OTHER_ROWS) for e in sa.sql.visitors.iterate(condition)):
        return None
    return replace(metric, metric_fn=_sum_of(condition), compute_domain_kwargs=domain, accessor_domain_kwargs=accessor)


def _sum_of(predicate: Any) -> Any:
    return sa.func.sum(sa.case((predicate, 1), else_=0))


def _rows_of(metric: Any) -> dict[str, Any]:
    domain = metric.compute_domain_kwargs or {}
    return {k: v for k, v in domain.items() if v is not None and k not in _ACCESSORS}


def _needs_no_sample(metric: Any, known: Mapping[Any, Any]) -> bool:
    name, _, _ = metric.metric_name.rpartition(".")
    if not metric.metric_name.endswith(_SAMPLES):
        return False
    values = {k: v for k, v in metric.metric_value_kwargs.items() if k != "result_format"}
    count = MetricConfiguration(f"{name}.unexpected_count", metric.metric_domain_kwargs, values)
    if known.get(count.id) == 0:
        return True
    result_format = metric.metric_value_kwargs.get("result_format")
    return (
        metric.metric_name.endswith(".unexpected_values")
        and isinstance(result_format, dict)
        and result_format.get("result_format") == "BASIC"
        and result_format.get("partial_unexpected_count") == 0
    )


def _buffered(result: Any) -> Any:
    return result.freeze()() if result.returns_rows else result
