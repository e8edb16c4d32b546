"""Refused rows as people may see them: where each is, which rules it breaks and what these allow; personal values masked."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Contract
from blueprint.sql import literal, parquet
from dags.quarantine.errors import UnknownRule
from dags.quarantine.files import Kept
from lake.folders import replacing
from quality.masking import MASK, RowMask
from quality.meanings import Meaning, explain, meanings

FILE, SHEET, ROW, REASONS = "#Tệp / File", "#Trang / Sheet", "#Dòng / Row", "#Lỗi / Reasons"
"""Headers of the columns that say where a row came from, in files that ``write_rows`` makes."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 10_000
"""Characters of a cell that are written; a spreadsheet takes 32,767."""


@dataclass(frozen=True)
class Reason:
    """A rule that a row breaks. ``came`` is the cell's text, masked, and ``example`` a made-up value that would be right."""

    rule: str
    severity: str
    column: str | None
    header: str | None
    came: str | None
    example: str | None
    vi: str
    en: str


@dataclass(frozen=True)
class ShownRow:
    """A refused row: its place, its reasons, and its cells as they may be shown, by column."""

    file: str
    sheet: str
    row: int
    reasons: tuple[Reason, ...]
    cells: dict[str, str]


@dataclass(frozen=True)
class _Layout:
    """Where the columns stand in a file, and their headers there."""

    positions: Mapping[str, int]
    headers: Mapping[str, str]


def contract_of(kept: Kept, plan: Blueprint) -> Contract:
    """The contract version that refused the rows; the one in force where that version is not there any more."""
    versions = plan.contract_versions.get(kept.dataset, ())
    return next((c for c in versions if c.ref == kept.contract), plan.contract(kept.dataset))


def shown_rows(kept: Kept, plan: Blueprint, rule: str | None = None, limit: int | None = None) -> Iterator[ShownRow]:
    """The rows of a kept file in the order of the delivery, those that break ``rule`` where it is given.

    Raises UnknownRule.
    """
    if rule is not None and rule not in kept.rules:
        raise UnknownRule(kept.dataset, rule, list(kept.rules))
    contract = contract_of(kept, plan)
    words, mask = meanings(contract, plan), RowMask(contract, plan)
    for file, sheet, row, rules, warnings, received, headers, positions in _rows(kept.path, rule, limit):
        layout = _Layout(positions or {}, headers or {})
        cells = mask.received(received, layout.positions, rules)
        came = {name: cells[at - 1] for name, at in layout.positions.items() if at <= len(cells)}
        reasons = [
            _reason(id_, severity, words.get(id_) or explain(id_, contract, plan), layout, came)
            for severity, ids in (("error", rules), ("warning", warnings))
            for id_ in ids
        ]
        yield ShownRow(file, sheet or "", row, tuple(reasons), came)


def _rows(path: Path, rule: str | None, limit: int | None) -> Iterator[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect() as db:
        table = parquet(path)
        names = {str(c[0]) for c in db.execute(f"DESCRIBE FROM {table}").fetchall()}
        positions = "positions" if "positions" in names else "NULL"  # files of earlier releases do not say
        wanted = (
            f"WHERE list_contains(rules, {literal(rule)}) OR list_contains(warnings, {literal(rule)})" if rule else ""
        )
        most = "" if limit is None else f"LIMIT {int(limit)}"
        found = db.execute(
            f"SELECT file, sheet, row, rules, warnings, received, headers, {positions} FROM {table} {wanted} {most}"
        )
        while rows := found.fetchmany(1_000):
            yield from rows


def _reason(rule: str, severity: str, meaning: Meaning, layout: _Layout, came: Mapping[str, str]) -> Reason:
    column = meaning.column
    header, cell = (layout.headers.get(column), came.get(column)) if column else (None, None)
    return Reason(rule, severity, column, header, cell, meaning.example, meaning.vi, meaning.en)


def write_rows(rows: Iterator[ShownRow], kept: Kept, plan: Blueprint, path: Path) -> int:
    """Write ``rows`` as a CSV file or an Excel workbook that an agency can mend and send back; returns how many there are.

    Each row says where it came from and what is wrong with it. Cells that are not shown read ``***``: left so, they keep
    what was received. The file is readable by its owner only.
    """
    contract = contract_of(kept, plan)
    listed = list(rows)
    names = [c.name for c in contract.columns if any(c.name in row.cells for row in listed)]
    headers = [header_in_file(contract, name, _header_of(kept, name)) for name in names]
    head = [FILE, SHEET, ROW, REASONS, *headers]
    with replacing(path) as part:
        part.touch(0o600)
        (_write_workbook if path.suffix.lower() == ".xlsx" else _write_csv)(
            part, [head, *([*_place(row), *(_cell(row.cells.get(name, "")) for name in names)] for row in listed)]
        )
    return len(listed)


def header_in_file(contract: Contract, column: str, header: str) -> str:
    """The header of a column in a file to be mended; with its position where the agency's file repeats the header."""
    for source in contract.sources:
        for reading in (source.reading, *source.readings.values()):
            if column in reading.positions:
                return f"{header} [{reading.positions[column]}]"
    return header


def _header_of(kept: Kept, column: str) -> str:
    import duckdb

    with duckdb.connect() as db:
        found = db.execute(f"SELECT headers[{literal(column)}] FROM {parquet(kept.path)} LIMIT 1").fetchone()
    return str(found[0]) if found and found[0] else column


def _place(row: ShownRow) -> list[str | int]:
    said = dict.fromkeys(f"{r.vi} / {r.en}" for r in row.reasons)
    return [_escaped(row.file), _escaped(row.sheet), row.row, "; ".join(said)]


def _cell(text: str) -> str:
    """A cell that is shown whole or not at all: what is masked in part would come back changed."""
    if MASK in text or len(text) > _LONGEST or any(not c.isprintable() and c not in "\n\t" for c in text):
        return MASK
    return _escaped(text)


def _escaped(text: str) -> str:
    """``text``, marked as text where a spreadsheet would take it for a formula."""
    number = text[1:].replace(".", "", 1).isdigit() and text[:1] in "+-"
    return f"'{text}" if text.startswith(_FORMULA) and not number else text


def unescaped(text: str) -> str:
    """What ``_escaped`` marked, as it was."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _write_csv(path: Path, lines: Sequence[Sequence[str | int]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark makes spreadsheets read UTF-8
        csv.writer(file).writerows(lines)


def _write_workbook(path: Path, lines: Sequence[Sequence[str | int]]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Dòng cần sửa - Rows to mend")
    sheet.freeze_panes = "A2"
    for line in lines:
        cells = []
        for value in line:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type, cell.number_format = "s", "@"  # text stays text: no formula, no zero lost, no date made
            cells.append(cell)
        sheet.append(cells)
    book.save(path)
