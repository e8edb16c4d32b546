"""Several files as one delivery: nothing starts before the sender closes it, and what was closed never changes."""

import hashlib
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tusclient import client as tus

import dags.gateway.bundles
from blueprint import blueprint
from dags.gateway.bundles import Bundle
from dags.sources.deliveries import DeliveredFile, delivery_id
from dags.sources.places import by_hand
from tests.dags.gateway.conftest import LIMIT, Gateway, metadata
from tests.dags.gateway.test_refusals import refused

OCTETS = {"Content-Type": "application/offset+octet-stream"}
FILES = {"2011.csv": b"Province,SC11\nP01,1\n", "2012 (bản cuối).csv": b"Province,SC11\nP01,2\n"}


@pytest.fixture(scope="module")
def papi(gateway: Gateway) -> str:
    return gateway.tokens.issue("papi")


def opened(sender: httpx.Client) -> tuple[str, str]:
    answer = sender.post("/deliveries", json={"dataset": "papi"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], httpx.URL(answer.headers["Location"]).path


def begun(sender: httpx.Client, delivery: str, name: str, size: int, **more: str) -> httpx.Response:
    about = metadata(delivery=delivery, filename=name, **more)
    return sender.post("/files", headers={"Upload-Length": str(size), "Upload-Metadata": about})


def sent(sender: httpx.Client, delivery: str, name: str, content: bytes) -> str:
    place = httpx.URL(begun(sender, delivery, name, len(content)).headers["Location"]).path
    done = sender.patch(place, content=content, headers={**OCTETS, "Upload-Offset": "0"})
    assert done.status_code == 204, done.text
    return place


def received(gateway: Gateway, delivery: str) -> list[Bundle]:
    return [s for s in gateway.received if isinstance(s, Bundle) and s.id == delivery]


def test_several_files_are_one_delivery_once_it_is_closed(gateway: Gateway, papi: str) -> None:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    with gateway.client(papi) as sender:
        delivery, place = opened(sender)
        places = [sent(sender, delivery, name, content) for name, content in FILES.items()]
        before = sender.get(place).json()
        assert (before["state"], before["sha256"]) == ("open", None)
        assert {f["name"]: f["sha256"] for f in before["files"]} == hashes
        assert not gateway.received or not received(gateway, delivery), "nothing starts before it is closed"
        assert all(place.rsplit("/", 1)[1] not in {s.id for s in gateway.received} for place in places)

        receipt = sender.post(f"{place}/close", json={"files": hashes}).json()
        again = sender.post(f"{place}/close").json()
        assert again == receipt, "closing again gives the same receipt"
        assert sender.get(place).json() == receipt
        assert place.rsplit("/", 1)[1] in {b["id"] for b in sender.get("/deliveries").json()}
    files = tuple(DeliveredFile(name, hashes[name], len(content)) for name, content in FILES.items())
    assert receipt["state"] == "received"
    assert receipt["sha256"] == delivery_id(files), "the delivery is kept under this id"
    (bundle,) = received(gateway, delivery)
    folder = gateway.bundles.file(bundle)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == FILES
    assert {p.stat().st_mode & 0o77 for p in (folder, *folder.iterdir())} == {0}


def test_what_is_closed_takes_and_loses_nothing(gateway: Gateway, papi: str) -> None:
    with gateway.client(papi) as sender:
        delivery, place = opened(sender)
        file = sent(sender, delivery, "2011.csv", b"abc")
        sender.post(f"{place}/close")
        refused(begun(sender, delivery, "2012.csv", 3), 409)
        refused(sender.delete(place), 409)
        refused(sender.delete(file), 409)
        assert sender.get(file).json()["delivery"] == delivery
    assert len(received(gateway, delivery)) == 1


def test_a_delivery_that_is_not_whole_cannot_be_closed(gateway: Gateway, papi: str) -> None:
    with gateway.client(papi) as sender:
        delivery, place = opened(sender)
        refused(sender.post(f"{place}/close"), 409)
        begun(sender, delivery, "2011.csv", 3)
        assert "2011.csv" in refused(sender.post(f"{place}/close"), 409)["en"]
        assert sender.get(place).json()["state"] == "open"
    assert not received(gateway, delivery)


def test_a_list_that_differs_leaves_it_open(gateway: Gateway, papi: str) -> None:
    digest = hashlib.sha256(b"abc").hexdigest()
    with gateway.client(papi) as sender:
        delivery, place = opened(sender)
        for name in ("a.csv", "b.csv", "c.csv"):
            sent(sender, delivery, name, b"abc")
        listed = {"a.csv": digest, "b.csv": "0" * 64, "d.csv": digest}
        said = refused(sender.post(f"{place}/close", json={"files": listed}), 422)["en"]
        assert "missing: 'd.csv'" in said
        assert "not listed: 'c.csv'" in said
        assert "another SHA-256: 'b.csv'" in said
        for wrong in ({"files": ["a.csv"]}, {"files": {"a.csv": "x"}}):
            refused(sender.post(f"{place}/close", json=wrong), 400)
        refused(sender.post(f"{place}/close", content=b"[1"), 400)
        refused(sender.post(f"{place}/close", content=b"{" + b" " * 300_000), 400)
        assert sender.get(place).json()["state"] == "open"


def test_names_sizes_and_numbers_of_files(gateway: Gateway, papi: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway.client(papi) as sender:
        delivery, place = opened(sender)
        first = sent(sender, delivery, "2011.csv", b"abc")
        refused(begun(sender, delivery, "2011.CSV", 3), 409)
        refused(begun(sender, delivery, "../2011.csv", 3), 400)
        refused(begun(sender, delivery, "2012.csv", LIMIT - 2), 413)
        assert sender.delete(first).status_code == 204, "a whole file of an open delivery can be taken back"
        sent(sender, delivery, "2011.csv", b"abcd")
        monkeypatch.setattr(dags.gateway.bundles, "MOST_FILES", 1)
        refused(begun(sender, delivery, "2012.csv", 3), 413)
        assert [f["bytes"] for f in sender.get(place).json()["files"]] == [4]


def test_others_deliveries_are_not_there(gateway: Gateway, papi: str, secret: str) -> None:
    with gateway.client(papi) as sender, gateway.client(secret) as other:
        delivery, place = opened(sender)
        refused(other.get(place), 404)
        refused(other.post(f"{place}/close"), 404)
        refused(other.delete(place), 404)
        refused(begun(other, delivery, "2011.csv", 3), 404)
        refused(begun(sender, delivery, "2011.csv", 3, dataset="pci"), 403)
        refused(other.post("/deliveries", json={"dataset": "papi"}), 403)
        refused(sender.post("/deliveries", json={"dataset": ["papi"]}), 403)
        refused(sender.post("/deliveries", content=b"x"), 400)
        assert delivery not in other.get("/deliveries").text
        for wrong in ("0" * 32, "..%2F..%2Ftokens", "x"):
            refused(sender.get(f"/deliveries/{wrong}"), 404)
        refused(begun(sender, "../tokens", "2011.csv", 3), 404)
    assert httpx.post(f"{gateway.url}/deliveries", json={"dataset": "papi"}).status_code == 401


def test_a_token_for_one_dataset_sees_no_other(gateway: Gateway) -> None:
    whole, narrow = gateway.tokens.issue("so-xay-dung"), gateway.tokens.issue("so-xay-dung", ("bus-routes",))
    with gateway.client(whole) as sender, gateway.client(narrow) as other:
        place = httpx.URL(sender.post("/deliveries", json={"dataset": "bus-stops"}).headers["Location"]).path
        about = {"Upload-Length": "3", "Upload-Metadata": metadata(dataset="bus-stops", filename="a.csv")}
        file = httpx.URL(sender.post("/files", headers=about).headers["Location"]).path
        for path in (place, file):
            refused(other.get(path), 404)
            refused(other.delete(path), 404)
        assert other.get("/files").json() == other.get("/deliveries").json() == []
        assert sender.get(file).status_code == 200


def test_the_public_python_client_fills_a_delivery(gateway: Gateway, papi: str, tmp_path: Path) -> None:
    agency = tus.TusClient(f"{gateway.url}/files", headers={"Authorization": f"Bearer {papi}"})
    with gateway.client(papi) as sender:
        delivery, place = opened(sender)
        for name, content in FILES.items():
            (tmp_path / name).write_bytes(content)
            about = {"delivery": delivery, "filename": name}
            with (tmp_path / name).open("rb") as stream:
                agency.uploader(file_stream=stream, chunk_size=8, metadata=about, upload_checksum=True).upload()
        assert sender.post(f"{place}/close").json()["state"] == "received"
    (bundle,) = received(gateway, delivery)
    contract = blueprint().contract("papi")
    assert {f.name for f in by_hand(contract, [gateway.bundles.file(bundle)]).files} == set(FILES)


def test_cancelled_and_forgotten_deliveries_are_gone_with_their_files(gateway: Gateway, papi: str) -> None:
    with gateway.client(papi) as sender:
        delivery, place = opened(sender)
        file = sent(sender, delivery, "2011.csv", b"abc")
        assert sender.delete(place).status_code == 204
        assert {sender.get(place).status_code, sender.get(file).status_code} == {404}
        forgotten, place = opened(sender)
        file = sent(sender, forgotten, "2011.csv", b"abc")
        assert not gateway.bundles.sweep()
        patient, gateway.uploads.expire = gateway.uploads.expire, timedelta(0)
        try:
            assert forgotten in {b.id for b in gateway.bundles.sweep()}
        finally:
            gateway.uploads.expire = patient
        assert {sender.get(place).status_code, sender.get(file).status_code} == {404}
