"""The search table, in a schema of its own, on an engine of its own.

The schema is not `public`, which CKAN's tests and `ckan db clean` empty, and it is made when first needed, because
CKAN asks for the search before its own database engine exists. The engine is not CKAN's either: a search engine's
writes do not belong to the transaction of a web request.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from . import vocabulary
from .schema import CASTS, COLUMNS, EVERY, SCHEMA, TABLE, VALUE, create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Fetch = Callable[[str, dict[str, Any]], Sequence[Any]]

log = logging.getLogger(__name__)

T = TypeVar("T")

_engines: dict[tuple[int, str], sa.engine.Engine] = {}
_ready: set[tuple[int, str]] = set()


class Unreachable(Exception):
    """The database of the search does not answer."""


class Store:
    """The search table behind one database URL.

    :param url: a SQLAlchemy URL of PostgreSQL
    :param timeout: how long one statement may run, in milliseconds
    """

    def __init__(self, url: str, timeout: int = 10_000) -> None:
        self.url, self.timeout = url, timeout

    @property
    def _key(self) -> tuple[int, str]:
        # A forked web worker must not share its parent's connections.
        return os.getpid(), self.url

    @property
    def _engine(self) -> sa.engine.Engine:
        if self._key not in _engines:
            options = f"-c statement_timeout={int(self.timeout)}"
            _engines[self._key] = sa.create_engine(
                self.url, pool_size=2, max_overflow=8, pool_pre_ping=True, connect_args={"options": options}
            )
        return _engines[self._key]

    @contextmanager
    def transaction(self) -> Iterator[sa.engine.Connection]:
        """Open a transaction on the table, which is made first when it is not there.

        :raises Unreachable: when the database does not answer or the statement took too long
        """
        try:
            with self._engine.begin() as connection:
                if self._key not in _ready:
                    create(connection)
                    _ready.add(self._key)
                yield connection
        except OperationalError as problem:
            log.error("The search database does not answer: %s", problem.orig)
            raise Unreachable("The search is not available") from problem
        except ProgrammingError:
            # Somebody dropped the schema under a running process: the next call makes it again.
            _ready.discard(self._key)
            raise

    def reading(self, work: Callable[[Fetch], T]) -> T:
        """Do some work that reads, in one transaction; it is given what runs one statement and returns its rows."""

        def read(connection: sa.engine.Connection) -> T:
            return work(lambda sql, parameters: connection.execute(sa.text(sql), parameters).mappings().all())

        return self._again(read)

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Insert the rows, in place of those with the same `index_id`."""
        if not rows:
            return
        names = [name for name in COLUMNS if name != "seq"]
        values = ", ".join(f"CAST(:{name} AS {CASTS[name]})" if name in CASTS else f":{name}" for name in names)
        changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "index_id")
        sql = (
            f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({values}) "
            f"ON CONFLICT (index_id) DO UPDATE SET {changes}, seq = nextval('{SCHEMA}.seq')"
        )

        def work(connection: sa.engine.Connection) -> None:
            with vocabulary.kept(connection, "index_id = ANY(:ids)", {"ids": [row["index_id"] for row in rows]}):
                codes = _codes(connection, {pair for row in rows for pair in row["facets"]})
                connection.execute(
                    sa.text(sql), [{**row, "facets": [EVERY, *(codes[pair] for pair in row["facets"])]} for row in rows]
                )

        self._again(work)

    def delete(self, condition: str, parameters: dict[str, Any]) -> None:
        """Delete the documents that meet a condition."""

        def work(connection: sa.engine.Connection) -> None:
            with vocabulary.kept(connection, condition, parameters):
                connection.execute(sa.text(f"DELETE FROM {TABLE} WHERE {condition}"), parameters)

        self._again(work)

    def _again(self, work: Any) -> Any:
        try:
            with self.transaction() as connection:
                return work(connection)
        except DBAPIError as problem:
            if getattr(problem.orig, "pgcode", None) not in ("42P01", "3F000"):  # undefined table, invalid schema
                raise
        with self.transaction() as connection:
            return work(connection)


def _codes(connection: sa.engine.Connection, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the numbers of fields' values; a value that has none yet is given one."""
    if not pairs:
        return {}
    given = "SELECT * FROM unnest(CAST(:fields AS text[]), CAST(:values AS text[])) AS given(field, value)"
    parameters = dict(zip(("fields", "values"), map(list, zip(*sorted(pairs), strict=True)), strict=True))
    connection.execute(sa.text(f"INSERT INTO {VALUE} (field, value) {given} ON CONFLICT DO NOTHING"), parameters)
    sql = f"SELECT field, value, code FROM {VALUE} JOIN ({given}) AS wanted USING (field, value)"
    return {(field, value): code for field, value, code in connection.execute(sa.text(sql), parameters)}
