"""Blocks made of other blocks: some of their rows, in another order or several times, with columns of their own behind."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa

    from dags.sources.blocks import Block


class Chosen:
    """The ``rows`` (positions, from 0) of ``block``, and behind its ``width`` columns those that were ``made``.

    Each made column is its texts and which of them a spreadsheet holds as numbers or dates.
    """

    def __init__(
        self,
        block: "Block",
        rows: "np.ndarray[tuple[int], np.dtype[np.int64]]",
        width: int,
        made: "Sequence[tuple[pa.Array, np.ndarray[tuple[int], np.dtype[np.bool_]] | None]]" = (),
    ) -> None:
        self.block, self.rows, self.width, self.made = block, rows, width, made
        self.numbers = block.numbers[rows]
        self.fits = None if block.fits is None else block.fits[rows]

    def column(self, position: int) -> "pa.Array":
        import pyarrow as pa

        if self._is_made(position):
            return self.made[position - self.width][0]
        return self.block.column(position).take(pa.array(self.rows))

    def received(self, index: int) -> list[str]:
        cells = self.block.received(int(self.rows[index]))
        if len(cells) > self.width:
            return cells
        return [*cells, *[""] * (self.width - len(cells)), *(texts[index].as_py() for texts, _ in self.made)]

    def valued(self, position: int) -> "np.ndarray | None":
        if self._is_made(position):
            return self.made[position - self.width][1]
        found = self.block.valued(position)
        return None if found is None else found[self.rows]

    def _is_made(self, position: int) -> bool:
        return self.width <= position < self.width + len(self.made)
