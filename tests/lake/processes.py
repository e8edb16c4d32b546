"""Processes of their own that commit to a lake, and what must hold of it afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake import Lake, Version
from lake.content import content_hash
from lake.read import data_files, versions
from lake.schema import duckdb_types
from lake.sql import connection
from tests.lake.helpers import make_concept, make_contract

TYPES = {"number": "integer", "value": "double"}

REPOSITORY = Path(__file__).parents[2]

# Loads the libraries once and forks before any of them starts a thread, so that a process costs no start-up.
PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
import duckdb, pg8000, pyarrow.parquet, pyiceberg.catalog.sql, sqlalchemy.dialects.postgresql.pg8000
import lake.commit, lake.location, lake.swap, lake.sweep
from lake import Lake
from tests.lake.helpers import make_concept, make_contract, make_record, write_parquet

home = Path(sys.argv[1])
types = {"number": "integer", "value": "double"}

def together(number, work):
    # Runs work(0), work(1)... each in a process of its own; returns how many of them failed.
    children = []
    for index in range(number):
        child = os.fork()
        if child:
            children.append(child)
            continue
        try:
            work(index)
            sys.stdout.flush()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)
"""


def start(script: str, *arguments: object) -> "subprocess.Popen[str]":
    """A Python of its own that runs ``script`` with the repository at hand."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", PREAMBLE + script, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def write_many(path: Path, rows: int, seed: int) -> Path:
    """Rows of noise, which no compression makes smaller."""
    noise = np.random.default_rng(seed).random(rows)
    pq.write_table(pa.table({"number": np.arange(rows, dtype=np.int64), "value": noise}), path)
    return path


def assert_whole(store: Lake, since: int = 0, dataset: str = "test-data") -> list[Version]:
    """The newest version, and every one numbered above ``since``, reads back as the content that its hash names."""
    found = store.versions(dataset)
    assert [v.number for v in found] == list(range(1, len(found) + 1))
    if since == 0:
        assert [v.version for v in store.verify(dataset) if v.ok] == [v.id for v in found]
        return found
    types = duckdb_types(make_contract(TYPES), make_concept)
    with connection(store.root / "spill" / "test") as con:
        for version in found[min(since, len(found) - 1) :]:
            assert content_hash(con, [store.select(version)], types) == (version.rows, version.content_hash)
    return found


def assert_nothing_left_over(store: Lake) -> None:
    """Only files that some version reads are in the data folder."""
    with store._catalogs.table("test-data") as table:
        assert table
        used = {
            file for version in versions("test-data", table) for file in data_files(table, version, store.warehouse)
        }
    assert set((store.warehouse / "test-data" / "data").iterdir()) == used
