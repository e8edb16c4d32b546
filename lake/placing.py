"""Staged files become a table's own: moved into its folder and forced to disk before any metadata names them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.table import Table


def placed(table: "Table", staged: Mapping[str, Path], warehouse: Path) -> list[str]:
    """Move the ``staged`` files to the table's data under the names given; returns their Iceberg locations."""
    from lake.location import local_path, sync

    data = f"{table.location()}/data"
    for name, file in staged.items():
        sync(file)
        file.rename(local_path(f"{data}/{name}", warehouse))
    sync(local_path(data, warehouse))
    return [f"{data}/{name}" for name in staged]
