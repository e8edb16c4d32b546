"""The formats of an export: each turns the rows of DuckDB into pieces of a file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ckanext.hanoi_datastore import engine

from .columns import Column, given
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_POINTS = ((("latitude",), ("longitude",)), (("lat",), ("lon", "lng")))
_GEOMETRY = "geometry"


@dataclass(frozen=True)
class Format:
    """One format: its media type, the ending of its file, what is selected for it, and how it is written.

    `cells` returns the columns of a SELECT over the rows; `write` takes the batches of its result, and gives one piece for each.
    """

    media_type: str
    ending: str
    cells: Callable[[Sequence[Column], Mapping[str, Column]], str]
    write: Callable[[Any], Iterator[bytes]]
    rows: int = 10_000


def _plain(select: Sequence[Column], _: Mapping[str, Column]) -> str:
    return ", ".join(column.quoted for column in select)


def _readable(select: Sequence[Column], _: Mapping[str, Column]) -> str:
    """Numbers and days as they are, everything else as the text that JSON would hold."""
    kept = ("integer", "decimal", "float", "boolean", "date")
    cells = []
    for column in select:
        cell = given(column.kind, column.quoted) if column.family != "date" else column.quoted
        if column.family == "other":
            cell = f"to_json({cell})"
        cells.append(f"{cell if column.family in kept else f'CAST({cell} AS VARCHAR)'} AS {column.quoted}")
    return ", ".join(cells)


def _objects(select: Sequence[Column], _: Mapping[str, Column]) -> str:
    return f"CAST({_object(select)} AS VARCHAR) AS line"


def _features(select: Sequence[Column], columns: Mapping[str, Column]) -> str:
    shape, used = _shape(columns)
    properties = _object([column for column in select if column not in used])
    return f"CAST(json_object('type', 'Feature', 'geometry', {shape}, 'properties', {properties}) AS VARCHAR) AS line"


def _object(select: Sequence[Column]) -> str:
    pairs = (f"{engine.text(column.name)}, {given(column.kind, column.quoted)}" for column in select)
    return f"json_object({', '.join(pairs)})"


def _shape(columns: Mapping[str, Column]) -> tuple[str, list[Column]]:
    """Return the expression of a row's geometry, and the columns that are in it.

    :raises Problem: no column holds one
    """
    for column in columns.values():
        if _concept(column) == _GEOMETRY:
            return f"TRY_CAST({column.quoted} AS JSON)", [column]
    points = coordinates(columns)
    if points is None:
        listed = ", ".join(columns)
        raise Problem(
            "bad-value",
            f"Bộ dữ liệu không có tọa độ nên không xuất được GeoJSON. Các cột: {listed}.",
            f"The dataset has no coordinates, so it cannot be exported as GeoJSON. Its columns are: {listed}.",
            parameter="format",
            received="geojson",
            reason="no-coordinates",
        )
    lat, lon = points
    point = f"json_object('type', 'Point', 'coordinates', json_array({lon.quoted}, {lat.quoted}))"
    there = f"isfinite({lat.quoted}) AND isfinite({lon.quoted})"
    return f"CASE WHEN {there} THEN {point} END", [lat, lon]


def coordinates(columns: Mapping[str, Column]) -> tuple[Column, Column] | None:
    """Return the columns of latitude and longitude, by their concepts or else by their names."""
    numbers = [column for column in columns.values() if column.family in ("float", "decimal")]
    for said in (_concept, lambda column: column.name):
        for first, second in _POINTS:
            lat = next((column for column in numbers if said(column) in first), None)
            lon = next((column for column in numbers if said(column) in second), None)
            if lat and lon:
                return lat, lon
    return None


def has_shapes(columns: Mapping[str, Column]) -> bool:
    """Say whether the rows can be drawn on a map."""
    return coordinates(columns) is not None or any(_concept(column) == _GEOMETRY for column in columns.values())


def _concept(column: Column) -> str:
    return str(column.described.get("concept") or "").partition("@")[0]


def _csv(batches: Any) -> Iterator[bytes]:
    from pyarrow import csv

    sink = io.BytesIO()
    # A header is there even where no row is.
    csv.write_csv(batches.schema.empty_table(), sink)
    for batch in batches:
        csv.write_csv(batch, sink, csv.WriteOptions(include_header=False))
        yield _drained(sink)
    yield _drained(sink)


def _lines(batches: Any) -> Iterator[bytes]:
    for batch in batches:
        yield "".join(f"{line}\n" for line in batch.column(0).to_pylist()).encode()


def _collection(batches: Any) -> Iterator[bytes]:
    before = '{"type": "FeatureCollection", "features": [\n'
    for batch in batches:
        if batch.num_rows:
            yield (before + ",\n".join(batch.column(0).to_pylist())).encode()
            before = ",\n"
    yield ("\n]}\n" if before == ",\n" else before + "]}\n").encode()


def _arrow(batches: Any) -> Iterator[bytes]:
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield _drained(sink)
    yield _drained(sink)


def _parquet(batches: Any) -> Iterator[bytes]:
    from pyarrow import parquet

    sink = _Counted()
    with parquet.ParquetWriter(sink, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield sink.drained()
    yield sink.drained()


def _drained(sink: io.BytesIO) -> bytes:
    content = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return content


class _Counted(io.RawIOBase):
    """A file that is given away as it is written, and still knows how long it is."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        content = bytes(piece)
        self._pieces.append(content)
        self._length += len(content)
        return len(content)

    def tell(self) -> int:
        return self._length

    def drained(self) -> bytes:
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", "csv", _readable, _csv),
    "jsonl": Format("application/jsonl", "jsonl", _objects, _lines),
    "arrow": Format("application/vnd.apache.arrow.stream", "arrows", _plain, _arrow),
    "parquet": Format("application/vnd.apache.parquet", "parquet", _plain, _parquet, rows=100_000),
    "geojson": Format("application/geo+json", "geojson", _features, _collection),
}
