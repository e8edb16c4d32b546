"""Runs one checked statement in a process of its own, which may take so much memory and time and no more.

DuckDB keeps to its memory limit for tables, but a text that grows within an expression is not counted: the process is.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from . import engine
from .table import Table, shown, stock_type

_MEMORY = "256MB"
_PROCESS = 1_500_000_000
# All that an answer may hold, in characters of JSON.
_LARGEST = 64_000_000
_PIECE = 500
_ENVIRONMENT = {"PYTHONUTF8": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
_START = "from ckanext.hanoi_datastore.sandbox import main; main()"


class Failed(Exception):
    """The statement failed; the message is DuckDB's."""


class TooBig(Exception):
    """The statement asked for more memory than it may have."""


def run(tree: dict[str, Any], named: dict[str, Table], most: int, milliseconds: bool) -> dict[str, Any]:
    """Run a statement, as the parser's tree, on tables by their names, and return its `fields` and `records`.

    :param most: rows; `records_truncated` tells when there were more
    :param milliseconds: whether moments are written with them
    :raises Failed, TooBig, engine.TookTooLong: there is no answer
    """
    asked = {
        "tree": tree,
        "most": most,
        "milliseconds": milliseconds,
        "tables": {name: [str(table.path), list(table.kinds)] for name, table in named.items()},
    }
    command = [sys.executable, "-c", _START]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=engine.TIMEOUT + 10,
            check=False,
            env=_ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        raise engine.TookTooLong from None
    if done.returncode:
        raise TooBig
    answer = json.loads(done.stdout)
    if "failed" in answer:
        raise {"time": engine.TookTooLong, "memory": TooBig}.get(answer["kind"], Failed)(answer["failed"])
    return dict(answer)


def main() -> None:
    """Answer what stands on the standard input."""
    for kind, most in (
        (resource.RLIMIT_AS, _PROCESS),
        (resource.RLIMIT_CPU, int(engine.TIMEOUT) + 5),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    asked = json.load(sys.stdin)
    try:
        answer = _answer(asked)
    except engine.TookTooLong:
        answer = {"failed": "", "kind": "time"}
    except (duckdb.OutOfMemoryException, MemoryError):
        answer = {"failed": "", "kind": "memory"}
    except duckdb.Error as error:
        answer = {"failed": str(error), "kind": "sql"}
    json.dump(answer, sys.stdout)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    most = asked["most"]
    room = engine.open_closed(files=[Path(path) for path, _ in asked["tables"].values()], memory=_MEMORY)
    with room, engine.deadline(room):
        # Statements written for PostgreSQL may call the tables by its schema.
        room.execute("CREATE SCHEMA public")
        room.execute("SET schema = 'public'")
        for name, (path, columns) in asked["tables"].items():
            listed = ", ".join(["file_row_number + 1 AS _id", *map(engine.identifier, columns)])
            rows = f"read_parquet({engine.text(path)}, file_row_number = true)"
            room.execute(f"CREATE VIEW {engine.identifier(name)} AS SELECT {listed} FROM {rows}")
        engine.lock(room)
        # Written anew from what was checked, so that nothing hides in a comment.
        written = engine.fetch(room, "SELECT json_deserialize_sql($tree)", {"tree": json.dumps(asked["tree"])})[0][0]
        limited = f"SELECT * FROM ({written}) AS asked LIMIT {most + 1}"
        kinds = {row[0]: row[1] for row in engine.fetch(room, f"DESCRIBE {limited}")}
        cells = {
            name: shown(stock_type(kind), engine.identifier(name), asked["milliseconds"])
            for name, kind in kinds.items()
        }
        pairs = ", ".join(f"{engine.text(name)}, {cell}" for name, cell in cells.items())
        room.execute(f"SELECT CAST(json_object({pairs}) AS VARCHAR) FROM ({limited}) AS asked")
        rows = _fetched(room, most + 1)
    answer: dict[str, Any] = {"fields": [{"id": name, "type": stock_type(kind)} for name, kind in kinds.items()]}
    if len(rows) > most:
        answer["records_truncated"] = True
    return {**answer, "records": [json.loads(row) for row in rows[:most]]}


def _fetched(room: duckdb.DuckDBPyConnection, most: int) -> list[str]:
    rows: list[str] = []
    held = 0
    while len(rows) < most and (piece := room.fetchmany(_PIECE)):
        rows += [row[0] for row in piece]
        held += sum(len(row[0]) for row in piece)
        if held > _LARGEST:
            raise MemoryError
    return rows
