"""A table: one published Parquet file, its columns and its number of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import engine

if TYPE_CHECKING:
    import duckdb

_TYPES = {
    "VARCHAR": "text", "BOOLEAN": "bool", "TINYINT": "int2", "SMALLINT": "int2", "INTEGER": "int4", "BIGINT": "int8",
    "UTINYINT": "int2", "USMALLINT": "int4", "UINTEGER": "int8", "UBIGINT": "numeric", "HUGEINT": "numeric",
    "UHUGEINT": "numeric", "FLOAT": "float4", "DOUBLE": "float8", "DATE": "date", "TIME": "time", "TIMESTAMP": "timestamp",
    "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp", "TIMESTAMP_S": "timestamp", "UUID": "uuid",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "JSON": "json", "BLOB": "bytea",
}  # fmt: skip

NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")
"""Types of the DataStore whose values are numbers."""


@dataclass(frozen=True)
class Table:
    """A table: where it lies, its columns with DuckDB's types, and its number of rows.

    `_id` numbers the rows from 1, in the order of the file; a version's rows keep their numbers for ever.
    """

    path: Path
    kinds: dict[str, str]
    rows: int
    dataset: str = ""
    version: str = ""
    described: dict[str, Any] = field(default_factory=dict, compare=False)
    held: str = ""  # the database of DuckDB that holds it for quick answers, where there is one

    @cached_property
    def types(self) -> dict[str, str]:
        """The types by the names that PostgreSQL and so the DataStore give them, `_id` first."""
        return {"_id": "int", **{name: stock_type(kind) for name, kind in self.kinds.items()}}

    @property
    def relation(self) -> str:
        """The rows, for a FROM, each with its place from 0 as `file_row_number`."""
        if self.held:
            return f"(SELECT rowid AS file_row_number, * FROM {self.held}.rows)"
        return f"read_parquet({engine.text(str(self.path))}, file_row_number = true)"

    def cursor(self, cache: Path | None = None) -> duckdb.DuckDBPyConnection:
        """A connection that can read the table, and what is held of tables in the cache."""
        return engine.cursor(self.path.parents[1], *([cache] if cache else []))

    def column(self, name: str) -> str:
        """A column, for an expression."""
        return "(file_row_number + 1)" if name == "_id" else engine.identifier(name)

    def as_text(self, name: str) -> str:
        """A column as text, for an expression."""
        return (
            engine.identifier(name) if self.kinds[name] == "VARCHAR" else f"CAST({engine.identifier(name)} AS VARCHAR)"
        )

    def info(self, name: str) -> dict[str, str]:
        """What the data dictionary says of a column, in the language of the request and in CKAN's own words."""
        said = self.described.get(name)
        if not said:
            return {}
        from ckanext.hanoi import localise

        lang = localise.language()

        def spoken(key: str) -> str:
            value = said.get(key)
            return (value.get(lang) or value.get("vi") or "") if isinstance(value, dict) else str(value or "")

        info = {
            "label": spoken("title"),
            "notes": spoken("description"),
            "unit": spoken("unit"),
            "concept": spoken("concept"),
        }
        return {key: value for key, value in info.items() if value}


def texts(table: Table) -> list[str]:
    """Return the columns whose words count: texts, and what is written as text."""
    return [name for name, kind in table.kinds.items() if stock_type(kind) in ("text", "json") or kind.endswith("[]")]


def stock_type(kind: str) -> str:
    """Return the name of DuckDB's type in PostgreSQL.

    >>> stock_type("DECIMAL(10,2)"), stock_type("VARCHAR[]"), stock_type("DOUBLE")
    ('numeric', '_text', 'float8')
    """
    if kind.endswith("[]"):
        return f"_{stock_type(kind[:-2])}"
    if kind.startswith("DECIMAL"):
        return "numeric"
    return _TYPES.get(kind, "json" if kind.startswith(("STRUCT", "MAP")) else "text")


def shown(kind: str, column: str, milliseconds: bool = True) -> str:
    """Return the expression of a value as it is given out: moments as ISO 8601, in UTC where they have a zone."""
    if kind == "timestamptz":
        return f"replace(CAST({column} AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || '+00:00'"
    if kind == "timestamp":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S{'.%g' if milliseconds else ''}')"
    if kind in ("date", "time", "uuid", "bytea"):
        return f"CAST({column} AS VARCHAR)"
    if kind in ("float4", "float8"):
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    return column


@lru_cache(maxsize=512)
def shape(path: str, _changed: int) -> tuple[dict[str, str], int]:
    """Return the columns of a file with DuckDB's types, and its number of rows; `_changed` is when it was written."""
    connection = engine.cursor(Path(path).parents[1])
    relation = f"read_parquet({engine.text(path)})"
    kinds = {row[0]: row[1] for row in engine.fetch(connection, f"DESCRIBE SELECT * FROM {relation}")}
    return kinds, engine.fetch(connection, f"SELECT count(*) FROM {relation}")[0][0]
