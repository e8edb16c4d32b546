"""Tables inside delivered files: every row as text, with the place it came from."""

import gc
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Reading
from dags.errors import DeliveryUnreadable
from dags.sources.blocks import Block, Columns
from dags.sources.csv_blocks import CsvFile
from dags.sources.encodings import Evidence
from dags.sources.fonts import settled_font, shown_in
from dags.sources.html_tables import looks_like_html
from dags.sources.syllables import one_spelling
from dags.sources.texts import empty
from dags.sources.workbooks import is_workbook, opened

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_ROWS = 200_000
_WHOLE_BELOW = 1e15
_FRACTIONS = (1e-3, 1e10)
"""Sizes below which a whole number, and between which a fraction, is written without an exponent, by Arrow as well."""


@dataclass(frozen=True)
class Table:
    """The table of one file: its header texts, and the rows below them."""

    file: str
    sheet: str
    header: tuple[str, ...]
    blocks: Iterator[Block]
    evidence: Evidence | None = None
    """What spoke for the encoding of the file."""


def fold(text: str) -> str:
    """Header text as it is compared: NFC, one blank for any white space, no case, one place for each tone mark."""
    return one_spelling(" ".join(unicodedata.normalize("NFC", text).split()).casefold())


def read(path: Path, name: str, reading: Reading) -> Table:
    """Open the table that ``reading`` declares in the file at ``path``, which the agency called ``name``.

    Raises:
        DeliveryUnreadable: another format than declared, or damaged.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    with path.open("rb") as file:
        start = file.read(2048)
    if reading.format == "csv" and looks_like_html(start):
        raise _unreadable(
            name, "CSV", "một trang web (HTML), có thể là trang báo lỗi", "a web page (HTML), perhaps an error page"
        )
    if reading.format == "csv" and is_workbook(start):
        raise _unreadable(name, "CSV", "một sổ tính Excel", "an Excel workbook")
    if reading.format == "excel":
        if not is_workbook(start):
            raise _unreadable(name, "Excel", "không phải sổ tính Excel", "no Excel workbook")
        return _excel(path, name, reading)
    return _csv(path, name, reading)


def _unreadable(name: str, wanted: str, came_vi: str, came_en: str) -> DeliveryUnreadable:
    return DeliveryUnreadable(
        f"{name}: hợp đồng dữ liệu cần tệp {wanted}, nhưng nội dung là {came_vi}. Hãy gửi lại đúng định dạng.",
        f"{name}: the contract wants {wanted}, but the content is {came_en}. Send it again in that format.",
    )


def header_texts(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
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
    header = header_texts(head) if head else ()
    if not header:
        raise empty(name)
    return Table(name, "", header, file.blocks(len(header)), file.evidence)


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
    with opened(path, name, reading.encoding) as book:
        sheet_name = _sheet_name(book.sheet_names, reading.sheet, name)
        cells = book.rows(sheet_name)
    if len(cells) < max(reading.header_rows):
        raise empty(name)
    head = [[cell_text(cell) for cell in cells[number - 1]] for number in reading.header_rows]
    first = reading.first_row or max(reading.header_rows) + 1
    body = list(_blocks(cells, first - 1))
    if not body:
        raise empty(name)
    accented = {text for row in head for text in row if not text.isascii()} | _accented(body)
    font, evidence = settled_font(accented, name, reading.encoding)
    if font:
        shown = {text: shown_in(font, text) for text in accented}
        head = [[shown.get(text, text) for text in row] for row in head]
        body = [replace(block, columns=[_changed(texts, shown) for texts in block.columns]) for block in body]
    return Table(name, sheet_name, header_texts(head), iter(body), evidence)


def _accented(blocks: Sequence[Columns]) -> set[str]:
    """The texts that hold more than ASCII letters."""
    return {text for block in blocks for texts in block.columns for text in _not_ascii(texts)}


def _not_ascii(texts: "pa.Array") -> list[str]:
    import pyarrow.compute as pc

    letters = texts.buffers()[2]
    if letters is None or letters.to_pybytes().isascii():
        return []
    return texts.unique().filter(pc.invert(pc.string_is_ascii(texts.unique()))).to_pylist()


def _changed(texts: "pa.Array", by: Mapping[str, str]) -> "pa.Array":
    import pyarrow as pa

    return pa.array([by.get(text, text) for text in texts.to_pylist()], pa.string())


def _blocks(cells: list[list[Any]], start: int) -> Iterator[Columns]:
    """The rows from ``start`` (from 0) on that are not blank."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    for at in range(start, len(cells), _ROWS):
        rows = cells[at : at + _ROWS]
        columns = list(zip(*rows, strict=True))
        arrays = [_texts(column) for column in columns]
        starts = pc.equal(pc.utf8_trim_whitespace(arrays[0]), "") if arrays else pa.array([True] * len(rows))
        blank = [n for n in np.flatnonzero(starts.to_numpy(zero_copy_only=False)) if _is_blank(rows[n])]
        if len(blank) < len(rows):
            kept = np.delete(np.arange(len(rows)), blank)
            texts = [a.take(pa.array(kept)) for a in arrays] if blank else arrays
            yield Columns(at + 1 + kept, texts, cells=partial(_valued, columns, kept))


def _valued(
    columns: Sequence[Sequence[Any]], kept: "np.ndarray[Any, Any]", position: int
) -> "np.ndarray[Any, Any] | None":
    """Which of the ``kept`` cells of a column hold a number or a date; ``None`` where none does."""
    import numpy as np

    kinds = list(map(type, columns[position]))
    texts = kinds.count(str)
    if not texts:
        return np.ones(len(kept), bool)
    return None if texts == len(kinds) else np.fromiter((kind is not str for kind in kinds), bool, len(kinds))[kept]


def _is_blank(row: Sequence[Any]) -> bool:
    return all(type(cell) is str and not cell.strip() for cell in row)


def _texts(cells: Sequence[Any]) -> "pa.Array":
    """``cell_text`` of every cell; columns of usual numbers at once, for Arrow writes these as Python does."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = set(map(type, cells))
    if kinds == {float}:
        numbers = np.array(cells)
        whole = numbers == np.trunc(numbers)
        size = np.abs(numbers)
        if np.where(whole, size < _WHOLE_BELOW, (size > _FRACTIONS[0]) & (size < _FRACTIONS[1])).all():
            texts = pa.array(numbers).cast(pa.string())
            return pc.if_else(whole, pa.array(np.where(whole, numbers, 0).astype(np.int64)).cast(pa.string()), texts)
    return pa.array(cells if kinds == {str} else [c if type(c) is str else cell_text(c) for c in cells], pa.string())


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


def cell_text(cell: Any) -> str:
    """A cell as text: whole numbers without a fraction, dates and times by ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)
