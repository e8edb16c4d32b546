"""Where the lake's tables are named, and who may write them: an SQL catalog and one lock per table.

SQLite and file locks serve any number of processes on one host. PostgreSQL and its advisory locks serve many hosts
that share the folder of the data; the session that holds a table's lock is the one that swaps its metadata, so a
writer whose session has ended cannot commit any more.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import CatalogElsewhere, CatalogUnreachable, LakeBusy, WrongCatalogUrl
from lake.folders import private_folder, write_private

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from sqlalchemy import URL, Engine

    from lake.swap import LakeCatalog

NAMESPACE = "hanoi"
_MAKING = ".catalog"
"""The lock of the catalog itself; no dataset's id begins with a dot."""
_DRIVERS = ("pg8000", "psycopg", "psycopg2")
"""The platform brings the first; an operator may install another and name it in the URL."""
_LOCK_NOT_AVAILABLE = "55P03"
_SESSION = {
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}
"""A lock outlives a long COPY, and is free two minutes after its holder's host went away."""


def catalogs(root: Path, url: str | None, lock_timeout: float) -> "SqliteCatalogs | PostgresqlCatalogs":
    """The catalog of the lake in the folder ``root``: in PostgreSQL where there is a ``url``, in SQLite where not.

    Raises WrongCatalogUrl for a URL of anything else.
    """
    return PostgresqlCatalogs(root, url, lock_timeout) if url else SqliteCatalogs(root, lock_timeout)


class SqliteCatalogs:
    """A catalog in the file ``catalog.sqlite`` of the lake, for the processes of one host."""

    def __init__(self, root: Path, lock_timeout: float) -> None:
        self._root = root
        self._lock_timeout = lock_timeout
        self._id_file = root / "catalog.id"
        """Names the lake in PostgreSQL; a lake that has it is no longer in SQLite."""
        self._sqlite = root / "catalog.sqlite"

    @property
    def place(self) -> str:
        """Where the catalog is, without who may open it."""
        return "SQLite"

    @contextmanager
    def reading(self) -> "Iterator[LakeCatalog | None]":
        """The catalog without a lock; None where nothing was committed yet."""
        if self._id_file.exists():
            raise CatalogElsewhere(self._root, self.place)
        if not self._sqlite.exists():
            yield None
            return
        with self._opened(self._sqlite) as catalog:
            yield catalog

    @contextmanager
    def writing(self, table: str) -> "Iterator[LakeCatalog]":
        """The catalog, made where there is none, with the lock of ``table`` held; raises LakeBusy."""
        with self._file_lock(table):
            self._make()
            with self.reading() as catalog:
                assert catalog is not None  # noqa: S101 - it has just been made
                yield catalog

    @contextmanager
    def table(self, name: str) -> "Iterator[Table | None]":
        """The table of a dataset for reading; None where it has none."""
        from pyiceberg.exceptions import NoSuchTableError

        with self.reading() as catalog:
            found = None
            if catalog:
                with suppress(NoSuchTableError):
                    found = catalog.load_table((NAMESPACE, name))
            yield found

    def _make(self) -> None:
        """Make the catalog aside and rename it into place: one that is there is whole."""
        if self._sqlite.exists():
            return
        with self._file_lock(_MAKING):
            if self._sqlite.exists() or self._id_file.exists():
                return
            draft = self._root / ".catalog.draft.sqlite"
            draft.unlink(missing_ok=True)
            with self._opened(draft) as catalog:
                catalog.create_namespace(NAMESPACE)
            draft.chmod(0o600)
            draft.rename(self._sqlite)

    @contextmanager
    def _opened(self, file: Path) -> "Iterator[LakeCatalog]":
        from sqlalchemy import URL

        with _catalog("lake", URL.create("sqlite", database=str(file)), self._root) as catalog:
            yield catalog

    @contextmanager
    def _file_lock(self, name: str) -> Iterator[None]:
        from filelock import FileLock, Timeout

        file = private_folder(self._root / "locks") / f"{name}.lock"
        try:
            with FileLock(file, timeout=self._lock_timeout, mode=0o600, poll_interval=0.01):
                yield
        except Timeout as cause:
            raise LakeBusy(name, self._lock_timeout) from cause


class PostgresqlCatalogs(SqliteCatalogs):
    """A catalog in PostgreSQL, for the processes of every host that reaches it and shares the lake's folder.

    The first commit of a lake that was in SQLite moves its tables' names into PostgreSQL; no data moves. Connect without
    a pooler that hands one session to several clients in turn: locks belong to sessions.
    """

    def __init__(self, root: Path, url: str, lock_timeout: float) -> None:
        super().__init__(root, lock_timeout)
        self._url = _postgresql(url)

    @property
    def place(self) -> str:
        port = f":{self._url.port}" if self._url.port else ""
        return f"PostgreSQL {self._url.host or 'unix'}{port}/{self._url.database or ''}"

    @contextmanager
    def reading(self) -> "Iterator[LakeCatalog | None]":
        with self._answering():
            if not self._id_file.exists():
                if not self._sqlite.exists():
                    yield None
                    return
                self._make()
            with self._named() as catalog:
                yield catalog

    @contextmanager
    def writing(self, table: str) -> "Iterator[LakeCatalog]":
        with self._answering():
            self._make()
            with self._advisory_lock(f"{self._lake_id}/{table}", table) as engine, self._named(engine) as catalog:
                yield catalog

    @property
    def _lake_id(self) -> str:
        return self._id_file.read_text(encoding="ascii").strip()

    @contextmanager
    def _named(self, engine: "Engine | None" = None) -> "Iterator[LakeCatalog]":
        from lake.swap import one_session

        with _catalog(self._lake_id, self._url, self._root, engine or one_session(self._url)) as catalog:
            if not catalog.namespace_exists(NAMESPACE):
                raise CatalogElsewhere(self._root, self.place)
            yield catalog

    def _make(self) -> None:
        """Name the lake in PostgreSQL; the file with its name is written last, so a catalog that has one is whole."""
        if self._id_file.exists():
            return
        private_folder(self._root)
        with self._advisory_lock(_MAKING, _MAKING), self._file_lock(_MAKING), ExitStack() as held:
            if self._id_file.exists():
                return
            lake_id = uuid.uuid4().hex
            with _catalog(lake_id, self._url, self._root) as catalog:
                catalog.create_namespace(NAMESPACE)
                for name, location in self._tables_in_sqlite(held):
                    catalog.register_table((NAMESPACE, name), location)
            write_private(self._id_file, lake_id)
            with suppress(FileNotFoundError):
                self._sqlite.rename(self._sqlite.with_name("catalog.moved.sqlite"))

    def _tables_in_sqlite(self, held: ExitStack) -> Iterator[tuple[str, str]]:
        """The tables to take over, each locked against those that still write by the old setting."""
        if not self._sqlite.exists():
            return
        with self._opened(self._sqlite) as former:
            for _, name in former.list_tables(NAMESPACE):
                held.enter_context(self._file_lock(name))
                yield name, former.load_table((NAMESPACE, name)).metadata_location

    @contextmanager
    def _advisory_lock(self, key: str, name: str) -> "Iterator[Engine]":
        """Hold an advisory lock for the length of a block; gives the engine whose only session holds it."""
        from sqlalchemy import func, select
        from sqlalchemy.exc import DBAPIError

        from lake.swap import one_session

        settings = _SESSION | {"lock_timeout": f"{max(1, round(self._lock_timeout * 1000))}ms"}
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
        engine = one_session(self._url)
        try:
            try:
                with engine.connect() as session, session.begin():
                    session.execute(select(*(func.set_config(k, v, False) for k, v in settings.items())))
                    session.execute(select(func.pg_advisory_lock(number)))
            except DBAPIError as cause:
                if _LOCK_NOT_AVAILABLE in _said(cause):
                    raise LakeBusy(name, self._lock_timeout) from cause
                raise
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in both languages which PostgreSQL has failed, and nothing of its password."""
        from sqlalchemy.exc import DBAPIError

        from lake.swap import SessionLost

        try:
            yield
        except (DBAPIError, SessionLost) as cause:
            raise CatalogUnreachable(self.place, _said(cause)) from cause


@contextmanager
def _catalog(name: str, url: "URL", root: Path, engine: "Engine | None" = None) -> "Iterator[LakeCatalog]":
    from lake.location import PROPERTY
    from lake.swap import LakeCatalog

    warehouse = str(root / "warehouse")
    catalog = LakeCatalog(
        name,
        engine=engine,
        **{
            "uri": url.render_as_string(hide_password=False),
            "warehouse": warehouse,
            "py-io-impl": "lake.location.WarehouseFileIO",
            PROPERTY: warehouse,
        },
    )
    try:
        yield catalog
    finally:
        catalog.close()


def _postgresql(url: str) -> "URL":
    """The parsed URL, with the driver that the platform brings where it names none."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise WrongCatalogUrl from None  # the cause quotes what may hold a password
    backend, _, driver = parsed.drivername.partition("+")
    driver = driver or _DRIVERS[0]
    if backend != "postgresql" or driver not in _DRIVERS or find_spec(driver) is None:
        raise WrongCatalogUrl(parsed.drivername)
    return parsed.set(drivername=f"{backend}+{driver}")


def _said(cause: Exception) -> str:
    """What the database or its driver said, without the statement and its values."""
    told = getattr(cause, "orig", None) or cause
    fields = told.args[0] if told.args and isinstance(told.args[0], dict) else {}
    return " ".join(filter(None, (fields.get("C"), fields.get("M")))) or str(told) or type(told).__name__
