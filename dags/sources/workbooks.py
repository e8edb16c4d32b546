"""Workbooks by what they hold, whatever their name: .xlsx by python-calamine, .xls by xlrd, HTML tables saved as .xls.

A workbook is looked over before a reader gets it: how large it is unpacked, and how wide and long its sheets reach, because
readers lay a sheet out in memory up to its farthest cell. Cells that show an error, such as ``#REF!``, come as that text:
python-calamine leaves them blank, so they are marked as text before it reads them, and an .xls is left to xlrd.

Rows and columns that are hidden in the workbook are data like others.
"""

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from dags.errors import DeliveryUnreadable
from dags.settings import PipelineSettings
from dags.sources.html_tables import html_tables, looks_like_html

Cells = list[list[Any]]
Ranges = Sequence[tuple[int, int, int, int]]
"""First and last row, first and last column of each range, from 0, all inclusive."""
_SHOWN = (
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN!"
)
ERRORS = frozenset(_SHOWN.split())
"""What cells show whose formula has no value."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NEEDED = re.compile(
    r"(\[Content_Types\]\.xml|_rels/.*|xl/(?!media/|embeddings/|drawings/|printerSettings/|vbaProject).*)"
)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ERROR_CELL = re.compile(rb"""(\st\s*=\s*)(?:"e"|'e')""")
_WIDE = re.compile(rb'r="[A-Za-z]{2}')
_PLACES = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")


@dataclass(frozen=True)
class Workbook:
    """The sheets of a delivered file; ``rows`` gives the cells of one, from its first row and column on."""

    sheet_names: list[str]
    rows: Callable[[str], Cells]
    merged: Callable[[str], Ranges] = lambda _: ()
    """The merged ranges of a sheet."""


def is_workbook(start: bytes) -> bool:
    """Whether a file that begins with ``start`` is a workbook or a table in HTML."""
    return start.startswith((_ZIP, _OLE)) or looks_like_html(start)


Books = dict[tuple[Path, str, bool], Workbook]
"""Workbooks that stay open, for a file whose tables are read one after the other."""


@contextmanager
def opened(
    path: Path, name: str, encoding: str, *, merged: bool = False, books: Books | None = None
) -> Iterator[Workbook]:
    """The workbook at ``path``, which the agency called ``name``; an .xls tells its ``merged`` ranges only where asked to.

    It is taken from ``books``, or put there, where they are given.

    Raises:
        DeliveryUnreadable: another format, damaged, locked by a password, or larger than the settings allow.
    """
    try:
        book = (books or {}).get((path, encoding, merged)) or _opened(path, name, encoding, merged=merged)
        if books is not None:
            books[path, encoding, merged] = book
        yield book
    except DeliveryUnreadable:
        raise
    except Exception as error:  # what a damaged file makes readers raise has no end
        raise damaged(name) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's; no Exception, and not to be imported
            raise
        raise damaged(name) from error


def _opened(path: Path, name: str, encoding: str, *, merged: bool) -> Workbook:
    with path.open("rb") as file:
        start = file.read(2048)
    if start.startswith(_OLE):
        return _xls(path, name, formatting=merged)
    if start.startswith(_ZIP):
        return _xlsx(path, name)
    tables = html_tables(path, name, encoding)
    return Workbook([str(number) for number in range(1, len(tables) + 1)], lambda sheet: tables[int(sheet) - 1])


def damaged(name: str) -> DeliveryUnreadable:
    """The error for a workbook that a reader could not make out."""
    return DeliveryUnreadable(
        f"{name}: không mở được sổ tính. Tệp có thể bị cắt, hỏng hoặc đặt mật khẩu; hãy lưu lại và gửi lại.",
        f"{name}: the workbook does not open. It may be cut off, damaged or locked; save and send it again.",
    )


def _xlsx(path: Path, name: str) -> Workbook:
    from python_calamine import CalamineError, CalamineWorkbook

    limits = PipelineSettings()
    most = limits.max_workbook_cells
    with _in_memory() as whole:
        _look_over(path, name, limits, whole)
        whole.seek(0)
        try:
            # Calamine copies what it is handed; a file of the system it reads where it lies.
            own = isinstance(whole, io.BytesIO)
            book = CalamineWorkbook.from_object(whole if own else f"/proc/self/fd/{whole.fileno()}")
        except CalamineError:
            return _by_openpyxl(whole, name, most)

    def rows(sheet: str) -> Cells:
        found = book.get_sheet_by_name(sheet)
        _refuse_area(name, found.total_height, found.total_width, most)
        return found.to_python(skip_empty_area=False)

    def merged(sheet: str) -> Ranges:
        ranges = book.get_sheet_by_name(sheet).merged_cell_ranges or ()
        return [(top, bottom, left, right) for (top, left), (bottom, right) in ranges]

    return Workbook(book.sheet_names, rows, merged)


def _in_memory() -> IO[bytes]:
    """An empty file that is on no disk."""
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        return os.fdopen(os.memfd_create("workbook"), "w+b")
    return io.BytesIO()


def _by_openpyxl(whole: IO[bytes], name: str, most: int) -> Workbook:
    """For what python-calamine does not open; slower, and of more patience."""
    from openpyxl import load_workbook

    whole.seek(0)
    book = load_workbook(whole, data_only=True)

    def rows(sheet: str) -> Cells:
        found = book[sheet]
        _refuse_area(name, found.max_row, found.max_column, most)
        cells = found.iter_rows(min_row=1, min_col=1, values_only=True)
        return [["" if cell is None else cell for cell in row] for row in cells]

    def merged(sheet: str) -> Ranges:
        ranges = book[sheet].merged_cells.ranges
        return [(r.min_row - 1, r.max_row - 1, r.min_col - 1, r.max_col - 1) for r in ranges]

    return Workbook([sheet.title for sheet in book.worksheets], rows, merged)


def _look_over(path: Path, name: str, limits: PipelineSettings, whole: IO[bytes]) -> None:
    """Put the parts of an .xlsx that hold cells into ``whole``, unpacked; packing them again would only cost the reader time."""
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as plain:
        parts = [part for part in packed.infolist() if not part.is_dir() and _NEEDED.fullmatch(part.filename)]
        if not any(part.filename.casefold() == "xl/workbook.xml" for part in parts):
            raise _other(name)
        if (size := sum(part.file_size for part in parts)) > limits.max_workbook_bytes:
            raise _too_large(
                name, f"{size} byte", f"{size} bytes", "HANOI_MAX_WORKBOOK_BYTES", limits.max_workbook_bytes
            )
        for part in parts:
            content = packed.read(part)  # no more than the size that the part states, by which it was counted
            if _SHEET.fullmatch(part.filename):
                _refuse_far_cells(content, name, limits.max_workbook_cells)
                if b"#" in content:
                    content = _ERROR_CELL.sub(rb'\1"str"', content)
            plain.writestr(part.filename, content)


def _refuse_far_cells(sheet: bytes, name: str, most: int) -> None:
    """Refuse a sheet that reaches both far down and far to the right, which a reader would lay out whole.

    A sheet of at most 26 columns is small enough for the reader to say how large it is.
    """
    if _WIDE.search(sheet) or b"'" in sheet:
        places = _PLACES.findall(sheet)
        width = max(map(_column, {letters for letters, _ in places}), default=0)
        height = max((int(digits[:9]) for digits in {digits for _, digits in places}), default=0)
        _refuse_area(name, height, width, most)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:9].upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _refuse_area(name: str, height: int, width: int, most: int) -> None:
    if height * width > most:
        raise _too_large(
            name, f"{height} dòng × {width} cột", f"{height} rows × {width} columns", "HANOI_MAX_WORKBOOK_CELLS", most
        )


def _xls(path: Path, name: str, *, formatting: bool) -> Workbook:
    import xlrd

    limits = PipelineSettings()
    book = xlrd.open_workbook(
        str(path), logfile=io.StringIO(), on_demand=True, ragged_rows=True, formatting_info=formatting
    )

    def rows(sheet: str) -> Cells:
        found = book.sheet_by_name(sheet)
        height = found.nrows
        while formatting and height and {*found.row_types(height - 1)} <= {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}:
            height -= 1  # rows that hold a format and nothing else
        width = max((found.row_len(row) for row in range(height)), default=0)
        _refuse_area(name, height, width, limits.max_workbook_cells)
        cells = [[_value(cell, book.datemode) for cell in found.row(row)] for row in range(height)]
        return [row + [""] * (width - len(row)) for row in cells]

    def merged(sheet: str) -> Ranges:
        ranges = book.sheet_by_name(sheet).merged_cells
        return [(top, below - 1, left, beyond - 1) for top, below, left, beyond in ranges]

    return Workbook(book.sheet_names(), rows, merged)


def _value(cell: Any, datemode: int) -> Any:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return _moment(cell.value, datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#UNKNOWN!")
    return cell.value


def _moment(number: float, datemode: int) -> date | datetime | time | float:
    import xlrd

    try:
        found = xlrd.xldate_as_datetime(number, datemode)
    except (ValueError, OverflowError):
        return number
    if number < 1:
        return found.time()
    return found.date() if found.time() == time() else found


def _other(name: str) -> DeliveryUnreadable:
    return DeliveryUnreadable(
        f"{name}: tệp nén này không phải sổ tính .xlsx. Hãy lưu lại dưới dạng .xlsx.",
        f"{name}: this archive is no .xlsx workbook. Save it as .xlsx.",
    )


def _too_large(name: str, came_vi: str, came_en: str, setting: str, most: int) -> DeliveryUnreadable:
    return DeliveryUnreadable(
        f"{name}: sổ tính trải ra tới {came_vi}, quá mức {most} ({setting}). Hãy xóa các ô thừa ở xa bảng, hoặc chia tệp.",
        f"{name}: the workbook unfolds to {came_en}, over {most} ({setting}). Delete stray cells far from the table, or split the file.",
    )
