"""The simulated city: reproducible, readable by the contracts, and wrong in the ways that agencies are."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from blueprint import blueprint
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import Conformed, conform
from ops.simulator.city import SIMULATED
from ops.simulator.server import deliveries, simulating


@pytest.fixture(scope="module")
def city() -> Iterator[str]:
    with simulating() as url:
        yield url


def run(name: str, base: str, folder: Path) -> Conformed:
    plan = blueprint()
    contract = plan.contract(name)
    store = DeliveryStore(folder, 10**8)
    delivery = store.keep(contract, locate(contract, base), "test")
    return conform(contract, plan, delivery, store, folder / "out")


def test_text_files_are_the_same_bytes_every_time() -> None:
    first = {p: c for p, c in deliveries().items() if not c.startswith(b"PK")}
    deliveries.cache_clear()
    second = {p: c for p, c in deliveries().items() if not c.startswith(b"PK")}
    assert first == second
    assert len(first) > 10


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_a_good_delivery_meets_its_contract(city: str, tmp_path: Path, name: str) -> None:
    found = run(name, city, tmp_path)
    gate = blueprint().contract(name).gate
    assert found.simulated is True
    assert found.rows_in == found.rows_accepted + found.rows_quarantined
    assert found.rows_accepted >= gate.min_rows
    assert found.rows_quarantined / found.rows_in <= gate.max_quarantined


def test_every_agency_dataset_without_a_file_of_its_own_is_simulated() -> None:
    needing = {n for n, c in blueprint().contracts.items() if c.publish and all(s.kind == "agency" for s in c.sources)}
    assert set(SIMULATED) == needing


def test_a_busy_server_is_asked_again(city: str) -> None:
    path = f"{city}/transport/gtfs-hanoi-2018/routes.txt?again"
    assert httpx.get(path).status_code == 503
    assert httpx.get(path).status_code == 200


def test_unknown_paths_are_not_found(city: str) -> None:
    assert httpx.get(f"{city}/../etc/passwd").status_code == 404
    assert httpx.get(f"{city}/faults/none/index.json").status_code == 404
