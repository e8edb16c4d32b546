"""Compaction: a version's rows in few files of a good size and few manifests, and nothing else changed.

The files of a partition hold its rows in order, one file after the other. Where they are many small ones, or where one is
far too large, DuckDB copies the rows in that same order into files of the target size, outside the table's lock. What
was written is hashed against what was read before one Iceberg transaction puts the new files in place of the old ones,
so the version keeps its id and its content hash. Manifests, of which each commit adds one, are merged on the way.
"""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.sql import ident, literal
from lake.content import content_hash
from lake.folders import private_folder
from lake.placing import placed
from lake.read import current, parts
from lake.schema import read_fields
from lake.sql import parquet
from lake.version import Version

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyiceberg.table import Table

_MANIFESTS = 10
"""A reader opens every manifest, at some milliseconds each; so few are not worth a rewrite."""
_MERGE = {"commit.manifest-merge.enabled": "true", "commit.manifest.min-count-to-merge": "2"}


@dataclass(frozen=True)
class Worn:
    """One partition to rewrite: its files in order, their bytes, and how many files they should be."""

    files: tuple[Path, ...]
    bytes: int
    wanted: int


@dataclass(frozen=True)
class Plan:
    """What there is to compact in the newest version of a table."""

    version: Version
    partitions: tuple[Worn, ...]
    manifests: int

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that will be replaced."""
        return tuple(file for worn in self.partitions for file in worn.files)


def planned(dataset: str, table: "Table", warehouse: Path, target: int) -> Plan | None:
    """What there is to compact towards files of ``target`` bytes; None where the table is in good order."""
    version = current(dataset, table)
    snapshot = table.current_snapshot()
    if version is None or snapshot is None or snapshot.snapshot_id != version.snapshot_id:
        return None  # another tool has written since: its rows are no version, and stay as they are
    worn = tuple(found for files in parts(table, version, warehouse) if (found := _worn(files, target)))
    manifests = len(snapshot.manifests(table.io))
    return Plan(version, worn, manifests) if worn or manifests >= _MANIFESTS else None


def _worn(files: list[Path], target: int) -> Worn | None:
    """The partition, where half as many files would do or where a file is more than twice the target."""
    sizes = [file.stat().st_size for file in files]
    wanted = max(1, -(-sum(sizes) // target))
    many = len(files) >= 2 * wanted
    return Worn(tuple(files), sum(sizes), wanted) if many or max(sizes) > 2 * target else None


class Rewritten(Exception):
    """The rows that were read back are not those that were copied; nothing was put in place."""


def staged(con: "DuckDBPyConnection", table: "Table", worn: Worn, folder: Path) -> list[Path]:
    """Copy the rows of one partition, in their order, into ``worn.wanted`` files under ``folder``.

    Raises Rewritten where the new files do not hash to what the old ones do.
    """
    fields = read_fields(table.schema())
    types = dict(fields.values())
    former = f"SELECT * FROM {parquet(worn.files, fields)}"
    ids = ", ".join(f"{ident(name)}: {number}" for number, (name, _) in fields.items())
    (rows,) = con.execute(f"SELECT count(*) FROM ({former})").fetchone() or (0,)
    each = max(1, -(-int(rows) // worn.wanted))
    private_folder(folder)
    found = []
    for number, start in enumerate(range(0, int(rows), each)):
        found.append(folder / f"{number:04d}.parquet")
        chunk = former if each >= rows else f"{former} LIMIT {each} OFFSET {start}"
        target = literal(str(found[-1]))
        con.execute(f"COPY ({chunk}) TO {target} (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{ids}}})")
    present = f"SELECT * FROM {parquet(found, fields)}"
    if content_hash(con, [former], types) != content_hash(con, [present], types):
        raise Rewritten(f"{worn.files[0].name}")
    return found


def replace(table: "Table", plan: Plan, staged: list[list[Path]], warehouse: Path) -> None:
    """Put the staged files in place of the plan's, and few manifests in place of many, in one transaction.

    Only for the holder of the table's lock, on a table whose newest version is still the plan's.
    """
    from lake.location import local_path

    commit = uuid.uuid4().hex
    named = {
        f"{plan.version.number:06d}-{part:04d}.{piece:04d}-{commit}.parquet": file
        for part, files in enumerate(staged)
        for piece, file in enumerate(files)
    }
    new = placed(table, named, warehouse) if named else []
    gone = set(plan.files)
    tasks = table.scan(snapshot_id=plan.version.snapshot_id).plan_files()
    former = [task.file for task in tasks if local_path(task.file.file_path, warehouse) in gone]
    before = {name: table.properties[name] for name in _MERGE if name in table.properties}
    tx = table.transaction()
    tx.set_properties(_MERGE)
    if former:
        with tx.update_snapshot().overwrite() as overwrite:
            for file in former:
                overwrite.delete_data_file(file)
    properties = plan.version.relaid(commit)
    if new:
        tx.add_files(new, snapshot_properties=properties, check_duplicate_files=False)
    else:
        with tx.update_snapshot(snapshot_properties=properties).merge_append():
            pass
    tx.remove_properties(*(name for name in _MERGE if name not in before))
    if before:
        tx.set_properties(before)
    tx.commit_transaction()
