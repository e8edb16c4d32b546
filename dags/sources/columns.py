"""Columns: which column of a file holds what the contract names, by header, pattern or position."""

import re

from blueprint import Column, Contract, Reading
from dags.sources.arranging import Place
from dags.sources.cells import Cell
from dags.sources.headers import fold, header_gone, header_moved, header_not_one
from dags.sources.tables import Table
from dags.sources.titles import plain, title_value


def cell_of(contract: Contract, column: Column, reading: Reading, table: Table, made: tuple[str, ...] = ()) -> Cell:
    """Where ``column`` stands in ``table``; ``made`` are the columns that the layout put behind those of the file.

    Raises HeaderChanged.
    """
    name = column.name
    if name in reading.constants:
        return Cell(column, None, reading.constants[name])
    if column.from_file_name:
        found = re.search(column.from_file_name, table.file)
        return Cell(column, None, _said(column, found[1]) if found else None)
    if name in reading.from_sheet:
        found = re.search(reading.from_sheet[name], plain(table.sheet), re.IGNORECASE)
        return Cell(column, None, _said(column, found[1]) if found else None)
    if name in reading.from_titles:
        return Cell(column, None, _said(column, title_value(table, name, reading.from_titles[name])))
    if name in reading.absent:
        return Cell(column, None, None)
    if name in made:
        return Cell(column, len(table.header) - len(made) + made.index(name), None)
    if (position := _declared(contract.dataset, name, reading, table)) is not None:
        return Cell(column, position, None)
    names = [reading.headers.get(name) or column.header or name, *column.synonyms]
    for wanted in map(fold, names):
        for position, header in enumerate(table.header):
            if fold(header) == wanted:
                return Cell(column, position, None)
    if column.constant is not None:
        return Cell(column, None, column.constant)
    raise header_gone(contract.dataset, table, names[0], reading)


def _said(column: Column, text: str) -> str | None:
    """A value that stands outside the table, as the cells of ``column`` are read."""
    return Cell(column, None).text(text, frozenset()) if column.values else text


def place_of(contract: Contract, reading: Reading, table: Table) -> Place:
    """Positions in ``table`` of the columns that its layout names: by the contract, the reading, or their header."""
    columns = {column.name: column for column in contract.columns}

    def place(ref: str) -> int:
        position = _declared(contract.dataset, ref, reading, table)
        if position is None and ref in columns:
            position = cell_of(contract, columns[ref], reading, table).position
        return header_position(table, ref, contract.dataset, reading) if position is None else position

    return place


def header_position(table: Table, header: str, dataset: str, reading: Reading | None = None) -> int:
    """The position of the column with this ``header``; raises HeaderChanged."""
    for position, found in enumerate(table.header):
        if fold(found) == fold(header):
            return position
    raise header_gone(dataset, table, header, reading)


def _declared(dataset: str, name: str, reading: Reading, table: Table) -> int | None:
    """The position that the reading states for ``name``, or finds by a pattern; ``None`` where it says neither."""
    if name in reading.positions:
        position, wanted = reading.positions[name] - 1, reading.headers.get(name)
        at = table.header[position] if position < len(table.header) else ""
        if wanted is not None and fold(at) != fold(wanted):
            raise header_moved(dataset, table, name, wanted, position, reading)
        return position
    if name in reading.matching:
        pattern = reading.matching[name]
        found = [p for p, h in enumerate(table.header) if re.search(pattern, plain(h), re.IGNORECASE)]
        if len(found) != 1:
            raise header_not_one(dataset, table, name, pattern, [table.header[p] for p in found])
        return found[0]
    return None
