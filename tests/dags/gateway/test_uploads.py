"""A file that is cut off anywhere, any number of times, arrives whole once."""

import hashlib
import os
import random
import socket
import time
from pathlib import Path

import httpx
import pytest
from tusclient import client as tus

from tests.dags.gateway.conftest import Gateway, metadata

ABOUT = {"dataset": "bus-stops", "filename": "điểm dừng.csv"}
OCTETS = {"Content-Type": "application/offset+octet-stream"}


def begun(sender: httpx.Client, size: int, **more: str) -> str:
    answer = sender.post("/files", headers={"Upload-Length": str(size), "Upload-Metadata": metadata(**ABOUT, **more)})
    assert answer.status_code == 201, answer.text
    return httpx.URL(answer.headers["Location"]).path


def offset(sender: httpx.Client, place: str) -> int:
    answer = sender.head(place)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def send_and_cut(gateway: Gateway, secret: str, place: str, at: int, data: bytes, keep: int) -> None:
    """Announce all of ``data`` from ``at`` on, send ``keep`` bytes of it, and cut the connection."""
    head = (
        f"PATCH {place} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {secret}\r\nTus-Resumable: 1.0.0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {at}\r\nContent-Length: {len(data) - at}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as line:
        line.sendall(head.encode() + data[at : at + keep])
        time.sleep(0.01)


@pytest.mark.parametrize("seed", range(int(os.environ.get("HANOI_UPLOAD_SEEDS", "1"))))
def test_fifty_cuts(seed: int, gateway: Gateway, secret: str) -> None:
    """``HANOI_UPLOAD_SEEDS`` takes more files with cuts at other places."""
    chance = random.Random(seed)  # noqa: S311 - any bytes will do
    data = chance.randbytes(2_000_000)
    with gateway.client(secret) as sender:
        place = begun(sender, len(data), sha256=hashlib.sha256(data).hexdigest())
        for _ in range(50):
            at = offset(sender, place)
            send_and_cut(gateway, secret, place, at, data, chance.randrange(0, (len(data) - at) // 20))
            deadline = time.monotonic() + 10
            while sender.patch(place, headers={**OCTETS, "Upload-Offset": "999999999"}).status_code == 423:
                assert time.monotonic() < deadline, "the cut was not noticed"
                time.sleep(0.01)
        at = offset(sender, place)
        assert 0 < at < len(data)
        done = sender.patch(place, content=data[at:], headers={**OCTETS, "Upload-Offset": str(at)})
        assert done.status_code == 204
        said = sender.get(place).json()
    assert (said["state"], said["sha256"], said["bytes"]) == ("received", hashlib.sha256(data).hexdigest(), len(data))
    (upload,) = [u for u in gateway.received if u.id == said["id"]]
    assert gateway.uploads.file(upload).read_bytes() == data
    assert gateway.uploads.file(upload).name == ABOUT["filename"]


def test_the_public_python_client(gateway: Gateway, secret: str, tmp_path: Path) -> None:
    data = random.Random(7).randbytes(300_000)  # noqa: S311 - any bytes will do
    file = tmp_path / "stops.csv"
    file.write_bytes(data)
    agency = tus.TusClient(f"{gateway.url}/files", headers={"Authorization": f"Bearer {secret}"})
    with file.open("rb") as stream:
        first = agency.uploader(file_stream=stream, chunk_size=40_000, metadata=ABOUT, upload_checksum=True)
        first.upload(stop_at=120_000)
    with file.open("rb") as stream:
        again = agency.uploader(file_stream=stream, chunk_size=40_000, url=first.url)
        assert again.offset == 120_000
        again.upload()
    with gateway.client(secret) as sender:
        said = sender.get(httpx.URL(str(first.url)).path).json()
    assert said["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_whole_upload_never_changes(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        place = begun(sender, 3)
        assert sender.patch(place, content=b"abc", headers={**OCTETS, "Upload-Offset": "0"}).status_code == 204
        for wrong in (
            sender.patch(place, content=b"x", headers={**OCTETS, "Upload-Offset": "0"}),
            sender.patch(place, content=b"x", headers={**OCTETS, "Upload-Offset": "3"}),
            sender.delete(place),
        ):
            assert wrong.status_code == 403
        assert offset(sender, place) == 3
        assert sum(1 for u in gateway.received if place.endswith(u.id)) == 1


def test_wrong_bytes_are_dropped(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        place = begun(sender, 6, sha256=hashlib.sha256(b"abcdef").hexdigest())
        wrong = {**OCTETS, "Upload-Offset": "0", "Upload-Checksum": "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="}
        assert sender.patch(place, content=b"abc", headers=wrong).status_code == 460
        assert offset(sender, place) == 0
        assert sender.patch(place, content=b"abcxyz", headers={**OCTETS, "Upload-Offset": "0"}).status_code == 460
        assert offset(sender, place) == 0
        assert sender.patch(place, content=b"abcdef", headers={**OCTETS, "Upload-Offset": "0"}).status_code == 204


def test_more_than_was_announced_is_dropped(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        place = begun(sender, 3)
        assert sender.patch(place, content=b"abcd", headers={**OCTETS, "Upload-Offset": "0"}).status_code == 413
        assert offset(sender, place) == 0


def test_begin_with_content_and_an_empty_file(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        about = {"Upload-Metadata": metadata(**ABOUT)}
        whole = sender.post("/files", content=b"abc", headers={**OCTETS, **about, "Upload-Length": "3"})
        assert (whole.status_code, whole.headers["Upload-Offset"]) == (201, "3")
        empty = sender.post("/files", headers={**about, "Upload-Length": "0"})
        assert empty.status_code == 201
        assert sender.get(httpx.URL(empty.headers["Location"]).path).json()["state"] == "received"


def test_a_method_behind_a_narrow_proxy(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        place = begun(sender, 3)
        meant = {**OCTETS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
        assert sender.post(place, content=b"abc", headers=meant).status_code == 204


def test_cancelled_and_expired_uploads_are_gone(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        place = begun(sender, 3)
        assert "Upload-Expires" in sender.head(place).headers
        assert sender.delete(place).status_code == 204
        assert sender.head(place).status_code == 404
        old = begun(sender, 3)
        assert not [u for u in gateway.uploads.sweep() if old.endswith(u.id)]
        patient, gateway.uploads.expire = gateway.uploads.expire, gateway.uploads.expire * 0
        try:
            assert [u for u in gateway.uploads.sweep() if old.endswith(u.id)]
        finally:
            gateway.uploads.expire = patient
        assert sender.head(old).status_code == 404
