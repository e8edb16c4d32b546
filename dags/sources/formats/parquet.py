"""Parquet: typed columns as the texts that other formats would bring, in flat memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Reading
from dags.errors import DeliveryUnreadable
from dags.settings import PipelineSettings
from dags.sources.blocks import Block, Columns
from dags.sources.formats.records import refuse_font
from dags.sources.tables import Table
from dags.sources.texts import empty

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS = 20_000
_MOST_COLUMNS = 16_384
_LISTED = 10
_LONGEST = 256 * 1024 * 1024
"""Bytes of the texts of one column in one block."""


def read_parquet(path: Path, name: str, reading: Reading) -> Table:  # noqa: ARG001 - every reader has one signature
    """The table of the Parquet file at ``path``, whose columns must be plain values.

    Whole numbers and decimals keep all their digits, dates and times are written by ISO 8601, those with a zone in UTC. Fractions
    that are no number come as ``nan``, which no column of numbers takes.

    Raises:
        DeliveryUnreadable: damaged, larger unpacked than the settings allow, or a column of lists, structures or bytes.
        DeliveryEmpty: as its name says.
    """
    with _opened(path, name) as file:
        schema = file.schema_arrow
        _refuse_nested(schema, name)
        _refuse_large(file.metadata, name)
        if not file.metadata.num_rows or not len(schema):
            raise empty(name)
        words = [field.name for field in schema if _is_text(field.type) and schema.names.count(field.name) == 1]
    at = [position for position, field in enumerate(schema) if _is_text(field.type)]
    for first in islice(_blocks(path, name, words), 1):
        refuse_font((text for position in at for text in first.column(position).unique().to_pylist()), name)
    return Table(name, "", tuple(schema.names), _blocks(path, name, words), header_row=0, first_row=1)


@contextmanager
def _opened(path: Path, name: str, **options: Any) -> "Iterator[pq.ParquetFile]":
    """The file, and what goes wrong while it is read told as damage."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, memory_map=False, **options) as file:
            yield file
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DeliveryUnreadable(
            f"{name}: không mở được tệp Parquet ({why}). Tệp có thể bị cắt hoặc hỏng; hãy xuất và gửi lại.",
            f"{name}: the Parquet file does not open ({why}). It may be cut off or damaged; export and send it again.",
        ) from error


def _blocks(path: Path, name: str, words: Sequence[str]) -> Iterator[Block]:
    """The rows; ``words`` are columns of text, which stay encoded until it is known how long they unfold."""
    import numpy as np

    number = 1
    with _opened(path, name, read_dictionary=list(words)) as file:
        for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
            if not len(batch):
                continue
            numbers = np.arange(number, number + len(batch), dtype=np.int64)
            typed = [not _is_text(column.type) for column in batch.columns]
            columns = [_texts(column, name) for column in batch.columns]
            yield Columns(numbers, columns, cells=partial(_typed, typed, len(batch)))
            number += len(batch)


def _typed(typed: Sequence[bool], rows: int, position: int) -> "np.ndarray[Any, Any] | None":
    import numpy as np

    return np.ones(rows, bool) if typed[position] else None


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow.types as of

    inner = kind.value_type if of.is_dictionary(kind) else kind
    return of.is_string(inner) or of.is_large_string(inner) or of.is_string_view(inner)


def _is_plain(kind: "pa.DataType") -> bool:
    """Whether values of ``kind`` are numbers, truth values, dates, times or texts."""
    import pyarrow.types as of

    inner = kind.value_type if of.is_dictionary(kind) else kind
    checks = (
        of.is_null,
        of.is_boolean,
        of.is_integer,
        of.is_floating,
        of.is_decimal,
        of.is_date,
        of.is_time,
        of.is_timestamp,
    )
    return _is_text(inner) or any(check(inner) for check in checks)


def _texts(column: "pa.Array", name: str) -> "pa.Array":
    """The values of a column as texts, empty where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as of

    column.validate(full=True)  # text that is no UTF-8
    if of.is_dictionary(column.type):
        _refuse_long(column, name)
        column = column.dictionary_decode()
    kind = column.type
    if of.is_null(kind):
        return pa.array([""] * len(column), pa.string())
    if of.is_float16(kind):
        column = column.cast(pa.float32())
    if of.is_timestamp(kind) and kind.tz:
        column = column.cast(pa.timestamp(kind.unit, "UTC"))
    texts = column.cast(pa.string())
    if of.is_timestamp(kind) or of.is_time(kind):
        texts = pc.replace_substring_regex(texts, r"(:[0-9]{2})\.0+(Z?)$", r"\1\2")
    return pc.fill_null(texts, "")


def _refuse_long(column: "pa.DictionaryArray", name: str) -> None:
    """Refuse few long texts that are repeated until they fill the memory."""
    import pyarrow.compute as pc

    if (
        _is_text(column.type)
        and (pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0) > _LONGEST
    ):
        raise DeliveryUnreadable(
            f"{name}: một cột có {len(column)} dòng liền nhau dài hơn {_LONGEST} byte. Hãy rút ngắn nội dung.",
            f"{name}: one column has {len(column)} rows together longer than {_LONGEST} bytes. Shorten its texts.",
        )


def _refuse_nested(schema: "pa.Schema", name: str) -> None:
    strange = [f"{field.name} ({field.type})" for field in schema if not _is_plain(field.type)]
    if strange or len(schema) > _MOST_COLUMNS:
        listed = ", ".join(strange[:_LISTED]) or f"> {_MOST_COLUMNS}"
        raise DeliveryUnreadable(
            f"{name}: cột phải chứa số, chữ, ngày giờ hoặc đúng/sai; các cột sau thì không: {listed}. "
            "Hãy tách danh sách và cấu trúc lồng nhau thành các cột riêng.",
            f"{name}: columns must hold numbers, texts, dates, times or truth values; these do not: {listed}. "
            "Export lists and structures as columns of their own.",
        )


def _refuse_large(metadata: "pq.FileMetaData", name: str) -> None:
    most = PipelineSettings().max_workbook_bytes
    largest = max((metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups)), default=0)
    if largest > most:
        raise DeliveryUnreadable(
            f"{name}: một nhóm dòng bung ra tới {largest} byte, quá mức {most} (HANOI_MAX_WORKBOOK_BYTES). "
            "Hãy xuất lại với nhóm dòng nhỏ hơn.",
            f"{name}: a row group unfolds to {largest} bytes, over {most} (HANOI_MAX_WORKBOOK_BYTES). "
            "Export the file with smaller row groups.",
        )
