"""A page of a dataset's rows, read from the published Parquet file by DuckDB."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from ckanext.hanoi_datastore import engine

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

ROWS = 50
_ZONE = "Asia/Ho_Chi_Minh"


@dataclass(frozen=True)
class Page:
    """Rows `first` to `last` (from 1) of `total`, as Python values; moments are in Hanoi's time, without zone."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    number: int
    pages: int
    total: int
    sort: str | None
    descending: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * ROWS + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * ROWS + len(self.rows)


def read_page(path: Path, number: int = 1, sort: str | None = None, descending: bool = False) -> Page | None:
    """Read one page of `ROWS` rows.

    A page past the end gives the last one, and a column that is not there gives the file's own order, so that an old link
    still shows something.

    :param number: from 1
    :param sort: the name of a column
    :returns: None when the file cannot be read
    """
    room = engine.cursor(path.parents[1])
    try:
        with engine.deadline(room):
            return _read(
                room, f"read_parquet({engine.text(str(path))}, file_row_number = true)", number, sort, descending
            )
    except (duckdb.Error, engine.TookTooLong):
        log.exception("The published file %s cannot be read", path)
        return None


def _read(room: duckdb.DuckDBPyConnection, rows: str, number: int, sort: str | None, descending: bool) -> Page:
    described = engine.fetch(room, f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {rows}")
    kinds = {row[0]: row[1] for row in described}
    total = engine.fetch(room, f"SELECT count(*) FROM {rows}")[0][0]
    pages = max(1, -(-total // ROWS))
    number = min(max(1, number), pages)
    sort = sort if sort in kinds else None
    places = range((number - 1) * ROWS, min(number * ROWS, total))
    if sort:
        # Only the column to sort by is read whole.
        order = f"{engine.identifier(sort)} {'DESC' if descending else 'ASC'} NULLS LAST, file_row_number"
        chosen = f"SELECT file_row_number FROM {rows} ORDER BY {order} LIMIT {ROWS} OFFSET {places.start}"
        wanted = [row[0] for row in engine.fetch(room, chosen)]
    else:
        wanted = list(places)
    shown = ", ".join(_shown(name, kind) for name, kind in kinds.items())
    listed = ", ".join(map(str, wanted)) or "NULL"
    found = engine.fetch(room, f"SELECT file_row_number, {shown} FROM {rows} WHERE file_row_number IN ({listed})")
    by_place = {row[0]: row[1:] for row in found}
    return Page(list(kinds), [by_place[place] for place in wanted], number, pages, total, sort, descending)


def _shown(name: str, kind: str) -> str:
    column = engine.identifier(name)
    return f"{column} AT TIME ZONE {engine.text(_ZONE)} AS {column}" if kind == "TIMESTAMP WITH TIME ZONE" else column
