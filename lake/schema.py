"""From a contract's columns to DuckDB and Iceberg types, and the one change that a table takes: a new column."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from blueprint import Column, Concept, Contract
from lake.errors import SchemaRefused

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table import Transaction
    from pyiceberg.types import PrimitiveType

DUCKDB_TYPES: Mapping[str, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,6)",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}


def duckdb_types(contract: Contract, concepts: Callable[[Column], Concept]) -> dict[str, str]:
    """DuckDB type per column, in the contract's order."""
    return {column.name: DUCKDB_TYPES[concepts(column).type] for column in contract.columns}


def _iceberg_types() -> dict[str, "PrimitiveType"]:
    from pyiceberg import types

    return {
        "VARCHAR": types.StringType(),
        "BIGINT": types.LongType(),
        "DECIMAL(18,6)": types.DecimalType(18, 6),
        "DOUBLE": types.DoubleType(),
        "BOOLEAN": types.BooleanType(),
        "DATE": types.DateType(),
        "TIMESTAMP WITH TIME ZONE": types.TimestamptzType(),
    }


def iceberg_schema(columns: Mapping[str, str]) -> "Schema":
    """The schema of a new table. Every field may be null: the gate, not the table, holds what is required."""
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    kinds = _iceberg_types()
    fields = (NestedField(i, name, kinds[kind], required=False) for i, (name, kind) in enumerate(columns.items(), 1))
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
    duckdb = {str(iceberg): kind for kind, iceberg in _iceberg_types().items()}
    return {field.field_id: (field.name, duckdb[str(field.field_type)]) for field in schema.fields}


def evolve(tx: "Transaction", contract: Contract, columns: Mapping[str, str]) -> "Schema":
    """Add the columns that the contract has and the table has not; refuse every other difference."""
    kinds = _iceberg_types()
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
                update.add_column(name, kinds[columns[name]], required=False)
        tx.set_properties(metrics({name: columns[name] for name in added}, None))
    return tx.table_metadata.schema()
