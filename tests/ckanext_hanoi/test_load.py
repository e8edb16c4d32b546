"""Several readers at once on search, page and table meet no error.

``HANOI_LOAD_READERS`` and ``HANOI_LOAD_SECONDS`` say how many and for how long (10 and 5); ``hanoi bench load`` measures more.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from benchmarks.load import read, used_mb

if TYPE_CHECKING:
    from .conftest import Catalogue

READERS = int(os.environ.get("HANOI_LOAD_READERS", "10"))
SECONDS = float(os.environ.get("HANOI_LOAD_SECONDS", "5"))


def test_many_readers_at_once_meet_no_error(catalogue: Catalogue) -> None:
    entry = catalogue.action("package_show", id="air-quality-hourly")["result"]
    table = next(r["id"] for r in entry["resources"] if r["format"] == "Parquet")
    found = read(catalogue.url, "air-quality-hourly", table, READERS, SECONDS, lambda: used_mb(catalogue.home))
    assert found.errors == []
    assert set(found.seconds) == {"search", "page", "table"}
    assert found.percentile(0.5) <= found.percentile(0.95)
    assert all(used > 0 for used in found.memory)
