"""A page of a dataset's rows, read from the published Parquet file by DuckDB."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

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
    try:
        with _closed_room(path) as room:
            return _read(room, str(path), number, sort, descending)
    except duckdb.Error:
        log.exception("The published file %s cannot be read", path)
        return None


def _read(room: duckdb.DuckDBPyConnection, path: str, number: int, sort: str | None, descending: bool) -> Page:
    described = room.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
    kinds = {row[0]: row[1] for row in described}
    total = room.execute("SELECT count(*) FROM read_parquet(?)", [path]).fetchone()[0]
    pages = max(1, -(-total // ROWS))
    number = min(max(1, number), pages)
    sort = sort if sort in kinds else None
    shown = ", ".join(_shown(name, kind) for name, kind in kinds.items())
    order = f"{_quoted(sort)} {'DESC' if descending else 'ASC'} NULLS LAST, " if sort else ""
    rows = room.execute(
        f"SELECT {shown} FROM read_parquet(?, file_row_number = true) ORDER BY {order}file_row_number LIMIT ? OFFSET ?",
        [path, ROWS, (number - 1) * ROWS],
    ).fetchall()
    return Page(list(kinds), rows, number, pages, total, sort, descending)


def _closed_room(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that can read this one file and nothing else, and cannot be told otherwise."""
    room = duckdb.connect(
        ":memory:", config={"threads": 1, "memory_limit": "256MB", "autoinstall_known_extensions": False,
                            "temp_directory": ""}
    )  # fmt: skip
    room.execute("SET allowed_paths = [$path]".replace("$path", _text(str(path))))
    room.execute("SET enable_external_access = false")
    room.execute("SET lock_configuration = true")
    return room


def _shown(name: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"{_quoted(name)} AT TIME ZONE {_text(_ZONE)} AS {_quoted(name)}"
    return _quoted(name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
