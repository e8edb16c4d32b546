"""SQL databases: the rows of one question as CSV or JSON Lines, in the order of a key, so that the same rows are the same bytes."""

import csv
import datetime as dt
import io
import json
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import quote

from blueprint import Source
from blueprint.places import BIND, SqlSource
from dags.errors import DeliveryError
from dags.sources.places.access import Access
from dags.sources.places.errors import broken, denied, missing, shown, too_large, unreachable
from dags.sources.places.place import Mark, RemoteFile, Transfer
from dags.sources.places.search import Found, Search

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Engine

_ROWS = 5_000
_CONNECT_SECONDS = 10
_TELLING = ("28", "3D", "42", "25", "57")
"""Classes of SQLSTATE whose messages speak of the question alone; others can quote values of the data."""


def find(search: Search) -> Found:
    """The rows, as one file for each day; whether the database answers, fetching them tells."""

    def look(source: Source, name: str, day: dt.date | None) -> Sequence[RemoteFile]:
        asked = cast(SqlSource, source)
        given = name if "." in name else f"{name}.{asked.reading.format}"
        return [RowsFile(given, _location(asked, day), source=asked, day=day, access=search.access)]

    looked = tuple(_location(cast(SqlSource, source), None) for source in search.at)
    return Found(search.gather(look), looked[0], looked)


@dataclass(frozen=True)
class RowsFile(RemoteFile):
    """The rows of one question as a file, written while they are read."""

    asked: ClassVar[bool] = True
    source: SqlSource = field(kw_only=True)
    day: dt.date | None = field(kw_only=True)
    access: Access = field(kw_only=True)

    @contextmanager
    def open(self, known: Mark | None = None) -> Iterator[Transfer]:  # noqa: ARG002 - rows have no mark
        from sqlalchemy.exc import SQLAlchemyError

        deadline = time.monotonic() + self.source.max_seconds
        try:
            engine = _ENGINES[self.source.engine](self.source, self.access, deadline)
            with engine.connect() as connection:
                yield Transfer(self._pieces(connection, deadline))
        except DeliveryError:
            raise
        except (SQLAlchemyError, OSError, sqlite3.Error) as error:
            raise _told(error, self.location, self.source) from error

    def _pieces(self, connection: "Connection", deadline: float) -> Iterator[bytes]:
        read = _in_batches if self.source.engine == "postgresql" else _at_once
        count, former = 0, None
        write: Callable[[Sequence[Sequence[Any]]], bytes] | None = None
        keys: list[int] = []
        for names, rows in read(connection, self.source, self._bound()):
            if write is None:
                keys = self._keys(names)
                write = _writer(self.source.reading.format, names, self.source.reading.delimiter)
            count += len(rows)
            if count > self.source.max_rows:
                raise too_large(self.location, f"{self.source.max_rows} dòng", f"{self.source.max_rows} rows")
            if time.monotonic() > deadline:
                raise unreachable(self.location, f"{self.source.max_seconds} s (max_seconds)")
            for row in rows:
                key = [row[k] for k in keys]
                if key == former:
                    listed = ", ".join(self.source.key)
                    raise broken(
                        self.location,
                        f"có hai dòng trùng khóa ({listed}), nên thứ tự không xác định.",
                        f"two rows share the key ({listed}), so that they have no order.",
                    )
                former = key
            if rows or not self.optional:
                yield write(rows)

    def _keys(self, names: Sequence[str]) -> list[int]:
        if repeated := next((n for n in names if names.count(n) > 1), None):
            raise broken(self.location, f"hai cột cùng tên {repeated!r}.", f"two columns are called {repeated!r}.")
        if lacking := next((k for k in self.source.key if k not in names), None):
            raise broken(
                self.location, f"kết quả thiếu cột khóa {lacking!r}.", f"the result lacks the key {lacking!r}."
            )
        return [names.index(name) for name in self.source.key]

    def _bound(self) -> dict[str, Any]:
        if self.day is None:
            return {}
        dates = {"date": self.day, "next": self.day + dt.timedelta(days=1)}
        numbers = {"year": self.day.year, "month": self.day.month, "day": self.day.day}
        lite = self.source.engine == "sqlite"
        known = {**{n: d.isoformat() if lite else d for n, d in dates.items()}, **numbers}
        return {name: known[name] for name in self.source.binds}


_Batches = Iterator[tuple[Sequence[str], Sequence[Sequence[Any]]]]


def _in_batches(connection: "Connection", source: SqlSource, bound: Mapping[str, Any]) -> _Batches:
    """The rows of PostgreSQL by a cursor on the server, in a transaction that cannot write."""
    for statement in (
        "SET TRANSACTION READ ONLY",
        f"SET LOCAL statement_timeout = {source.max_seconds * 1000}",
        "SET LOCAL TIME ZONE 'UTC'",
    ):
        connection.exec_driver_sql(statement)
    # A cursor of our own, for SQLAlchemy's writes what the server says of a failure, values included, into the log.
    _execute(connection, f"DECLARE hanoi_rows NO SCROLL CURSOR FOR {_question(source, connection)}", bound)
    while True:
        result = connection.exec_driver_sql(f"FETCH FORWARD {_ROWS} FROM hanoi_rows")
        names, rows = list(result.keys()), result.fetchall()
        yield names, rows
        if len(rows) < _ROWS:
            return


def _at_once(connection: "Connection", source: SqlSource, bound: Mapping[str, Any]) -> _Batches:
    """The rows of SQLite, which are computed while they are fetched."""
    result = _execute(connection, _question(source, connection), bound)
    names = list(result.keys())
    yield names, ()
    for rows in result.partitions(_ROWS):
        yield names, rows


def _execute(connection: "Connection", statement: str, bound: Mapping[str, Any]) -> "CursorResult[Any]":
    if not bound or connection.dialect.paramstyle != "format":
        return connection.exec_driver_sql(statement, dict(bound) or None)
    values = tuple(bound[name] for name in BIND.findall(statement))
    return connection.exec_driver_sql(BIND.sub("%s", statement.replace("%", "%%")), values)


def _question(source: SqlSource, connection: "Connection") -> str:
    """The one SELECT, ordered by the key."""
    quoted = connection.dialect.identifier_preparer.quote
    keys = ", ".join(map(quoted, source.key))
    if source.table is not None:
        listed, table = ", ".join(map(quoted, source.columns)), ".".join(map(quoted, source.table.split(".")))
        return f"SELECT {listed} FROM {table} ORDER BY {keys}"
    # The query stands on lines of its own, so that a comment at its end does not swallow what follows.
    return f"SELECT * FROM (\n{source.query}\n) AS hanoi_source ORDER BY {keys}"


def _postgresql(source: SqlSource, access: Access, _: float) -> "Engine":
    import pg8000.dbapi
    from sqlalchemy import NullPool, create_engine

    user, _, password = access.secret(str(source.secret)).partition(":")
    host = str(source.host)
    given: dict[str, Any] = {
        "user": user,
        "password": password,
        "database": source.database,
        "timeout": source.max_seconds + _CONNECT_SECONDS,
    }

    def connect() -> Any:
        if host.startswith("/"):
            return pg8000.dbapi.connect(**given, unix_sock=f"{host.rstrip('/')}/.s.PGSQL.{source.port}")
        sock = access.connected(host, source.port, _CONNECT_SECONDS)
        sock.settimeout(source.max_seconds + _CONNECT_SECONDS)
        tls = ssl.create_default_context() if source.tls else None
        return pg8000.dbapi.connect(**given, host=host, port=source.port, sock=sock, ssl_context=tls)

    return create_engine("postgresql+pg8000://", creator=connect, poolclass=NullPool)


def _sqlite(source: SqlSource, access: Access, deadline: float) -> "Engine":
    from sqlalchemy import NullPool, create_engine

    path = access.folder(source.database)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


_ENGINES: dict[str, Callable[[SqlSource, Access, float], "Engine"]] = {"postgresql": _postgresql, "sqlite": _sqlite}


def _writer(form: str, names: Sequence[str], delimiter: str) -> Callable[[Sequence[Sequence[Any]]], bytes]:
    """What writes rows as bytes; CSV begins with the header."""
    if form == "jsonl":
        import msgspec

        encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
        return lambda rows: b"".join(encoder.encode(dict(zip(names, row, strict=True))) + b"\n" for row in rows)
    waiting = [list(names)]

    def write(rows: Sequence[Sequence[Any]]) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        writer.writerows(waiting)
        waiting.clear()
        writer.writerows([_cell(value) for value in row] for row in rows)
        return text.getvalue().encode()

    return write


def _cell(value: Any) -> str:
    """A value as text: dates as ISO 8601, numbers in full, nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def _location(source: SqlSource, day: dt.date | None) -> str:
    where = (
        f"{source.engine}:{source.database}"
        if source.host is None
        else f"{source.engine}://{source.host}:{source.port}/{source.database}"
    )
    return " ".join(filter(None, (where, source.table, str(day) if day else "")))


def _said(error: BaseException | None) -> dict[str, str]:
    """The fields of the server's own message, also where closing the connection failed after it."""
    while error is not None:
        if error.args and isinstance(error.args[0], dict):
            return error.args[0]
        error = error.__cause__ or error.__context__
    return {}


def _told(error: Exception, where: str, source: SqlSource) -> DeliveryError:
    """What a failure of the database means; nothing is quoted that could hold values of the data."""
    cause: BaseException = getattr(error, "orig", None) or error
    fields = _said(cause)
    code, said = str(fields.get("C", "")), shown(str(fields.get("M", "")), 200)
    told = f"SQLSTATE {code}: {said}" if code[:2] in _TELLING else f"SQLSTATE {code}" if code else ""
    if code[:2] == "28" or code == "42501":
        return denied(where, source.secret, told)
    if code in ("3D000", "42P01", "3F000"):
        return missing(where, told)
    if code == "57014":
        return unreachable(where, f"{told} ({source.max_seconds} s, max_seconds)")
    if isinstance(cause, sqlite3.OperationalError) and "interrupted" in str(cause):
        return unreachable(where, f"{source.max_seconds} s (max_seconds)")
    if isinstance(cause, sqlite3.OperationalError) and "no such" in str(cause):
        return missing(where, shown(str(cause), 200))
    if code or isinstance(cause, sqlite3.Error):
        told = told or shown(str(cause), 200)
        return broken(where, f"cơ sở dữ liệu từ chối câu hỏi ({told}).", f"the database refused the question ({told}).")
    # What the driver says of the connection holds no data; of anything else only the kind is told.
    said_by_driver = isinstance(cause, OSError) or type(cause).__name__ == "InterfaceError"
    return unreachable(where, cause if said_by_driver and str(cause) else type(cause).__name__)
