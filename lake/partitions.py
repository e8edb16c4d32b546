"""Partitions: which rows of a table stand together in one file, and which of them the content hash takes together.

A contract names one column and how it parts the rows: by its values, by the day or by the month. Days and months are
those of UTC, for they are Iceberg's own transforms, which every reader of the format leaves files out by. Where the
column holds times, the content hash goes by days however the files are cut, so that a table that turns from days to
months says the same under the same hash.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, Self

from blueprint import Contract
from blueprint.sql import ident
from blueprint.types import DATED, DUCKDB_TYPES

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.transforms import Transform

By = Literal["value", "day", "month"]
UNIT = "_partition"
"""The column that carries a row's partition; no contract may name a column so."""
_FIRST_FIELD = 1000
_TIMES = frozenset(DUCKDB_TYPES[kind] for kind in DATED)


@dataclass(frozen=True)
class Partitioning:
    """How a table's rows are parted: the column, its DuckDB type, and by what."""

    column: str
    kind: str
    by: By

    @classmethod
    def of(cls, contract: Contract, columns: Mapping[str, str]) -> Self | None:
        """What the contract asks for; ``columns`` maps names to DuckDB types."""
        name = contract.partition
        return cls(name, columns[name], contract.partition_by) if name else None

    @classmethod
    def written(cls, spec: "PartitionSpec", schema: "Schema") -> Self | None:
        """What a table's ``spec`` says of the columns of ``schema``."""
        from lake.schema import duckdb_type_of

        if not spec.fields:
            return None
        field = schema.find_field(spec.fields[0].source_id)
        by = str(spec.fields[0].transform)
        return cls(field.name, duckdb_type_of(field), "day" if by == "day" else "month" if by == "month" else "value")

    @property
    def timed(self) -> bool:
        """Whether the column holds dates or times."""
        return self.kind in _TIMES

    @property
    def part(self) -> str:
        """The SQL expression that rows of one part of the content hash have in common."""
        column = ident(self.column)
        if self.kind == "TIMESTAMP WITH TIME ZONE":
            # A cast would ask for the session's time zone, row by row; this is UTC's day, and ten times faster.
            return f"CAST(make_timestamp(epoch_us({column})) AS DATE)"
        return f"CAST({column} AS DATE)" if self.timed else column

    @property
    def unit(self) -> str:
        """The SQL expression for a row's partition, as Iceberg writes it: days and months are counted from 1970."""
        if self.timed:
            by = "month" if self.by == "month" else "day"
            return f"date_diff('{by}', DATE '1970-01-01', {self.part})"
        return self.part

    @property
    def name(self) -> str:
        """The name of Iceberg's partition field, which must be no other column's, now and later."""
        return self.column if self.by == "value" else f"_{self.column}_{self.by}"

    @property
    def transform(self) -> "Transform[Any, Any]":
        from pyiceberg.transforms import DayTransform, IdentityTransform, MonthTransform

        return {"value": IdentityTransform(), "day": DayTransform(), "month": MonthTransform()}[self.by]

    def field(self, schema: "Schema") -> "PartitionField":
        """The field of a new table's partition spec."""
        from pyiceberg.partitioning import PartitionField

        return PartitionField(schema.find_field(self.column).field_id, _FIRST_FIELD, self.transform, self.name)


def partitions(reader: "pa.RecordBatchReader") -> "Iterator[tuple[Any, pa.RecordBatchReader]]":
    """Cut rows that come in the order of their column ``UNIT`` into partitions: the value, and its rows without it.

    Each partition must be read to its end before the next one; no more than one batch is held at a time.
    """
    import pyarrow as pa

    at = reader.schema.get_field_index(UNIT)
    schema = reader.schema.remove(at)
    for value, pieces in groupby(_pieces(reader, at), key=lambda piece: piece[0]):
        yield value, pa.RecordBatchReader.from_batches(schema, (rows for _, rows in pieces))


def _pieces(reader: "pa.RecordBatchReader", at: int) -> "Iterator[tuple[Any, pa.RecordBatch]]":
    for batch in reader:
        rows = batch.remove_column(at)
        for value, start, end in runs(batch.column(at)):
            yield value, rows.slice(start, end - start)


def runs(column: "pa.Array[Any]") -> Iterator[tuple[Any, int, int]]:
    """Each value that stands in one or more neighbouring rows, the first of them, and the first one after them.

    >>> import pyarrow as pa
    >>> list(runs(pa.array([3, 3, 5, 3])))
    [(3, 0, 2), (5, 2, 3), (3, 3, 4)]
    """
    import pyarrow.compute as pc

    if not len(column):
        return
    found = pc.run_end_encode(column)
    start = 0
    for value, end in zip(found.values.to_pylist(), found.run_ends.to_pylist(), strict=True):
        yield value, start, end
        start = end
