"""The rows that passed the gate, as the contract promises them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Contract
from blueprint.sql import file_literal, ident, literal
from lake.errors import SchemaRefused, WrongAcceptedFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PARTITION_TYPES = {"VARCHAR", "BIGINT", "BOOLEAN", "DATE"}
_PARTITION_BYTES = 64
"""Parquet footers leave out the bounds of long values, and Iceberg reads a file's partition from its bounds."""


@dataclass(frozen=True)
class Accepted:
    """A Parquet file and the columns it must have: name to DuckDB type, in the contract's order."""

    contract: Contract
    columns: Mapping[str, str]
    path: Path

    @property
    def _file(self) -> str:
        return f"read_parquet({file_literal(self.path)}, hive_partitioning=false)"

    @property
    def relation(self) -> str:
        """A query for the rows."""
        return f"SELECT {', '.join(map(ident, self.columns))} FROM {self._file}"

    def check(self, con: "DuckDBPyConnection") -> None:
        """Refuse a file whose columns or types are not the contract's, whatever their order."""
        came = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {self._file}").fetchall()}
        if came != dict(self.columns):
            raise WrongAcceptedFile(self.contract.ref, self.path, _said(came), _said(self.columns))

    def partition_values(self, con: "DuckDBPyConnection") -> list[Any]:
        """The values of the partition column, none where the contract has no partition.

        Raises SchemaRefused where one is null or where Iceberg could not read it back from a file's bounds.
        """
        if (name := self.contract.partition) is None:
            return []
        column = ident(name)
        found = [v for (v,) in con.execute(f"SELECT DISTINCT {column} FROM ({self.relation}) ORDER BY 1").fetchall()]
        bad = (
            [self.columns[name]]
            if self.columns[name] not in _PARTITION_TYPES
            else [v for v in found if not _partitions(v)]
        )
        if bad:
            raise SchemaRefused(
                self.contract.ref,
                [
                    (
                        f"cột phân vùng {name!r} nhận chữ ngắn, số nguyên, đúng/sai, ngày, không nhận {bad[0]!r}",
                        f"the partition column {name!r} takes short text, integers, booleans or dates, not {bad[0]!r}",
                    )
                ],
            )
        return found

    def parts(self, values: list[Any]) -> Iterator[str]:
        """One query per file to write, each in the order of the key, so that the same rows give the same bytes."""
        order = ", ".join(map(ident, dict.fromkeys((*self.contract.key, *self.columns))))
        if self.contract.partition is None:
            yield f"{self.relation} ORDER BY {order}"
        for value in values:
            same = f"{ident(self.contract.partition or '')} = CAST({literal(str(value))} AS {self._partition_type})"
            yield f"{self.relation} WHERE {same} ORDER BY {order}"

    @property
    def _partition_type(self) -> str:
        return self.columns[self.contract.partition or ""]


def _partitions(value: object) -> bool:
    return value is not None and (not isinstance(value, str) or len(value.encode()) <= _PARTITION_BYTES)


def _said(columns: Mapping[str, str]) -> list[str]:
    return [f"{name} {kind}" for name, kind in columns.items()]
