"""The search table, in a schema of its own, on an engine of its own.

The schema is not `public`, which CKAN's tests and `ckan db clean` empty, and it is made when first needed, because
CKAN asks for the search before its own database engine exists. The engine is not CKAN's either: a search engine's
writes do not belong to the transaction of a web request.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

SCHEMA = "hanoi_search"
TABLE = f"{SCHEMA}.document"
# A change of the table's shape or of how text is folded gets the next number; the old index is dropped and must be
# rebuilt with `ckan search-index rebuild`.
LAYOUT = "1"
_LOCK = 0x48414E4F49

COLUMNS = {
    "index_id": "text PRIMARY KEY",
    "seq": f"bigint NOT NULL DEFAULT nextval('{SCHEMA}.seq')",
    "id": "text", "name": "text", "site_id": "text", "entity_type": "text", "dataset_type": "text",
    "capacity": "text", "state": "text", "organization": "text",
    "metadata_created": "timestamptz", "metadata_modified": "timestamptz", "indexed_ts": "timestamptz",
    "permission_labels": "text[] NOT NULL",
    "name_ngram": "text NOT NULL", "title_ngram": "text NOT NULL", "title_string": 'text COLLATE "C" NOT NULL',
    "vector": "tsvector NOT NULL", "words": "jsonb NOT NULL", "fields": "jsonb NOT NULL",
    "data_dict": "text", "validated_data_dict": "text", "stored": "jsonb NOT NULL",
}  # fmt: skip
_CASTS = {"vector": "tsvector", "words": "jsonb", "fields": "jsonb", "stored": "jsonb", "permission_labels": "text[]"}
_INDEXES = [
    "(id)", "(name)", "(organization)", "(metadata_modified DESC)", "(title_string)", "(seq)",
    "USING gin (permission_labels)", "USING gin (vector)", "USING gin (fields jsonb_path_ops)",
]  # fmt: skip

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
                    _create(connection)
                    _ready.add(self._key)
                yield connection
        except OperationalError as problem:
            log.error("The search database does not answer: %s", problem.orig)
            raise Unreachable("The search is not available") from problem
        except ProgrammingError:
            # Somebody dropped the schema under a running process: the next call makes it again.
            _ready.discard(self._key)
            raise

    def fetch(self, sql: str, parameters: dict[str, Any]) -> list[Any]:
        """Run one reading statement and return its rows."""
        return self._again(lambda connection: connection.execute(sa.text(sql), parameters).mappings().all())

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Insert the rows, in place of those with the same `index_id`."""
        if not rows:
            return
        names = [name for name in COLUMNS if name != "seq"]
        values = ", ".join(f"CAST(:{name} AS {_CASTS[name]})" if name in _CASTS else f":{name}" for name in names)
        changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "index_id")
        sql = (
            f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({values}) "
            f"ON CONFLICT (index_id) DO UPDATE SET {changes}, seq = nextval('{SCHEMA}.seq')"
        )
        self._again(lambda connection: connection.execute(sa.text(sql), rows))

    def delete(self, condition: str, parameters: dict[str, Any]) -> None:
        """Delete the documents that meet a condition."""
        self._again(
            lambda connection: connection.execute(sa.text(f"DELETE FROM {TABLE} WHERE {condition}"), parameters)
        )

    def _again(self, work: Any) -> Any:
        try:
            with self.transaction() as connection:
                return work(connection)
        except DBAPIError as problem:
            if getattr(problem.orig, "pgcode", None) not in ("42P01", "3F000"):  # undefined table, invalid schema
                raise
        with self.transaction() as connection:
            return work(connection)


def _create(connection: sa.engine.Connection) -> None:
    known = "SELECT obj_description(to_regclass(:table), 'pg_class')"
    if connection.execute(sa.text(known), {"table": TABLE}).scalar() == LAYOUT:
        return
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if connection.execute(sa.text(known), {"table": TABLE}).scalar() == LAYOUT:
        return
    log.info("Making the search index in the schema %s", SCHEMA)
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    statements = [
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
        f"DROP TABLE IF EXISTS {TABLE}",
        f"CREATE SEQUENCE IF NOT EXISTS {SCHEMA}.seq",
        f"CREATE TABLE {TABLE} ({columns})",
        *(f"CREATE INDEX ON {TABLE} {index}" for index in _INDEXES),
        f"COMMENT ON TABLE {TABLE} IS '{LAYOUT}'",
    ]
    for statement in statements:
        connection.execute(sa.text(statement))
