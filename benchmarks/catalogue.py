"""Everything that is measured of the catalogue: its search, and its DataStore."""

from pathlib import Path

from benchmarks import datastore, search
from benchmarks.measure import Result


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """Both, one after the other.

    :param rows: rows of the DataStore's table, and datasets of the search, instead of the set sizes
    """
    return [*search.bench(folder / "search", rows, times), *datastore.bench(folder / "datastore", rows, times)]
