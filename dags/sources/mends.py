"""Rows that an agency mended: they stand in the place of rows that a delivery brought, in the layout of its files.

The mends of a delivery are kept beside its raw files, under their SHA-256: raw files and mends together give the same rows
for ever. A row that the agency replaced by mending another row of its key is ``superseded``; it is still counted, and
refused for that reason.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from dags.sources.blocks import Block

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Spot = tuple[str, int]
"""A file's name and a row number in it."""


@dataclass(frozen=True)
class Mend:
    """The cells that a row holds now; ``repair`` is the SHA-256 of the file that brought them, at its row ``at``."""

    cells: tuple[str, ...]
    repair: str
    at: int


@dataclass(frozen=True)
class Mends:
    """What was mended in one delivery, row by row."""

    rows: Mapping[Spot, Mend] = field(default_factory=dict[Spot, Mend])
    superseded: Mapping[Spot, Spot] = field(default_factory=dict[Spot, Spot])
    """A row, and the mended row that took its key."""

    def __bool__(self) -> bool:
        return bool(self.rows)

    def joined(self, later: "Mends") -> "Mends":
        """These mends, and on top of them ``later`` ones; a row that is mended by itself is not superseded any more."""
        rows = {**self.rows, **later.rows}
        superseded = {**self.superseded, **later.superseded}
        return Mends(rows, {spot: by for spot, by in superseded.items() if spot not in later.rows})

    def to_bytes(self) -> bytes:
        """The mends as JSON lines in the order of their places: the same mends give the same bytes."""
        lines: list[dict[str, Any]] = [
            {"file": file, "row": row, "cells": mend.cells, "repair": mend.repair, "at": mend.at}
            for (file, row), mend in sorted(self.rows.items())
        ]
        lines += [
            {"file": file, "row": row, "superseded_by": list(by)} for (file, row), by in sorted(self.superseded.items())
        ]
        return "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The mends that ``to_bytes`` wrote."""
        rows: dict[Spot, Mend] = {}
        superseded: dict[Spot, Spot] = {}
        for text in content.decode().split("\n"):
            if not text:
                continue
            line = json.loads(text)
            spot = line["file"], line["row"]
            if "superseded_by" in line:
                file, row = line["superseded_by"]
                superseded[spot] = file, row
            else:
                rows[spot] = Mend(tuple(line["cells"]), line["repair"], line["at"])
        return cls(rows, superseded)

    def over(self, file: str, block: Block) -> Block:
        """``block`` of the file ``file`` with its mended rows in place; the block itself where none of them is in it."""
        mended = {
            at: self.rows[file, number].cells for at, number in _among(block, [r for f, r in self.rows if f == file])
        }
        return _Mended(block, mended) if mended else block

    def stands(self, file: str, block: Block) -> "np.ndarray[Any, Any] | None":
        """Which rows of ``block`` are not superseded; ``None`` where all stand."""
        import numpy as np

        gone = [at for at, _ in _among(block, [r for f, r in self.superseded if f == file])]
        if not gone:
            return None
        found = np.ones(len(block.numbers), bool)
        found[gone] = False
        return found


def _among(block: Block, rows: Sequence[int]) -> list[tuple[int, int]]:
    """Position in the block and row number of those of ``rows`` that are in it."""
    import numpy as np

    if not rows:
        return []
    at = np.flatnonzero(np.isin(block.numbers, np.array(rows, np.int64)))
    return [(int(index), int(block.numbers[index])) for index in at]


class _Mended:
    """A block with other cells in some of its rows; these are as wide as the header."""

    def __init__(self, block: Block, cells: Mapping[int, tuple[str, ...]]) -> None:
        self.block, self.cells = block, cells
        self.numbers, self.fits = block.numbers, block.fits
        if self.fits is not None:
            self.fits = self.fits.copy()
            self.fits[list(cells)] = True

    def column(self, position: int) -> "pa.Array":
        import pyarrow as pa

        texts = self.block.column(position).to_pylist()
        for at, cells in self.cells.items():
            texts[at] = cells[position] if position < len(cells) else ""
        return pa.array(texts, pa.string())

    def received(self, index: int) -> list[str]:
        return list(self.cells[index]) if index in self.cells else self.block.received(index)

    def valued(self, position: int) -> "np.ndarray[Any, Any] | None":
        found = self.block.valued(position)
        if found is None:
            return None
        found, came = found.copy(), self.block.column(position)
        for at, cells in self.cells.items():
            found[at] &= position < len(cells) and cells[position] == came[at].as_py()
        return found
