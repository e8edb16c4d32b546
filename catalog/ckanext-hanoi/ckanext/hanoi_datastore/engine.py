"""The DuckDB of one process: it reads the published files, and can be told nothing else."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MEMORY = "512MB"
TIMEOUT = 20.0  # seconds

_engines: dict[tuple[int, tuple[str, ...]], duckdb.DuckDBPyConnection] = {}
_opening = threading.Lock()


class TookTooLong(Exception):
    """A statement was ended because its time was over."""


def open_closed(
    files: Sequence[Path] = (), folders: Sequence[Path] = (), threads: int = 1, memory: str = MEMORY
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that can reach these files and folders and nothing else; `close` is the caller's duty.

    Nothing is written outside of memory, and no extension is fetched. `lock` ends the time in which settings can change.
    """
    settings = {
        "threads": threads,
        "memory_limit": memory,
        # DuckDB lets itself into its folder for temporary files: there is none.
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    opened = duckdb.connect(":memory:", config=settings)
    opened.execute("SET TimeZone = 'UTC'")
    opened.execute(f"SET allowed_paths = [{', '.join(text(str(path)) for path in files)}]")
    opened.execute(f"SET allowed_directories = [{', '.join(text(f'{path}/') for path in folders)}]")
    opened.execute("SET enable_external_access = false")
    return opened


def lock(opened: duckdb.DuckDBPyConnection) -> None:
    """Let nobody change a setting any more."""
    opened.execute("SET lock_configuration = true")


def cursor(*folders: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection of its own to this process's DuckDB, which can reach these folders.

    Footers of Parquet files are kept in memory: a published file never changes.
    """
    # A forked web worker must not share its parent's engine.
    key = (os.getpid(), tuple(map(str, folders)))
    with _opening:
        if key not in _engines:
            opened = open_closed(folders=folders, threads=min(4, os.cpu_count() or 1))
            opened.execute("SET parquet_metadata_cache = true")
            lock(opened)
            _engines[key] = opened
        return _engines[key].cursor()


@contextmanager
def deadline(connection: duckdb.DuckDBPyConnection, seconds: float = TIMEOUT) -> Iterator[None]:
    """End whatever the connection does when the time is over.

    :raises TookTooLong: it was ended
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        connection.interrupt()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        if over.is_set():
            raise TookTooLong from None
        raise
    finally:
        timer.cancel()


def fetch(connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any] | None = None) -> list[Any]:
    """Run one statement and return its rows."""
    return connection.execute(sql, values).fetchall() if values else connection.execute(sql).fetchall()


def identifier(name: str) -> str:
    """Quote a name for SQL.

    >>> print(identifier('a "b'))
    "a ""b"
    """
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Quote a text for SQL.

    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"
