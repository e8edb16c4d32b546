"""Changing a table's columns to those of a contract, by field id, so that older versions read as they were written.

A column keeps its field id when it is renamed, as long as the contract says so by ``field``. It may be widened. A column
is removed, or gets a type that the old values do not fit, only under a new major version of the contract: it then
loses its field id for good, and the new column of that name starts without the old values.

The partition column stays the same one. By what it parts the rows may change: by value, by day or by month.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint import Contract
from lake.errors import SchemaRefused
from lake.partitions import Partitioning
from lake.schema import duckdb_type_of, iceberg_type, metrics

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table import Transaction
    from pyiceberg.types import NestedField

_WIDER = {("INTEGER", "BIGINT"), ("FLOAT", "DOUBLE")}
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")
_FIELD = "field="


@dataclass(frozen=True)
class _Present:
    """A column of the table: its name there, what it is whatever it is called, and its DuckDB type."""

    name: str
    identity: str
    kind: str

    @classmethod
    def of(cls, field: "NestedField") -> "_Present":
        doc = field.doc or ""
        identity = doc.removeprefix(_FIELD) if doc.startswith(_FIELD) else field.name
        return cls(field.name, identity, duckdb_type_of(field))


def widens(old: str, new: str) -> bool:
    """Whether every value of the DuckDB type ``old`` is one of ``new``, and Iceberg reads it there.

    >>> widens("INTEGER", "BIGINT"), widens("DECIMAL(9,2)", "DECIMAL(18,2)"), widens("BIGINT", "DOUBLE")
    (True, True, False)
    """
    if (old, new) in _WIDER:
        return True
    before, after = _DECIMAL.fullmatch(old), _DECIMAL.fullmatch(new)
    return bool(before and after and before[2] == after[2] and int(before[1]) < int(after[1]))


def evolve(
    tx: "Transaction", contract: Contract, columns: Mapping[str, str], former: str | None
) -> "tuple[Schema, bool]":
    """Make the table's columns and partitions those of ``contract``; ``columns`` maps their names to DuckDB types.

    ``former`` is the contract of the version before, such as ``bus-stops@1.0.0``. Returns the schema, and whether the
    table's files are now to be cut by something else. Raises SchemaRefused, naming every change that is not allowed.
    """
    schema = _columns(tx, contract, columns, former)
    how, written = Partitioning.of(contract, columns), Partitioning.written(tx.table_metadata.spec(), schema)
    if how is None or written is None or how.by == written.by:
        return schema, False
    with tx.update_spec() as update:
        update.remove_field(tx.table_metadata.spec().fields[0].name)
        update.add_field(how.column, how.transform, how.name)
    return schema, True


def _columns(tx: "Transaction", contract: Contract, columns: Mapping[str, str], former: str | None) -> "Schema":
    """Add, rename, widen and remove columns."""
    schema = tx.table_metadata.schema()
    by_identity = {p.identity: p for p in map(_Present.of, schema.fields)}
    wanted = {contract.column(name).identity: name for name in columns}
    removed = [p for identity, p in by_identity.items() if identity not in wanted]
    kept = {name: by_identity[identity] for identity, name in wanted.items() if identity in by_identity}
    retyped = {n: p for n, p in kept.items() if p.kind != columns[n] and not widens(p.kind, columns[n])}
    _refuse(tx, contract, columns, former, removed, retyped)
    added = [name for name in columns if name not in kept or name in retyped]
    renamed = {name: p for name, p in kept.items() if p.name != name and name not in retyped}
    widened = {name: p for name, p in kept.items() if p.kind != columns[name] and name not in retyped}
    if not (added or renamed or widened or removed):
        return schema
    with tx.update_schema(allow_incompatible_changes=True) as update:
        for gone in (*removed, *retyped.values()):
            update.delete_column(gone.name)
        for name, present in widened.items():
            update.update_column(present.name, field_type=iceberg_type(columns[name]))
        for name, present in renamed.items():
            update.update_column(present.name, doc=f"{_FIELD}{present.identity}")
            update.rename_column(present.name, name)
    if added:
        with tx.update_schema() as update:
            for name in added:
                identity = contract.column(name).identity
                doc = f"{_FIELD}{identity}" if identity != name else None
                update.add_column(name, iceberg_type(columns[name]), doc=doc, required=False)
    if touched := {name: columns[name] for name in (*added, *renamed)}:
        tx.set_properties(metrics(touched, contract.partition if contract.partition in touched else None))
    return tx.table_metadata.schema()


def _refuse(
    tx: "Transaction",
    contract: Contract,
    columns: Mapping[str, str],
    former: str | None,
    removed: list[_Present],
    retyped: Mapping[str, _Present],
) -> None:
    refused: list[tuple[str, str]] = []
    spec = tx.table_metadata.spec()
    partition = next((tx.table_metadata.schema().find_column_name(f.source_id) for f in spec.fields), None)
    wanted = contract.partition and contract.column(contract.partition).identity
    present = partition and _Present.of(tx.table_metadata.schema().find_field(partition)).identity
    if not _new_major(contract, former):
        refused += [
            (f"thiếu cột {p.name!r} ({p.kind}) đã có", f"the existing column {p.name!r} ({p.kind}) is missing")
            for p in removed
        ]
    if retyped and (partition or not _new_major(contract, former)):
        refused += [
            (
                f"cột {name!r} đổi kiểu từ {was.kind} sang {columns[name]}",
                f"column {name!r} turns from {was.kind} into {columns[name]}",
            )
            for name, was in retyped.items()
        ]
    if wanted != present:
        vi = f"cột phân vùng đổi từ {partition or 'không có'} sang {contract.partition or 'không có'}"
        refused.append((vi, f"the partition turns from {partition or 'none'} into {contract.partition or 'none'}"))
    if refused:
        raise SchemaRefused(contract.ref, refused)


def _new_major(contract: Contract, former: str | None) -> bool:
    return former is not None and contract.number[0] > int(former.rpartition("@")[2].split(".")[0])
