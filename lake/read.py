"""Reading one version of an open table: which files, under which field ids."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.sql import ident
from lake.content import content_hash
from lake.errors import UnknownColumn, UnreadableVersion
from lake.partitions import Partitioning
from lake.schema import read_fields
from lake.sql import parquet
from lake.version import Version
from lake.where import Condition, Where

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table


def versions(dataset: str, table: "Table") -> list[Version]:
    """The versions of a table, oldest first, each in its newest layout."""
    found = (
        Version.from_snapshot(dataset, s.snapshot_id, s.timestamp_ms, s.summary.additional_properties)
        for s in sorted(table.snapshots(), key=lambda s: s.sequence_number or 0)
        if s.summary
    )
    newest = {version.number: version for version in found if version}
    return [newest[number] for number in sorted(newest)]


def current(dataset: str, table: "Table") -> Version | None:
    """The newest version of a table."""
    return next(reversed(versions(dataset, table)), None)


def data_files(
    table: "Table", version: Version, warehouse: Path, where: "Mapping[str, Condition] | None" = None
) -> list[Path]:
    """The Parquet files of a version, partition by partition; with ``where``, those alone that may hold such rows.

    Raises UnreadableVersion where reading them alone would show deleted rows.
    """
    return [file for part in parts(table, version, warehouse, where) for file in part]


def parts(
    table: "Table", version: Version, warehouse: Path, where: "Mapping[str, Condition] | None" = None
) -> list[list[Path]]:
    """The files of each partition of a version: read one after the other they give its rows in order.

    Raises UnreadableVersion where reading them alone would show deleted rows.
    """
    from lake.location import local_path

    found = partition_files(table, version, Where.of(table, version, where)).values()
    return sorted([local_path(file.file_path, warehouse) for file in files] for files in found)


def partition_files(table: "Table", version: Version, where: "Where | None" = None) -> "dict[object, list[DataFile]]":
    """The data files of each partition of a version, in order, by its value; None where the table has no partitions.

    With ``where``, only those that may hold such rows. Raises UnreadableVersion where a file has deleted rows.
    """
    found: dict[object, list[DataFile]] = defaultdict(list)
    scan = table.scan(snapshot_id=version.snapshot_id)
    for task in (scan.filter(where.expression) if where else scan).plan_files():
        if task.delete_files:
            raise UnreadableVersion(version.dataset, version.id)
        # One version has one partition spec: where that changes, a commit cuts every file anew.
        found[task.file.partition[0] if len(task.file.partition) else None].append(task.file)
    return {value: sorted(files, key=lambda file: file.file_path) for value, files in found.items()}


def select(
    table: "Table",
    version: Version,
    warehouse: Path,
    columns: Sequence[str] | None = None,
    where: "Mapping[str, Condition] | None" = None,
) -> str:
    """A DuckDB query for the rows of a version, read under the schema that the version was written with."""
    fields = read_fields(schema_of(table, version))
    names = [name for name, _ in fields.values()]
    wanted = names if columns is None else list(columns)
    if unknown := [name for name in wanted if name not in names]:
        raise UnknownColumn(version.dataset, version.id, unknown, names)
    asked = Where.of(table, version, where)
    rows = f"FROM {parquet(data_files(table, version, warehouse, where), fields, as_written=unevolved(table))}"
    return f"SELECT {', '.join(map(ident, wanted))} {rows}{f' WHERE {asked.sql}' if asked else ''}"


def hashed(con: "DuckDBPyConnection", table: "Table", version: Version, files: Sequence[Path]) -> tuple[int, str]:
    """Row count and content hash of a version, read from its ``files``."""
    schema = schema_of(table, version)
    fields, how = read_fields(schema), Partitioning.written(table.spec(), schema)
    rows = f"SELECT * FROM {parquet(files, fields, as_written=unevolved(table))}"
    return content_hash(con, [rows], dict(fields.values()), how and how.part)


def unevolved(table: "Table") -> bool:
    """Whether all files of a table were written under the one schema that it has."""
    return len(table.schemas()) == 1


def schema_of(table: "Table", version: Version) -> "Schema":
    """The schema that a version was written with."""
    snapshot = table.snapshot_by_id(version.snapshot_id)
    return table.schemas()[snapshot.schema_id] if snapshot and snapshot.schema_id is not None else table.schema()
