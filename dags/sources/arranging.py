"""Tables as a dataset wants them: without footers and totals, with groups carried down, values of many columns in one."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from blueprint import Reading
from blueprint.table_layout import Unpivot, Where
from dags.errors import HeaderChanged
from dags.sources.blocks import Block
from dags.sources.chosen import Chosen
from dags.sources.sums import Sums
from dags.sources.tables import Table
from dags.sources.titles import plain

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Place = Callable[[str], int]
"""The position (from 0) of a column that the layout names."""
_Tests = Sequence[tuple[int, re.Pattern[str]]]


def made_columns(reading: Reading) -> tuple[str, ...]:
    """The columns that the layout of ``reading`` puts behind those of the file, in their order."""
    row = (reading.from_row,) if reading.from_row else ()
    return (*row, *(group.into for group in reading.groups), *(reading.unpivot.made if reading.unpivot else ()))


def arranged(table: Table, reading: Reading, place: Place) -> Table:
    """``table`` as ``reading`` lays it out; the table itself where there is nothing to lay out.

    Raises:
        TotalsDiffer: while the blocks are read: a sum that the file prints is not that of its rows.
        HeaderChanged: no column has a header that ``unpivot`` wants.
    """
    if not (made_columns(reading) or reading.footer or reading.skip or reading.totals):
        return table
    work = _Arranging(table, reading, place)
    return replace(table, header=(*table.header, *made_columns(reading)), blocks=work.blocks())


@dataclass
class _Arranging:
    table: Table
    reading: Reading
    place: Place
    ended: bool = False
    last: int | None = None
    names: list[str] = field(default_factory=list[str])
    """The group that each level is in."""

    def blocks(self) -> Iterator[Block]:
        import numpy as np
        import pyarrow as pa

        self.names = ["" for _ in self.reading.groups]
        width = len(self.table.header)
        long = _Long(self.reading.unpivot, self.table, self.reading.null_values) if self.reading.unpivot else None
        for block in self.table.blocks:
            rows, groups = self._walk(block)
            if rows:
                chosen = np.array(rows, np.int64)
                numbers = [(pa.array(block.numbers[chosen]).cast(pa.string()), None)] if self.reading.from_row else []
                found = Chosen(block, chosen, width, [*numbers, *((group, None) for group in groups)])
                yield long.of(found, width) if long else found
            if self.ended:
                break
        if self.sums:
            self.sums.check()

    @cached_property
    def sums(self) -> Sums | None:
        totals = self.reading.totals
        positions = [self.place(c) for c in totals.columns] if totals else []
        return Sums(self.table, totals, positions, self.reading.decimal) if totals else None

    @cached_property
    def _skips(self) -> list[_Tests]:
        return [self._tests(where) for where in self.reading.skip]

    @cached_property
    def _groups(self) -> list[tuple[_Tests, int, bool]]:
        return [(self._tests(g.where), self.place(g.name), g.keep) for g in self.reading.groups]

    @cached_property
    def _totals(self) -> _Tests:
        return self._tests(self.reading.totals.where) if self.reading.totals else ()

    @cached_property
    def _footer(self) -> tuple[re.Pattern[str] | None, int | None, int | None]:
        """The text that ends the table, the position of its column where it has one, and how many blank rows end it."""
        footer = self.reading.footer
        if footer is None:
            return None, None, None
        text = re.compile(footer.text, re.IGNORECASE) if footer.text else None
        return text, None if footer.column is None else self.place(footer.column), footer.blank_rows

    def _tests(self, where: Where) -> _Tests:
        return [(self.place(ref), re.compile(pattern, re.IGNORECASE)) for ref, pattern in where.items()]

    def _walk(self, block: Block) -> "tuple[list[int], list[pa.Array]]":
        """The rows of ``block`` that are data, and the group of each at every level."""
        import pyarrow as pa

        columns: dict[int, list[str]] = {}

        def text(position: int, row: int) -> str:
            if position not in columns:
                columns[position] = [plain(cell) for cell in block.column(position).to_pylist()]
            return columns[position][row]

        def matches(tests: _Tests, row: int) -> bool:
            return bool(tests) and all(pattern.search(text(at, row)) for at, pattern in tests)

        rows: list[int] = []
        groups: list[list[str]] = [[] for _ in self.names]
        for row, number in enumerate(block.numbers.tolist()):
            self.ended = self._ends(block, row, number, text)
            if matches(self._totals, row) and self.sums:
                self.sums.printed(block, row)
                if not self.ended:
                    continue
            if self.ended:
                break
            if self._heads(block, row, matches, text) or any(matches(tests, row) for tests in self._skips):
                continue
            rows.append(row)
            for level, name in enumerate(self.names):
                groups[level].append(name)
            if self.sums:
                self.sums.add(block, row)
        return rows, [pa.array(names, pa.string()) for names in groups]

    def _ends(self, block: Block, row: int, number: int, text: Callable[[int, int], str]) -> bool:
        pattern, column, blank = self._footer
        gap, self.last = number - (self.last or number) - 1, number
        if blank is not None and gap >= blank:
            return True
        if pattern is None:
            return False
        cells = map(plain, block.received(row)) if column is None else [text(column, row)]
        return any(cell and pattern.search(cell) for cell in cells)

    def _heads(
        self,
        block: Block,
        row: int,
        matches: Callable[[_Tests, int], bool],
        text: Callable[[int, int], str],
    ) -> bool:
        """Whether the row heads a group and is no data."""
        for level, (tests, name, keep) in enumerate(self._groups):
            if matches(tests, row):
                self.names[level:] = [text(name, row), *["" for _ in self.names[level + 1 :]]]
                if self.sums and not keep and level == len(self._groups) - 1:
                    self.sums.group(block, row, self.names[level])
                return not keep
        return False


class _Long:
    """The columns of ``table`` whose cells become rows, and what their headers say."""

    def __init__(self, unpivot: Unpivot, table: Table, nulls: Sequence[str]) -> None:
        self.unpivot, self.nulls = unpivot, ["", *nulls]
        found = [
            (position, match)
            for position, header in enumerate(table.header)
            if (match := re.search(unpivot.headers, plain(header), re.IGNORECASE))
        ]
        if not found:
            listed = ", ".join(repr(h) for h in table.header if h)
            raise HeaderChanged(
                f"{table.file}: không có cột nào có tiêu đề dạng {unpivot.headers!r}. Tiêu đề trong tệp: {listed}. "
                "Hãy gửi lại với tiêu đề cũ, hoặc khai báo lại trong hợp đồng dữ liệu.",
                f"{table.file}: no column has a header of the form {unpivot.headers!r}. Headers in the file: {listed}. "
                "Send it again with the old headers, or declare the new ones in the contract.",
            )
        self.positions = [position for position, _ in found]
        self.said = [[match[name] or "" for _, match in found] for name in unpivot.names]

    def of(self, block: Chosen, width: int) -> Chosen:
        """``block`` with a row for each cell of these columns, row by row."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, times = len(block.numbers), len(self.positions)
        across = (np.arange(rows)[:, None] + rows * np.arange(times)[None, :]).ravel()

        def together(offset: int) -> "tuple[pa.Array, np.ndarray | None]":
            places = [position + offset for position in self.positions]
            texts = pa.concat_arrays([block.column(p) for p in places])
            valued = [block.valued(p) for p in places]
            known = (
                None
                if all(v is None for v in valued)
                else np.concatenate([np.zeros(rows, bool) if v is None else v for v in valued])[across]
            )
            return texts.take(pa.array(across)), known

        source = np.repeat(np.arange(rows), times)
        made = [(texts.take(pa.array(source)), None) for texts, _ in block.made]
        made += [(pa.array(said * rows, pa.string()), None) for said in self.said]
        made += [together(offset) for offset in self.unpivot.beside.values()]
        value = together(0)
        if not self.unpivot.blanks:
            blank = pc.is_in(pc.utf8_trim_whitespace(value[0]), pa.array(self.nulls, pa.string()))
            whole = True if block.fits is None else block.fits[source]  # rows of another width are refused, not dropped
            kept = np.flatnonzero(~(blank.to_numpy(zero_copy_only=False) & whole))
            source = source[kept]
            made = [_taken(column, kept) for column in [*made, value]]
        else:
            made.append(value)
        return Chosen(block.block, block.rows[source], width, made)


def _taken(column: "tuple[pa.Array, np.ndarray | None]", rows: "np.ndarray") -> "tuple[pa.Array, np.ndarray | None]":
    import pyarrow as pa

    texts, valued = column
    return texts.take(pa.array(rows)), None if valued is None else valued[rows]
