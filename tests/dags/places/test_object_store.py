"""Object stores, held against moto's S3 server."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from blueprint import Contract
from dags.errors import DeliveryMissing, DeliveryUnreadable
from dags.sources.places import locate
from dags.sources.places.errors import PlaceDenied, PlaceForbidden, PlaceMissing
from tests.dags.places.builders import DAY, Home, declared

moto = pytest.importorskip("moto.server", reason="moto's S3 server is not installed (test dependency moto[s3], flask)")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bucket of its own for a test, written to through boto3."""
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-this-host")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="du-lieu-mo")
    yield lambda key, body, **more: client.put_object(Bucket="du-lieu-mo", Key=key, Body=body, **more)
    for found in client.list_objects_v2(Bucket="du-lieu-mo").get("Contents", ()):
        client.delete_object(Bucket="du-lieu-mo", Key=found["Key"])
    client.delete_bucket(Bucket="du-lieu-mo")


@pytest.fixture(autouse=True)
def key(home: Home) -> None:
    home.secret("kho", "key:secret")


def stored(endpoint: str, *files: str, **more: Any) -> Contract:
    given = {"secret": "kho"} | more
    return declared(kind="object-store", endpoint=endpoint, bucket="du-lieu-mo", files=files, **given)


def test_objects_are_found_by_patterns_and_by_name(home: Home, endpoint: str, bucket: Any) -> None:
    for key in ("air/2025/b.csv", "air/2025/a.csv", "air/2025/x/c.csv", "air/2024/a.csv", "air/d.txt"):
        bucket(key, key.encode())
    found = home.deliver(stored(endpoint, "air/2025/*.csv", "air/d.txt"))
    assert home.contents(found) == {"a.csv": b"air/2025/a.csv", "b.csv": b"air/2025/b.csv", "d.txt": b"air/d.txt"}
    with pytest.raises(DeliveryMissing, match=r"s3://du-lieu-mo/air/2023/\*\.csv"):
        home.deliver(stored(endpoint, "air/2023/*.csv"))
    with pytest.raises(DeliveryMissing, match=r"s3://du-lieu-mo/air/e\.txt"):
        home.deliver(stored(endpoint, "air/d.txt", "air/e.txt"))


def test_an_unchanged_object_is_not_sent_again(home: Home, endpoint: str, bucket: Any) -> None:
    bucket("a.csv", b"one")
    contract = stored(endpoint, "a.csv")
    first = home.deliver(contract)
    [file] = locate(contract, None, access=home.access).files
    former = home.store.memory.of(file.location)
    assert former is not None
    with file.open(former.mark) as transfer:
        assert transfer.pieces is None
    assert home.deliver(contract) == first
    bucket("a.csv", b"two")
    assert home.contents(home.deliver(contract)) == {"a.csv": b"two"}


def test_the_objects_of_a_window_of_days_are_one_delivery(home: Home, endpoint: str, bucket: Any) -> None:
    bucket("2025/07/01/air.csv", b"1")
    bucket("2025/07/03/air.csv", b"3")
    dated = stored(endpoint, "{year}/{month}/{day}/*.csv", last="3 days")
    assert home.contents(home.deliver(dated, DAY)) == {"2025-07-01-air.csv": b"1", "2025-07-03-air.csv": b"3"}


def test_a_large_object_comes_whole_or_is_refused(
    home: Home, tmp_path_factory: pytest.TempPathFactory, endpoint: str, bucket: Any
) -> None:
    body = bytes(range(256)) * 20_000
    bucket("large.bin", body)
    assert home.contents(home.deliver(stored(endpoint, "large.bin"))) == {"large.bin": body}
    small = Home(tmp_path_factory.mktemp("home"), max_bytes=1_000_000)
    small.secret("kho", "key:secret")
    with pytest.raises(DeliveryUnreadable, match="HANOI_MAX_DELIVERY_BYTES"):
        small.deliver(stored(endpoint, "large.bin"))


def test_a_bucket_that_is_not_there_and_a_store_that_may_not_be_reached(home: Home, endpoint: str) -> None:
    with pytest.raises(DeliveryMissing):
        home.deliver(stored(endpoint, "a.csv"))
    with pytest.raises(PlaceForbidden, match="HANOI_PRIVATE_NETWORKS"):
        home.deliver(stored("http://10.9.8.7:9000", "a.csv"))


def test_an_open_object_needs_no_secret_and_a_closed_one_does(home: Home, endpoint: str, bucket: Any) -> None:
    bucket("open.csv", b"open", ACL="public-read")
    bucket("closed.csv", b"closed")
    assert home.contents(home.deliver(stored(endpoint, "open.csv", secret=None))) == {"open.csv": b"open"}
    with pytest.raises(PlaceDenied, match="Add `secret`"):
        home.deliver(stored(endpoint, "closed.csv", secret=None))


def test_a_signed_address_is_neither_kept_nor_shown(home: Home, endpoint: str, bucket: Any) -> None:
    bucket("a.csv", b"one")
    contract = stored(endpoint, "a.csv")
    [file] = locate(contract, None, access=home.access).files
    delivery = home.deliver(contract)
    with pytest.raises(PlaceMissing) as error:
        home.deliver(stored(endpoint, "b.csv"))
    kept = [path.read_text() for path in home.store.root.rglob("*.json")]
    assert delivery.id in "".join(kept)
    for told in (str(error.value), str(error.value.__cause__), repr(file), *kept):
        assert "Signature" not in told
        assert "key:" not in told
