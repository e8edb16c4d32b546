"""Reading one version of an open table: which files, under which field ids."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.sql import ident
from lake.errors import UnknownColumn, UnreadableVersion
from lake.schema import read_fields
from lake.sql import parquet
from lake.version import Version

if TYPE_CHECKING:
    from pyiceberg.table import Table


def versions(dataset: str, table: "Table") -> list[Version]:
    """The versions of a table, oldest first."""
    found = (
        Version.from_snapshot(dataset, s.snapshot_id, s.timestamp_ms, s.summary.additional_properties)
        for s in table.snapshots()
        if s.summary
    )
    return sorted(filter(None, found), key=lambda version: version.number)


def current(dataset: str, table: "Table") -> Version | None:
    """The newest version of a table."""
    return next(reversed(versions(dataset, table)), None)


def data_files(table: "Table", version: Version, warehouse: Path) -> list[Path]:
    """The Parquet files of a version; raises UnreadableVersion where reading them alone would show deleted rows."""
    from lake.location import local_path

    tasks = list(table.scan(snapshot_id=version.snapshot_id).plan_files())
    if any(task.delete_files for task in tasks):
        raise UnreadableVersion(version.dataset, version.id)
    return sorted(local_path(task.file.file_path, warehouse) for task in tasks)


def select(table: "Table", version: Version, warehouse: Path, columns: Sequence[str] | None = None) -> str:
    """A DuckDB query for the rows of a version, read under the schema that the version was written with."""
    snapshot = table.snapshot_by_id(version.snapshot_id)
    schema = table.schemas()[snapshot.schema_id] if snapshot and snapshot.schema_id is not None else table.schema()
    fields = read_fields(schema)
    names = [name for name, _ in fields.values()]
    wanted = names if columns is None else list(columns)
    if unknown := [name for name in wanted if name not in names]:
        raise UnknownColumn(version.dataset, version.id, unknown, names)
    return f"SELECT {', '.join(map(ident, wanted))} FROM {parquet(data_files(table, version, warehouse), fields)}"
