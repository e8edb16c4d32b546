"""Removing what a commit that was killed or refused left on disk."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import UpkeepUnreadable
from lake.upkeep import Upkeep
from lake.version import commit_token

if TYPE_CHECKING:
    from pyiceberg.table import Table


def sweep(table: "Table", warehouse: Path, spill: Path) -> None:
    """Delete the table's files that no snapshot and no metadata refers to. Only for the holder of the table's lock.

    File names carry the token of their commit, so a table without leftovers costs one folder listing; only where a
    token is unknown are all manifests read to know for certain what is in use. Files that maintenance let go of rest
    until it removes them itself, since someone may still be reading them.
    """
    shutil.rmtree(spill, ignore_errors=True)
    folder = table_folder(table, warehouse)
    try:
        upkeep = Upkeep.of(warehouse.parent, table.name()[-1])
    except UpkeepUnreadable:
        return  # which files are resting is not known; the next maintenance says so
    known = {commit_token(s.summary.additional_properties) for s in table.snapshots() if s.summary} | upkeep.settled
    if all(token(file) in known for file in (folder / "data").iterdir()):
        return
    for file in unreferenced(table, warehouse):
        if file.relative_to(folder).as_posix() not in upkeep.resting:
            file.unlink(missing_ok=True)


def table_folder(table: "Table", warehouse: Path) -> Path:
    """The folder of a table on this disk."""
    from lake.location import local_path

    return local_path(table.location(), warehouse)


def token(file: Path) -> str:
    """The token of the commit that wrote a data file."""
    return file.stem.rpartition("-")[2]


def unreferenced(table: "Table", warehouse: Path) -> list[Path]:
    """The files in the table's folder that nothing in its metadata refers to."""
    folder = table_folder(table, warehouse)
    # Listed before the catalog is asked again: a holder whose lock is gone by now fails here, and what it listed
    # cannot be the work of the next holder.
    found = [*(folder / "data").iterdir(), *(folder / "metadata").iterdir()]
    used = referenced(table.refresh(), warehouse)
    return sorted(file for file in found if file not in used)


def referenced(table: "Table", warehouse: Path, without: frozenset[int] = frozenset()) -> set[Path]:
    """The files that the table's metadata refers to, directly or by a manifest of a snapshot that is not in ``without``."""
    from lake.location import local_path

    found = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    for snapshot in table.snapshots():
        if snapshot.snapshot_id in without:
            continue
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in found:  # the snapshots of a table share most of their manifests
                found.add(manifest.manifest_path)
                found.update(entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))
    for statistics in (*table.metadata.statistics, *table.metadata.partition_statistics):
        if statistics.snapshot_id not in without:
            found.add(statistics.statistics_path)
    return {local_path(location, warehouse) for location in found}
