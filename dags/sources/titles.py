"""What stands above a table: the unit of its amounts, and values that hold for all of its rows."""

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from blueprint.table_layout import Unit
from dags.errors import HeaderChanged, UnitChanged
from dags.sources.syllables import one_spelling

if TYPE_CHECKING:
    from dags.sources.tables import Table

_STATED = re.compile(r"(?:đơn vị tính|đvt|unit)\s*:?\s*(?P<unit>\S.*)", re.IGNORECASE)
_OF_AN_AMOUNT = r"(?:(?:nghìn|ngàn|triệu|tỷ|tỉ)\s+(?:đồng|vnđ|vnd|usd)|đồng|vnđ|vnd)(?!\w).*"
_AMOUNT = re.compile(rf"(?:đơn vị\s*:?\s*|\()?(?P<unit>{_OF_AN_AMOUNT})", re.IGNORECASE)
_SAME = {"ngàn": "nghìn", "tỉ": "tỷ"}


def plain(text: str) -> str:
    """Text as patterns see it: NFC, one blank for any white space, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def cell_name(row: int, column: int) -> str:
    """The name that a spreadsheet gives the cell in ``row`` (from 1) and ``column`` (from 0).

    >>> cell_name(5, 2), cell_name(1, 26)
    ('C5', 'AA1')
    """
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def spot(table: "Table", cell: str = "") -> tuple[str, str]:
    """The sheet of ``table`` and a cell in it, as a message names them behind the file: in Vietnamese and English."""
    sheet_vi, sheet_en = (f", trang {table.sheet!r}", f", sheet {table.sheet!r}") if table.sheet else ("", "")
    return (f"{sheet_vi}, ô {cell}", f"{sheet_en}, cell {cell}") if cell else (sheet_vi, sheet_en)


def refuse_other_unit(table: "Table", unit: Unit) -> None:
    """Refuse a table that says another unit than ``unit``, or none where one must be said."""
    stated = list(_units(table, unit.says))
    for cell, said in stated:
        if not _is(said, unit.says):
            where_vi, where_en = spot(table, cell)
            raise UnitChanged(
                f"{table.file}{where_vi} ghi đơn vị {said!r}, nhưng hợp đồng dữ liệu cần {unit.says!r}. "
                f"Hãy gửi lại số liệu theo {unit.says!r}, hoặc khai báo đơn vị mới trong hợp đồng dữ liệu.",
                f"{table.file}{where_en} says the unit {said!r}, but the contract wants {unit.says!r}. "
                f"Send the figures again in {unit.says!r}, or declare the new unit in the contract.",
            )
    if not stated and unit.required:
        vi, en = spot(table)
        raise UnitChanged(
            f"{table.file}{vi}: phía trên bảng không ghi đơn vị; hợp đồng dữ liệu cần {unit.says!r}. "
            f"Hãy ghi «Đơn vị tính: {unit.says}» phía trên bảng rồi gửi lại.",
            f"{table.file}{en}: no unit is stated above the table; the contract wants {unit.says!r}. "
            f"Write “Đơn vị tính: {unit.says}” above the table and send it again.",
        )


def title_value(table: "Table", column: str, pattern: str) -> str:
    """What ``pattern`` finds in the rows above the header of ``table``."""
    for row in table.top[: table.header_row - 1]:
        for text in row:
            if found := re.search(pattern, plain(text), re.IGNORECASE):
                return str(found[1])
    vi, en = spot(table)
    raise HeaderChanged(
        f"{table.file}{vi}: không dòng nào phía trên bảng cho biết {column} (mẫu {pattern!r}). "
        "Hãy gửi lại với tiêu đề bảng như cũ, hoặc khai báo lại trong hợp đồng dữ liệu.",
        f"{table.file}{en}: no row above the table tells {column} (pattern {pattern!r}). "
        "Send it again with the title as it was, or declare it anew in the contract.",
    )


def _units(table: "Table", wanted: str) -> Iterator[tuple[str, str]]:
    """The units that the rows above the data say: the cell's name, and the unit."""
    for number, row in enumerate(table.top[: table.first_row - 1], start=1):
        for position, text in enumerate(row):
            said = plain(text)
            found = _STATED.search(said) or (_AMOUNT.match(said) if number < table.header_row else None)
            if found or _is(said, wanted):
                yield cell_name(number, position), found["unit"] if found else said


def _is(said: str, wanted: str) -> bool:
    return re.match(rf"{re.escape(_folded(wanted))}(?!\w)", _folded(said)) is not None


def _folded(text: str) -> str:
    words = one_spelling(plain(text).casefold()).split()
    same = {one_spelling(theirs): one_spelling(ours) for theirs, ours in _SAME.items()}
    return " ".join(same.get(word, word) for word in words)
