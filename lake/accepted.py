"""The rows that passed the gate, as the contract promises them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint import Contract
from blueprint.sql import file_literal, ident, literal
from lake.errors import PartitionRefused, WrongAcceptedFile
from lake.partitions import UNIT, Partitioning

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_VALUES = {"VARCHAR", "BIGINT", "BOOLEAN", "DATE"}
"""What Iceberg reads back as one value from the bounds of a file."""
_FLOATING = {"DOUBLE", "FLOAT"}
MANY = 500_000
"""Rows from which on it is worth while to look for a quicker way to sort them."""
_FEW, _SAMPLE = 4_096, 122_880
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

    def ordered(self, relation: str | None = None, quickly: "Quick | None" = None) -> str:
        """The rows of the file, or of ``relation``, so sorted that the same rows give the same bytes.

        They stand in the order of the key and then of every column, where the contract has a partition within each
        part; the last column is then the part, under the name ``UNIT``. ``quickly`` says what spares work, where the key
        is unique.
        """
        known = quickly.codes if quickly else {}
        columns = ", ".join(
            f"CAST({ident(name)} AS ENUM({', '.join(map(literal, known[name]))})) AS {ident(name)}"
            if name in known
            else ident(name)
            for name in self.columns
        )
        rows = f"SELECT {columns} FROM ({relation or self.relation})"
        order = [ident(name) for name in dict.fromkeys((*self.contract.key, *(() if quickly else self.columns)))]
        how = self.partitioning
        if how is None:
            return f"SELECT * FROM ({rows}) ORDER BY {', '.join(order)}"
        return f"SELECT *, {how.part} AS {UNIT} FROM ({rows}) ORDER BY {', '.join(dict.fromkeys((how.part, *order)))}"

    def quick(self, con: "DuckDBPyConnection") -> "Quick | None":
        """What spares work in sorting the file, where its rows are so many that finding it out is worth the while."""
        (rows,) = con.execute(f"SELECT count(*) FROM {self._file}").fetchone() or (0,)
        if rows < MANY or any(self.columns[name] in _FLOATING for name in self.contract.key):
            return None
        codes: dict[str, list[str]] = {}
        for name, kind in self.columns.items():
            if kind == "VARCHAR" and name != self.contract.partition:
                found = self._few(con, f"SELECT {ident(name)} FROM {self._file} LIMIT {_SAMPLE}", name)
                found = found and self._few(con, f"SELECT {ident(name)} FROM {self._file}", name)
                codes |= {name: found} if found else {}
        return Quick(codes)

    def _few(self, con: "DuckDBPyConnection", query: str, name: str) -> list[str] | None:
        """The different texts of a column, in order; ``None`` where they are more than a few."""
        column = ident(name)
        found = con.execute(
            f"SELECT DISTINCT {column} FROM ({query}) WHERE {column} IS NOT NULL ORDER BY 1 LIMIT {_FEW + 1}"
        ).fetchall()
        texts = [text for (text,) in found]
        return texts if len(texts) <= _FEW and not any("\0" in text for text in texts) else None  # no SQL holds a NUL


@dataclass(frozen=True)
class Quick:
    """How many rows are sorted in less time: by their key alone, and with texts that repeat as their numbers.

    ``codes`` holds the different texts of such columns, in their order. It is the same order where no two rows share a
    key; who reads them has to make sure of that.
    """

    codes: Mapping[str, list[str]]


def _said(columns: Mapping[str, str]) -> list[str]:
    return [f"{name} {kind}" for name, kind in columns.items()]
