"""Blocks of rows as text columns: what every reader of a delivered file hands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ROWS = 50_000
"""Rows of a block that is made in Python."""


class Block(Protocol):
    """Some rows of one table, in their order.

    ``numbers`` holds the row number of each in the source; ``fits`` says of each whether it is as wide as the header,
    or is ``None`` where all are.
    """

    numbers: "np.ndarray[Any, Any]"
    fits: "np.ndarray[Any, Any] | None"

    def column(self, position: int) -> "pa.Array":
        """The text at ``position`` (from 0) of each row, empty where a row is too short to have one."""
        ...

    def received(self, index: int) -> list[str]:
        """The cells of one row as they came, however many there are."""
        ...

    def valued(self, position: int) -> "np.ndarray[Any, Any] | None":
        """Which texts at ``position`` a spreadsheet holds as numbers or dates and not as text; ``None`` where none is."""
        ...


@dataclass(frozen=True)
class Columns:
    """A block of equally wide rows whose columns a reader has already made."""

    numbers: "np.ndarray[Any, Any]"
    columns: "Sequence[pa.Array]"
    fits: "np.ndarray[Any, Any] | None" = None
    cells: "Callable[[int], np.ndarray[Any, Any] | None] | None" = None
    """What ``valued`` gives, where that can be any."""

    def valued(self, position: int) -> "np.ndarray[Any, Any] | None":
        return self.cells(position) if self.cells and position < len(self.columns) else None

    def column(self, position: int) -> "pa.Array":
        import pyarrow as pa

        return (
            self.columns[position] if position < len(self.columns) else pa.array([""] * len(self.numbers), pa.string())
        )

    def received(self, index: int) -> list[str]:
        return [column[index].as_py() for column in self.columns]


@dataclass(frozen=True)
class Rows:
    """A block of rows of any width."""

    numbers: "np.ndarray[Any, Any]"
    rows: Sequence[Sequence[str]]
    fits: "np.ndarray[Any, Any] | None" = None

    def column(self, position: int) -> "pa.Array":
        import pyarrow as pa

        return pa.array([row[position] if position < len(row) else "" for row in self.rows], pa.string())

    def received(self, index: int) -> list[str]:
        return list(self.rows[index])

    def valued(self, position: int) -> "np.ndarray[Any, Any] | None":  # noqa: ARG002
        return None


def rows_of(numbered: Sequence[tuple[int, Sequence[str]]], width: int | None) -> Rows:
    """A block of (row number, cells); ``width`` is that of the header where rows may differ from it."""
    import numpy as np

    rows = [cells for _, cells in numbered]
    fits = None if width is None else np.fromiter((len(cells) == width for cells in rows), bool, len(rows))
    return Rows(np.fromiter((number for number, _ in numbered), np.int64, len(rows)), rows, fits)
