"""From a contract's columns to DuckDB and Iceberg types, and the one change that a table takes: a new column."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from blueprint import Column, Concept, Contract
from blueprint.types import DUCKDB_TYPES, duckdb_type
from lake.errors import SchemaRefused

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table import Transaction
    from pyiceberg.types import PrimitiveType
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")


def duckdb_types(contract: Contract, concepts: Callable[[Column], Concept]) -> dict[str, str]:
    """DuckDB type per column, in the contract's order."""
    return {column.name: duckdb_type(concepts(column)) for column in contract.columns}


def _iceberg_type(kind: str) -> "PrimitiveType":
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


def _duckdb_type(kind: "PrimitiveType") -> str:
    from pyiceberg.types import DecimalType

    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision},{kind.scale})"
    spelled = {str(_iceberg_type(name)): name for name in DUCKDB_TYPES.values() if not _DECIMAL.fullmatch(name)}
    return spelled[str(kind)]


def iceberg_schema(columns: Mapping[str, str]) -> "Schema":
    """The schema of a new table. Every field may be null: the gate, not the table, holds what is required."""
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    fields = (
        NestedField(i, name, _iceberg_type(kind), required=False) for i, (name, kind) in enumerate(columns.items(), 1)
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
    return {
        field.field_id: (field.name, _duckdb_type(cast("PrimitiveType", field.field_type))) for field in schema.fields
    }


def evolve(tx: "Transaction", contract: Contract, columns: Mapping[str, str]) -> "Schema":
    """Add the columns that the contract has and the table has not; refuse every other difference."""
    before = dict(read_fields(tx.table_metadata.schema()).values())
    refused: list[tuple[str, str]] = []
    for name, kind in before.items():
        if name not in columns:
            refused.append((f"thiếu cột {name!r} ({kind}) đã có", f"the existing column {name!r} ({kind}) is missing"))
        elif columns[name] != kind:
            refused.append(
                (
                    f"cột {name!r} đổi kiểu từ {kind} sang {columns[name]}",
                    f"column {name!r} turns from {kind} into {columns[name]}",
                )
            )
    partitioned = next((field.name for field in tx.table_metadata.spec().fields), None)
    if partitioned != contract.partition:
        vi = f"cột phân vùng đổi từ {partitioned or 'không có'} sang {contract.partition or 'không có'}"
        refused.append((vi, f"the partition turns from {partitioned or 'none'} into {contract.partition or 'none'}"))
    if refused:
        raise SchemaRefused(contract.ref, refused)
    added = [name for name in columns if name not in before]
    if added:
        with tx.update_schema() as update:
            for name in added:
                update.add_column(name, _iceberg_type(columns[name]), required=False)
        tx.set_properties(metrics({name: columns[name] for name in added}, None))
    return tx.table_metadata.schema()
