"""Writing one version: Parquet by DuckDB, then one Iceberg transaction that replaces what readers see."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint.sql import ident, literal
from lake.accepted import Accepted
from lake.content import content_hash
from lake.read import current, select
from lake.schema import evolve, read_fields
from lake.version import CommitRecord, Version

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table


@dataclass(frozen=True)
class Commit:
    """One commit to a table whose lock is held."""

    con: "DuckDBPyConnection"
    table: "Table"
    warehouse: Path

    def write(self, accepted: Accepted, record: CommitRecord) -> Version:
        """Commit ``accepted`` as the next version, or return the current one, ``new=False``, where it says the same.

        Without a partition the new rows replace all rows; with one, those of the partitions that they name.
        """
        contract = accepted.contract
        values = accepted.partition_values(self.con)
        tx = self.table.transaction()
        schema = evolve(tx, contract, accepted.columns)
        before = current(contract.dataset, self.table)
        rows, digest = content_hash(self.con, self._whole(accepted, before), accepted.columns)
        if before and (before.content_hash, before.contract) == (digest, contract.ref):
            return before
        number = before.number + 1 if before else 1
        version = Version(
            **vars(record),
            dataset=contract.dataset,
            id=f"{number}-{digest[:8]}",
            number=number,
            snapshot_id=0,
            committed_at=datetime.fromtimestamp(0, UTC),
            rows=rows,
            content_hash=digest,
            contract=contract.ref,
        )
        token = uuid.uuid4().hex
        ids = {name: field for field, (name, _) in read_fields(schema).items()}
        files = [
            self._copy(query, f"{number:06d}-{part:04d}-{token}.parquet", ids)
            for part, query in enumerate(accepted.parts(values))
        ]
        gone = _rows_to_replace(accepted, values)
        if before and next(iter(self.table.scan(row_filter=gone).plan_files()), None):
            tx.delete(gone)
        tx.add_files(files, snapshot_properties=version.properties(token), check_duplicate_files=False)
        tx.commit_transaction()
        written = current(contract.dataset, self.table)
        assert written is not None  # noqa: S101 - the transaction has just put it there
        return replace(written, new=True)

    def _whole(self, accepted: Accepted, before: Version | None) -> str:
        """A query for all rows of the new version: the accepted ones and those of untouched partitions."""
        name = accepted.contract.partition
        if name is None or before is None:
            return accepted.relation
        column = ident(name)
        kept = select(self.table, before, self.warehouse)
        return (
            f"({accepted.relation}) UNION ALL BY NAME "
            f"(SELECT * FROM ({kept}) WHERE {column} NOT IN (SELECT DISTINCT {column} FROM ({accepted.relation})))"
        )

    def _copy(self, query: str, name: str, ids: Mapping[str, int]) -> str:
        """Write one data file, force it to disk, and return its Iceberg location."""
        from lake.location import local_path, sync

        location = f"{self.table.location()}/data/{name}"
        path = local_path(location, self.warehouse)
        fields = ", ".join(f"{ident(column)}: {field}" for column, field in ids.items())
        self.con.execute(
            f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{fields}}})"
        )
        sync(path)
        return location


def _rows_to_replace(accepted: Accepted, values: list[Any]) -> "BooleanExpression":
    from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, In

    if accepted.contract.partition is None:
        return AlwaysTrue()
    return In(accepted.contract.partition, values) if values else AlwaysFalse()
