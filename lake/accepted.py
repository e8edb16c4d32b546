"""The rows that passed the gate, as the contract promises them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint import Contract
from blueprint.sql import file_literal, ident
from lake.errors import PartitionRefused, WrongAcceptedFile
from lake.partitions import UNIT, Partitioning

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_VALUES = {"VARCHAR", "BIGINT", "BOOLEAN", "DATE"}
"""What Iceberg reads back as one value from the bounds of a file."""
_BYTES = 64
"""Parquet footers leave out the bounds of long values, and Iceberg reads a file's partition from its bounds."""


@dataclass(frozen=True)
class Accepted:
    """A Parquet file and the columns it must have: name to DuckDB type, in the contract's order."""

    contract: Contract
    columns: Mapping[str, str]
    path: Path

    @property
    def _file(self) -> str:
        return f"read_parquet({file_literal(self.path)}, hive_partitioning=false, file_row_number=true)"

    @property
    def names(self) -> str:
        """The columns, as a query lists them."""
        return ", ".join(map(ident, self.columns))

    @property
    def relation(self) -> str:
        """A query for the rows."""
        return f"SELECT {self.names} FROM {self._file}"

    @property
    def partitioning(self) -> Partitioning | None:
        """How the contract parts the rows; None where it does not."""
        return Partitioning.of(self.contract, self.columns)

    def check(self, con: "DuckDBPyConnection") -> None:
        """Refuse a file whose columns or types are not the contract's, whatever their order, or that has no partition.

        Raises WrongAcceptedFile or PartitionRefused.
        """
        found = con.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {self._file}").fetchall()
        came = {name: kind for name, kind, *_ in found}
        if came != dict(self.columns):
            raise WrongAcceptedFile(self.contract.ref, self.path, _said(came), _said(self.columns))
        if self.partitioning:
            self._check_partition(con, self.partitioning)

    def _check_partition(self, con: "DuckDBPyConnection", how: Partitioning) -> None:
        """Refuse rows that belong to no partition, and values that Iceberg could not read back from a file's bounds."""
        if how.by != "value" and not how.timed:
            raise PartitionRefused.by_type(self.contract.ref, how.column, how.kind, how.by)
        if how.by == "value" and how.kind not in _VALUES:
            raise PartitionRefused.by_type(self.contract.ref, how.column, how.kind, "value")
        column = ident(how.column)
        bad = f"{column} IS NULL" + (f" OR strlen({column}) > {_BYTES}" if how.kind == "VARCHAR" else "")
        rows, first, nulls = con.execute(
            f"SELECT count(*), min(file_row_number) + 1, count(*) FILTER ({column} IS NULL) FROM {self._file} WHERE {bad}"
        ).fetchone() or (0, None, 0)
        if rows:
            raise PartitionRefused.by_rows(self.contract.ref, how.column, self.path.name, rows, first, nulls, _BYTES)

    def ordered(self, relation: str | None = None) -> str:
        """The rows of the file, or of ``relation``, so sorted that the same rows give the same bytes.

        They stand in the order of the key and then of every column, where the contract has a partition within each
        part; the last column is then the partition, under the name ``UNIT``.
        """
        order = [ident(name) for name in dict.fromkeys((*self.contract.key, *self.columns))]
        how = self.partitioning
        if how is None:
            return f"SELECT {self.names} FROM ({relation or self.relation}) ORDER BY {', '.join(order)}"
        return (
            f"SELECT {self.names}, {how.unit} AS {UNIT} FROM ({relation or self.relation}) "
            f"ORDER BY {', '.join(dict.fromkeys((how.part, *order)))}"
        )


def _said(columns: Mapping[str, str]) -> list[str]:
    return [f"{name} {kind}" for name, kind in columns.items()]
