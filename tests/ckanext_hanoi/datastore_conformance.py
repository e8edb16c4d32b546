"""Runs CKAN's own tests of reading the DataStore against `hanoi_datastore`, and prints the outcome as JSON.

The tests fill tables of the stock DataStore. Whenever one of them reads, its table is written to a Parquet file as the
publisher would write it, and DuckDB answers in PostgreSQL's place. It is run by the Python of the CKAN server's
environment (with its `test` group); paths given as arguments replace the chosen tests.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from conformance import Services, Session, main, settings

if TYPE_CHECKING:
    from pathlib import Path

# The tests that read; what writes, or looks into PostgreSQL itself, is not about this backend.
READING = (
    "ckanext/datastore/tests/test_search.py",
    "ckanext/datastore/tests/test_dump.py",
    "ckanext/datastore/tests/test_info.py",
    "ckanext/datastore/tests/test_auth.py",
)

MORE_INI = """\
ckan.datastore.write_url = {write}
ckan.datastore.read_url = {read}
ckan.datastore.sqlsearch.enabled = True
"""

# Loaded by pytest before CKAN's plugins are: the stock plugin then finds this backend under its own name.
JUDGED = """
import itertools, json
from contextlib import contextmanager
from pathlib import Path
import duckdb, sqlalchemy as sa
from ckanext.datastore import plugin as stock
from ckanext.datastore.backend import postgres
from ckanext.hanoi_datastore import backend, tables

FOLDER, NUMBERS, SEEN = Path({folder!r}), itertools.count(), []
KINDS = {{"text": "VARCHAR", "int": "INTEGER", "int4": "INTEGER", "int8": "BIGINT", "float8": "DOUBLE", "bool": "BOOLEAN",
         "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ", "date": "DATE", "json": "JSON", "nested": "JSON", "jsonb": "JSON",
         "_text": "VARCHAR[]", "_int4": "INTEGER[]", "time": "TIME", "uuid": "UUID"}}
reading = False
find = tables.find

def written(resource_id):
    engine = postgres.get_read_engine()
    with engine.connect() as connection:
        types = postgres._get_fields_types(connection, resource_id)
        names = [name for name in types if name != "_id"]
        listed = ", ".join(
            ("(" + postgres.identifier(n) + ").json" if types[n] == "nested" else postgres.identifier(n))
            + ("" if types[n] in ("_text", "_int4") else "::text")
            for n in names
        )
        rows = connection.exec_driver_sql(
            ("SELECT " + (listed or "1") + " FROM " + postgres.identifier(resource_id)).replace("%", "%%") + " ORDER BY _id"
        ).fetchall()
    kinds = []
    for at, name in enumerate(names):
        kind = KINDS.get(types[name])
        if types[name] == "numeric":
            scale = max([len((row[at] or "").partition(".")[2]) for row in rows] or [0])
            kind = "DECIMAL(38, %d)" % scale
        kinds.append(kind or "VARCHAR")
    path = FOLDER / "judged" / ("%d.parquet" % next(NUMBERS))
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as room:
        if not names:
            names, kinds, rows = ["nothing"], ["VARCHAR"], []
        columns = ", ".join('"' + n.replace('"', '""') + '" ' + k for n, k in zip(names, kinds))
        room.execute("CREATE TABLE t (" + columns + ")")
        if rows:
            room.executemany("INSERT INTO t VALUES (" + ", ".join("?" * len(names)) + ")", [list(row) for row in rows])
        room.execute("COPY t TO '" + str(path) + "' (FORMAT parquet)")
    return path

def judged(resource_id):
    if not reading or not resource_id or resource_id.startswith("_"):
        return find(resource_id)
    with postgres.get_read_engine().connect() as connection:
        known = connection.execute(
            sa.text("SELECT coalesce(alias_of, name) FROM _table_metadata WHERE name = :id"), {{"id": resource_id}}
        ).scalar()
    if known is None:
        return None
    SEEN.append(resource_id)
    return tables.read(written(known))

tables.find = judged

@contextmanager
def as_reader():
    global reading
    before, reading = reading, True
    try:
        yield
    finally:
        reading = before

class Judged(backend.HanoiDatastoreBackend):
    def search(self, context, data_dict):
        with as_reader():
            return super().search(context, data_dict)
    def search_sql(self, context, data_dict):
        with as_reader():
            return super().search_sql(context, data_dict)
    def resource_fields(self, *args, **kwargs):
        with as_reader():
            return super().resource_fields(*args, **kwargs)

stock.DatastorePlugin.register_backends = lambda self: {{"postgresql": Judged, "postgres": Judged}}

def pytest_sessionfinish():
    Path({seen!r}).write_text(str(len(SEEN)))
"""


def run(folder: Path, tests: list[str], more: list[str]) -> dict[str, object]:
    """Run the tests in fresh databases; `answered` says how often DuckDB was asked."""
    services = Services(folder)
    try:
        services.postgres.psql("CREATE ROLE reader LOGIN PASSWORD 'reader'")
        services.postgres.psql("CREATE DATABASE datastore_test")
        write = services.postgres.get_uri("datastore_test")
        read = write.replace("//postgres:", "//reader:").replace("//postgres@", "//reader@")
        stock = settings(services, folder).replace("plugins = hanoi_search", "plugins = hanoi_search datastore")
        session = Session(folder, stock + MORE_INI.format(write=write, read=read))
        session.ckan("db", "init")
        services.postgres.psql(session.ckan("datastore", "set-permissions", output=subprocess.PIPE).stdout)
        seen = folder / "seen"
        ended = session.tests(tests, more, JUDGED.format(folder=str(folder), seen=str(seen)))
        return {**ended, "answered": int(seen.read_text()) if seen.exists() else 0}
    finally:
        services.stop()


if __name__ == "__main__":
    raise SystemExit(main(__doc__, run, list(READING)))
