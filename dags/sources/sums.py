"""Sums that a file prints, held against the rows that it sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from blueprint.table_layout import Totals
from dags.errors import TotalsDiffer
from dags.sources.blocks import Block
from dags.sources.numbers import NumberReader, Sign
from dags.sources.titles import cell_name, plain, spot

if TYPE_CHECKING:
    from dags.sources.tables import Table

_NOISE = Decimal("1e-9")
"""The share of a sum by which fractions that a spreadsheet holds in binary may add up otherwise."""


@dataclass
class _Printed:
    """A row that prints sums: its row number, its texts by column, and the rows' sums so far; ``None`` where unknown."""

    number: int
    name: str
    texts: list[str]
    amounts: list[Decimal | None]
    sums: list[Decimal | None]


class Sums:
    """The sums of the columns at ``positions`` of ``table``, row by row."""

    def __init__(self, table: "Table", totals: Totals, positions: Sequence[int], decimal: Sign | None) -> None:
        self.table, self.totals, self.positions = table, totals, positions
        self.reader = NumberReader(whole=False, sign=decimal)
        self.all: list[Decimal | None] = [Decimal(0) for _ in positions]
        self.whole: list[_Printed] = []
        self.groups: list[_Printed] = []
        self.held: tuple[Block, list[list[str]], list[Any]] | None = None
        """The texts of the columns in the block at hand, and which of them are no text in the source."""

    def add(self, block: Block, row: int) -> None:
        """Take a row of data."""
        for at, amount in enumerate(self._amounts(block, row)[1]):
            sums = [self.all, *([self.groups[-1].sums] if self.groups else [])]
            for found in sums:
                so_far = found[at]
                found[at] = None if amount is None or so_far is None else so_far + amount

    def printed(self, block: Block, row: int) -> None:
        """Take a row that prints the sum of all rows."""
        texts, amounts = self._amounts(block, row)
        self.whole.append(_Printed(int(block.numbers[row]), "", texts, amounts, self.all))

    def group(self, block: Block, row: int, name: str) -> None:
        """Take a row that heads a group."""
        if self.totals.groups:
            texts, amounts = self._amounts(block, row)
            zeros: list[Decimal | None] = [Decimal(0) for _ in self.positions]
            self.groups.append(_Printed(int(block.numbers[row]), name, texts, amounts, zeros))

    def check(self) -> None:
        """Raise TotalsDiffer for the first printed sum that is not that of its rows."""
        if self.totals.where and not self.whole:
            vi, en = spot(self.table)
            said = ", ".join(f"{ref}: {pattern}" for ref, pattern in self.totals.where.items())
            raise TotalsDiffer(
                f"{self.table.file}{vi}: không có dòng tổng ({said}) để đối chiếu. Hãy gửi lại bảng có dòng tổng.",
                f"{self.table.file}{en}: there is no row of totals ({said}) to check against. Send it with the totals.",
            )
        for printed in (*self.groups, *self.whole):
            for at, position in enumerate(self.positions):
                cell = cell_name(printed.number, position)
                total = printed.sums[at]
                if cell in self.totals.unchecked or total is None:
                    continue  # a row that cannot be read is quarantined for that
                amount = printed.amounts[at]
                if amount is None or abs(amount - total) > Decimal(str(self.totals.tolerance)) + _NOISE * abs(total):
                    raise self._differs(printed, at, cell, total)

    def _amounts(self, block: Block, row: int) -> tuple[list[str], list[Decimal | None]]:
        if self.held is None or self.held[0] is not block:
            columns = [[plain(text or "") for text in block.column(p).to_pylist()] for p in self.positions]
            self.held = block, columns, [block.valued(p) for p in self.positions]
        _, columns, valued = self.held
        texts = [column[row] for column in columns]
        return texts, [
            self._amount(text, plainly=known is not None and bool(known[row]))
            for text, known in zip(texts, valued, strict=True)
        ]

    def _amount(self, text: str, *, plainly: bool) -> Decimal | None:
        if text in ("", "-"):
            return Decimal(0)
        try:
            return Decimal(text if plainly else self.reader(text))
        except InvalidOperation:
            return None

    def _differs(self, printed: _Printed, at: int, cell: str, total: Decimal) -> TotalsDiffer:
        header, came, amount = self.table.header[self.positions[at]], printed.texts[at], printed.amounts[at]
        of_vi, of_en = (f" của {printed.name!r}", f" of {printed.name!r}") if printed.name else ("", "")
        apart_vi, apart_en = "không phải một số", "no number"
        if amount is not None:
            apart_vi, apart_en = f"lệch {_shown(amount - total)}", f"{_shown(amount - total)} apart"
        vi, en = spot(self.table, cell)
        return TotalsDiffer(
            f"{self.table.file}{vi}: tổng{of_vi} ở cột {header!r} ghi {came!r}, nhưng các dòng cộng lại là {_shown(total)} ({apart_vi}). "
            "Hãy kiểm tra lại dòng bị thiếu, bị lặp hoặc dòng tổng rồi gửi lại.",
            f"{self.table.file}{en}: the total{of_en} of the column {header!r} says {came!r}, but its rows add up to {_shown(total)} "
            f"({apart_en}). Look for a row that is missing or repeated, or mend the total, and send it again.",
        )


def _shown(number: Decimal) -> str:
    """A sum as people write it, without the noise that binary fractions leave."""
    return f"{round(number, 6).normalize() + 0:f}"
