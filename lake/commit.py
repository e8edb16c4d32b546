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
from lake.evolve import evolve
from lake.read import current, data_files
from lake.schema import read_fields
from lake.sql import parquet
from lake.version import CommitRecord, Version

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.schema import Schema
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
        before = current(contract.dataset, self.table)
        schema = evolve(tx, contract, accepted.columns, before.contract if before else None)
        rows, digest = content_hash(self.con, self._whole(accepted, before, schema), accepted.columns)
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
        if before and self._brings_known_partitions(values):
            tx.delete(_rows_of(contract.partition, values))
        tx.add_files(files, snapshot_properties=version.properties(token), check_duplicate_files=False)
        tx.commit_transaction()
        written = current(contract.dataset, self.table)
        assert written is not None  # noqa: S101 - the transaction has just put it there
        return replace(written, new=True)

    def _whole(self, accepted: Accepted, before: Version | None, schema: "Schema") -> str:
        """A query for all rows of the new version: the accepted ones and those of untouched partitions."""
        name = accepted.contract.partition
        if name is None or before is None:
            return accepted.relation
        column = ident(name)
        kept = f"SELECT * FROM {parquet(data_files(self.table, before, self.warehouse), read_fields(schema))}"
        return (
            f"({accepted.relation}) UNION ALL BY NAME "
            f"(SELECT * FROM ({kept}) WHERE {column} NOT IN (SELECT DISTINCT {column} FROM ({accepted.relation})))"
        )

    def _brings_known_partitions(self, values: list[Any]) -> bool:
        """Whether the table has rows that the new ones replace; its partition column may still bear its former name."""
        schema, spec = self.table.schema(), self.table.spec()
        partition = next((schema.find_column_name(field.source_id) for field in spec.fields), None)
        return next(iter(self.table.scan(row_filter=_rows_of(partition, values)).plan_files()), None) is not None

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


def _rows_of(partition: str | None, values: list[Any]) -> "BooleanExpression":
    from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, In

    if partition is None:
        return AlwaysTrue()
    return In(partition, values) if values else AlwaysFalse()
