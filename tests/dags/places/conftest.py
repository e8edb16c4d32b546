from collections.abc import Iterator
from pathlib import Path

import pytest

from dags.sources.places import patience
from tests.dags.places.builders import Home
from tests.dags.places.servers import Web, serving


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited between tries."""
    waited: list[float] = []
    monkeypatch.setattr(patience, "sleep", waited.append)
    return waited
