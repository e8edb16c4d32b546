"""Fixtures of the lake's tests."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lake import Lake, Version
from tests.lake.helpers import ROWS, TYPES, Row, make_concept, make_contract, make_record, write_parquet


@pytest.fixture
def commit(tmp_path: Path) -> Callable[..., Version]:
    """Commits rows to a lake: ``commit(lake, rows, types=..., version=...)``."""

    def run(lake: Lake, rows: Sequence[Row] = ROWS, types: dict[str, str] = TYPES, **changes: Any) -> Version:
        path = write_parquet(tmp_path / "accepted.parquet", rows, types)
        return lake.commit(make_contract(types, **changes), make_concept, path, make_record())

    return run
