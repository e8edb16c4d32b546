"""What changed between two published versions, counted from the files that everybody can have.

The lake's own comparison also sees columns that are not open; how many of their values changed is nobody else's business.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

MOST_ROWS = 3_000_000
"""Rows of the larger version up to which changes are counted; beyond, publishing would take noticeably longer."""


def changed(folder: Path, former: str, present: str) -> dict[str, Any] | None:
    """How many rows were added, removed and changed from version ``former`` to ``present``; never a value.

    Rows are found again by the key that both data dictionaries name, where it is unique in both versions; ``key`` is empty
    otherwise, and a changed row counts as one removed and one added. ``None`` where a file is missing or too large.
    """
    from blueprint.sql import parquet
    from lake.diff import counted, matched
    from lake.sql import connection

    files = [folder / f"{version}.parquet" for version in (former, present)]
    if not all(file.is_file() for file in files) or max(map(_rows, files)) > MOST_ROWS:
        return None
    old, new = (f"SELECT * FROM {parquet(file)}" for file in files)
    with tempfile.TemporaryDirectory(prefix="hanoi-changes-") as spill, connection(Path(spill)) as con:
        sides, gone, come = matched(con, old, new, _key(folder, former, present))
        added, removed, altered, per_column = counted(con, sides)
    return {
        "from": former,
        "key": list(sides.key),
        "added": added,
        "removed": removed,
        "changed": altered,
        "per_column": {name: number for name, number in per_column.items() if number},
        "columns_added": list(come),
        "columns_removed": list(gone),
    }


def _rows(file: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(file).num_rows)


def _key(folder: Path, *versions: str) -> list[str]:
    keys = [json.loads((folder / f"{v}.schema.json").read_text(encoding="utf-8"))["key"] for v in versions]
    return list(keys[0]) if all(key == keys[0] for key in keys) else []
