"""Tables inside delivered files: every row as text, with the place it came from."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from blueprint import Reading
from dags.errors import DeliveryEmpty, DeliveryTruncated, DeliveryUnreadable, WrongEncoding

_EXCEL_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
csv.field_size_limit(16 * 1024 * 1024)


@dataclass(frozen=True)
class Table:
    """The table of one file: its header texts, and its rows as (row number in the source, cells)."""

    file: str
    sheet: str
    header: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str]]]


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


def _decode(path: Path, name: str, encoding: str) -> str:
    data = path.read_bytes()
    if encoding.startswith("utf-8") and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise WrongEncoding(
            f"{name}: hợp đồng dữ liệu cần mã {encoding}, nhưng tệp bắt đầu bằng dấu BOM của UTF-16. Hãy lưu lại bằng UTF-8.",
            f"{name}: the contract wants {encoding}, but the file begins with a UTF-16 byte order mark. Save it as UTF-8.",
        )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WrongEncoding(
            f"{name}, dòng {line}: byte 0x{data[error.start]:02x} không có trong mã {encoding} mà hợp đồng dữ liệu khai báo. "
            "Tệp có thể ở mã cũ (Windows-1258, TCVN3, VNI). Hãy lưu lại bằng UTF-8.",
            f"{name}, line {line}: byte 0x{data[error.start]:02x} is not {encoding}, which the contract declares. "
            "The file may be in a legacy encoding (Windows-1258, TCVN3, VNI). Save it as UTF-8.",
        ) from error


def _csv(path: Path, name: str, reading: Reading) -> Table:
    text = _decode(path, name, reading.encoding)
    if not text.strip():
        raise _empty(name)
    records = _records(csv.reader(io.StringIO(text, newline=""), delimiter=reading.delimiter, strict=True), name)
    last_header = max(reading.header_rows)
    head: list[list[str]] = []
    for number, (_, cells) in enumerate(records, start=1):
        if number in reading.header_rows:
            head.append(cells)
        if number == last_header:
            break
    header = _header(head) if len(head) == len(reading.header_rows) else ()
    if not header:
        raise _empty(name)
    body = ((line, cells) for line, cells in records if cells)
    if reading.first_row is not None:
        body = ((line, cells) for line, cells in body if line >= reading.first_row)
    return Table(name, "", header, _whole(body, len(header), name, ends_well=text.endswith(("\n", "\r"))))


def _records(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line they begin at."""
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise _truncated(name, start) from error
            raise DeliveryUnreadable(
                f"{name}, dòng {start}: không đọc được CSV ({error}). Hãy kiểm tra dấu ngoặc kép và dấu phân cách.",
                f"{name}, line {start}: not readable as CSV ({error}). Check the quotes and the delimiter.",
            ) from error
        yield start, cells


def _whole(
    rows: Iterator[tuple[int, list[str]]], width: int, name: str, *, ends_well: bool
) -> Iterator[tuple[int, Sequence[str]]]:
    """Pass rows on; refuse a last row that is short and has no end of line, for the file was cut off there."""
    previous: tuple[int, list[str]] | None = None
    for row in rows:
        if previous is not None:
            yield previous
        previous = row
    if previous is None:
        raise _empty(name)
    if len(previous[1]) < width and not ends_well:
        raise _truncated(name, previous[0])
    yield previous


def _excel(path: Path, name: str, reading: Reading) -> Table:
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
    rows = [[_text(cell) for cell in row] for row in cells]
    if len(rows) < max(reading.header_rows):
        raise _empty(name)
    header = _header([rows[number - 1] for number in reading.header_rows])
    first = reading.first_row or max(reading.header_rows) + 1
    body = [(number, row) for number, row in enumerate(rows[first - 1 :], start=first) if any(c.strip() for c in row)]
    if not body:
        raise _empty(name)
    return Table(name, sheet_name, header, iter(body))


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


def _empty(name: str) -> DeliveryEmpty:
    return DeliveryEmpty(
        f"{name}: tệp không có dòng dữ liệu nào. Hãy yêu cầu cơ quan gửi lại.",
        f"{name}: the file holds no rows. Ask the agency to send it again.",
    )


def _truncated(name: str, line: int) -> DeliveryTruncated:
    return DeliveryTruncated(
        f"{name}: tệp bị cắt giữa chừng ở dòng {line}. Hãy gửi lại toàn bộ tệp.",
        f"{name}: the file is cut off in the middle of line {line}. Send the whole file again.",
    )
