"""The rows of a file that an agency sent to mend rows: the place that each states, and its cells by header."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from blueprint import Reading
from blueprint.errors import HanoiError
from dags.quarantine.errors import RepairRefused
from dags.quarantine.rows import FILE, REASONS, ROW, SHEET, unescaped
from dags.sources.formats.sniff import Kind, sniff
from dags.sources.mends import Spot
from dags.sources.tables import Table, fold, read

_NUMBERED = re.compile(r"(.*\S) \[([1-9][0-9]*)\]")
"""A header and its position in the delivery, where that repeats the header."""


@dataclass(frozen=True)
class SentRow:
    """One row: its row number in the file, the place that it states, and its cells by header.

    Headers are counted where they repeat; one with a stated position counts by that position, below zero.
    """

    at: int
    spot: Spot | None
    cells: Mapping[tuple[str, int], str]

    def cell(self, header: Sequence[str], position: int) -> str | None:
        """The cell that stands for ``position`` of the delivery's ``header``; ``None`` where it was left out."""
        name = fold(header[position])
        nth = sum(fold(h) == name for h in header[: position + 1])
        return self.cells.get((name, -(position + 1)), self.cells.get((name, nth)) if name else None)


class SentRows:
    """Reads files for a delivery whose files have these ``headers`` and ``readings``, by name."""

    def __init__(self, headers: Mapping[str, Sequence[str]], readings: Mapping[str, Reading]) -> None:
        self._headers, self._readings = headers, readings

    def read(self, path: Path) -> Iterator[SentRow]:
        """The rows of the file at ``path``, below its header."""
        table = self._table(path)
        counted: dict[str, int] = defaultdict(int)
        places: dict[str, int] = {}
        headers: dict[int, tuple[str, int]] = {}
        known = {fold(h) for header in self._headers.values() for h in header}
        for at, header in enumerate(table.header):
            if (said := _place_header(header)) is not None:
                places[said] = at
            elif fold(header) not in known and (found := _NUMBERED.fullmatch(header)):
                headers[at] = fold(found[1]), -int(found[2])
            elif header:
                counted[fold(header)] += 1
                headers[at] = fold(header), counted[fold(header)]
        if strange := [table.header[at] for at, (name, _) in headers.items() if name not in known]:
            listed = ", ".join(repr(h) for h in strange)
            raise RepairRefused(
                f"{path.name}: tiêu đề {listed} không có trong bộ dữ liệu gửi. Hãy giữ nguyên tiêu đề của tệp gốc.",
                f"{path.name}: the headers {listed} are not in the delivery. Keep the headers of the original file.",
            )
        for block in table.blocks:
            for index, number in enumerate(block.numbers.tolist()):
                row = block.received(index)
                cells = {key: unescaped(row[at]) if places else row[at] for at, key in headers.items() if at < len(row)}
                yield SentRow(number, self._spot(row, places, number, path.name), cells)

    def _table(self, path: Path) -> Table:
        """The table of a repaired file: as ``show --out`` writes it, or as the contract reads the agency's files."""
        with path.open("rb") as file:
            workbook = file.read(4) in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
        plain = Reading(format="excel" if workbook else "csv")
        declared = next(iter(self._readings.values()))
        tried = [plain] if workbook else [plain.model_copy(update={"delimiter": d}) for d in (",", ";", "\t")]
        for reading in tried:
            try:
                table = read(path, path.name, reading)
            except HanoiError:
                continue
            if any(_place_header(h) == ROW for h in table.header):
                return table
        as_declared = declared.format == plain.format or sniff(path) not in (Kind.TEXT, Kind.EXCEL)
        return read(path, path.name, declared if as_declared else plain)

    def _spot(self, row: Sequence[str], places: Mapping[str, int], number: int, name: str) -> Spot | None:
        if ROW not in places:
            return None
        said = {what: row[at].strip() for what, at in places.items() if at < len(row)}
        text = said.get(ROW, "").removesuffix(".0")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise RepairRefused(
                f"{name}, dòng {number}: cột {ROW} phải là số dòng trong tệp gốc. Hãy giữ nguyên cột này.",
                f"{name}, row {number}: the column {ROW} must hold the row number in the original file. Leave it as it is.",
            )
        file = unescaped(said.get(FILE, "")) or (next(iter(self._headers)) if len(self._headers) == 1 else "")
        if file not in self._headers:
            listed = ", ".join(self._headers)
            raise RepairRefused(
                f"{name}, dòng {number}: cột {FILE} phải là tên một tệp của bộ dữ liệu gửi: {listed}.",
                f"{name}, row {number}: the column {FILE} must name a file of the delivery: {listed}.",
            )
        return file, int(text)


def _place_header(header: str) -> str | None:
    """Which of the columns that say a row's place ``header`` is; either language will do."""
    said = fold(header)
    for known in (FILE, SHEET, ROW, REASONS):
        vi, _, en = known.removeprefix("#").partition(" / ")
        if said in (fold(known), fold(f"#{vi}"), fold(f"#{en}")):
            return known
    return None
