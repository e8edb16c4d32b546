"""What is held of a large table for quick answers: its rows in DuckDB's own format, and an index of its words.

It is a cache beside the published file, made when somebody first asks for the table: whatever is lost is made again, and until
it is there the Parquet file answers.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from . import engine
from .table import texts

if TYPE_CHECKING:
    from pathlib import Path

    from .table import Table

log = logging.getLogger(__name__)

# Smaller tables are read as fast from their file; larger ones would keep a web worker busy for too long.
FROM_ROWS, TO_ROWS = 50_000, 30_000_000
# A change of what is in the file gets the next number.
_LAYOUT = "1"
_MEMORY = "1GB"
_STALE = 3600
# DuckDB's own names of a row's place would be hidden by columns of these names.
_ITS_OWN = {"rowid", "file_row_number"}

_making: set[Path] = set()
_attached: set[tuple[int, str]] = set()
_lock = threading.Lock()


def place(folder: Path, table: Table) -> Path:
    """Return where a table is held, or would be."""
    return folder / table.dataset / f"{table.version}.held-{_LAYOUT}.duckdb"


def held(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path | None) -> Table:
    """Return the table as it is held, ready for the connection; as it was, when it is not or not yet.

    Holding begins here, in a thread, for a table that is worth it.
    """
    if folder is None or not table.dataset or not FROM_ROWS <= table.rows <= TO_ROWS or _ITS_OWN & table.kinds.keys():
        return table
    path = place(folder, table)
    if not path.exists():
        _begin(path, table)
        return table
    name = f"held_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    if (os.getpid(), name) in _attached:
        return replace(table, held=name)
    try:
        with _lock:
            connection.execute(f"ATTACH IF NOT EXISTS {engine.text(str(path))} AS {name} (READ_ONLY)")
            _attached.add((os.getpid(), name))
    except duckdb.Error:
        log.exception("What is held of %s %s cannot be read and is made again", table.dataset, table.version)
        path.unlink(missing_ok=True)
        return table
    return replace(table, held=name)


def make(path: Path, table: Table) -> bool:
    """Hold a table, unless another process is at it; return whether it was done here."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    claim, room = path.with_name(f".{path.name}.claim"), path.with_name(f".{path.name}.room")
    with suppress(FileNotFoundError):
        if time.time() - claim.stat().st_mtime > _STALE:
            claim.unlink()
    try:
        os.close(os.open(claim, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    try:
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(mode=0o700)
        part = room / "part.duckdb"
        # One thread keeps the rows in the order of the file, and leaves the other cores to those who wait for a page.
        with duckdb.connect(
            ":memory:", config={"threads": 1, "memory_limit": _MEMORY, "temp_directory": str(room)}
        ) as db:
            for statement in _statements(table, part):
                db.execute(statement)
        part.chmod(0o600)
        part.replace(path)
        for other in path.parent.glob("*.duckdb"):  # nobody asks for the other versions any more
            if other != path:
                other.unlink(missing_ok=True)
        return True
    finally:
        shutil.rmtree(room, ignore_errors=True)
        claim.unlink(missing_ok=True)


def _begin(path: Path, table: Table) -> None:
    def work() -> None:
        try:
            make(path, table)
        except (OSError, duckdb.Error):
            log.exception("%s %s cannot be held; its file answers instead", table.dataset, table.version)
        finally:
            with _lock:
                _making.discard(path)

    with _lock:
        if path not in _making:
            _making.add(path)
            threading.Thread(target=work, name="hanoi-held", daemon=True).start()


def _statements(table: Table, target: Path) -> list[str]:
    columns = ", ".join(map(engine.identifier, table.kinds))
    # Pieces between blanks first: few of them differ, so that little is folded.
    pieces = " UNION ALL ".join(
        f"SELECT unnest(string_split({table.as_text(name)}, ' ')) AS piece, {number}::UTINYINT AS part, "
        f"file_row_number::UINTEGER AS row FROM {table.relation}"
        for number, name in enumerate(texts(table))
    )
    folded = "translate(strip_accents(lower(nfc_normalize(piece))), 'đ', 'd')"
    return [
        f"ATTACH {engine.text(str(target))} AS held",
        f"CREATE TABLE held.rows AS SELECT {columns} FROM {table.relation}",
        f"CREATE TEMP TABLE pieces AS {pieces or 'SELECT NULL::VARCHAR AS piece, 0::UTINYINT AS part, 0::UINTEGER AS row WHERE false'}",
        f"CREATE TEMP TABLE words AS SELECT piece, unnest(list_distinct(string_split_regex({folded}, "
        "'[^\\p{L}\\p{N}]+'))) AS word FROM (SELECT DISTINCT piece FROM pieces)",
        "CREATE TABLE held.words AS SELECT DISTINCT word, part, row FROM pieces JOIN words USING (piece) WHERE word <> '' "
        "ORDER BY word, part, row",
        "CHECKPOINT held",
        "DETACH held",
    ]
