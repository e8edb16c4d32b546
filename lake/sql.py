"""Small pieces of DuckDB SQL that the lake writes, and the connection they run on."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.sql import file_literal, ident, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def parquet(files: Sequence[Path], fields: Mapping[int, tuple[str, str]], *, as_written: bool = False) -> str:
    """A DuckDB table function over ``files`` that finds columns by field id: ``fields`` maps id to name and type.

    A column that a file does not hold reads as null. Without files the table is empty. Files that all hold just these
    columns under these names are read ``as_written``, which takes DuckDB half the time.
    """
    if not files:
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {ident(name)}" for name, kind in fields.values())
        return f"(SELECT {columns} WHERE false)"
    listed = f"[{', '.join(map(file_literal, files))}]"
    if as_written:
        return f"read_parquet({listed}, hive_partitioning=false)"
    schema = ", ".join(
        f"{number}: {{name: {literal(name)}, type: {literal(kind)}, default_value: NULL}}"
        for number, (name, kind) in fields.items()
    )
    return f"read_parquet({listed}, schema=MAP {{{schema}}}, hive_partitioning=false)"


_MEMORY = "200MB"
_THREADS = 4
"""Each thread sorts and writes in memory of its own, so more of them need more than the limit gives."""


@contextmanager
def connection(spill: Path, threads: int = _THREADS) -> Iterator["DuckDBPyConnection"]:
    """A DuckDB of its own, in UTC, which keeps to ``_MEMORY``, spills the rest into ``spill`` and fetches no extension."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": min(threads, os.cpu_count() or 1),
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=config) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened
