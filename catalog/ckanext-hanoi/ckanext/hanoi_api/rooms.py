"""DuckDB for one version at a time: a room can read the files that it was opened for, and nothing else."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from ckanext.hanoi_datastore import engine

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

MEMORY = "400MB"
_OPEN = 12


class Rooms:
    """The rooms of one process, the last used of which stay open."""

    def __init__(self, most: int = _OPEN, memory: str = MEMORY) -> None:
        self._most, self._memory = most, memory
        self._rooms: OrderedDict[tuple[str, ...], duckdb.DuckDBPyConnection] = OrderedDict()
        self._opening = threading.Lock()

    def cursor(self, *files: Path) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own that can read these files; `close` is the caller's duty.

        The room behind it is closed with its last connection.
        """
        key = tuple(sorted(map(str, files)))
        with self._opening:
            room = self._rooms.get(key)
            if room is None:
                room = self._rooms[key] = engine.open_closed(
                    files=files, threads=min(4, os.cpu_count() or 1), memory=self._memory
                )
                # What a published file says of itself never changes; its rows are kept by the system, not twice.
                room.execute("SET parquet_metadata_cache = true")
                room.execute("SET enable_external_file_cache = false")
                engine.lock(room)
            self._rooms.move_to_end(key)
            while len(self._rooms) > self._most:
                self._rooms.popitem(last=False)
            return room.cursor()
