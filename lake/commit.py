"""Writing one version: Parquet by DuckDB, then one Iceberg snapshot that replaces what readers see."""

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
from lake.partitions import Partitioning, partitions
from lake.read import current, partition_files
from lake.schema import read_fields
from lake.sql import connection, parquet
from lake.version import CommitRecord, Version

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table, Transaction

_BATCH = 50_000

Fields = Mapping[int, tuple[str, str]]
"""Field id -> name and DuckDB type."""


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
        query = accepted.ordered(self._with_those_that_stay(accepted, present, fields) if moved else None)
        values, staged = self._staged(query, accepted.partitioning, fields)
        gone = {value: files for value, files in present.items() if moved or values is None or value in values}
        kept = [
            file for value, files in present.items() if value not in gone for file in sorted(map(self._local, files))
        ]
        how = Partitioning.written(tx.table_metadata.spec(), schema)
        rows, digest = content_hash(
            self.con, [f"SELECT * FROM {parquet([*kept, *staged], fields)}"], accepted.columns, how and how.part
        )
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
        self._swap(tx, version, [file for files in gone.values() for file in files], staged)
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

    def _staged(self, query: str, how: Partitioning | None, fields: Fields) -> tuple[set[Any] | None, list[Path]]:
        """Write the new rows beside the table, one COPY a partition; whoever holds the lock sweeps them away.

        The rows are sorted once and then flow through in batches, so that memory does not grow with the number of
        partitions or of rows. Returns the partitions, None where the table has none, and their files.
        """
        private_folder(self.spill)  # the sweep before a commit takes it away
        if how is None:
            return None, [self._copied(self.con, query, 0, fields)]
        values, files = set(), []
        rows = self.con.execute(query).to_arrow_reader(_BATCH)
        # A database of its own: the sort and the writing that waits for it must not wait for the same threads.
        with connection(self.spill, threads=1) as writer:
            for number, (value, part) in enumerate(partitions(rows)):
                writer.register("part", part)
                files.append(self._copied(writer, "FROM part", number, fields))
                writer.unregister("part")
                values.add(value)
        return values, files

    def _copied(self, con: "DuckDBPyConnection", query: str, number: int, fields: Fields) -> Path:
        file = self.spill / f"{number:04d}.parquet"
        ids = ", ".join(f"{ident(name)}: {field}" for field, (name, _) in fields.items())
        con.execute(f"COPY ({query}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{ids}}})")
        return file

    def _local(self, file: "DataFile") -> Path:
        from lake.location import local_path

        return local_path(file.file_path, self.warehouse)

    def _placed(self, staged: list[Path], number: str, token: str) -> list[str]:
        """Move the staged files to the table's data, force them to disk, and return their Iceberg locations."""
        from lake.location import local_path, sync

        locations = []
        for part, file in enumerate(staged):
            locations.append(f"{self.table.location()}/data/{number}-{part:04d}-{token}.parquet")
            sync(file)
            file.rename(local_path(locations[-1], self.warehouse))
        sync(local_path(f"{self.table.location()}/data", self.warehouse))
        return locations
