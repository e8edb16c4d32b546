"""Writing one version: Parquet files beside the table, then one Iceberg snapshot that replaces what readers see."""

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lake.accepted import Accepted
from lake.content import joined, parts_of
from lake.evolve import evolve
from lake.folders import private_folder
from lake.partitions import Partitioning
from lake.placing import placed
from lake.read import current, partition_files
from lake.schema import read_fields
from lake.sql import parquet
from lake.staging import ROW_GROUP, Fields, KeyRepeats, Staged, stage
from lake.version import CommitRecord, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table, Transaction


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
        tx = self.table.transaction()
        before = current(contract.dataset, self.table)
        schema, moved = evolve(tx, contract, accepted.columns, before.contract if before else None)
        fields = read_fields(schema)
        present = partition_files(self.table, before) if before else {}
        staged = self._staged(
            accepted, self._with_those_that_stay(accepted, present, fields) if moved else None, fields
        )
        gone = {
            value: files for value, files in present.items() if moved or staged.values is None or value in staged.values
        }
        kept = [
            file for value, files in present.items() if value not in gone for file in sorted(map(self._local, files))
        ]
        how = Partitioning.written(tx.table_metadata.spec(), schema)
        former = parts_of(self.con, f"SELECT * FROM {parquet(kept, fields)}", accepted.columns, how and how.part)
        rows, digest = joined((*former, *staged.parts), accepted.columns)
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
        self._swap(tx, version, [file for files in gone.values() for file in files], staged.files)
        written = current(contract.dataset, self.table)
        assert written is not None  # noqa: S101 - the transaction has just put it there
        return replace(written, new=True)

    def _swap(self, tx: "Transaction", version: Version, gone: "list[DataFile]", staged: list[Path]) -> None:
        """Put the staged files in the place of those that are ``gone``, in one snapshot that carries the version."""
        from pyiceberg.io.pyarrow import parquet_file_to_data_file

        token = uuid.uuid4().hex
        metadata = tx.table_metadata
        with tx.update_snapshot(snapshot_properties=version.properties(token)).overwrite() as change:
            for file in gone:
                change.delete_data_file(file)
            for location in self._placed(staged, f"{version.number:06d}", token):
                change.append_data_file(parquet_file_to_data_file(self.table.io, metadata, location))
        tx.commit_transaction()

    def _with_those_that_stay(
        self, accepted: Accepted, present: "Mapping[object, list[DataFile]]", fields: Fields
    ) -> str:
        """A query for the new rows and those of all partitions that they do not name, whatever the files are cut by."""
        how = accepted.partitioning
        files = [self._local(file) for each in present.values() for file in each]
        stay = f"WHERE {how.unit} NOT IN (SELECT {how.unit} FROM ({accepted.relation}))" if how else ""
        return f"{accepted.relation} UNION ALL SELECT {accepted.names} FROM {parquet(files, fields)} {stay}"

    def _staged(self, accepted: Accepted, relation: str | None, fields: Fields) -> Staged:
        """Write the new rows, or those of ``relation``, beside the table; whoever holds the lock sweeps them away."""
        how, key = accepted.partitioning, accepted.contract.key
        quickly = accepted.quick(self.con) if relation is None else None
        if quickly:
            with suppress(KeyRepeats):
                return stage(self._rows(accepted.ordered(None, quickly)), how, fields, private_folder(self.spill), key)
        return stage(self._rows(accepted.ordered(relation)), how, fields, private_folder(self.spill))

    def _rows(self, query: str) -> "pa.RecordBatchReader":
        return self.con.execute(query).to_arrow_reader(ROW_GROUP)

    def _local(self, file: "DataFile") -> Path:
        from lake.location import local_path

        return local_path(file.file_path, self.warehouse)

    def _placed(self, staged: list[Path], number: str, token: str) -> list[str]:
        named = {f"{number}-{part:04d}-{token}.parquet": file for part, file in enumerate(staged)}
        return placed(self.table, named, self.warehouse)
