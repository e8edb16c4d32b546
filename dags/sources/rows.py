"""Rows of a delivery under the contract's column names, as cleaned text with the place each came from."""

import difflib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Column, Contract, Reading, Source
from dags.errors import DeliveryUnreadable, HeaderChanged
from dags.sources.blocks import Block
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.shapes import Shape, shape_of
from dags.sources.tables import Table, fold, read

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_INTEGER_TEXT = re.compile(r"^\d+(\.0+)?$")


@dataclass
class RowCount:
    """Rows seen while reading: those of this dataset, and those that the reading's ``select`` leaves to others."""

    rows: int = 0
    out_of_scope: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Some rows of one file that belong to the dataset.

    ``texts`` holds a column of text per column of the contract that the file carries, ``constants`` the value of each
    other. Texts are cleaned, with null where there is none, except those that have one of ``shapes``: these came clean,
    and mean null where they are one of ``nulls``.
    """

    file: str
    sheet: str
    file_number: int
    """Position of the file in the delivery."""
    first: int
    """How many rows of the delivery come before these."""
    block: Block
    kept: "np.ndarray[Any, Any] | None"
    """The rows of ``block`` that these are, where they are not all."""
    texts: "dict[str, pa.Array]"
    constants: dict[str, str | None]
    shapes: dict[str, Shape]
    nulls: frozenset[str]

    def __len__(self) -> int:
        return len(self.block.numbers if self.kept is None else self.kept)

    @property
    def fits(self) -> "np.ndarray[Any, Any] | None":
        fits = self.block.fits
        return fits if fits is None or self.kept is None else fits[self.kept]

    def place(self, index: int) -> tuple[int, str]:
        """The row number in the source and the row as received, as JSON."""
        at = index if self.kept is None else int(self.kept[index])
        return int(self.block.numbers[at]), json.dumps(self.block.received(at), ensure_ascii=False)


@dataclass(frozen=True)
class _Cell:
    """How one column's text is taken out of a row of one file."""

    column: Column
    position: int | None
    constant: str | None

    def text(self, came: str, nulls: frozenset[str]) -> str | None:
        text = unicodedata.normalize("NFC", came)
        text = " ".join(text.split()) if self.column.flatten else text.strip()
        if text in nulls:
            return None
        if self.column.pad_to and _INTEGER_TEXT.match(text):
            text = text.split(".")[0].zfill(self.column.pad_to)
        return self.column.values.get(text, text)

    def shape(self, texts: "pa.Array") -> Shape | None:
        """The shape of texts that mean what they say; ``None`` where ``text`` has work to do."""
        return None if self.column.flatten or self.column.pad_to or self.column.values else shape_of(texts)


def batches(
    contract: Contract, delivery: Delivery, store: DeliveryStore, count: RowCount, max_rows: int
) -> Iterator[Batch]:
    """Every row of every file of ``delivery``, in order. ``count`` is filled while reading."""
    source = contract.sources[delivery.source]
    for number, file in enumerate(delivery.files):
        yield from _of_file(contract, source, number, file.name, store.path(file), count, max_rows)


def reading_of(source: Source, name: str) -> Reading:
    return source.readings.get(name, source.reading)


def _of_file(
    contract: Contract, source: Source, number: int, name: str, path: Path, count: RowCount, max_rows: int
) -> Iterator[Batch]:
    reading = reading_of(source, name)
    table = read(path, name, reading)
    cells = [_cell(contract, column, reading, table) for column in contract.columns]
    count.headers |= {c.column.name: table.header[c.position] for c in cells if c.position is not None}
    nulls = frozenset({"", *reading.null_values})
    scope = {_position(table, header, contract.dataset): frozenset(values) for header, values in reading.select.items()}
    for block in table.blocks:
        kept = _in_scope(block, scope)
        rows = len(block.numbers if kept is None else kept)
        count.out_of_scope += len(block.numbers) - rows
        first = count.rows
        count.rows += rows
        if count.rows > max_rows:
            raise DeliveryUnreadable(
                f"{contract.dataset}: bộ dữ liệu gửi có hơn {max_rows} dòng. Hãy tăng HANOI_MAX_ROWS hoặc chia tệp.",
                f"{contract.dataset}: the delivery has over {max_rows} rows. Raise HANOI_MAX_ROWS or split the file.",
            )
        if rows:
            yield _batch(table, number, first, block, kept, cells, nulls)


def _in_scope(block: Block, scope: dict[int, frozenset[str]]) -> "np.ndarray[Any, Any] | None":
    """Which rows of ``block`` bear the selected values; ``None`` where all do."""
    import numpy as np

    wanted = np.ones(len(block.numbers), bool)
    for position, values in scope.items():
        found = _one_by_one(block.column(position), lambda text, values=values: text.strip() in values)
        wanted &= found.to_numpy(zero_copy_only=False)
    return None if wanted.all() else np.flatnonzero(wanted)


def _batch(
    table: Table,
    number: int,
    first: int,
    block: Block,
    kept: "np.ndarray[Any, Any] | None",
    cells: Sequence[_Cell],
    nulls: frozenset[str],
) -> Batch:
    import pyarrow as pa

    texts: dict[str, pa.Array] = {}
    constants: dict[str, str | None] = {}
    shapes: dict[str, Shape] = {}
    came: dict[int, pa.Array] = {}
    for cell in cells:
        name = cell.column.name
        if cell.position is None:
            constants[name] = cell.constant
            continue
        if cell.position not in came:
            column = block.column(cell.position)
            came[cell.position] = column if kept is None else column.take(pa.array(kept))
        text = came[cell.position]
        if shape := cell.shape(text):
            texts[name], shapes[name] = text, shape
        else:
            texts[name] = _one_by_one(text, lambda text, cell=cell: cell.text(text, nulls), pa.string())
    return Batch(table.file, table.sheet, number, first, block, kept, texts, constants, shapes, nulls)


def _one_by_one(texts: "pa.Array", change: Callable[[str], Any], kind: "pa.DataType | None" = None) -> "pa.Array":
    """``change`` of every text, computed once for texts that repeat."""
    import pyarrow as pa

    encoded = texts.dictionary_encode()
    changed = [change(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(changed, kind or pa.bool_()).take(encoded.indices)


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
