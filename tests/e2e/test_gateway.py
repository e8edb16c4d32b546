"""An agency's officer sends a file through the gateway; its dataset's DAG judges it, and the receipt says what became of it."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tusclient import client as tus

from dags.sources.deliveries import DeliveryStore
from tests.e2e.conftest import HANOI, Platform, environment, free_port, hanoi

pytestmark = [pytest.mark.platform]
DATASET = "bus-stops"


@pytest.fixture(scope="module")
def gateway(platform: Platform) -> Iterator[str]:
    port = free_port()
    serving = subprocess.Popen(
        [HANOI, "gateway", "serve", "--home", str(platform.home), "--port", str(port)], env=environment()
    )
    url = f"http://127.0.0.1:{port}/files"
    end = time.monotonic() + 60
    while True:
        try:
            httpx.options(url)
            break
        except httpx.TransportError:
            assert time.monotonic() < end, "the gateway does not answer"
            time.sleep(0.2)
    yield url
    serving.send_signal(signal.SIGINT)
    assert serving.wait(60) == 0


def delivered(url: str, token: str, file: Path) -> dict[str, object]:
    """Send ``file`` and wait for what becomes of it."""
    headers = {"Authorization": f"Bearer {token}"}
    with file.open("rb") as stream:
        about = {"dataset": DATASET, "filename": file.name}
        sent = tus.TusClient(url, headers=headers).uploader(file_stream=stream, chunk_size=100_000, metadata=about)
        sent.upload()
    end = time.monotonic() + 240
    while True:
        said = httpx.get(str(sent.url), headers=headers).json()
        if said["state"] in ("accepted", "refused"):
            return dict(said)
        assert time.monotonic() < end, said
        time.sleep(1)


def test_a_delivery_is_judged_and_its_receipt_says_how(platform: Platform, gateway: str, tmp_path: Path) -> None:
    token = json.loads(
        hanoi("gateway", "token", "add", "--agency", "so-xay-dung", "--json", "--home", str(platform.home)).stdout
    )["token"]
    store = DeliveryStore(platform.home, 1 << 30)
    kept = store.deliveries(DATASET)[-1]
    good = tmp_path / Path(kept.files[0].name).name
    good.write_bytes(store.path(kept.files[0]).read_bytes())
    bad = tmp_path / "sai.csv"
    bad.write_text("mã,tên\n1,Bến\n", encoding="utf-8")

    refused = delivered(gateway, token, bad)
    assert refused["state"] == "refused"
    assert "stop_id" in refused["said"]["vi"]  # type: ignore[index]

    page = httpx.get(str(refused["report"]), headers={"Authorization": f"Bearer {token}"})
    assert page.status_code == 200
    assert "sai.csv" in page.text
    marked = httpx.get(str(refused["report_xlsx"]), headers={"Authorization": f"Bearer {token}"})
    assert marked.content.startswith(b"PK")
    assert httpx.get(str(refused["report"])).status_code == 401

    accepted = delivered(gateway, token, good)
    assert accepted["state"] == "accepted"
    assert accepted["version"] == platform.results[DATASET]["version"], "the same rows make no second version"
    assert accepted["sha256"] == kept.id
    listed = json.loads(hanoi("gateway", "deliveries", "--json", "--home", str(platform.home)).stdout)
    assert {u["state"] for u in listed} == {"accepted", "refused"}


def test_several_files_that_were_closed_are_judged_as_one(platform: Platform, gateway: str) -> None:
    token = json.loads(
        hanoi("gateway", "token", "add", "--agency", "papi", "--json", "--home", str(platform.home)).stdout
    )["token"]
    headers, base = {"Authorization": f"Bearer {token}"}, gateway.removesuffix("/files")
    store = DeliveryStore(platform.home, 1 << 30)
    kept = store.deliveries("papi")[-1]
    opened = httpx.post(f"{base}/deliveries", headers=headers, json={"dataset": "papi"}).json()
    agency = tus.TusClient(gateway, headers=headers)
    for file in kept.files:
        with store.path(file).open("rb") as stream:
            about = {"delivery": opened["id"], "filename": file.name}
            agency.uploader(file_stream=stream, chunk_size=100_000, metadata=about).upload()
    place = f"{base}/deliveries/{opened['id']}"
    receipt = httpx.post(
        f"{place}/close", headers=headers, json={"files": {f.name: f.sha256 for f in kept.files}}
    ).json()
    assert receipt["sha256"] == kept.id
    end = time.monotonic() + 240
    while (said := httpx.get(place, headers=headers).json())["state"] in ("received", "running"):
        assert time.monotonic() < end, said
        time.sleep(1)
    assert (said["state"], said["version"]) == ("accepted", platform.results["papi"]["version"])
    marked = httpx.get(said["report_xlsx"], headers=headers)
    assert marked.content.startswith(b"PK")
