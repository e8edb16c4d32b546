"""`/records`: the rows of a version by pages, each of which says where the next begins."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import cursor, filters, paging, parameters, selection, statement
from .problems import bad_cursor

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    from starlette.requests import Request
    from starlette.responses import Response

    from .columns import Column
    from .parameters import Parameters
    from .service import Service
    from .versions import Version

_SHORT = 1000
"""Rows of a sorted page up to which they are found first and read then."""
PARAMETERS = (*parameters.VERSIONS, "select", "sort", "limit", "cursor", "total")


@dataclass(frozen=True)
class Asked:
    """A page that is asked for, every part of it known to the version."""

    version: Version
    select: list[Column]
    conditions: list[filters.Condition]
    sort: list[selection.Sort]
    limit: int
    total: bool

    @property
    def question(self) -> str:
        """What stays the same from page to page."""
        return cursor.question("records", self.version.dataset, self.conditions, self.sort)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read."""
        return (self.version.path,)


async def records(service: Service, request: Request, dataset: str) -> Response:
    """Answer with one page of rows."""
    return await paging.answer(service, request, dataset, "records", PARAMETERS, read, page)


def read(version: Version, named: Parameters) -> Asked:
    """Read what is asked of a version.

    :raises Problem: a part of it is not known
    """
    columns = version.columns
    return Asked(
        version,
        selection.select(named.get("select"), columns),
        filters.read(named.filters, columns),
        selection.sort(named.get("sort"), columns),
        named.number("limit", selection.ROWS, selection.MOST_ROWS),
        named.one_of("total", ("true", "false"), "false") == "true",
    )


def page(asked: Asked, place: int | None, address: str, connection: duckdb.DuckDBPyConnection) -> paging.Page:
    """Return the page after a place as JSON, and the address of the next where there is one."""
    source = statement.rows_of(asked.version.path)
    with closing(connection):
        after = () if place is None else _row(asked, place, source, connection)
        rows, more = _rows(asked, source, after, place, connection)
        total = {}
        if asked.total:
            counted = statement.count(source, asked.conditions)
            total = {"total": connection.execute(counted.sql, counted.values).fetchall()[0][0]}
    following = paging.next_page(address, asked, rows[-1][0]) if more else None
    return paging.written(asked, "records", [row[1] for row in rows], following, **total), following


def _rows(
    asked: Asked, source: str, after: tuple[str | None, ...], place: int | None, connection: duckdb.DuckDBPyConnection
) -> tuple[list[tuple[Any, ...]], bool]:
    """Return the rows of a page, and whether there are further ones."""
    if not asked.sort or asked.limit > _SHORT:
        wanted = statement.page(source, asked.select, asked.conditions, asked.sort, asked.limit + 1, after, place)
        connection.execute(wanted.sql, wanted.values)
        return paging.taken(connection, asked.limit)
    chosen = statement.places(source, asked.conditions, asked.sort, asked.limit + 1, after, place)
    places = [row[0] for row in connection.execute(chosen.sql, chosen.values).fetchall()]
    wanted = statement.at(source, asked.select, places[: asked.limit])
    by_place = dict(connection.execute(wanted.sql).fetchall())
    rows = paging.fitting([(each, by_place[each]) for each in places[: asked.limit]])
    return rows, len(places) > len(rows)


def _row(asked: Asked, place: int, source: str, connection: duckdb.DuckDBPyConnection) -> tuple[str | None, ...]:
    """Return the values of the row at a place in the columns to sort by, as texts."""
    if not asked.sort:
        return ()
    found = statement.last(source, asked.sort, place)
    row = connection.execute(found.sql, found.values).fetchone()
    if row is None:
        raise bad_cursor("Con trỏ trang ở ngoài tệp.", "The cursor is outside of the file.")
    return tuple(row)
