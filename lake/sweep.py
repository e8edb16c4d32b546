"""Removing what a commit that was killed or refused left on disk."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lake.version import commit_token

if TYPE_CHECKING:
    from pyiceberg.table import Table


def sweep(table: "Table", warehouse: Path, spill: Path) -> None:
    """Delete the table's files that no snapshot and no metadata refers to. Only for the holder of the table's lock.

    File names carry the token of their commit, so a table without leftovers costs one folder listing; only where a
    token is unknown are all manifests read to know for certain what is in use.
    """
    from lake.location import local_path

    shutil.rmtree(spill, ignore_errors=True)
    folder = local_path(table.location(), warehouse)
    known = {commit_token(s.summary.additional_properties) for s in table.snapshots() if s.summary}
    if all(file.stem.rpartition("-")[2] in known for file in (folder / "data").iterdir()):
        return
    used = {local_path(location, warehouse) for location in _referenced(table)}
    for file in (*(folder / "data").iterdir(), *(folder / "metadata").iterdir()):
        if file not in used:
            file.unlink(missing_ok=True)


def _referenced(table: "Table") -> set[str]:
    found = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    for snapshot in table.snapshots():
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            found.add(manifest.manifest_path)
            found.update(e.data_file.file_path for e in manifest.fetch_manifest_entry(table.io, discard_deleted=False))
    for statistics in (*table.metadata.statistics, *table.metadata.partition_statistics):
        found.add(statistics.statistics_path)
    return found
