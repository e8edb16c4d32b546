"""Partitions: which rows of a table stand together in one file, and which of them the content hash takes together.

A contract names one column and how it parts the rows: by its values, by the day or by the month. Days and months are
those of UTC, for they are Iceberg's own transforms, which every reader of the format leaves files out by. Where the
column holds times, the content hash goes by days however the files are cut, so that a table that turns from days to
months says the same under the same hash.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
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
"""The column that carries a row's part; no contract may name a column so."""
_FIRST_DAY = date(1970, 1, 1)
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

    def unit_of(self, part: Any) -> Any:
        """The partition, as Iceberg writes it, of the rows for which the expression ``part`` has this value."""
        if not self.timed:
            return part
        return (part.year - 1970) * 12 + part.month - 1 if self.by == "month" else (part - _FIRST_DAY).days

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
