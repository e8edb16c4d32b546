"""Whoever may not send, or sends what is not taken, is refused, told why in both languages, and logged without the token."""

import logging
from pathlib import Path

import httpx
import pytest

from blueprint.load import ROOT
from dags.gateway.errors import Refused
from dags.gateway.tokens import Tokens, UnknownToken
from tests.dags.gateway.conftest import LIMIT, Gateway, metadata

GOOD = {"Upload-Length": "3", "Upload-Metadata": metadata(dataset="bus-stops", filename="a.csv")}


def refused(answer: httpx.Response, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert said["vi"]
    assert said["en"]
    return said


@pytest.mark.parametrize("wrong", ["", "Bearer", "Bearer hanoi_wrong", "Basic abc"])
def test_a_wrong_token(wrong: str, gateway: Gateway) -> None:
    with httpx.Client(base_url=gateway.url, headers={"Authorization": wrong, "Tus-Resumable": "1.0.0"}) as sender:
        refused(sender.post("/files", headers=GOOD), 401)
        refused(sender.get("/files"), 401)


def test_a_revoked_token(gateway: Gateway) -> None:
    secret = gateway.tokens.issue("so-xay-dung")
    with gateway.client(secret) as sender:
        assert sender.get("/files").status_code == 200
        gateway.tokens.revoke(gateway.tokens.of(secret).name)
        refused(sender.get("/files"), 401)


@pytest.mark.parametrize("dataset", ["wards", "papi", "no-such", "../bus-stops", ""])
def test_another_agencys_dataset(dataset: str, gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        said = refused(
            sender.post("/files", headers={**GOOD, "Upload-Metadata": metadata(dataset=dataset, filename="a.csv")}), 403
        )
    assert "bus-stops" in said["en"]


def test_a_token_for_one_dataset(gateway: Gateway) -> None:
    with gateway.client(gateway.tokens.issue("so-xay-dung", ("bus-routes",))) as sender:
        refused(sender.post("/files", headers=GOOD), 403)


def test_another_agencys_upload_is_not_there(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender, gateway.client(gateway.tokens.issue("vcci")) as other:
        place = httpx.URL(sender.post("/files", headers=GOOD).headers["Location"]).path
        refused(other.get(place), 404)
        assert other.head(place).status_code == 404
        refused(other.delete(place), 404)
        assert place.rsplit("/", 1)[1] not in other.get("/files").text


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/passwd", "a/b.csv", "a\\b.csv", "C:a.csv", ".a", "", "a\nb.csv", "a\0.csv", "x" * 201]
)
def test_a_path_in_a_file_name(name: str, gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        about = {**GOOD, "Upload-Metadata": metadata(dataset="bus-stops", filename=name)}
        refused(sender.post("/files", headers=about), 400)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": str(LIMIT + 1)}, 413),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "1e3"}, 400),
        ({"Upload-Length": "9" * 30}, 400),
        ({"Upload-Defer-Length": "1"}, 400),
        ({"Upload-Metadata": "dataset !!!"}, 400),
        ({"Upload-Metadata": "x " + "A" * 5000}, 400),
        ({"Upload-Metadata": metadata(dataset="bus-stops", filename="a.csv", sha256="xyz")}, 400),
        ({"Tus-Resumable": "0.2.2"}, 412),
    ],
)
def test_wrong_headers(headers: dict[str, str], status: int, gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        refused(sender.post("/files", headers={**GOOD, **headers}), status)


def test_a_body_of_another_type_or_place(gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        place = httpx.URL(sender.post("/files", headers=GOOD).headers["Location"]).path
        refused(sender.patch(place, content=b"abc", headers={"Upload-Offset": "0", "Content-Type": "text/csv"}), 415)
        octets = {"Content-Type": "application/offset+octet-stream"}
        refused(sender.patch(place, content=b"abc", headers={**octets, "Upload-Offset": "2"}), 409)
        refused(
            sender.patch(place, content=b"abc", headers={**octets, "Upload-Offset": "0", "Upload-Checksum": "md5 x"}),
            400,
        )


@pytest.mark.parametrize("upload_id", ["0" * 32, "..%2F..%2Ftokens", "x", "0" * 31 + "g"])
def test_an_upload_that_is_not_there(upload_id: str, gateway: Gateway, secret: str) -> None:
    with gateway.client(secret) as sender:
        assert sender.get(f"/files/{upload_id}").status_code == 404


def test_refusals_are_logged_without_the_token(gateway: Gateway, secret: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "hanoi.gateway"), gateway.client(secret) as sender:
        sender.post("/files", headers={**GOOD, "Upload-Length": str(LIMIT + 1)})
        sender.get("/files", headers={"Authorization": "Bearer hanoi_wrong"})
    assert "TooLarge" in caplog.text
    assert "so-xay-dung-" in caplog.text
    assert "no valid token" in caplog.text
    assert secret not in caplog.text
    assert "hanoi_wrong" not in caplog.text


def test_tokens_are_kept_as_hashes_in_a_private_file(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "home")
    secret = tokens.issue("vcci")
    file = tmp_path / "home" / "gateway" / "tokens.json"
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnknownToken, match="vcci-1"):
        tokens.revoke("no-such")


def test_what_the_server_can(gateway: Gateway) -> None:
    said = httpx.options(f"{gateway.url}/files").headers
    assert said["Tus-Version"] == "1.0.0"
    assert said["Tus-Max-Size"] == str(LIMIT)
    assert {"creation", "termination", "checksum", "expiration"} <= set(said["Tus-Extension"].split(","))
    assert "sha1" in said["Tus-Checksum-Algorithm"].split(",")


def test_what_is_nowhere_is_told_in_both_languages_and_logged(
    gateway: Gateway, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "hanoi.gateway"), gateway.client(secret) as sender:
        refused(sender.get("/reports/1%0d%0aaccepted"), 404)
        refused(sender.put("/files"), 405)
    assert "NoSuchPath 404 (so-xay-dung-" in caplog.text
    assert "WrongMethod 405" in caplog.text
    assert all("\r" not in record.getMessage() and "\n" not in record.getMessage() for record in caplog.records)


STATUS = {
    "Unauthorised": 401,
    "NotYours": 403,
    "Complete": 403,
    "UnknownUpload": 404,
    "UnknownBundle": 404,
    "NoReport": 404,
    "NoSuchPath": 404,
    "WrongMethod": 405,
    "WrongOffset": 409,
    "Closed": 409,
    "NameTaken": 409,
    "NotWhole": 409,
    "WrongProtocol": 412,
    "TooLarge": 413,
    "TooManyFiles": 413,
    "WrongType": 415,
    "OtherFiles": 422,
    "Locked": 423,
    "WrongChecksum": 460,
    "NoRoom": 507,
    "WrongName": 400,
    "WrongRequest": 400,
}


def test_every_refusal_has_its_status_and_the_guide_lists_it() -> None:
    assert {kind.__name__: kind.status for kind in Refused.__subclasses__()} == STATUS
    guide = (ROOT.parent / "docs/guides/deliver-files.md").read_text(encoding="utf-8")
    for status in set(STATUS.values()):
        assert f"| {status} |" in guide, status
