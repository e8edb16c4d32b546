"""What a caller sees when the catalogue, the network or the disk fails."""

import email.utils
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import hanoi_cloud as hc
from tests.sdk.helpers import ROWS, Catalogue, Fault, serve

SHOW = "/api/3/action/package_show"
BUSY = [Fault(502), Fault(503), Fault(504), Fault(429)]


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize("fault", BUSY, ids=lambda fault: str(fault.status))
def test_a_busy_catalogue_is_asked_again(
    city: hc.City, catalogue: Catalogue, pauses: list[float], fault: Fault
) -> None:
    catalogue.fail(SHOW, fault, fault, fault)
    assert city.dataset("air-quality-hourly").rows == 3
    assert len(pauses) == 3
    assert pauses == sorted(pauses)


def test_the_pause_is_the_one_that_was_asked_for(city: hc.City, catalogue: Catalogue, pauses: list[float]) -> None:
    soon = email.utils.formatdate(time.time() + 20, usegmt=True)
    catalogue.fail(SHOW, Fault(429, {"Retry-After": "7"}), Fault(503, {"Retry-After": soon}))
    assert city.dataset("air-quality-hourly").rows == 3
    assert pauses[0] == 7
    assert 15 < pauses[1] <= 20


@pytest.mark.parametrize("call", ["search", "organisations", "sql"])
def test_every_call_says_when_nobody_answers(
    city: hc.City, catalogue: Catalogue, pauses: list[float], call: str
) -> None:
    catalogue.fail("/", *[Fault(503)] * 8)
    with pytest.raises(hc.CatalogueUnavailable, match="does not answer") as error:
        getattr(city, call)(*(["SELECT * FROM air_quality_hourly"] if call == "sql" else []))
    assert "không trả lời" in error.value.vi


def test_a_long_pause_is_left_to_the_caller(city: hc.City, catalogue: Catalogue, pauses: list[float]) -> None:
    catalogue.fail(SHOW, Fault(429, {"Retry-After": "3600"}))
    with pytest.raises(hc.TooManyRequests, match="3600 seconds") as error:
        city.dataset("air-quality-hourly")
    assert (error.value.wait, pauses) == (3600, [])


def test_a_catalogue_that_stays_busy_is_unavailable(city: hc.City, catalogue: Catalogue, pauses: list[float]) -> None:
    catalogue.fail(SHOW, *[Fault(503)] * 4)
    with pytest.raises(hc.CatalogueUnavailable, match="status 503"):
        city.dataset("air-quality-hourly")
    assert len(catalogue.sent(SHOW)) == 4


def test_a_catalogue_that_is_down_is_named(pauses: list[float]) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with hc.connect(url) as city, pytest.raises(hc.CatalogueUnavailable, match="Check the address") as error:
        city.dataset("air-quality-hourly")
    assert url in str(error.value)
    assert "không trả lời" in error.value.vi
    assert len(pauses) == 3


@pytest.mark.parametrize(
    "fault",
    [
        Fault(200, {"Content-Type": "text/html"}, b"<html>sign in</html>"),
        Fault(200, {"Content-Type": "application/json"}, b"[]"),
        Fault(200, {}, b'{"success": true, "result": []}'),
        Fault(200, {}, b'{"success": false, "result": {}}'),
        Fault(200, {}, b'{"success": true, "resu'),
        Fault(200, {}, b"\xff\xfe\x00"),
        Fault(500, {}, b"oops"),
        Fault(409, {}, b'{"success": false}'),
    ],
)
def test_an_answer_that_is_no_catalogue_is_refused(city: hc.City, catalogue: Catalogue, fault: Fault) -> None:
    catalogue.fail(SHOW, fault)
    with pytest.raises(hc.UnexpectedAnswer, match="expected"):
        city.dataset("air-quality-hourly")


def test_what_is_not_open_is_said_to_be_so(city: hc.City, catalogue: Catalogue) -> None:
    catalogue.fail(SHOW, Fault(403))
    with pytest.raises(hc.AccessDenied, match="open data only"):
        city.dataset("air-quality-hourly")


def test_an_unknown_dataset_brings_near_names(city: hc.City, catalogue: Catalogue) -> None:
    catalogue.publish("bus-stops")
    with pytest.raises(hc.DatasetNotFound, match="Did you mean 'air-quality-hourly'") as error:
        city.dataset("Air_Quality hourly")
    assert error.value.near == ("air-quality-hourly",)
    assert "Có phải ý bạn là" in error.value.vi
    with pytest.raises(hc.DatasetNotFound, match="Find datasets with search"):
        city.dataset("zzz")


def test_a_broken_download_goes_on_where_it_broke(city: hc.City, catalogue: Catalogue, pauses: list[float]) -> None:
    air = city.dataset("air-quality-hourly")
    catalogue.fail("/data/", Fault(cut=100), Fault(cut=50))
    assert air.to_arrow().equals(ROWS)
    assert [headers.get("Range") for headers in catalogue.sent("/data/")] == [None, "bytes=100-", "bytes=150-"]


def test_a_server_that_cannot_go_on_sends_everything_again(
    city: hc.City, catalogue: Catalogue, pauses: list[float]
) -> None:
    air = city.dataset("air-quality-hourly")
    content = (catalogue.folder / "air-quality-hourly" / "1-aaaaaaaa.parquet").read_bytes()
    catalogue.fail("/data/", Fault(cut=100), Fault(200, {}, content))
    assert air.to_arrow().equals(ROWS)


def test_a_download_that_stays_truncated_is_continued_by_the_next_call(
    city: hc.City, catalogue: Catalogue, pauses: list[float], cache: Path, tmp_path: Path
) -> None:
    air = city.dataset("air-quality-hourly")
    catalogue.fail("/data/", *[Fault(cut=10)] * 4)
    with pytest.raises(hc.TruncatedDownload, match="Only 40 of"):
        air.download(tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()
    [part] = [p for p in cache.rglob("*") if p.is_file() and p.parent.name != "catalogue"]
    assert part.stat().st_size == 40
    before = len(catalogue.sent("/data/"))
    assert air.to_arrow().equals(ROWS)
    assert [headers["Range"] for headers in catalogue.sent("/data/")[before:]] == ["bytes=40-"]
    assert not part.exists()


def test_what_was_kept_of_another_file_is_fetched_anew(city: hc.City, catalogue: Catalogue, cache: Path) -> None:
    air = city.dataset("air-quality-hourly")
    [parquet] = [d for d in air.distributions if d.format == "parquet"]
    for wrong in (b"other", b"x" * (parquet.size or 0), b"x" * 10_000):
        part = cache / parquet.sha256[:2] / f"{parquet.sha256}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(wrong)
        assert air.to_arrow().equals(ROWS)
        assert not part.exists()
        part.with_suffix(".parquet").unlink()


@pytest.mark.parametrize("content", [b"", b"other bytes", b"x" * 10_000_000])
def test_other_bytes_than_published_are_refused(
    city: hc.City, catalogue: Catalogue, cache: Path, pauses: list[float], content: bytes
) -> None:
    air = city.dataset("air-quality-hourly")
    catalogue.fail("/data/", *[Fault(200, {}, content)] * 4)
    with pytest.raises(hc.DownloadError, match="kept"):
        air.to_arrow()
    assert not list(cache.rglob("*.parquet"))
    catalogue.faults.clear()
    assert air.to_arrow().equals(ROWS)


def test_swapped_bytes_are_a_hash_mismatch(city: hc.City, catalogue: Catalogue) -> None:
    air = city.dataset("air-quality-hourly")
    file = catalogue.folder / "air-quality-hourly" / "1-aaaaaaaa.parquet"
    file.write_bytes(bytes(reversed(file.read_bytes())))
    with pytest.raises(hc.HashMismatch, match=air.distributions[1].sha256):
        air.to_arrow()


def test_a_file_that_is_gone_or_without_hash_is_named(city: hc.City, catalogue: Catalogue) -> None:
    air = city.dataset("air-quality-hourly")
    (catalogue.folder / "air-quality-hourly" / "1-aaaaaaaa.parquet").unlink()
    with pytest.raises(hc.NotFound, match="open the dataset again"):
        air.to_arrow()
    catalogue.publish("no-hash")["resources"][1]["hash"] = ""
    with pytest.raises(hc.UnexpectedAnswer, match="without a SHA-256"):
        city.dataset("no-hash").to_arrow()


def test_a_package_that_is_not_ours_can_still_be_looked_at(city: hc.City, catalogue: Catalogue) -> None:
    catalogue.packages["bare"] = {
        "name": "bare",
        "resources": None,
        "extras": [1, {"key": "known_flaws", "value": "{"}],
    }
    bare = city.dataset("bare")
    assert (bare.title, bare.rows, bare.updated, bare.known_flaws, bare.version) == ("bare", None, None, (), "")
    assert "bare" in repr(bare)
    with pytest.raises(hc.FormatNotFound, match="no files"):
        bare.to_pandas()


def test_files_that_were_fetched_work_offline(tmp_path: Path, pauses: list[float]) -> None:
    with serve(tmp_path / "published") as catalogue:
        catalogue.publish("air-quality-hourly")
        city = hc.connect(catalogue.url)
        assert city.dataset("air-quality-hourly").to_arrow(["level"]).num_rows == 3
    city.close()
    with hc.connect(catalogue.url) as offline:
        with pytest.warns(hc.OfflineWarning, match="said last about 'air-quality-hourly'"):
            air = offline.dataset("air-quality-hourly")
        assert air.to_arrow(["level"]).num_rows == 3
        with pytest.raises(hc.CatalogueUnavailable):
            air.download(tmp_path, "csv")
        with pytest.raises(hc.CatalogueUnavailable):
            offline.dataset("never-seen")


def test_a_folder_that_cannot_be_written_is_named(
    city: hc.City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("HANOI_CLOUD_CACHE", str(tmp_path / "file"))
    air = city.dataset("air-quality-hourly")
    with pytest.raises(hc.StorageError, match="HANOI_CLOUD_CACHE"):
        air.to_arrow()


@pytest.mark.parametrize("url", ["127.0.0.1:5000", "ftp://x", "http://", "http://x:port", "catalogue"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(hc.ConfigurationError, match="is not the address of a catalogue"):
        hc.connect(url)


def test_a_connection_that_was_closed_says_so(catalogue: Catalogue) -> None:
    with hc.connect(catalogue.url) as city:
        air = city.dataset("air-quality-hourly")
    with pytest.raises(hc.ConfigurationError, match="with block") as error:
        _ = air.versions
    assert "đã đóng" in error.value.vi


@contextmanager
def secure_server(folder: Path) -> Iterator[str]:
    """A server with a certificate that no authority gave it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    whole = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(whole + key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        served = threading.Thread(target=answer, args=(context, listening), daemon=True)
        served.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        served.join(5)


def answer(context: ssl.SSLContext, listening: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1000)
                secure.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"success": true, "result": {}}')


@pytest.mark.parametrize("led", [True, False])
def test_a_certificate_of_nobody_is_refused(
    city: hc.City, catalogue: Catalogue, pauses: list[float], tmp_path: Path, led: bool
) -> None:
    with secure_server(tmp_path) as url:
        catalogue.fail(SHOW, *[Fault(302, {"Location": f"{url}{SHOW}"})] * 4)
        asked = city if led else hc.connect(url)
        with asked, pytest.raises(hc.CatalogueUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            asked.dataset("air-quality-hourly")
