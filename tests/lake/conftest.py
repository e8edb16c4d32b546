"""Fixtures of the lake's tests."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lake import Lake, Version
from tests.lake.helpers import ROWS, TYPES, Row, make_concept, make_contract, make_record, write_parquet
from tests.lake.postgresql import PYTHON, Postgresql


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgresql]:
    """A PostgreSQL that the lake's tests share; one that kills it starts it again."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing: run `uv sync` in catalog/server")
    server = Postgresql(tmp_path_factory.mktemp("postgresql"))
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def commit(tmp_path: Path) -> Callable[..., Version]:
    """Commits rows to a lake: ``commit(lake, rows, types=..., version=...)``."""

    def run(lake: Lake, rows: Sequence[Row] = ROWS, types: dict[str, str] = TYPES, **changes: Any) -> Version:
        path = write_parquet(tmp_path / "accepted.parquet", rows, types)
        return lake.commit(make_contract(types, **changes), make_concept, path, make_record())

    return run
