"""The SQL catalog's one decisive moment: a table's new metadata takes the place of the metadata that the writer read."""

import logging
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import CommitTableResponse, Table
from sqlalchemy import URL, Engine, StaticPool, create_engine, event

_POOL = "hanoi-lake"
# A pool writes a traceback for a broken connection that it cannot close; the lake raises an error of its own.
logging.getLogger(f"sqlalchemy.pool.impl.StaticPool.{_POOL}").setLevel(logging.CRITICAL)


class TableMoved(Exception):
    """Somebody committed since the table was read, so the commit must begin again from what is there now."""


class SessionLost(Exception):
    """The one session that may write has ended, and with it the lock that it held."""


class LakeCatalog(SqlCatalog):
    """pyiceberg's SQL catalog, which leaves the second attempt to the lake.

    pyiceberg itself would lay the new files over what another writer has put there since, under a version number and a
    content hash that were reckoned before. ``engine`` is the connections to use instead of the catalog's own.
    """

    def __init__(self, name: str, *, engine: Engine | None = None, **properties: str) -> None:
        super().__init__(name, **properties)
        if engine is not None:
            self.engine.dispose()
            self.engine = engine

    def commit_table(self, table: Table, requirements: Any, updates: Any) -> CommitTableResponse:
        try:
            return super().commit_table(table, requirements, updates)
        except CommitFailedException as cause:
            raise TableMoved from cause


def one_session(url: URL) -> Engine:
    """An engine of a single connection that is never opened anew: after it broke every statement raises SessionLost."""
    engine = create_engine(url, poolclass=StaticPool, pool_logging_name=_POOL)
    opened = False

    @event.listens_for(engine, "do_connect")
    def _once(*_: Any) -> None:
        nonlocal opened
        if opened:
            raise SessionLost
        opened = True

    return engine
