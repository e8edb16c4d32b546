"""From a contract's columns to DuckDB and Iceberg types and back."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from blueprint import Column, Concept, Contract
from blueprint.types import DUCKDB_TYPES, duckdb_type

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField, PrimitiveType
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")


def duckdb_types(contract: Contract, concepts: Callable[[Column], Concept]) -> dict[str, str]:
    """DuckDB type per column, in the contract's order."""
    return {column.name: duckdb_type(concepts(column)) for column in contract.columns}


def iceberg_type(kind: str) -> "PrimitiveType":
    """The Iceberg type of a DuckDB type, as ``blueprint.types`` spells it."""
    from pyiceberg import types

    if decimal := _DECIMAL.fullmatch(kind):
        return types.DecimalType(int(decimal[1]), int(decimal[2]))
    return {
        "VARCHAR": types.StringType(),
        "BIGINT": types.LongType(),
        "INTEGER": types.IntegerType(),
        "DOUBLE": types.DoubleType(),
        "FLOAT": types.FloatType(),
        "BOOLEAN": types.BooleanType(),
        "DATE": types.DateType(),
        "TIMESTAMP WITH TIME ZONE": types.TimestamptzType(),
        "TIMESTAMP": types.TimestampType(),
    }[kind]


def duckdb_type_of(field: "NestedField") -> str:
    """The DuckDB type of a table's field."""
    from pyiceberg.types import DecimalType

    kind = field.field_type
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision},{kind.scale})"
    spelled = {str(iceberg_type(name)): name for name in DUCKDB_TYPES.values() if not _DECIMAL.fullmatch(name)}
    return spelled[str(kind)]


def iceberg_schema(columns: Mapping[str, str]) -> "Schema":
    """The schema of a new table. Every field may be null: the gate, not the table, holds what is required."""
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    fields = (
        NestedField(i, name, iceberg_type(kind), required=False) for i, (name, kind) in enumerate(columns.items(), 1)
    )
    return Schema(*fields)


def metrics(columns: Mapping[str, str], partition: str | None) -> dict[str, str]:
    """Table properties for the bounds that Iceberg keeps per column.

    Text keeps none: pyiceberg cuts its bounds to 16 letters and rounds the upper one up, below U+D800 into a letter
    that UTF-8 cannot hold. The partition column keeps whole ones.
    """
    texts = {name: "counts" for name, kind in columns.items() if kind == "VARCHAR"}
    kept = {**texts, partition: "full"} if partition else texts
    return {f"write.metadata.metrics.column.{name}": mode for name, mode in kept.items()}


def read_fields(schema: "Schema") -> dict[int, tuple[str, str]]:
    """Field id -> name and DuckDB type, as ``lake.sql.parquet`` takes them."""
    return {field.field_id: (field.name, duckdb_type_of(field)) for field in schema.fields}
