"""Tables inside delivered files: every row as text, with the place it came from."""

import gc
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Reading
from dags.errors import DeliveryUnreadable
from dags.sources.blocks import Block, Columns
from dags.sources.csv_blocks import CsvFile
from dags.sources.texts import empty

if TYPE_CHECKING:
    import pyarrow as pa

_EXCEL_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

_ROWS = 200_000
_USUAL = (1e-3, 1e15)
"""Sizes between which a number is written without an exponent."""


@dataclass(frozen=True)
class Table:
    """The table of one file: its header texts, and the rows below them."""

    file: str
    sheet: str
    header: tuple[str, ...]
    blocks: Iterator[Block]


def fold(text: str) -> str:
    """Header text as it is compared: NFC, one blank for any white space, no case."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def read(path: Path, name: str, reading: Reading) -> Table:
    """Open the table that ``reading`` declares in the file at ``path``, which the agency called ``name``.

    Raises:
        DeliveryUnreadable: another format than declared, or damaged.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    with path.open("rb") as file:
        magic = file.read(8)
    looks_like_excel = magic.startswith(_EXCEL_MAGIC)
    if reading.format == "csv" and looks_like_excel:
        raise _unreadable(name, "CSV", "một sổ tính Excel", "an Excel workbook")
    if reading.format == "excel":
        if not looks_like_excel:
            raise _unreadable(name, "Excel", "không phải sổ tính Excel", "no Excel workbook")
        return _excel(path, name, reading)
    return _csv(path, name, reading)


def _unreadable(name: str, wanted: str, came_vi: str, came_en: str) -> DeliveryUnreadable:
    return DeliveryUnreadable(
        f"{name}: hợp đồng dữ liệu cần tệp {wanted}, nhưng nội dung là {came_vi}. Hãy gửi lại đúng định dạng.",
        f"{name}: the contract wants {wanted}, but the content is {came_en}. Send it again in that format.",
    )


def _header(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Header texts; several header rows are joined with ' / ', a title that spans columns carries on to the right."""
    if len(rows) == 1:
        return tuple(" ".join(cell.split()) for cell in rows[0])
    width = max(map(len, rows))
    parts: list[list[str]] = [[] for _ in range(width)]
    for level, row in enumerate(rows):
        carried = ""
        for position in range(width):
            cell = " ".join(row[position].split()) if position < len(row) else ""
            carried = cell or (carried if level < len(rows) - 1 else "")
            if carried:
                parts[position].append(carried)
    return tuple(" / ".join(part) for part in parts)


def _csv(path: Path, name: str, reading: Reading) -> Table:
    file = CsvFile(path, name, reading)
    head = file.head()
    header = _header(head) if head else ()
    if not header:
        raise empty(name)
    return Table(name, "", header, file.blocks(len(header)))


def _excel(path: Path, name: str, reading: Reading) -> Table:
    with _no_collection():
        return _excel_table(path, name, reading)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Cells are values without cycles; looking for cycles among hundreds of thousands of them takes longer than to make them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _excel_table(path: Path, name: str, reading: Reading) -> Table:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet_name = _sheet_name(book.sheet_names, reading.sheet, name)
        cells = book.get_sheet_by_name(sheet_name).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise DeliveryUnreadable(
            f"{name}: không mở được sổ tính ({error}). Tệp có thể bị cắt hoặc hỏng; hãy gửi lại.",
            f"{name}: the workbook does not open ({error}). It may be cut off or damaged; send it again.",
        ) from error
    if len(cells) < max(reading.header_rows):
        raise empty(name)
    header = _header([[_text(cell) for cell in cells[number - 1]] for number in reading.header_rows])
    first = reading.first_row or max(reading.header_rows) + 1
    body = list(_blocks(cells, first - 1))
    if not body:
        raise empty(name)
    return Table(name, sheet_name, header, iter(body))


def _blocks(cells: list[list[Any]], start: int) -> Iterator[Columns]:
    """The rows from ``start`` (from 0) on that are not blank."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    for at in range(start, len(cells), _ROWS):
        rows = cells[at : at + _ROWS]
        arrays = [_texts(column) for column in zip(*rows, strict=True)]
        starts = pc.equal(pc.utf8_trim_whitespace(arrays[0]), "") if arrays else pa.array([True] * len(rows))
        blank = [n for n in np.flatnonzero(starts.to_numpy(zero_copy_only=False)) if _is_blank(rows[n])]
        if len(blank) < len(rows):
            kept = np.delete(np.arange(len(rows)), blank)
            yield Columns(at + 1 + kept, [a.take(pa.array(kept)) for a in arrays] if blank else arrays)


def _is_blank(row: Sequence[Any]) -> bool:
    return all(type(cell) is str and not cell.strip() for cell in row)


def _texts(cells: Sequence[Any]) -> "pa.Array":
    """``_text`` of every cell; columns of usual numbers at once, for Arrow writes these as Python does."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = set(map(type, cells))
    if kinds == {float}:
        numbers = np.array(cells)
        whole = numbers == np.trunc(numbers)
        size = np.abs(numbers)
        if ((size < _USUAL[1]) & (whole | (size > _USUAL[0]))).all():
            texts = pa.array(numbers).cast(pa.string())
            return pc.if_else(whole, pa.array(np.where(whole, numbers, 0).astype(np.int64)).cast(pa.string()), texts)
    return pa.array(cells if kinds == {str} else [c if type(c) is str else _text(c) for c in cells], pa.string())


def _sheet_name(names: list[str], wanted: str | int, file: str) -> str:
    if isinstance(wanted, int):
        if wanted < len(names):
            return names[wanted]
    else:
        for found in names:
            if fold(found) == fold(wanted):
                return found
    listed = ", ".join(repr(n) for n in names)
    raise DeliveryUnreadable(
        f"{file}: không có trang tính {wanted!r}. Các trang có trong tệp: {listed}.",
        f"{file}: there is no sheet {wanted!r}. Sheets in the file: {listed}.",
    )


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a fraction, dates and times by ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)
