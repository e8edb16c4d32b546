"""The statements of SQL: names are quoted, values are bound, and nothing that came stands in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ckanext.hanoi_datastore import engine

from . import filters
from .columns import given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .columns import Column
    from .filters import Condition
    from .selection import Sort


@dataclass(frozen=True)
class Statement:
    """One SELECT and what is bound to it."""

    sql: str
    values: Mapping[str, str]


def rows_of(path: Path) -> str:
    """Return the rows of a file for a FROM, each with its place from 0 as `file_row_number`."""
    return f"read_parquet({engine.text(str(path))}, file_row_number = true)"


def mark(name: str, number: int | None = None) -> str:
    """Return a name for SQL that no column of a dataset bears.

    >>> print(mark("place"), mark("c", 0))
    "#place" "#c0"
    """
    return engine.identifier(f"#{name}{'' if number is None else number}")


def page(
    source: str, select: Sequence[Column], conditions: Sequence[Condition], sort: Sequence[Sort], limit: int,
    after: Sequence[str | None] | None = None, place: int | None = None,
) -> Statement:  # fmt: skip
    """Return the rows of a page: each with its place in the file, and as one JSON text.

    :param after: the values of the last row before the page in the columns to sort by, as texts
    :param place: the place of that row
    """
    values = filters.Values()
    where = filters.where(conditions, values)
    if place is not None:
        where += f" AND {_beyond(sort, after or (), values.place(str(place)), values)}"
    cells = ", ".join(f"{given(column.kind, column.quoted)} AS {mark('c', n)}" for n, column in enumerate(select))
    order = f" ORDER BY {', '.join([*map(_way, sort), 'file_row_number'])}" if sort else ""
    inner = f"SELECT file_row_number AS {mark('place')}, {cells} FROM {source} WHERE {where}{order} LIMIT {limit}"
    pairs = ", ".join(f"{engine.text(column.name)}, {mark('c', n)}" for n, column in enumerate(select))
    return Statement(f"SELECT {mark('place')}, CAST(json_object({pairs}) AS VARCHAR) FROM ({inner})", values.bound)


def places(
    source: str, conditions: Sequence[Condition], sort: Sequence[Sort], limit: int, after: Sequence[str | None],
    place: int | None,
) -> Statement:  # fmt: skip
    """Return the places of a page's rows in the order, for which of all rows only what decides is read."""
    values = filters.Values()
    where = filters.where(conditions, values)
    if place is not None:
        where += f" AND {_beyond(sort, after, values.place(str(place)), values)}"
    order = f" ORDER BY {', '.join([*map(_way, sort), 'file_row_number'])}"
    return Statement(f"SELECT file_row_number FROM {source} WHERE {where}{order} LIMIT {limit}", values.bound)


def at(source: str, select: Sequence[Column], found: Sequence[int]) -> Statement:
    """Return the rows at some places, each with its place and as one JSON text, in the order of the file."""
    pairs = ", ".join(f"{engine.text(column.name)}, {given(column.kind, column.quoted)}" for column in select)
    listed = ", ".join(map(str, found)) or "NULL"
    cells = f"file_row_number, CAST(json_object({pairs}) AS VARCHAR)"
    return Statement(f"SELECT {cells} FROM {source} WHERE file_row_number IN ({listed})", {})


def last(source: str, sort: Sequence[Sort], place: int) -> Statement:
    """Return the values of one row in the columns to sort by, as texts."""
    listed = ", ".join(f"CAST({each.column.quoted} AS VARCHAR)" for each in sort)
    return Statement(
        f"SELECT {listed} FROM {source} WHERE file_row_number = CAST($place AS BIGINT)", {"place": str(place)}
    )


def count(source: str, conditions: Sequence[Condition]) -> Statement:
    """Return the number of rows that pass the filters."""
    values = filters.Values()
    return Statement(f"SELECT count(*) FROM {source} WHERE {filters.where(conditions, values)}", values.bound)


def table(source: str, cells: str, conditions: Sequence[Condition], sort: Sequence[Sort]) -> Statement:
    """Return all rows that pass the filters, in the order of the file unless sorted.

    :param cells: the expressions to select
    """
    values = filters.Values()
    where = filters.where(conditions, values)
    order = f" ORDER BY {', '.join([*map(_way, sort), 'file_row_number'])}" if sort else ""
    return Statement(f"SELECT {cells} FROM {source} WHERE {where}{order}", values.bound)


def _way(sort: Sort) -> str:
    return f"{sort.column.quoted} {'DESC' if sort.descending else 'ASC'} NULLS LAST"


def _beyond(sort: Sequence[Sort], after: Sequence[str | None], place: str, values: filters.Values) -> str:
    """Return the condition that a row comes after another in the order, whose last measure is the place in the file."""
    beyond = f"file_row_number > CAST({place} AS BIGINT)"
    for each, value in reversed(list(zip(sort, after, strict=True))):
        column = each.column.quoted
        if value is None:  # missing values come last: only other missing ones can follow
            beyond = f"({column} IS NULL AND {beyond})"
            continue
        bound = each.column.bound(value, values.place(value))
        sign = "<" if each.descending else ">"
        beyond = f"({column} {sign} {bound} OR {column} IS NULL OR ({column} = {bound} AND {beyond}))"
    return beyond
