"""Headers and sheets: where they are, and what to say where they moved."""

import difflib
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from blueprint import Reading
from dags.errors import DeliveryError, DeliveryUnreadable, HeaderChanged
from dags.sources.syllables import one_spelling
from dags.sources.titles import cell_name, plain, spot

if TYPE_CHECKING:
    from dags.sources.tables import Table

TOP = 80
"""The first rows of a sheet, among which a header that moved is looked for."""


def fold(text: str) -> str:
    """Header text as it is compared: NFC, one blank for any white space, no case, one place for each tone mark."""
    return one_spelling(plain(text).casefold())


def header_start(top: Sequence[Sequence[str]], reading: Reading, name: str, sheet: str) -> int:
    """How many rows stand before the row from which ``reading`` counts.

    Raises HeaderChanged where none of the first rows of the sheet has the cell that ``header_at`` wants.
    """
    if reading.header_at is None:
        return 0
    pattern = re.compile(reading.header_at, re.IGNORECASE)
    for number, row in enumerate(top):
        if any(pattern.search(plain(cell)) for cell in row if cell):
            return number
    raise HeaderChanged(
        f"{name}, trang {sheet!r}: trong {TOP} dòng đầu không có ô tiêu đề nào dạng {reading.header_at!r}. "
        "Bố cục tệp đã đổi; hãy gửi lại theo bố cục cũ, hoặc khai báo lại trong hợp đồng dữ liệu.",
        f"{name}, sheet {sheet!r}: none of the first {TOP} rows has a header cell of the form {reading.header_at!r}. "
        "The layout changed; send it again in the old one, or declare the new one in the contract.",
    )


def sheet_missing(names: Sequence[str], wanted: str | int, file: str) -> DeliveryUnreadable:
    """The error for a sheet that is not there, with the name that is nearest to it."""
    listed = ", ".join(repr(n) for n in names)
    near = _nearest(wanted, names) if isinstance(wanted, str) else None
    vi = f" Có phải trang đã đổi tên thành {near!r}?" if near else ""
    en = f" Was it renamed to {near!r}?" if near else ""
    return DeliveryUnreadable(
        f"{file}: không có trang tính {wanted!r}. Các trang có trong tệp: {listed}.{vi}",
        f"{file}: there is no sheet {wanted!r}. Sheets in the file: {listed}.{en}",
    )


def header_gone(dataset: str, table: "Table", wanted: str, reading: Reading | None = None) -> HeaderChanged:
    """The error for a header that the table does not have: where else it stands, or the header nearest to it."""
    listed = ", ".join(repr(h) for h in table.header)
    sheet_vi, sheet_en = spot(table)
    if reading is not None and (seen := _seen_at(table, reading, wanted)):
        row, column = seen
        cell = cell_name(row, column)
        return HeaderChanged(
            f"{dataset}: {table.file}{sheet_vi}: tiêu đề {wanted!r} phải ở dòng {table.header_row}, nhưng lại ở dòng {row}, "
            f"cột {column + 1} (ô {cell}). Bảng đã bị dời; hãy gửi lại theo bố cục cũ, hoặc khai báo lại trong hợp đồng dữ liệu.",
            f"{dataset}: {table.file}{sheet_en}: the header {wanted!r} must be in row {table.header_row}, but is in row {row}, "
            f"column {column + 1} (cell {cell}). The table moved; send it in the old layout, or declare the new one in the "
            "contract.",
        )
    near = _nearest(wanted, table.header)
    vi = f" Có phải cột đã đổi tên thành {near!r}?" if near else ""
    en = f" Was it renamed to {near!r}?" if near else ""
    return HeaderChanged(
        f"{dataset}: {table.file}{sheet_vi} không có cột {wanted!r}. Tiêu đề trong tệp: {listed}.{vi} "
        "Hãy gửi lại với tiêu đề cũ, hoặc khai báo tên mới trong hợp đồng dữ liệu.",
        f"{dataset}: {table.file}{sheet_en} has no column {wanted!r}. Headers in the file: {listed}.{en} "
        "Send it again with the old header, or declare the new name in the contract.",
    )


def header_moved(
    dataset: str, table: "Table", column: str, wanted: str, position: int, reading: Reading
) -> HeaderChanged:
    """The error for a column whose stated position has another header."""
    found = table.header[position] if position < len(table.header) else ""
    at = cell_name(table.header_row, position)
    sheet_vi, sheet_en = spot(table)
    others = [p for p, header in enumerate(table.header) if wanted and fold(header) == fold(wanted)]
    seen = (table.header_row, others[0]) if others else _seen_at(table, reading, wanted)
    vi = en = ""
    if seen:
        row, other = seen
        vi = f" Tiêu đề ấy nay ở dòng {row}, cột {other + 1} (ô {cell_name(row, other)})."
        en = f" That header is now in row {row}, column {other + 1} (cell {cell_name(row, other)})."
    return HeaderChanged(
        f"{dataset}: {table.file}{sheet_vi}, dòng {table.header_row}, cột {position + 1} (ô {at}) phải có tiêu đề {wanted!r} "
        f"({column}), nhưng là {found!r}.{vi} Bố cục tệp đã đổi; hãy khai báo lại trong hợp đồng dữ liệu.",
        f"{dataset}: {table.file}{sheet_en}, row {table.header_row}, column {position + 1} (cell {at}) must be headed {wanted!r} "
        f"({column}), but is {found!r}.{en} The layout moved; declare it in the contract.",
    )


def header_not_one(dataset: str, table: "Table", column: str, pattern: str, found: Sequence[str]) -> HeaderChanged:
    """The error for a pattern that no header matches, or several do."""
    listed = ", ".join(repr(h) for h in found or table.header if h)
    sheet_vi, sheet_en = spot(table)
    vi, en = ("nhiều cột có", "several columns have") if found else ("không cột nào có", "no column has")
    return HeaderChanged(
        f"{dataset}: {table.file}{sheet_vi}, dòng {table.header_row}: {vi} tiêu đề dạng {pattern!r} ({column}): {listed}. "
        "Hãy gửi lại với tiêu đề cũ, hoặc khai báo lại trong hợp đồng dữ liệu.",
        f"{dataset}: {table.file}{sheet_en}, row {table.header_row}: {en} a header of the form {pattern!r} ({column}): {listed}. "
        "Send it again with the old header, or declare it anew in the contract.",
    )


def _nearest(wanted: str, names: Sequence[str]) -> str | None:
    spelt = {fold(name): name for name in names if name}
    near = difflib.get_close_matches(fold(wanted), list(spelt), n=1)
    return spelt[near[0]] if near else None


def _first_rows(table: "Table") -> list[list[str]]:
    """The first rows of a text file, whose rows are only read when they are asked for."""
    rows: list[list[str]] = [[] for _ in range(TOP)]
    with suppress(DeliveryError):
        for block in islice(table.blocks, 2):  # rows of another width than the first may be in a block of their own
            for at, number in enumerate(block.numbers[:TOP].tolist()):
                if 0 < number <= TOP:
                    rows[number - 1] = block.received(at)
    return rows


def _seen_at(table: "Table", reading: Reading, wanted: str) -> tuple[int, int] | None:
    """The row (from 1) and column (from 0) where the header stands if the whole header moved up or down."""
    from dags.sources.tables import header_texts

    if not wanted:
        return None
    first = min(reading.header_rows)
    offsets = [number - first for number in reading.header_rows]
    begins = fold(wanted.split(" / ")[0])
    top = table.top or _first_rows(table)
    for row in range(len(top) - max(offsets)):
        if not any(fold(cell) == begins for cell in top[row]):
            continue
        texts = header_texts([top[row + offset] for offset in offsets], filled=reading.merged != "first")
        for position, text in enumerate(texts):
            if fold(text) == fold(wanted) and row + 1 != table.header_row:
                return row + 1, position
    return None
