# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyarrow, pandas and duckdb ship partial types or none, so strict checking ends at their door.
"""Rows as frames. The only place that knows the frame libraries, each loaded when it is asked for."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanoi_cloud._cache import written_at_once
from hanoi_cloud._duckdb import keep_footers, parquet_pattern
from hanoi_cloud._exceptions import ConfigurationError, PartsNotServed
from hanoi_cloud._need import need
from hanoi_cloud._ranges import RangeFile
from hanoi_cloud._where import Dialect, Where

if TYPE_CHECKING:
    import duckdb
    import ibis
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Source = Path | RangeFile


class Frames(ABC):
    """The rows of a Parquet file in the shape that the caller's library has for them.

    Timestamps keep their zone, which is UTC. ``columns`` names the columns wanted, in that order; all where absent.
    ``where`` is a condition made with ``col``; rows that do not meet it are left out. A large file of which only some
    columns or rows are wanted is not fetched whole: the parts that hold them are.
    """

    @abstractmethod
    def _selection(self, columns: Sequence[str] | None, where: Where | None) -> tuple[Source, Where | None]:
        """The Parquet file, known to have these columns, and the condition with values of their types."""

    @abstractmethod
    def _whole(self) -> Path:
        """The Parquet file on this computer."""

    @abstractmethod
    def _parts(self) -> Source:
        """The Parquet file on this computer, or where it lies, to be read part by part."""

    @property
    def schema(self) -> "pa.Schema":
        """The names and Arrow types of the columns. Needs ``pip install "hanoi-cloud[arrow]"``; no row is fetched."""
        try:
            return _fragment(self._parts(), "arrow").physical_schema
        except PartsNotServed:
            return _fragment(self._whole(), "arrow").physical_schema

    def to_arrow(self, columns: Sequence[str] | None = None, *, where: Where | None = None) -> "pa.Table":
        """The rows as an Arrow table. Needs ``pip install "hanoi-cloud[arrow]"``."""
        return _arrow(self, columns, where, "arrow")

    def to_pandas(self, columns: Sequence[str] | None = None, *, where: Where | None = None) -> "pd.DataFrame":
        """The rows as a pandas frame. Needs ``pip install "hanoi-cloud[pandas]"``.

        Whole numbers are ``Int64`` and truth values ``boolean``, so that gaps stay gaps; dates are ``datetime64``
        without a zone; decimals are ``decimal.Decimal``.
        """
        need("pandas", "pandas")
        return as_pandas(_arrow(self, columns, where, "pandas"))

    def to_polars(self, columns: Sequence[str] | None = None, *, where: Where | None = None) -> "pl.DataFrame":
        """The rows as a polars frame. Needs ``pip install "hanoi-cloud[polars]"``."""
        need("polars", "polars")
        import polars as pl

        source, condition = self._selection(columns, where)
        if isinstance(source, RangeFile):
            return as_polars(_table(self, source, columns, condition, "polars"))
        rows = pl.scan_parquet(source, glob=False, hive_partitioning=False)
        if condition is not None:
            rows = rows.filter(condition.written(_polars()))
        return (rows if columns is None else rows.select(list(columns))).collect()

    def to_duckdb(
        self,
        columns: Sequence[str] | None = None,
        *,
        where: Where | None = None,
        connection: "duckdb.DuckDBPyConnection | None" = None,
    ) -> "duckdb.DuckDBPyRelation":
        """The rows as a DuckDB relation of ``connection``, or of DuckDB's default one; nothing is loaded yet.

        The default one then keeps the footers of Parquet files (``parquet_metadata_cache``). Needs
        ``pip install "hanoi-cloud[duckdb]"``.
        """
        need("duckdb", "duckdb")
        import duckdb

        used = connection or duckdb.default_connection()
        if connection is None:
            keep_footers(used)
        source, condition = self._selection(columns, where)
        if isinstance(source, RangeFile):
            return used.from_arrow(_table(self, source, columns, condition, "duckdb"))
        relation = used.read_parquet(parquet_pattern(source), hive_partitioning=False)
        if condition is not None:
            relation = relation.filter(condition.written(_duckdb()))
        return relation if columns is None else relation.select(*map(duckdb.ColumnExpression, columns))

    def table(self, *, backend: "ibis.BaseBackend | None" = None) -> "ibis.Table":
        """The rows as an Ibis table of ``backend``, or of Ibis's default one; nothing is loaded until it is executed.

        Tables of one backend can be joined. The file is fetched whole where it is not in the cache. Needs
        ``pip install "hanoi-cloud[ibis]"``.
        """
        need("ibis", "ibis")
        import ibis

        used = ibis.get_backend() if backend is None else backend
        self._selection(None, None)  # warns of announced changes
        path = self._whole()
        if used.name != "duckdb":
            return used.read_parquet(path)
        return used.read_parquet(parquet_pattern(path), hive_partitioning=False)

    def iter_batches(
        self, columns: Sequence[str] | None = None, *, where: Where | None = None, rows: int = 65_536
    ) -> "Iterator[pa.RecordBatch]":
        """The rows as Arrow batches of at most ``rows`` rows, in memory that does not grow with their number.

        Needs ``pip install "hanoi-cloud[arrow]"``. The file is fetched whole first, where it is not in the cache.
        """
        columns = None if columns is None else list(columns)
        _, condition = self._selection(columns, where)
        fragment = _fragment(self._whole(), "arrow")
        batches = fragment.to_batches(
            schema=None,
            columns=columns,
            filter=None if condition is None else condition.written(_pyarrow()),
            batch_size=rows,
            batch_readahead=1,
            fragment_readahead=1,
            cache_metadata=False,
        )
        return (batch for batch in batches if batch.num_rows)


def as_pandas(rows: "pa.Table") -> "pd.DataFrame":
    """An Arrow table as a pandas frame in which gaps stay gaps."""
    need("pandas", "pandas")
    import pandas as pd

    kept = {"int64": pd.Int64Dtype(), "bool": pd.BooleanDtype()}

    def dtype(kind: object) -> object:
        return kept.get(str(kind))

    return rows.to_pandas(types_mapper=dtype, date_as_object=False)


def as_polars(rows: "pa.Table") -> "pl.DataFrame":
    """An Arrow table as a polars frame."""
    need("polars", "polars")
    import polars as pl

    frame = pl.from_arrow(rows)
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def as_arrow(table: Any) -> "pa.Table":
    """A frame of any library as an Arrow table: Arrow, pandas, polars, DuckDB, Ibis, a dataset, or an Arrow stream."""
    need("pyarrow", "arrow")
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    for method in ("to_arrow_table", "to_arrow", "to_pyarrow"):
        if hasattr(table, method):
            return as_arrow(getattr(table, method)())
    if hasattr(table, "iloc"):
        return pa.Table.from_pandas(table, preserve_index=False)
    try:
        return pa.table(table)
    except TypeError as cause:
        raise ConfigurationError(
            f"{type(table).__name__} is no table. Give an Arrow table, or a frame of pandas, polars, DuckDB or Ibis.",
            f"{type(table).__name__} không phải bảng. Hãy dùng bảng Arrow, hoặc bảng của pandas, polars, DuckDB hay Ibis.",
        ) from cause


def records(frames: Frames, columns: Sequence[str], where: Where | None) -> Iterator[dict[str, Any]]:
    """The rows one by one, by column name."""
    return (row for batch in frames.iter_batches(columns, where=where) for row in batch.to_pylist())


def shown_rows(rows: "pa.Table", limit: int) -> list[dict[str, Any]]:
    """The first ``limit`` rows as values that JSON and a terminal can show; times by ISO 8601 in UTC."""
    return [{name: _shown(value) for name, value in row.items()} for row in rows.slice(0, limit).to_pylist()]


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def write_rows(rows: "pa.Table", path: Path) -> None:
    """Write ``rows`` to a .parquet or .csv file, whole or not at all.

    Raises ConfigurationError for a file of another ending.
    """
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    kind = path.suffix.lower()
    if kind not in {".parquet", ".csv"}:
        raise ConfigurationError(
            f"{path}: the ending must be .parquet or .csv.", f"{path}: tên tệp phải kết thúc bằng .parquet hoặc .csv."
        )
    with written_at_once(path) as file:
        if kind == ".parquet":
            pq.write_table(rows, file)
        else:
            csv.write_csv(rows, file)


def _arrow(frames: Frames, columns: Sequence[str] | None, where: Where | None, extra: str) -> "pa.Table":
    source, condition = frames._selection(columns, where)  # pyright: ignore[reportPrivateUsage]
    return _table(frames, source, columns, condition, extra)


def _table(
    frames: Frames, source: Source, columns: Sequence[str] | None, condition: Where | None, extra: str
) -> "pa.Table":
    """The chosen rows of ``source``; of the whole file where the server sends no parts of it."""
    need("pyarrow", extra)
    if isinstance(source, RangeFile):
        try:
            return _remote(source, columns, condition)
        except PartsNotServed:
            source = frames._whole()  # pyright: ignore[reportPrivateUsage]
    return _fragment(source, extra).to_table(
        columns=None if columns is None else list(columns),
        filter=None if condition is None else condition.written(_pyarrow()),
    )


def _remote(source: RangeFile, columns: Sequence[str] | None, condition: Where | None) -> "pa.Table":
    """The chosen rows of a file that lies at the catalogue, of which only the byte ranges travel that hold them.

    They are reckoned from the file's footer and fetched by this thread: threads of Arrow's that read through Python may
    outlive the interpreter, which then ends with a crash.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    expression = None if condition is None else condition.written(_pyarrow())
    fragment = _fragment(source, "arrow")
    groups = [group.id for group in (fragment if expression is None else fragment.subset(expression)).row_groups]
    wanted = fragment.physical_schema.names if columns is None else list(columns)
    read = list(dict.fromkeys((*wanted, *(() if condition is None else condition.columns))))
    source.hold(_spans(fragment.metadata, groups, read))
    file = pq.ParquetFile(pa.PythonFile(source, mode="r"), metadata=fragment.metadata)
    rows = file.read_row_groups(groups, columns=read, use_threads=False)
    return (rows if expression is None else rows.filter(expression)).select(wanted)


def _spans(footer: Any, groups: Sequence[int], columns: Sequence[str]) -> list[tuple[int, int]]:
    """The first byte and the length of each column of each of these row groups."""
    places = [at for at in range(footer.num_columns) if footer.schema.column(at).path in columns]
    found: list[tuple[int, int]] = []
    for group in groups:
        for at in places:
            chunk = footer.row_group(group).column(at)
            starts = [chunk.data_page_offset, *([chunk.dictionary_page_offset] if chunk.has_dictionary_page else [])]
            found.append((min(starts), chunk.total_compressed_size))
    return found


def _fragment(source: Source, extra: str) -> Any:
    """The file as one fragment of an Arrow dataset, which names no column after the folders above it."""
    need("pyarrow", extra)
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.fs as fs

    form = ds.ParquetFileFormat(default_fragment_scan_options=ds.ParquetFragmentScanOptions(pre_buffer=False))
    if isinstance(source, RangeFile):
        return form.make_fragment(pa.PythonFile(source, mode="r"))
    return form.make_fragment(str(source), filesystem=fs.LocalFileSystem())


def _pyarrow() -> Dialect:
    import pyarrow as pa
    import pyarrow.compute as pc

    return Dialect(pc.field, pa.scalar, lambda column: column.is_null())


def _polars() -> Dialect:
    import polars as pl

    return Dialect(pl.col, pl.lit, lambda column: column.is_null())


def _duckdb() -> Dialect:
    import duckdb

    return Dialect(duckdb.ColumnExpression, duckdb.ConstantExpression, lambda column: column.isnull())
