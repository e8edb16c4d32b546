"""Where the table is in a grid: header rows, first data row, and what stands around them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ops.authoring.doubts import Doubt
from ops.authoring.grid import Grid, UnreadableSample

_SEARCHED = 60
"""Rows from the top among which the header is looked for."""
_YEAR = re.compile(r"(19|20)[0-9]{2}")
_NUMBER = re.compile(r"[-+(]?[0-9][0-9.,  ]*[)%]?")
_MANY_YEARS = 3
_FOOTERS = ("tổng", "cộng", "ghi chú", "nguồn", "total", "note", "source", "người lập")


@dataclass(frozen=True)
class Layout:
    """The header and the rows below it; ``header_rows`` and ``first_row`` count from 1 as the contract does."""

    header_rows: tuple[int, ...]
    first_row: int
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    doubts: tuple[Doubt, ...]


def layout(grid: Grid) -> Layout:
    """Find the table of ``grid``: the first wide row of texts above the data, unless its format says where the header is.

    Raises:
        UnreadableSample: no row looks like a header with data below it.
    """
    if grid.reading:
        header, *rows = grid.rows
        return Layout((1,), 2, tuple(header), tuple(map(tuple, rows)), grid.doubts)
    filled = [sum(1 for cell in row if cell.strip()) for row in grid.rows]
    usual = _usual(filled)
    start = next((n for n, row in enumerate(grid.rows[:_SEARCHED]) if _is_header(row, filled[n], usual)), None)
    if start is None or not any(filled[start + 1 :]):
        raise UnreadableSample(
            f"{grid.name}: không thấy dòng tên cột trong {_SEARCHED} dòng đầu. Tên cột phải là chữ, có dữ liệu ở các dòng dưới.",
            f"{grid.name}: no row of column names among the first {_SEARCHED}. Names must be texts, with data in the rows below.",
        )
    levels = [start]
    while _has_gaps(grid.rows[levels[-1]], usual) and _continues(grid.rows, levels[-1] + 1):
        levels.append(levels[-1] + 1)
    header = _joined([grid.rows[n] for n in levels])
    below = [
        (n, tuple(cell.strip() for cell in (*row, *[""] * len(header))[: len(header)]))
        for n, row in enumerate(grid.rows[levels[-1] + 1 :], levels[-1] + 2)
        if any(cell.strip() for cell in row)
    ]
    return Layout(
        tuple(n + 1 for n in levels),
        below[0][0],
        header,
        tuple(row for _, row in below),
        (*_about(grid, start, levels), *_footers(below), *_unnamed(header), *_years(header)),
    )


def _usual(filled: Sequence[int]) -> int:
    """How many cells most rows fill."""
    counted = [n for n in filled if n > 1]
    return max(set(counted), key=counted.count) if counted else 1


def _is_header(row: Sequence[str], filled: int, usual: int) -> bool:
    texts = [cell.strip() for cell in row if cell.strip()]
    return (
        filled >= max(1, round(usual * 0.6))
        and not any(map(_is_number, texts))
        and not all(map(_YEAR.fullmatch, texts))
    )


def _is_number(text: str) -> bool:
    """Whether a cell is a number that names no column, as a year may."""
    return bool(_NUMBER.fullmatch(text)) and not _YEAR.fullmatch(text)


def _has_gaps(row: Sequence[str], usual: int) -> bool:
    """Whether titles of this row span columns, so that the next row may hold their parts."""
    return sum(1 for cell in row if cell.strip()) < usual


def _continues(rows: Sequence[Sequence[str]], number: int) -> bool:
    if number + 1 >= len(rows):
        return False
    texts = [cell.strip() for cell in rows[number] if cell.strip()]
    return bool(texts) and not any(map(_NUMBER.fullmatch, texts))


def _joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    from dags.sources.tables import header_texts

    header = list(header_texts(rows))
    while header and not header[-1]:
        header.pop()
    return tuple(header)


def _about(grid: Grid, start: int, levels: Sequence[int]) -> list[Doubt]:
    found = []
    if len(grid.sheets) > 1:
        others = ", ".join(repr(s) for s in grid.sheets if s != grid.sheet)
        found.append(
            Doubt(
                None,
                f"Sổ tính có nhiều trang; đã lấy {grid.sheet!r}, không lấy {others}.",
                f"The workbook has several sheets; {grid.sheet!r} was taken and {others} not.",
            )
        )
    if start:
        found.append(
            Doubt(
                None,
                f"{start} dòng đầu là tiêu đề; tên cột ở dòng {start + 1}. Hãy xem có đúng không.",
                f"The first {start} rows are titles; the column names are in row {start + 1}. See whether that is right.",
            )
        )
    if len(levels) > 1:
        found.append(
            Doubt(
                None,
                f"Tên cột ghép từ các dòng {', '.join(str(n + 1) for n in levels)}.",
                f"Column names are joined from rows {', '.join(str(n + 1) for n in levels)}.",
            )
        )
    return found


def _footers(below: Sequence[tuple[int, tuple[str, ...]]]) -> list[Doubt]:
    number, last = below[-1]
    first = next((cell for cell in last if cell), "").casefold()
    if not first.startswith(_FOOTERS):
        return []
    return [
        Doubt(
            None,
            f"Dòng cuối (dòng {number}) trông như dòng tổng hoặc ghi chú; nó sẽ bị cách ly hoặc cần được khai báo.",
            f"The last row (row {number}) looks like a total or a note; it will be quarantined unless the contract says so.",
        )
    ]


def _unnamed(header: Sequence[str]) -> list[Doubt]:
    """Columns that the contract cannot find by a header of their own."""
    wrong = sorted({n + 1 for n, text in enumerate(header) if not text or header.count(text) > 1})
    if not wrong:
        return []
    listed = ", ".join(map(str, wrong))
    return [
        Doubt(
            None,
            f"Cột thứ {listed} không có tên riêng: đã bỏ qua. Hãy đặt tên trong tệp, hoặc khai báo reading.positions.",
            f"Columns {listed} have no name of their own and were left out. Name them in the file, or declare reading.positions.",
        )
    ]


def _years(header: Sequence[str]) -> list[Doubt]:
    if sum(1 for text in header if _YEAR.fullmatch(text)) < _MANY_YEARS:
        return []
    return [
        Doubt(
            None,
            "Mỗi năm là một cột; nên có một cột năm và một cột giá trị để năm sau không phải đổi hợp đồng.",
            "Each year is a column; one column of years and one of values would outlast the next year.",
        )
    ]
