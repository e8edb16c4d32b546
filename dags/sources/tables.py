"""Tables inside delivered files: every row as text, with the place it came from."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial
from itertools import groupby, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Reading
from dags.settings import PipelineSettings
from dags.sources.blocks import Block, Columns
from dags.sources.csv_blocks import CsvFile
from dags.sources.encodings import Evidence
from dags.sources.fonts import settled_font, shown_in
from dags.sources.formats.sniff import refuse_others
from dags.sources.headers import TOP, fold, header_start, sheet_missing
from dags.sources.merged import filled
from dags.sources.texts import empty, first_records
from dags.sources.workbooks import Books, opened

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
    top: Sequence[Sequence[str]] = ()
    """The first rows of the sheet, titles and header included, in a workbook."""
    header_row: int = 1
    """The row number of the first header row, from 1."""
    first_row: int = 2
    """The row number from which rows are data."""


def read(path: Path, name: str, reading: Reading, books: Books | None = None) -> Table:
    """Open the table that ``reading`` declares in the file at ``path``, which the agency called ``name``.

    ``books`` are workbooks that are open already.

    Raises:
        DeliveryUnreadable: another format than declared, or damaged.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    refuse_others(path, name, reading.format)
    if reading.format == "csv":
        return _csv(path, name, reading)
    if reading.format == "excel":
        return _excel(path, name, reading, books)
    from dags.sources.formats.readers import READERS

    return READERS[reading.format](path, name, reading)


def header_texts(rows: Sequence[Sequence[str]], *, filled: bool = False) -> tuple[str, ...]:
    """Header texts; several header rows are joined with ' / ', a title that spans columns carries on to the right.

    Where merged cells are ``filled``, they alone say how far a title spans.
    """
    if filled:
        columns = zip_longest(*([" ".join(cell.split()) for cell in row] for row in rows), fillvalue="")
        return tuple(" / ".join(text for text, _ in groupby(filter(None, column))) for column in columns)
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
    first = reading.first_row or max(reading.header_rows) + 1
    top = (
        first_records(path, file.encoding, reading.delimiter, first - 1) if reading.unit or reading.from_titles else ()
    )
    return Table(name, "", header, file.blocks(len(header)), file.evidence, top, min(reading.header_rows), first)


def _excel(path: Path, name: str, reading: Reading, books: Books | None) -> Table:
    with _no_collection():
        return _excel_table(path, name, reading, books)


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


def _excel_table(path: Path, name: str, reading: Reading, books: Books | None) -> Table:
    with opened(path, name, reading.encoding, merged=reading.merged != "first", books=books) as book:
        sheet_name = _sheet_name(book.sheet_names, reading.sheet, name)
        cells = book.rows(sheet_name)
        merged = book.merged(sheet_name) if reading.merged != "first" else ()
    start = header_start([[cell_text(cell) for cell in row] for row in cells[:TOP]], reading, name, sheet_name)
    head_rows = [start + number for number in reading.header_rows]
    if len(cells) < max(head_rows):
        raise empty(name)
    if merged:
        until = None if reading.merged == "fill" else max(head_rows)
        cells = filled(cells, merged, name, PipelineSettings().max_workbook_cells, until)
    head = [[cell_text(cell) for cell in cells[number - 1]] for number in head_rows]
    first = start + (reading.first_row or max(reading.header_rows) + 1)
    top = [[cell_text(cell) for cell in row] for row in cells[: max(first - 1, TOP)]]
    body = list(_blocks(cells, first - 1))
    if not body:
        raise empty(name)
    accented = {text for row in top for text in row if not text.isascii()} | _accented(body)
    font, evidence = settled_font(accented, name, reading.encoding)
    if font:
        shown = {text: shown_in(font, text) for text in accented}
        head, top = ([[shown.get(text, text) for text in row] for row in rows] for rows in (head, top))
        body = [replace(block, columns=[_changed(texts, shown) for texts in block.columns]) for block in body]
    header = header_texts(head, filled=reading.merged != "first")
    return Table(name, sheet_name, header, iter(body), evidence, top, min(head_rows), first)


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
        kinds = [set(map(type, column)) for column in columns]
        arrays = [_texts(column, of) for column, of in zip(columns, kinds, strict=True)]
        starts = pc.equal(pc.utf8_trim_whitespace(arrays[0]), "") if arrays else pa.array([True] * len(rows))
        blank = [n for n in np.flatnonzero(starts.to_numpy(zero_copy_only=False)) if _is_blank(rows[n])]
        if len(blank) < len(rows):
            kept = np.delete(np.arange(len(rows)), blank)
            texts = [a.take(pa.array(kept)) for a in arrays] if blank else arrays
            yield Columns(at + 1 + kept, texts, cells=partial(_valued, columns, kinds, kept))


def _valued(
    columns: Sequence[Sequence[Any]], kinds: Sequence[set[type]], kept: "np.ndarray[Any, Any]", position: int
) -> "np.ndarray[Any, Any] | None":
    """Which of the ``kept`` cells of a column hold a number or a date; ``None`` where none does."""
    import numpy as np

    column = columns[position]
    if str not in kinds[position]:
        return np.ones(len(kept), bool)
    return None if len(kinds[position]) == 1 else np.array([type(cell) is not str for cell in column])[kept]


def _is_blank(row: Sequence[Any]) -> bool:
    return all(type(cell) is str and not cell.strip() for cell in row)


def _texts(cells: Sequence[Any], kinds: set[type]) -> "pa.Array":
    """``cell_text`` of every cell; columns of usual numbers at once, for Arrow writes these as Python does."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if kinds == {float}:
        numbers = np.array(cells)
        whole = numbers == np.trunc(numbers)
        size = np.abs(numbers)
        if np.where(whole, size < _WHOLE_BELOW, (size > _FRACTIONS[0]) & (size < _FRACTIONS[1])).all():
            texts = pa.array(numbers).cast(pa.string())
            plain = pa.array(numbers[whole].astype(np.int64)).cast(pa.string())
            return pc.replace_with_mask(texts, pa.array(whole), plain) if len(plain) else texts
    return pa.array(cells if kinds == {str} else [c if type(c) is str else cell_text(c) for c in cells], pa.string())


def _sheet_name(names: list[str], wanted: str | int, file: str) -> str:
    if isinstance(wanted, int):
        if wanted < len(names):
            return names[wanted]
    else:
        for found in names:
            if fold(found) == fold(wanted):
                return found
    raise sheet_missing(names, wanted, file)


def cell_text(cell: Any) -> str:
    """A cell as text: whole numbers without a fraction, dates and times by ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)
