"""Rows of a delivery under the contract's column names, as cleaned text with the place each came from."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Contract, Reading, Source
from blueprint.concept import Concept
from blueprint.types import NUMERIC
from dags.errors import DeliveryUnreadable
from dags.sources.arranging import arranged, made_columns
from dags.sources.blocks import Block
from dags.sources.cells import Cell, multiplied, one_by_one
from dags.sources.columns import cell_of, header_position, place_of
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.encodings import Evidence
from dags.sources.mends import Mends
from dags.sources.numbers import Sign, sign_shown
from dags.sources.shapes import UNCLEAR, Shape
from dags.sources.sheets import each_table
from dags.sources.syllables import one_spelling
from dags.sources.tables import Table, read
from dags.sources.titles import refuse_other_unit
from dags.sources.workbooks import Books

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass
class RowCount:
    """Rows seen while reading: those of this dataset, and those that the reading's ``select`` leaves to others."""

    rows: int = 0
    out_of_scope: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    positions: dict[str, dict[str, int]] = field(default_factory=dict)
    """File name -> column -> its position in the file's rows, from 1."""
    encodings: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    """File name -> what spoke for the encoding that it was read by."""

    def place(self, file: str, positions: Mapping[str, int]) -> None:
        """Take the columns' positions in a table of ``file``; a column that stands elsewhere in another table has none."""
        known = self.positions.get(file)
        self.positions[file] = dict(
            positions if known is None else {c: at for c, at in known.items() if positions.get(c, at) == at}
        )


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
    unclear: frozenset[str] = frozenset()
    """The columns in which some text is ``UNCLEAR``."""
    unsuperseded: "np.ndarray[Any, Any] | None" = None
    """Which rows of ``block`` no mended row has taken the place of; ``None`` where that is all."""

    def __len__(self) -> int:
        return len(self.block.numbers if self.kept is None else self.kept)

    @property
    def fits(self) -> "np.ndarray[Any, Any] | None":
        fits = self.block.fits
        return fits if fits is None or self.kept is None else fits[self.kept]

    @property
    def stands(self) -> "np.ndarray[Any, Any] | None":
        """Which rows no mended row has taken the place of; ``None`` where that is all."""
        stands = self.unsuperseded
        return stands if stands is None or self.kept is None else stands[self.kept]

    def place(self, index: int) -> tuple[int, str]:
        """The row number in the source and the row as received, as JSON."""
        at = index if self.kept is None else int(self.kept[index])
        return int(self.block.numbers[at]), json.dumps(self.block.received(at), ensure_ascii=False)


def batches(
    contract: Contract,
    delivery: Delivery,
    store: DeliveryStore,
    count: RowCount,
    max_rows: int,
    mends: Mends | None = None,
    concepts: Mapping[str, Concept] | None = None,
) -> Iterator[Batch]:
    """Every row of every file of ``delivery``, in order, as ``mends`` left it. ``count`` is filled while reading.

    ``concepts`` are those of the columns by name: numbers and dates are read as their types are written.
    """
    source = contract.sources[delivery.source]
    for number, file in enumerate(delivery.files):
        path, reading = store.path(file), reading_of(source, file.name)
        books: Books | None = None if reading.one_table else {}
        for table in each_table(path, file.name, reading, books):
            where = number, file.name, path
            yield from _of_table(contract, table, *where, count, max_rows, mends or Mends(), concepts or {}, books)


def reading_of(source: Source, name: str) -> Reading:
    return source.readings.get(name, source.reading)


def _of_table(
    contract: Contract,
    reading: Reading,
    number: int,
    name: str,
    path: Path,
    count: RowCount,
    max_rows: int,
    mends: Mends,
    concepts: Mapping[str, Concept],
    books: Books | None,
) -> Iterator[Batch]:
    def opened() -> Table:
        table = read(path, name, reading, books)
        mended = replace(table, blocks=(mends.over(name, block) for block in table.blocks))
        return arranged(mended, reading, place_of(contract, reading, table))

    table = opened()
    if table.evidence:
        count.encodings[name] = table.evidence
    if reading.unit:
        refuse_other_unit(table, reading.unit)
    made = made_columns(reading)
    found = [cell_of(contract, column, reading, table, made) for column in contract.columns]
    shown = _Shown(opened, [c.position for c in found if c.position is not None and _is_number(c, concepts)])
    how = reading.decimal, shown.sign
    cells = [c.typed(concepts.get(c.column.name), *how, workbook=reading.holds_dates) for c in found]
    remade = made if reading.by_row else ()  # what the layout makes anew of a mended row is not to be sent with it
    places = {c.column.name: c.position for c in cells if c.position is not None and c.column.name not in remade}
    count.headers |= {column: table.header[position] for column, position in places.items()}
    count.place(name, {column: position + 1 for column, position in places.items()})
    nulls = frozenset({"", *reading.null_values})
    scope = {header_position(table, h, contract.dataset): frozenset(values) for h, values in reading.select.items()}
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
            batch = _batch(table, number, first, block, kept, cells, nulls, reading)
            stands = mends.stands(name, block)
            yield batch if stands is None else replace(batch, unsuperseded=stands)


def _is_number(cell: Cell, concepts: Mapping[str, Concept]) -> bool:
    concept = concepts.get(cell.column.name)
    return concept is not None and concept.type in NUMERIC


class _Shown:
    """The decimal sign that the numbers of a file prove; the file is read for it when it is asked for first."""

    def __init__(self, opened: Callable[[], Table], positions: Sequence[int]) -> None:
        self.opened = opened
        self.positions = positions
        self.known: tuple[Sign | None] | None = None

    def sign(self) -> Sign | None:
        """The sign that some number proves and none contradicts."""
        import pyarrow as pa

        if self.known is None:
            signs: set[Sign] = set()
            for block in self.opened().blocks:
                for position in self.positions:
                    texts, valued = block.column(position), block.valued(position)
                    signs |= sign_shown(texts if valued is None else texts.filter(pa.array(~valued)))
            self.known = (signs.pop() if len(signs) == 1 else None,)
        return self.known[0]


def _in_scope(block: Block, scope: dict[int, frozenset[str]]) -> "np.ndarray[Any, Any] | None":
    """Which rows of ``block`` bear the selected values; ``None`` where all do."""
    import numpy as np

    wanted = np.ones(len(block.numbers), bool)
    for position, values in scope.items():
        spellings = {one_spelling(unicodedata.normalize("NFC", value)) for value in values}
        found = one_by_one(
            block.column(position),
            lambda text, wanted=spellings: one_spelling(unicodedata.normalize("NFC", text).strip()) in wanted,
        )
        wanted &= found.to_numpy(zero_copy_only=False)
    return None if wanted.all() else np.flatnonzero(wanted)


def _batch(
    table: Table,
    number: int,
    first: int,
    block: Block,
    kept: "np.ndarray[Any, Any] | None",
    cells: Sequence[Cell],
    nulls: frozenset[str],
    reading: Reading,
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
        text, valued = came[cell.position], block.valued(cell.position) if cell.number or cell.date else None
        if valued is not None and kept is not None:
            valued = valued[kept]
        if shape := cell.shape(text, valued):
            texts[name], shapes[name] = text, shape
        else:
            texts[name] = cell.texts(text, valued, nulls)
        if reading.unit and name in reading.unit.columns:
            plain = cell.texts(text, valued, nulls)
            texts[name] = multiplied(plain, reading.unit.times)
            shapes.pop(name, None)
    unclear = frozenset(name for name, text in texts.items() if name not in shapes and _some_unclear(text))
    return Batch(table.file, table.sheet, number, first, block, kept, texts, constants, shapes, nulls, unclear)


def _some_unclear(texts: "pa.Array") -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.equal(texts, UNCLEAR)).as_py())
