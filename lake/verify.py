"""Verifying versions: everything is read and hashed again."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.content import content_hash
from lake.read import data_files, versions
from lake.schema import read_fields
from lake.sql import parquet
from lake.version import Version

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyiceberg.table import Table


@dataclass(frozen=True)
class Verified:
    """What one version is found to be. ``problem_vi`` and ``problem_en`` are empty where it is what it was committed as."""

    dataset: str
    version: str
    rows: int
    files: int
    bytes: int
    problem_vi: str = ""
    problem_en: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem_en


def verified(con: "DuckDBPyConnection", dataset: str, table: "Table", warehouse: Path) -> list[Verified]:
    """Hash every version of a table again, oldest first."""
    return [_verified(con, version, table, warehouse) for version in versions(dataset, table)]


def _verified(con: "DuckDBPyConnection", version: Version, table: "Table", warehouse: Path) -> Verified:
    size = 0
    try:
        files = data_files(table, version, warehouse)
        size = sum(file.stat().st_size for file in files)
        snapshot = table.snapshot_by_id(version.snapshot_id)
        schema = table.schemas()[snapshot.schema_id] if snapshot and snapshot.schema_id is not None else table.schema()
        fields = read_fields(schema)
        parts = [f"SELECT * FROM {parquet([file], fields)}" for file in files]
        rows, digest = content_hash(con, parts, dict(fields.values()))
    except Exception as error:
        # Whatever a damaged file makes DuckDB or pyiceberg raise, it is the finding, not a failure of the check.
        told = str(error).splitlines()[0] if str(error) else repr(error)
        return Verified(version.dataset, version.id, 0, 0, size, f"không đọc được: {told}", f"cannot be read: {told}")
    if (rows, digest) == (version.rows, version.content_hash):
        return Verified(version.dataset, version.id, rows, len(files), size)
    return Verified(
        version.dataset,
        version.id,
        rows,
        len(files),
        size,
        f"nội dung đã thay đổi: có {rows} dòng, băm {digest[:12]}; khi ghi là {version.rows} dòng, băm {version.content_hash[:12]}",
        f"the content has changed: {rows} rows, hash {digest[:12]}; committed with {version.rows} rows, hash {version.content_hash[:12]}",
    )
