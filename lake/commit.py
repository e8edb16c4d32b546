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
from lake.folders import private_folder
from lake.read import current, data_files
from lake.schema import read_fields
from lake.sql import parquet
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
    spill: Path

    def write(self, accepted: Accepted, record: CommitRecord) -> Version:
        """Commit ``accepted`` as the next version, or return the current one, ``new=False``, where it says the same.

        Without a partition the new rows replace all rows; with one, those of the partitions that they name.
        """
        contract = accepted.contract
        values = accepted.partition_values(self.con)
        tx = self.table.transaction()
        before = current(contract.dataset, self.table)
        schema = evolve(tx, contract, accepted.columns, before.contract if before else None)
        fields = read_fields(schema)
        staged = self._staged(accepted, values, {name: field for field, (name, _) in fields.items()})
        gone = self._replaced(values)
        kept = [f for f in data_files(self.table, before, self.warehouse) if f not in gone] if before else []
        parts = [f"SELECT * FROM {parquet([file], fields)}" for file in (*kept, *staged)]
        rows, digest = content_hash(self.con, parts, accepted.columns)
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
        files = [self._placed(file, f"{number:06d}-{part:04d}-{token}.parquet") for part, file in enumerate(staged)]
        if gone:
            tx.delete(_rows_of(contract.partition, values))
        tx.add_files(files, snapshot_properties=version.properties(token), check_duplicate_files=False)
        tx.commit_transaction()
        written = current(contract.dataset, self.table)
        assert written is not None  # noqa: S101 - the transaction has just put it there
        return replace(written, new=True)

    def _staged(self, accepted: Accepted, values: list[Any], ids: Mapping[str, int]) -> list[Path]:
        """Write the new rows beside the table, one file a part, sorted; whoever holds the lock sweeps them away."""
        fields = ", ".join(f"{ident(column)}: {field}" for column, field in ids.items())
        private_folder(self.spill)  # the sweep before a commit takes it away
        files = []
        for part, query in enumerate(accepted.parts(values)):
            file = self.spill / f"{part:04d}.parquet"
            target = literal(str(file))
            self.con.execute(f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{fields}}})")
            files.append(file)
        return files

    def _replaced(self, values: list[Any]) -> set[Path]:
        """The files whose rows the new ones replace; the table's partition column may still bear its former name."""
        from lake.location import local_path

        schema, spec = self.table.schema(), self.table.spec()
        partition = next((schema.find_column_name(field.source_id) for field in spec.fields), None)
        found = self.table.scan(row_filter=_rows_of(partition, values)).plan_files()
        return {local_path(task.file.file_path, self.warehouse) for task in found}

    def _placed(self, file: Path, name: str) -> str:
        """Move a staged file to the table's data, force it to disk, and return its Iceberg location."""
        from lake.location import local_path, sync

        location = f"{self.table.location()}/data/{name}"
        path = local_path(location, self.warehouse)
        sync(file)
        file.rename(path)
        sync(path.parent)
        return location


def _rows_of(partition: str | None, values: list[Any]) -> "BooleanExpression":
    from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, In

    if partition is None:
        return AlwaysTrue()
    return In(partition, values) if values else AlwaysFalse()
