"""The content hash: one SHA-256 for what a table says, whatever the order of its rows and the bytes of its files.

A table without partitions is one part. One with partitions has a part for each value of its partition column, or for
each day of UTC where that column holds dates or times, whatever the files are cut by. Each part is read in the order of
its rows, which a commit sorts by the key and then by every column. Of each column two digests are taken: of one number
per row that says where a value is missing or how many bytes it has, and of the values one after the other. A part's
digest is that of its row count and its columns' digests by name; the content hash is that of the schema, the number of
rows and the sorted digests of the parts.

Numbers are little-endian. Per row: -1 for null, else the bytes of a text or 0. Values: texts in UTF-8; integers, dates
(days since 1970-01-01) and timestamps (microseconds since 1970-01-01T00:00Z) as 64-bit integers, booleans as 0 and 1
likewise; decimals as 128-bit integers without their point; doubles and floats as 64-bit IEEE 754, negative zero as
zero and every NaN alike. A null adds no bytes to the values of a text and zero bits to those of the others.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from blueprint.sql import ident
from lake.partitions import UNIT, runs

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_BATCH = 100_000


Part = tuple[int, str]
"""The number of rows of a part, and its digest."""


def content_hash(
    connection: "DuckDBPyConnection", queries: Iterable[str], types: Mapping[str, str], part: str | None = None
) -> tuple[int, str]:
    """Row count and content hash (64 hexadecimal digits) of the rows of ``queries``, whose columns have ``types``.

    Each query holds one part or, where the expression ``part`` is given, every part that it has a value for, one after
    the other. Parts without rows count for nothing, so that a table without rows has one hash.
    """
    return joined((told for query in queries for told in parts_of(connection, query, types, part)), types)


def joined(parts: Iterable[Part], types: Mapping[str, str]) -> tuple[int, str]:
    """Row count and content hash of a table of these ``parts``."""
    found = [(rows, digest) for rows, digest in parts if rows]
    rows = sum(number for number, _ in found)
    line = [sorted(types.items()), rows, sorted(digest for _, digest in found)]
    return rows, hashlib.sha256(_json(line)).hexdigest()


def parts_of(
    connection: "DuckDBPyConnection", query: str, types: Mapping[str, str], part: str | None = None
) -> Iterator[Part]:
    """Each part of a query."""
    columns = ", ".join(map(ident, types))
    reader = connection.execute(f"SELECT {columns}, {part or 'true'} AS {UNIT} FROM ({query})").to_arrow_reader(_BATCH)
    pieces = ((value, batch, start, end) for batch in reader for value, start, end in runs(batch.column(UNIT)))
    for _, group in groupby(pieces, key=lambda piece: piece[0]):
        digest = PartDigest(types)
        for _, batch, start, end in group:
            digest.update(batch.slice(start, end - start))
        yield digest.told()


class PartDigest:
    """The digests of the columns ``names`` of one part, of the rows that came so far."""

    def __init__(self, names: Iterable[str]) -> None:
        self._values = {name: hashlib.sha256() for name in sorted(names)}
        self._shapes: dict[str, Any] = {}
        """Those of columns that have texts or nulls."""
        self._whole = hashlib.sha256()
        """That of all other columns: nought for each row."""
        self._rows = 0

    def update(self, batch: "pa.RecordBatch") -> None:
        """Take the next rows; other columns than those of the part are passed over."""
        for name, of_values in self._values.items():
            shape, values = _canonical(batch.column(name))
            of_values.update(values)
            if shape is not None and name not in self._shapes:
                self._shapes[name] = self._whole.copy()
            if name in self._shapes:
                self._shapes[name].update(bytes(8 * batch.num_rows) if shape is None else shape)
        self._whole.update(bytes(8 * batch.num_rows))
        self._rows += batch.num_rows

    def told(self) -> Part:
        said = [
            [name, self._shapes.get(name, self._whole).hexdigest(), values.hexdigest()]
            for name, values in self._values.items()
        ]
        return self._rows, hashlib.sha256(_json([self._rows, said])).hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _canonical(column: "pa.Array[Any]") -> "tuple[memoryview | None, memoryview]":
    """The bytes of a column that its digests are taken of: one number per row, and the values.

    ``None`` stands for numbers that are all nought.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        lengths = _filled(pc.binary_length(column), -1).to_numpy(zero_copy_only=False)
        return _bytes(lengths.astype("<i8")), _text_bytes(_filled(column, ""))
    shape = _bytes(np.where(column.is_null().to_numpy(zero_copy_only=False), -1, 0)) if column.null_count else None
    if pa.types.is_decimal(kind):
        wide = _filled(column.cast(pa.decimal128(38, kind.scale)), 0)
        words = np.frombuffer(wide.buffers()[1], dtype="<i8")[2 * wide.offset : 2 * (wide.offset + len(wide))]
        return shape, _bytes(words)
    if pa.types.is_floating(kind):
        numbers = _filled(column.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        unlike = (numbers == 0.0) | np.isnan(numbers)
        return shape, _bytes(
            np.where(np.isnan(numbers), np.nan, np.where(unlike, 0.0, numbers)) if unlike.any() else numbers
        )
    whole = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    return shape, _bytes(_filled(column.cast(whole), 0).to_numpy(zero_copy_only=False))


def _filled(column: "pa.Array[Any]", value: Any) -> "pa.Array[Any]":
    import pyarrow.compute as pc

    return pc.fill_null(column, value) if column.null_count else column


def _bytes(numbers: "np.ndarray[Any, Any]") -> memoryview:
    """Little-endian, 8 bytes each."""
    import numpy as np

    kind = "<f8" if numbers.dtype.kind == "f" else "<i8"
    return memoryview(np.ascontiguousarray(numbers, kind)).cast("B")


def _text_bytes(column: "pa.Array[Any]") -> memoryview:
    import numpy as np
    import pyarrow as pa

    _, offsets, data = column.buffers()
    width = "<i8" if pa.types.is_large_string(column.type) else "<i4"
    ends = np.frombuffer(offsets, dtype=width)[column.offset : column.offset + len(column) + 1]
    if data is None or not len(column):
        return memoryview(b"")
    return memoryview(data)[int(ends[0]) : int(ends[-1])]
