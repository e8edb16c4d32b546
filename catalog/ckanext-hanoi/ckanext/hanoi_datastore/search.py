"""Answers `datastore_search` on a published table."""

from __future__ import annotations

import csv
import io
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
from ckan.lib.lazyjson import LazyJSONObject

from . import engine, fulltext, held, request
from .errors import refused, too_big, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .request import Request
    from .table import Table

# Names that begin with an underscore are ours: no column of a DataStore has one.
# Up to here the rows of a page are found first and read then; a longer page reads all its columns at once.
_SHORT = 2000


def search(table: Table, data: dict[str, Any], cache: Path | None, lazy: bool = False) -> dict[str, Any]:
    """Return what `datastore_search` answers: `fields`, `records`, and where asked for `total` and `next_page`.

    :param cache: the folder of what is held of large tables; None to read their files always
    :param lazy: records may be JSON that is not read yet, for the web interface
    :raises ValidationError: the call cannot be understood, took too long or needs too much memory
    """
    asked = request.read(table, data)
    answer: dict[str, Any] = {"fields": _fields(asked)}
    connection = table.cursor(cache)
    with closing(connection), said_plainly(), engine.deadline(connection):
        asked = replace(asked, table=held.held(connection, table, cache))
        source = _Source(asked, connection)
        rows, last = _page(connection, asked, source) if asked.limit else ([], None)
        total = _total(connection, asked, source, len(rows)) if asked.include_total else None
    if asked.include_total:
        answer["total"] = total
    answer["records"] = _records(asked, rows, lazy)
    if asked.include_next_page and asked.by_id and last is not None:
        answer["next_page"] = {"_id": {"gt" if asked.by_id == "asc" else "lt": last + 1}}
    return answer


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn DuckDB's errors into those that CKAN shows."""
    try:
        yield
    except engine.TookTooLong:
        raise too_long() from None
    except duckdb.OutOfMemoryException:
        raise too_big() from None
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        raise refused(
            "query",
            "Một giá trị lọc không đúng kiểu của cột; xem kiểu của từng cột trong datastore_info.",
            "The value of a filter does not have its column's type; datastore_info names the types.",
        ) from None
    except (duckdb.BinderException, duckdb.NotImplementedException):
        raise refused(
            "query",
            "Không thể kết hợp các tham số này: với distinct, chỉ sắp xếp được theo cột nằm trong fields.",
            "These parameters do not go together: with distinct, rows are sorted by columns among fields only.",
        ) from None


class _Source:
    """Where rows come from: the file, its full-text hits, or both."""

    def __init__(self, asked: Request, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        """Take the hits into statements as they are, or look them up once for all statements of a connection."""
        table, ranks = asked.table, asked.ranks
        hits = [f"SELECT row AS _row, times AS _times FROM ({fulltext.hits(table, each)})" for each in asked.searches]
        self.before = ""
        if connection is not None:
            for number, each in enumerate(hits):
                connection.execute(f"CREATE TEMP TABLE hit{number} AS {each}")
        elif hits:
            self.before = f"WITH {', '.join(f'hit{number} AS ({each})' for number, each in enumerate(hits))} "
        self.columns = request.columns(asked)
        self.where = f" WHERE {asked.where}" if asked.where else ""
        joined = [f"hit{number}" for number in range(len(hits))]
        if joined and not asked.where and {name for name, _ in asked.sort} <= {"_id", *ranks}:
            # Nothing of the file itself is needed to know which rows.
            self.row = "hit0._row"
            self.columns["_id"] = "(hit0._row + 1)"
            self.rows = joined[0] + "".join(f" JOIN {name} ON {name}._row = hit0._row" for name in joined[1:])
        else:
            self.row = "file_row_number"
            self.rows = table.relation + "".join(f" JOIN {name} ON {name}._row = file_row_number" for name in joined)
        self.whole = table.relation + "".join(f" JOIN {name} ON {name}._row = file_row_number" for name in joined)


def _page(connection: duckdb.DuckDBPyConnection, asked: Request, source: _Source) -> tuple[list[Any], int | None]:
    """Return the rows of the page, each given out in the wanted form, and the place of the last in the file, from 0."""
    if asked.distinct:
        inner = f"{source.before}{_distinct(asked, source)}{_order(asked, {name: engine.identifier(name) for name in asked.fields})}"
        return engine.fetch(connection, _formed(asked, f"{inner} {_cut(asked)}", asked.fields), asked.values), None
    if asked.by_id and not asked.searches and not asked.where:
        first, beyond = _span(asked)
        where = f"file_row_number >= {first} AND file_row_number < {beyond}"
        found = engine.fetch(connection, _read(asked, where, "" if asked.by_id == "asc" else " ORDER BY _place DESC"))
        return [row[1:] for row in found], found[-1][0] if found else None
    if asked.by_id == "asc" and not asked.searches:
        # One table is read in its own order, and no further than the page.
        found = engine.fetch(connection, _read(asked, asked.where, f" {_cut(asked)}"), asked.values)
        return [row[1:] for row in found], found[-1][0] if found else None
    order = _order(asked, source.columns, source.row)
    ranks = "".join(f", {source.columns[name]}" for name in asked.ranks)
    chosen = (
        f"{source.before}SELECT {source.row} AS _place{ranks} FROM {source.rows}{source.where}{order} {_cut(asked)}"
    )
    places = engine.fetch(connection, chosen, asked.values)
    if not places:
        return [], None
    found = []
    for start in range(0, len(places), _SHORT):
        found += _fetched(connection, asked, places[start : start + _SHORT], start)
    return [row[1:] for row in found], places[-1][0]


def _fetched(connection: duckdb.DuckDBPyConnection, asked: Request, places: list[Any], start: int) -> list[Any]:
    listed = ", ".join(str(place[0]) for place in places)
    values = ", ".join(
        f"({', '.join(map(str, (place[0], start + turn, *place[1:])))})" for turn, place in enumerate(places)
    )
    names = ", ".join(["_place", "_turn", *(f"_rank{number}" for number in range(len(asked.ranks)))])
    joined = f" JOIN (VALUES {values}) AS _page({names}) ON _page._place = file_row_number"
    ranks = {name: f"_rank{number}" for number, name in enumerate(asked.ranks)}
    return engine.fetch(connection, _read(asked, f"file_row_number IN ({listed})", " ORDER BY _turn", joined, ranks))


def _read(asked: Request, where: str, end: str, joined: str = "", ranks: dict[str, str] | None = None) -> str:
    given = {name: (ranks or {}).get(name) or request.output(asked.table, name) for name in asked.fields}
    columns = ", ".join(f"{expression} AS c{number}" for number, expression in enumerate(given.values()))
    inner = f"SELECT file_row_number AS _place, {columns} FROM {asked.table.relation}{joined} WHERE {where}{end}"
    return _formed(asked, inner, [f"c{number}" for number in range(len(given))], "_place, ")


def _formed(asked: Request, inner: str, columns: list[str], first: str = "") -> str:
    """Return a SELECT of the rows as texts: one JSON text a row, or one text a cell."""
    quoted = [engine.identifier(name) for name in columns]
    if asked.records_format == "objects":
        pairs = ", ".join(f"{engine.text(name)}, {column}" for name, column in zip(asked.fields, quoted, strict=True))
        cells = f"CAST(json_object({pairs}) AS VARCHAR)"
    elif asked.records_format == "lists":
        cells = f"CAST(json_array({', '.join(quoted)}) AS VARCHAR)"
    else:
        cells = ", ".join(
            f"CAST({f'to_json({column})' if asked.types[name].startswith('_') and name != '_id' else column} AS VARCHAR)"
            for name, column in zip(asked.fields, quoted, strict=True)
        )
    return f"SELECT {first}{cells} FROM ({inner})"


def _distinct(asked: Request, source: _Source) -> str:
    given = {
        name: source.columns[name] if name in asked.ranks else request.output(asked.table, name)
        for name in asked.fields
    }
    columns = ", ".join(f"{expression} AS {engine.identifier(name)}" for name, expression in given.items())
    return f"SELECT DISTINCT {columns} FROM {source.whole}{source.where}"


def statement(asked: Request) -> str:
    """Return a SELECT of all that is asked for, every column in its own type."""
    source, given = _Source(asked), request.columns(asked)
    columns = ", ".join(f"{given[name]} AS {engine.identifier(name)}" for name in asked.fields)
    order = _order(asked, {name: engine.identifier(name) for name in asked.fields} if asked.distinct else given,
                   "" if asked.distinct else "file_row_number")  # fmt: skip
    rows = f"SELECT {'DISTINCT ' if asked.distinct else ''}{columns} FROM {source.whole}{source.where}{order}"
    return f"{source.before}{rows} {_cut(asked)}"


def _order(asked: Request, columns: dict[str, str], last: str = "") -> str:
    missing = [name for name, _ in asked.sort if name not in columns]
    if missing:
        raise duckdb.BinderException("a column to sort by is not among the distinct ones")
    wanted = [part for part in (request.order(asked, columns) if asked.sort or last else "", last) if part]
    return f" ORDER BY {', '.join(wanted)}" if wanted else " ORDER BY ALL"


def _cut(asked: Request) -> str:
    return f"LIMIT {asked.limit} OFFSET {asked.offset}"


def _span(asked: Request) -> tuple[int, int]:
    """Return the first place of the page in the file, and the one after its last."""
    rows = asked.table.rows
    if asked.by_id == "asc":
        return asked.offset, min(asked.offset + asked.limit, rows)
    return max(0, rows - asked.offset - asked.limit), max(0, rows - asked.offset)


def _total(connection: duckdb.DuckDBPyConnection, asked: Request, source: _Source, shown: int) -> int:
    if 0 < shown < asked.limit:
        return asked.offset + shown
    if asked.distinct:
        sql = f"{source.before}SELECT count(*) FROM ({_distinct(asked, source)})"
    elif asked.where or asked.searches:
        sql = f"{source.before}SELECT count(*) FROM {source.rows}{source.where}"
    else:
        return asked.table.rows
    return int(engine.fetch(connection, sql, asked.values)[0][0])


def _fields(asked: Request) -> list[dict[str, Any]]:
    types, found = asked.types, []
    for name in asked.fields:
        info = asked.table.info(name)
        found.append({"id": name, "type": types[name], **({"info": info} if info else {})})
    return found


def _records(asked: Request, rows: list[Any], lazy: bool) -> Any:
    if asked.records_format in ("csv", "tsv"):
        written = io.StringIO()
        csv.writer(written, delimiter="," if asked.records_format == "csv" else "\t", lineterminator="\n").writerows(
            rows
        )
        return written.getvalue()
    if not rows:
        return []
    listed = f"[{','.join(row[0] for row in rows)}]"
    return LazyJSONObject(listed) if lazy else msgspec.json.decode(listed)
