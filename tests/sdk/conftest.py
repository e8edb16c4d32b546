"""Fixtures of the SDK's tests: a catalogue, a connection to it, an empty cache."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import hanoi_cloud as hc
from tests.sdk.helpers import Catalogue, serve


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HANOI_CLOUD_URL", raising=False)
    monkeypatch.setenv("HANOI_CLOUD_CACHE", str(tmp_path / "bộ đệm [x]" / "year=2025"))
    return tmp_path / "bộ đệm [x]" / "year=2025"


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with serve(tmp_path / "published") as served:
        served.publish("air-quality-hourly")
        yield served


@pytest.fixture
def city(catalogue: Catalogue) -> Iterator[hc.City]:
    with hc.connect(catalogue.url) as connected:
        yield connected


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, noted instead of waited for."""
    noted: list[float] = []
    monkeypatch.setattr("hanoi_cloud._http.time.sleep", noted.append)
    return noted
