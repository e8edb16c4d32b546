"""Metrics that Great Expectations lacks on DuckDB or computes there with a second scan, and one expectation of ours.

A class here registers itself for the DuckDB engine by being defined; all other metrics are inherited.
"""

import re
from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.column_aggregate_metric_provider import ColumnAggregateMetricProvider
from great_expectations.expectations.metrics.column_aggregate_metrics.column_outlier_statistics import OutlierStatistics
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from blueprint.rules import comply
from blueprint.sql import ident, member
from quality.execution import DuckDBExecutionEngine
from quality.uniqueness import Question, count_if
from quality.unsupported import UNSUPPORTED, NotOnDuckDB

_FEW = 16


def _combine(match_on: str | None) -> Any:
    if match_on not in (None, "any", "all"):
        raise ValueError(f"match_on is {match_on!r}; it must be 'any' or 'all'")
    return sa.and_ if match_on == "all" else sa.or_


def _some(patterns: list[str]) -> list[str]:
    if not patterns:
        raise ValueError("the list of patterns is empty; give at least one")
    return patterns


def _aggregate(domain: MetricDomainTypes) -> Any:
    """Mark a method as an aggregate over ``domain`` that DuckDB answers in the suite's one scan."""
    return metric_partial(
        engine=DuckDBExecutionEngine, partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN, domain_type=domain
    )


def _found(column: Any, regex: str) -> Any:
    """Whether a text holds a match: Great Expectations searches, as DuckDB's operator ~ does not.

    A pattern that has to match in full is asked for in full, which DuckDB answers once for texts that repeat in a file.
    """
    inside = in_full(regex)
    return sa.func.regexp_matches(column, regex) if inside is None else sa.func.regexp_full_match(column, inside)


def in_full(regex: str) -> str | None:
    """The pattern in ``^(?:pattern)$``; ``None`` where ``regex`` is not of that form.

    >>> in_full("^(?:[0-9]{5})$"), in_full("^(?:a)|(?:b)$"), in_full("[0-9]")
    ('[0-9]{5}', None, None)
    """
    if not (regex.startswith("^(?:") and regex.endswith(")$")):
        return None
    inside = regex[4:-2]
    # Brackets and escapes may hold a parenthesis that closes nothing, so only patterns without any are told apart.
    plain = re.sub(r"[^()]", "", inside)
    while "()" in plain:
        plain = plain.replace("()", "")
    doubtful = re.search(r"\\[()\\QE]|\[[^\]]*[()]", inside)
    return None if plain or doubtful else inside


class _MatchRegex(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return _found(column, regex)


class _NotMatchRegex(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return sa.not_(_found(column, regex))


class _MatchRegexList(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_regex_list"
    condition_value_keys = ("regex_list", "match_on")
    default_kwarg_values: ClassVar[dict[str, Any]] = {"match_on": "any"}

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex_list: list[str], match_on: str | None = None, **_: Any) -> Any:
        return _combine(match_on)(*(_found(column, r) for r in _some(regex_list)))


class _NotMatchRegexList(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_regex_list"
    condition_value_keys = ("regex_list",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex_list: list[str], **_: Any) -> Any:
        return sa.and_(*(sa.not_(_found(column, r)) for r in _some(regex_list)))


class _Like(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_like_pattern"
    condition_value_keys = ("like_pattern", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, like_pattern: str, escape: str | None = None, **_: Any) -> Any:
        return column.like(like_pattern, escape=escape)


class _NotLike(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_like_pattern"
    condition_value_keys = ("like_pattern", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, like_pattern: str, escape: str | None = None, **_: Any) -> Any:
        return column.not_like(like_pattern, escape=escape)


class _LikeList(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_like_pattern_list"
    condition_value_keys = ("like_pattern_list", "match_on", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(
        cls,
        column: Any,
        like_pattern_list: list[str],
        match_on: str | None = None,
        escape: str | None = None,
        **_: Any,
    ) -> Any:
        return _combine(match_on)(*(column.like(p, escape=escape) for p in _some(like_pattern_list)))


class _NotLikeList(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_like_pattern_list"
    condition_value_keys = ("like_pattern_list", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, like_pattern_list: list[str], escape: str | None = None, **_: Any) -> Any:
        return sa.and_(*(column.not_like(p, escape=escape) for p in _some(like_pattern_list)))


class _InSet(ColumnMapMetricProvider):
    condition_metric_name = "column_values.in_set"
    condition_value_keys = ("value_set",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, value_set: Any, **_: Any) -> Any:
        if value_set is None:
            return sa.true()
        values = [v for v in value_set if v is not None]
        if len(values) > _FEW and all(isinstance(v, str) for v in values):
            return sa.literal_column(member(ident(column.name), values), sa.Boolean)
        return column.in_(values)


class _JsonParseable(ColumnMapMetricProvider):
    # Python's json also takes NaN and Infinity, which RFC 8259 and DuckDB do not.
    condition_metric_name = "column_values.json_parseable"

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, **_: Any) -> Any:
        return sa.func.json_valid(column)


class _MatchStrftime(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_strftime_format"
    condition_value_keys = ("strftime_format",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, strftime_format: str, **_: Any) -> Any:
        return sa.func.try_strptime(column, strftime_format).is_not(None)


class _OutlierStatistics(ColumnAggregateMetricProvider):
    # Great Expectations has PERCENTILE_CONT for the databases that it knows by name.
    metric_name = "column.outlier_statistics"
    value_keys = ("method",)

    @metric_value(engine=DuckDBExecutionEngine)
    def _duckdb(
        cls,
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> OutlierStatistics:
        rows, _, accessor = execution_engine.get_compute_domain(metric_domain_kwargs, MetricDomainTypes.COLUMN)
        column = sa.column(accessor["column"])
        if metric_value_kwargs.get("method", "iqr") == "std":
            figures = sa.func.avg(column), sa.func.stddev_samp(column)
            mean, spread = execution_engine.one_row(figures, rows)
            return OutlierStatistics.symmetric(mean, spread)
        figures = sa.func.quantile_cont(column, 0.25), sa.func.quantile_cont(column, 0.75)
        low, high = execution_engine.one_row(figures, rows)
        return OutlierStatistics(low, high, None if low is None else high - low)


def _refusing(expectation: str, metric: str, keys: tuple[str, ...]) -> type[ColumnMapMetricProvider]:
    """A provider that says what ``quality.unsupported`` says of ``expectation``."""

    def refuse(_: Any, __: Any, **___: Any) -> Any:
        raise NotOnDuckDB(expectation)

    body = {
        "condition_metric_name": metric,
        "condition_value_keys": keys,
        "_duckdb": column_condition_partial(engine=DuckDBExecutionEngine)(refuse),
    }
    return type("_Refusing", (ColumnMapMetricProvider,), body)


for _expectation, _said in UNSUPPORTED.items():
    if _said.metric:
        _refusing(_expectation, _said.metric, _said.keys)


class _ColumnTypes(TableMetricProvider):
    # SQLAlchemy's reflection asks DuckDB for catalogue tables of PostgreSQL; DESCRIBE also knows views and DECIMALs.
    metric_name = "table.column_types"
    value_keys = ("include_nested",)
    default_kwarg_values: ClassVar[dict[str, Any]] = {"include_nested": True}

    @metric_value(engine=DuckDBExecutionEngine)
    def _duckdb(cls, execution_engine: DuckDBExecutionEngine, metric_domain_kwargs: dict[str, Any], **_: Any) -> Any:
        domain = {k: v for k, v in metric_domain_kwargs.items() if k in ("batch_id", "table")}
        columns = execution_engine.describe(execution_engine.get_domain_records(domain))
        return [
            {"name": name, "type": kind(), "nullable": True, "default": None, "primary_key": False}
            for name, kind in columns
        ]


class _DuplicateCount(MetricProvider):
    """The rows that repeat a value another row already has; zero exactly where stock Great Expectations finds none."""

    metric_name = "column_values.unique.unexpected_count"
    domain_keys = ColumnMapMetricProvider.condition_domain_keys

    @_aggregate(MetricDomainTypes.COLUMN)
    def _duckdb(cls, metric_domain_kwargs: dict[str, Any], **_: Any) -> Any:
        return Question((metric_domain_kwargs["column"],)), metric_domain_kwargs, {}


class _KeyDuplicateCount(MetricProvider):
    """The rows that repeat a compound key. Nulls in a key are equal here, where the stock join loses such rows."""

    metric_name = "compound_columns.unique.unexpected_count"
    domain_keys = MulticolumnMapMetricProvider.condition_domain_keys

    @_aggregate(MetricDomainTypes.MULTICOLUMN)
    def _duckdb(cls, metric_domain_kwargs: dict[str, Any], **_: Any) -> Any:
        ignored = metric_domain_kwargs.get("ignore_row_if", "all_values_are_missing")
        return Question(tuple(metric_domain_kwargs["column_list"]), ignored), metric_domain_kwargs, {}


class _RowsAgainstSql(TableMetricProvider):
    metric_name = "table.rows_against_sql"
    value_keys = ("sql",)

    @_aggregate(MetricDomainTypes.TABLE)
    def _duckdb(cls, metric_domain_kwargs: dict[str, Any], metric_value_kwargs: dict[str, Any], **_: Any) -> Any:
        good = sa.literal_column(metric_value_kwargs["sql"], sa.Boolean)
        return count_if(sa.not_(good)), metric_domain_kwargs, {}


class ExpectRowsToSatisfySql(BatchExpectation):
    """Expect ``sql``, a DuckDB predicate that is never null, to be true for every row, or for the share ``mostly`` of them.

    UnexpectedRowsExpectation runs a query of its own and returns the rows; this one counts within the suite's scan and
    returns no value from the data. ``rule`` keeps two expectations of one predicate apart.
    """

    sql: str
    rule: str
    mostly: float = 1.0

    metric_dependencies = ("table.rows_against_sql", "table.row_count")
    success_keys = ("sql", "rule", "mostly")
    args_keys = ("sql", "rule", "mostly")

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        against, rows = int(metrics["table.rows_against_sql"] or 0), int(metrics["table.row_count"] or 0)
        return {"success": comply(rows, against, self.mostly), "result": {"unexpected_count": against}}
