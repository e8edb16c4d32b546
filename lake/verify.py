"""Verifying versions: everything is read and hashed again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.read import data_files, hashed, versions
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


def unreadable(dataset: str, version: str, size: int, error: Exception) -> Verified:
    """The finding that something cannot be read at all; ``version`` is empty where it is the table itself."""
    told = str(error).splitlines()[0] if str(error) else repr(error)
    return Verified(dataset, version, 0, 0, size, f"không đọc được: {told}", f"cannot be read: {told}")


def verified(con: "DuckDBPyConnection", dataset: str, table: "Table", warehouse: Path) -> Iterator[Verified]:
    """Hash every version of a table again, oldest first."""
    for version in versions(dataset, table):
        yield _verified(con, version, table, warehouse)


def _verified(con: "DuckDBPyConnection", version: Version, table: "Table", warehouse: Path) -> Verified:
    size = 0
    try:
        files = data_files(table, version, warehouse)
        size = sum(file.stat().st_size for file in files)
        rows, digest = hashed(con, table, version, files)
    except Exception as error:
        # Whatever a damaged file makes DuckDB or pyiceberg raise, it is the finding, not a failure of the check.
        return unreadable(version.dataset, version.id, size, error)
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
