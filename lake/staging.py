"""New rows on their way into a table: sorted once, they flow through in batches into one file for each partition.

What a version's content hash is taken of is reckoned from the same batches, so that nothing is read back that was just
written. No more is held in memory than a row group of one file, however many rows and partitions there are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lake.content import Part, PartDigest
from lake.partitions import UNIT, Partitioning, runs

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROW_GROUP = 122_880
"""Rows: DuckDB's own size, 60 of its vectors."""

Fields = Mapping[int, tuple[str, str]]
"""Field id -> name and DuckDB type."""


@dataclass(frozen=True)
class Staged:
    """Files that wait beside a table: their partitions as Iceberg names them, None where it has none, and their parts."""

    values: set[Any] | None
    files: list[Path] = field(default_factory=list[Path])
    parts: list[Part] = field(default_factory=list[Part])


class KeyRepeats(Exception):
    """Two rows share a key, so the key alone does not say which of them comes first."""


def stage(
    rows: "pa.RecordBatchReader", how: Partitioning | None, fields: Fields, folder: Path, unique: Sequence[str] = ()
) -> Staged:
    """Write ``rows``, which come in their order, with their part in the column ``UNIT`` where the table has partitions.

    Raises KeyRepeats where two neighbouring rows agree in the columns ``unique``, where there are any.
    """
    staged = Staged(None if how is None else set())
    schema, batches = _plain(rows)
    pieces = (piece for batch in _told_apart(batches, unique) for piece in _pieces(batch, how))
    by_file = groupby(pieces, key=lambda piece: how.unit_of(piece[0]) if how else None)
    for number, (unit, of_file) in enumerate(by_file):
        staged.files.append(folder / f"{number:04d}.parquet")
        if staged.values is not None:
            staged.values.add(unit)
        with DataFile(staged.files[-1], schema, fields) as file:
            staged.parts.extend(_written(file, of_file, [name for name, _ in fields.values()]))
    if how is None and not staged.files:
        staged.files.append(folder / "0000.parquet")
        with DataFile(staged.files[-1], schema, fields):
            pass
    return staged


def _plain(rows: "pa.RecordBatchReader") -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
    """The rows with texts in the place of numbers that stand for them."""
    import pyarrow as pa

    kinds = [column.type.value_type if pa.types.is_dictionary(column.type) else column.type for column in rows.schema]
    schema = pa.schema(list(zip(rows.schema.names, kinds, strict=True)))
    return schema, (batch.cast(schema) for batch in rows)


def _told_apart(batches: "Iterable[pa.RecordBatch]", unique: Sequence[str]) -> "Iterator[pa.RecordBatch]":
    """The batches, in which no two neighbouring rows agree in the columns ``unique``."""

    last: pa.RecordBatch | None = None
    for batch in batches:
        if unique and batch.num_rows:
            keys = batch.select(list(unique))
            if (last is not None and keys.slice(0, 1).equals(last)) or _some_alike(keys):
                raise KeyRepeats
            last = keys.slice(batch.num_rows - 1)
        yield batch


def _some_alike(keys: "pa.RecordBatch") -> bool:
    """Whether a row says the same as the one before it; nulls are alike."""
    import pyarrow.compute as pc

    alike: Any = True
    for column in keys.columns:
        now, before = column.slice(1), column.slice(0, len(column) - 1)
        same = pc.equal(now, before)
        if column.null_count:
            same = pc.if_else(pc.is_null(same), pc.and_(pc.is_null(now), pc.is_null(before)), same)
        alike = pc.and_(alike, same)
    return bool(pc.any(alike).as_py())


def _pieces(batch: "pa.RecordBatch", how: Partitioning | None) -> "Iterator[tuple[Any, pa.RecordBatch]]":
    """The neighbouring rows of one part each."""
    if how is None:
        yield None, batch
        return
    for value, start, end in runs(batch.column(UNIT)):
        yield value, batch.slice(start, end - start)


def _written(file: "DataFile", pieces: "Iterable[tuple[Any, pa.RecordBatch]]", names: Iterable[str]) -> Iterator[Part]:
    """Write the rows of one partition, and say what each of its parts is."""
    for _, of_part in groupby(pieces, key=lambda piece: piece[0]):
        digest = PartDigest(names)
        for _, batch in of_part:
            digest.update(batch)
            file.write(batch)
        yield digest.told()


class DataFile:
    """A Parquet file on its way, whose columns bear the table's field ids.

    A column that holds a NaN keeps no bounds: Parquet's own leave it out, and DuckDB, for which it is above every number,
    would pass over its row group.
    """

    def __init__(self, path: Path, schema: "pa.Schema", fields: Fields) -> None:
        import pyarrow as pa

        self.path = path
        known = {name: {"PARQUET:field_id": str(number)} for number, (name, _) in fields.items()}
        self._schema = pa.schema([schema.field(name).with_metadata(said) for name, said in known.items()])
        self._unbounded: set[str] = set()
        self._writer = self._opened(path)
        self._held: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: "pa.RecordBatch") -> None:
        """Take the next rows."""
        self._held.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROW_GROUP:
            self._flush(self._rows - self._rows % ROW_GROUP)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush(self._rows)
        self._writer.close()
        if kind is None and self._unbounded:
            self._write_again()

    def _flush(self, rows: int) -> None:
        """Write the first ``rows`` that are held."""
        import pyarrow as pa

        if rows:
            names = self._schema.names
            held = pa.Table.from_batches([batch.select(names) for batch in self._held]).cast(self._schema)
            self._unbounded.update(_with_nan(held))
            self._writer.write_table(held.slice(0, rows), ROW_GROUP)
            self._held, self._rows = held.slice(rows).to_batches(), self._rows - rows

    def _write_again(self) -> None:
        """Write the rows of the file anew, without the bounds that would be wrong."""
        import pyarrow.parquet as pq

        part = self.path.with_suffix(".again")
        with pq.ParquetFile(self.path) as file, self._opened(part) as writer:
            for group in range(file.num_row_groups):
                writer.write_table(file.read_row_group(group).cast(self._schema), ROW_GROUP)
        part.replace(self.path)

    def _opened(self, path: Path) -> "pq.ParquetWriter":
        import pyarrow as pa
        import pyarrow.parquet as pq

        return pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=[column.name for column in self._schema if pa.types.is_string(column.type)],
            write_statistics=[name for name in self._schema.names if name not in self._unbounded],
            store_schema=False,
            store_decimal_as_integer=True,
        )


def _with_nan(rows: "pa.Table") -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    for column in rows.schema:
        if pa.types.is_floating(column.type) and pc.any(pc.is_nan(rows[column.name])).as_py():
            yield column.name
