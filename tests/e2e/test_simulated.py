"""The demonstration on a machine without real files: the simulated city, visibly marked."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import hanoi_cloud as hc
from blueprint import blueprint
from ops.simulator.city import SIMULATED
from ops.simulator.server import simulating
from tests.conftest import REPOSITORY
from tests.e2e.conftest import HANOI, Platform, environment, free_port

pytestmark = [pytest.mark.platform]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("simulated") / "thư mục riêng"
    with simulating() as city:
        command = [HANOI, "demo", "--json", "--home", str(home), "--port", str(free_port())]
        with subprocess.Popen(
            command,
            env=environment(HANOI_SOURCES=city),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as child:
            assert child.stdout is not None
            printed = json.loads(child.stdout.readline())
            yield Platform(home, printed["catalogue_url"], {d["id"]: d for d in printed["datasets"]})
            child.send_signal(signal.SIGINT)
            assert child.wait(60) == 0


def test_every_dataset_passes_and_simulated_ones_say_so(simulated: Platform) -> None:
    assert set(simulated.results) == {n for n, c in blueprint().contracts.items() if c.publish}
    for name, found in simulated.results.items():
        assert found["gate"] == "passed", (name, found)
        assert found["rows_in"] == found["rows_accepted"] + found["rows_quarantined"]
        assert found["simulated"] is (name in SIMULATED)


def test_the_mark_is_on_the_page_in_the_list_and_in_the_sdk(simulated: Platform) -> None:
    for prefix, mark in (("", "Dữ liệu mô phỏng"), ("/en", "Simulated data")):
        assert mark.lower() in httpx.get(f"{simulated.url}{prefix}/dataset/bus-stops").text.lower()
        assert mark.lower() not in httpx.get(f"{simulated.url}{prefix}/dataset/wards").text.lower()
        assert mark.lower() in httpx.get(f"{simulated.url}{prefix}/dataset/", params={"q": "bus"}).text.lower()
    city = hc.connect(simulated.url)
    with pytest.warns(hc.SimulatedDataWarning):
        assert city.dataset("bus-stops").to_arrow().num_rows == simulated.results["bus-stops"]["rows_accepted"]
    assert city.dataset("wards").simulated is False


def test_the_home_may_hold_blanks_and_vietnamese_letters(simulated: Platform) -> None:
    assert Path(simulated.home).name == "thư mục riêng"
    assert (simulated.home / "published" / "wards").is_dir()
