"""Made rows of the Blueprint's own datasets, committed to a lake under their contracts."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from blueprint import blueprint
from blueprint.sql import ident, literal
from blueprint.types import duckdb_type
from lake import Lake, Version
from tests.lake.helpers import make_record

Rows = Sequence[dict[str, Any]]


def commit(lake: Lake, dataset: str, rows: Rows) -> Version:
    """``rows`` as the newest version of ``dataset``; a column that a row does not name is empty."""
    plan = blueprint()
    contract = plan.contract(dataset)
    listed = ", ".join(f"{ident(c.name)} {duckdb_type(plan.concept_of(c))}" for c in contract.columns)
    with TemporaryDirectory() as folder, duckdb.connect() as con:
        file = Path(folder) / "accepted.parquet"
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"CREATE TABLE made ({listed})")
        for row in rows:
            names = ", ".join(map(ident, row))
            con.execute(f"INSERT INTO made ({names}) VALUES ({', '.join('?' * len(row))})", [*row.values()])
        con.execute(f"COPY made TO {literal(str(file))} (FORMAT parquet)")
        return lake.commit(contract, plan.concept_of, file, make_record())
