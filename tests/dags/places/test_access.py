"""What a contract may lead to: public hosts, named networks, shared folders, and secrets that nobody else reads."""

import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dags.settings import PipelineSettings
from dags.sources.places import Access, web
from dags.sources.places.errors import PlaceForbidden, SecretMissing, refusal
from dags.sources.places.patience import asked_pause
from dags.sources.places.web import Caller, Session
from tests.dags.places.builders import HERE, Home, declared
from tests.dags.places.servers import Answer, serving

INSIDE = [
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1", "240.0.0.1",
    "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""

    def found(*_: Any, **__: Any) -> Sequence[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, address)
    with pytest.raises(PlaceForbidden, match="HANOI_PRIVATE_NETWORKS"):
        Access(tmp_path).addresses("data.example")
    assert Access(tmp_path, hosts=frozenset({"data.example"})).addresses("data.example") == [address]


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_hosts_are_reached(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, address)
    assert Access(tmp_path).addresses("data.example") == [address]


def test_a_name_with_addresses_on_both_sides_leads_outside_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, "10.0.0.1", "1.1.1.1", "169.254.169.254")
    assert Access(tmp_path).addresses("data.example") == ["1.1.1.1"]
    access = Access(tmp_path, (ipaddress.ip_network("10.0.0.0/8"),))
    assert access.addresses("data.example") == ["10.0.0.1", "1.1.1.1"]


def test_the_name_is_looked_up_once_so_that_it_cannot_change_its_mind(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers otherwise the second time (DNS rebinding) is not asked a second time."""
    looked: list[str] = []

    def addresses(_: Access, host: str) -> Sequence[str]:
        looked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(Access, "addresses", addresses)
    with serving() as server:
        server.answers(Answer(b"x"))
        port = server.url.rsplit(":", 1)[1]
        home.deliver(declared(kind="http", files=[f"http://nowhere.example:{port}/a"]))
        assert looked == ["nowhere.example"]
        assert server.asked[0].headers["Host"] == f"nowhere.example:{port}"


def test_certificates_are_held_against_the_name_though_an_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = _certificate(tmp_path, "localhost")
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(web, "_trusted", lambda: trusting)
    serving_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving_context.load_cert_chain(certificate, tmp_path / "key.pem")
    with serving(serving_context) as server, Session(Caller(Access(tmp_path, (HERE,)))) as session:
        server.answers(Answer(b"[1]"))
        port = server.url.rsplit(":", 1)[1]
        assert session.json(f"https://localhost:{port}/", 100) == [1]
        with pytest.raises(httpx.ConnectError, match="certificate"):
            session.json(f"https://127.0.0.1:{port}/", 100)


def _certificate(folder: Path, name: str) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return path


def test_a_secret_comes_from_the_environment_or_from_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, path = Access(tmp_path), tmp_path / "secrets" / "hue-sftp"
    with pytest.raises(SecretMissing, match="HANOI_SECRET_HUE_SFTP"):
        access.secret("hue-sftp")
    path.parent.mkdir()
    path.touch(0o600)
    path.write_text("of the file\n")
    assert access.secret("hue-sftp") == "of the file"
    for mode in (0o640, 0o604, 0o666):
        path.chmod(mode)
        with pytest.raises(SecretMissing, match="chmod 600") as error:
            access.secret("hue-sftp")
        assert "of the file" not in str(error.value)
    monkeypatch.setenv("HANOI_SECRET_HUE_SFTP", "of the environment")
    assert access.secret("hue-sftp") == "of the environment"


def test_the_settings_say_what_may_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_HOME", str(tmp_path))
    monkeypatch.setenv("HANOI_PRIVATE_NETWORKS", "10.0.0.0/8, fd00::/8")
    monkeypatch.setenv("HANOI_FOLDERS", f"{tmp_path}:/mnt")
    monkeypatch.setenv("HANOI_MAX_FETCH_SECONDS", "60")
    access = PipelineSettings().access
    assert [str(network) for network in access.networks] == ["10.0.0.0/8", "fd00::/8"]
    assert (access.folders, access.max_seconds) == ((tmp_path, Path("/mnt")), 60)
    monkeypatch.setenv("HANOI_PRIVATE_NETWORKS", "10.0.0.1/8")
    with pytest.raises(ValueError, match="host bits"):
        PipelineSettings()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("0", 0), ("120", 120), (" 7 ", 7), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None)],
)
def test_retry_after_is_read_as_seconds(said: str, seconds: float | None) -> None:
    assert asked_pause(httpx.Response(503, headers={"Retry-After": said.encode()})) == seconds


@pytest.mark.parametrize("ahead", [-60, 30, 3600])
def test_retry_after_is_read_as_a_date(ahead: int) -> None:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)
    pause = asked_pause(httpx.Response(503, headers={"Retry-After": format_datetime(moment, usegmt=True)}))
    assert pause is not None
    assert max(0, ahead) - 5 < pause <= max(0, ahead)


def test_a_refusal_shows_no_control_characters_of_the_server() -> None:
    request = httpx.Request("GET", "https://data.example/a")
    response = httpx.Response(500, request=request, extensions={"said": "\x1b[31mno\n\x07"})
    error = refusal(httpx.HTTPStatusError("", request=request, response=response), "https://data.example/a")
    assert "\x1b" not in str(error)
    assert "\x07" not in str(error)
