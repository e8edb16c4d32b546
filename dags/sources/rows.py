"""Rows of a delivery under the contract's column names, as cleaned text with the place each came from."""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blueprint import Column, Contract, Reading, Source
from dags.errors import DeliveryUnreadable, HeaderChanged
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.tables import Table, fold, read

_INTEGER_TEXT = re.compile(r"^\d+(\.0+)?$")


@dataclass
class RowCount:
    """Rows seen while reading: those of this dataset, and those that the reading's ``select`` leaves to others."""

    rows: int = 0
    out_of_scope: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceRow:
    """One row: its place, its text per column (``None`` where null), the row as received, and whether its width fits."""

    file: str
    sheet: str
    row: int
    cells: tuple[str | None, ...]
    received: str
    width_fits: bool


@dataclass(frozen=True)
class _Cell:
    """How one column's text is taken out of a row of one file."""

    column: Column
    position: int | None
    constant: str | None

    def text(self, cells: Sequence[str], nulls: frozenset[str]) -> str | None:
        if self.position is None:
            return self.constant
        text = unicodedata.normalize("NFC", cells[self.position]) if self.position < len(cells) else ""
        text = " ".join(text.split()) if self.column.flatten else text.strip()
        if text in nulls:
            return None
        if self.column.pad_to and _INTEGER_TEXT.match(text):
            text = text.split(".")[0].zfill(self.column.pad_to)
        return self.column.values.get(text, text)


def rows(
    contract: Contract, delivery: Delivery, store: DeliveryStore, count: RowCount, max_rows: int
) -> Iterator[SourceRow]:
    """Every row of every file of ``delivery``, in order. ``count`` is filled while reading."""
    source = contract.sources[delivery.source]
    for file in delivery.files:
        yield from _of_file(contract, source, file.name, store.path(file), count, max_rows)


def reading_of(source: Source, name: str) -> Reading:
    return source.readings.get(name, source.reading)


def _of_file(
    contract: Contract, source: Source, name: str, path: Path, count: RowCount, max_rows: int
) -> Iterator[SourceRow]:
    reading = reading_of(source, name)
    table = read(path, name, reading)
    cells = [_cell(contract, column, reading, table) for column in contract.columns]
    count.headers |= {c.column.name: table.header[c.position] for c in cells if c.position is not None}
    nulls = frozenset({"", *reading.null_values})
    scope = {_position(table, header, contract.dataset): frozenset(values) for header, values in reading.select.items()}
    for number, received in table.rows:
        if any((received[p].strip() if p < len(received) else "") not in wanted for p, wanted in scope.items()):
            count.out_of_scope += 1
            continue
        count.rows += 1
        if count.rows > max_rows:
            raise DeliveryUnreadable(
                f"{contract.dataset}: bộ dữ liệu gửi có hơn {max_rows} dòng. Hãy tăng HANOI_MAX_ROWS hoặc chia tệp.",
                f"{contract.dataset}: the delivery has over {max_rows} rows. Raise HANOI_MAX_ROWS or split the file.",
            )
        yield SourceRow(
            file=table.file,
            sheet=table.sheet,
            row=number,
            cells=tuple(cell.text(received, nulls) for cell in cells),
            received=json.dumps(list(received), ensure_ascii=False),
            width_fits=reading.format != "csv" or len(received) == len(table.header),
        )


def _cell(contract: Contract, column: Column, reading: Reading, table: Table) -> _Cell:
    if column.name in reading.constants:
        return _Cell(column, None, reading.constants[column.name])
    if column.from_file_name:
        found = re.search(column.from_file_name, table.file)
        return _Cell(column, None, found[1] if found else None)
    if column.name in reading.positions:
        position = reading.positions[column.name] - 1
        wanted = reading.headers.get(column.name)
        at = table.header[position] if position < len(table.header) else ""
        if wanted is not None and fold(at) != fold(wanted):
            raise _moved(contract, column, table, wanted, at, position)
        return _Cell(column, position, None)
    names = [reading.headers.get(column.name) or column.header or column.name, *column.synonyms]
    for wanted in map(fold, names):
        for position, header in enumerate(table.header):
            if fold(header) == wanted:
                return _Cell(column, position, None)
    if column.constant is not None:
        return _Cell(column, None, column.constant)
    raise _changed(contract.dataset, table, names[0])


def _position(table: Table, header: str, dataset: str) -> int:
    for position, found in enumerate(table.header):
        if fold(found) == fold(header):
            return position
    raise _changed(dataset, table, header)


def _changed(dataset: str, table: Table, wanted: str) -> HeaderChanged:
    listed = ", ".join(repr(h) for h in table.header)
    near = difflib.get_close_matches(fold(wanted), [fold(h) for h in table.header if h], n=1)
    vi = f" Có phải cột đã đổi tên thành {near[0]!r}?" if near else ""
    en = f" Was it renamed to {near[0]!r}?" if near else ""
    sheet_vi, sheet_en = (f", trang {table.sheet!r}", f", sheet {table.sheet!r}") if table.sheet else ("", "")
    return HeaderChanged(
        f"{dataset}: {table.file}{sheet_vi} không có cột {wanted!r}. Tiêu đề trong tệp: {listed}.{vi} "
        "Hãy gửi lại với tiêu đề cũ, hoặc khai báo tên mới trong hợp đồng dữ liệu.",
        f"{dataset}: {table.file}{sheet_en} has no column {wanted!r}. Headers in the file: {listed}.{en} "
        "Send it again with the old header, or declare the new name in the contract.",
    )


def _moved(contract: Contract, column: Column, table: Table, wanted: str, found: str, position: int) -> HeaderChanged:
    return HeaderChanged(
        f"{contract.dataset}: {table.file}, cột {position + 1} phải có tiêu đề {wanted!r} ({column.name}), nhưng là {found!r}. "
        "Bố cục tệp đã đổi; hãy khai báo lại trong hợp đồng dữ liệu.",
        f"{contract.dataset}: {table.file}, column {position + 1} must be headed {wanted!r} ({column.name}), but is {found!r}. "
        "The layout moved; declare it in the contract.",
    )
