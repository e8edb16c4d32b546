"""The core expectations of Great Expectations that do not run on DuckDB: why, and what to use instead.

This is the one list of them; the engine raises from it and a test holds it to what really runs. Importing this module
does not import Great Expectations.
"""

from typing import NamedTuple


class Unsupported(NamedTuple):
    """One expectation: the metric that it needs, why DuckDB cannot compute it, what says the same, and its arguments."""

    metric: str | None
    why: str
    instead: str
    keys: tuple[str, ...] = ()


_ORDER = "the rows of a table have no order"
_BY_QUERY = "UnexpectedRowsExpectation with a query that compares lag(...) OVER (ORDER BY ...) of a column"
UNSUPPORTED: dict[str, Unsupported] = {
    "expect_column_values_to_be_increasing": Unsupported("column_values.increasing", _ORDER, _BY_QUERY, ("strictly",)),
    "expect_column_values_to_be_decreasing": Unsupported("column_values.decreasing", _ORDER, _BY_QUERY, ("strictly",)),
    "expect_column_values_to_be_dateutil_parseable": Unsupported(
        "column_values.dateutil_parseable",
        "what python-dateutil can guess has no counterpart in SQL",
        "expect_column_values_to_match_strftime_format, which names the format",
    ),
    "expect_column_values_to_match_json_schema": Unsupported(
        "column_values.match_json_schema",
        "DuckDB knows no JSON Schema",
        "expect_column_values_to_be_json_parseable, and expect_rows_to_satisfy_sql with json_extract for the parts",
        ("json_schema",),
    ),
    "expect_multicolumn_values_to_be_unique": Unsupported(
        None,
        "Great Expectations has no metric for it on any engine",
        "expect_compound_columns_to_be_unique",
    ),
}


class NotOnDuckDB(NotImplementedError):
    """An expectation was asked for that DuckDB cannot answer."""

    def __init__(self, expectation: str) -> None:
        said = UNSUPPORTED[expectation]
        super().__init__(f"{expectation} cannot run on DuckDB: {said.why}; use {said.instead}")
