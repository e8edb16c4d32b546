"""Changes to the bytes of one file, text or workbook, that make it wrong in one way."""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Callable
from functools import cache
from itertools import cycle
from typing import Any

from blueprint import blueprint

Rows = list[list[Any]]
_MEGABYTE = b"\0" * 1024 * 1024
_SIMPLE = str.maketrans("", "", "\u0300\u0301\u0303\u0309\u0323")
"""Tone marks, which sources place on one vowel or the other."""


def cut(content: bytes) -> bytes:
    """The first half, up to well inside a cell."""
    return content[: content.index(b"\n", len(content) // 2) + 2 if _is_text(content) else len(content) // 2]


def twice(content: bytes) -> bytes:
    """Every row below the header two times."""
    return _edited(
        content, lambda rows, head: [*rows[: head + 1], *(r for row in rows[head + 1 :] for r in (row, row))]
    )


def renamed(content: bytes) -> bytes:
    """Every header with a word behind it."""
    return _edited(
        content, lambda rows, head: [*rows[:head], [h and f"{h} (mới)" for h in rows[head]], *rows[head + 1 :]]
    )


def moved(content: bytes) -> bytes:
    """Three lines of a letterhead above everything."""
    letterhead: Rows = [["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"], ["Độc lập - Tự do - Hạnh phúc"], ["Báo cáo", "số 12"]]
    return _edited(content, lambda rows, _: [*letterhead, *rows])


def thousandfold(content: bytes) -> bytes:
    """Every number with a fraction a thousand times larger; texts of workbooks stay, for codes look like numbers."""

    def larger(cell: Any) -> Any:
        if isinstance(cell, float):
            return cell * 1000
        if not isinstance(cell, str) or "." not in cell or not _is_text(content):
            return cell
        try:
            return f"{float(cell) * 1000:.1f}"
        except ValueError:
            return cell

    return _edited(content, lambda rows, head: [*rows[: head + 1], *([*map(larger, row)] for row in rows[head + 1 :])])


def of_another_era(content: bytes) -> bytes:
    """Wards by codes that were abolished, and provinces by the name of the one that absorbed them."""
    other = _other_era()

    def changed(cell: Any) -> Any:
        return other.get(_plain(cell), cell) if isinstance(cell, str) else cell

    return _edited(content, lambda rows, head: [*rows[: head + 1], *([*map(changed, row)] for row in rows[head + 1 :])])


def in_windows_1258(content: bytes) -> bytes:
    """Text in Windows-1258, which has most letters whole and the tones as marks of their own; a workbook without its zeros."""
    if not _is_text(content):
        return content.replace(b"\x00", b"")
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    text = content.decode("utf-8-sig")
    if text.isascii():
        text = text.replace("\r\n", ",ghi chú đã sửa\r\n", 1)
    output = []
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in tones))
        output.append(base + "".join(p for p in parts if p in tones))
    return "".join(output).encode("windows-1258", "replace")


def bomb(megabytes: int = 1100) -> bytes:
    """A workbook whose one sheet unpacks to so many megabytes of nothing."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(megabytes):
                sheet.write(_MEGABYTE)
    return output.getvalue()


def _is_text(content: bytes) -> bool:
    return not content.startswith(b"PK")


def _edited(content: bytes, change: Callable[[Rows, int], Rows]) -> bytes:
    """The table with other rows; ``change`` is told which of them is the header: the first with more than one cell."""
    if not _is_text(content):
        return _edited_workbook(content, change)
    rows: Rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(change(rows, _header(rows)))
    return text.getvalue().encode()


def _edited_workbook(content: bytes, change: Callable[[Rows, int], Rows]) -> bytes:
    from openpyxl import Workbook, load_workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        target = book.create_sheet(sheet.title)
        rows: Rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        for row in change(rows, _header(rows)) if rows else []:
            target.append(row)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _header(rows: Rows) -> int:
    return next((at for at, row in enumerate(rows) if sum(cell not in ("", None) for cell in row) > 1), 0)


@cache
def _other_era() -> dict[str, str]:
    plan = blueprint()
    wards = plan.codelist("ha-noi-wards").entries
    now = {e.code for e in wards if e.valid_to is None}
    gone = cycle(sorted({e.code for e in wards} - now))
    found = {code: next(gone) for code in sorted(now)}
    provinces = {e.code: e for e in plan.codelist("provinces").entries}
    for entry in provinces.values():
        for code in entry.successor:
            found[_plain(entry.attributes["name"])] = provinces[code].attributes["name"]
    return found


def _plain(text: str) -> str:
    """A name without its tone marks, in which spellings differ."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(_SIMPLE)).casefold()
