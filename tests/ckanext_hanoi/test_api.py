"""The data API of a running catalogue: pages, groups, files, versions, keys, limits, and who may see what."""

import csv
import hashlib
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pyarrow as pa
import pytest
from pyarrow import parquet

from .conftest import PRIVATE, Catalogue

ROOT = "/api/v1/datasets"
AIR = f"{ROOT}/air-quality-hourly"
STOPS = f"{ROOT}/bus-stops"
_COUNTS = (
    "SELECT i AS number, 'v{version}' AS made_by, CAST(i % 97 AS DECIMAL(10,2)) / 4 AS fee FROM range({rows}) t(i)"
)


@pytest.fixture(scope="module")
def api(catalogue: Catalogue) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=catalogue.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def _purged(catalogue: Catalogue) -> Iterator[None]:
    """Other modules find the catalogue as it was."""
    yield
    for name in (Counts.name, "no-table"):
        catalogue.action("dataset_purge", signed_in=True, id=name)


@pytest.fixture
def counts(catalogue: Catalogue) -> "Counts":
    return Counts(catalogue)


class Counts:
    """A dataset whose versions are published as the publisher does: the files first, then the index, each in one step."""

    name = "counts"

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.folder = catalogue, catalogue.home / "published" / self.name
        self.folder.mkdir(exist_ok=True)
        self.entries: list[dict[str, Any]] = []
        shown = catalogue.action("package_show", id=self.name)
        if not shown["success"]:
            made = catalogue.action(
                "package_create", signed_in=True, name=self.name, title="Số đếm", owner_org="so-nn-mt", private=False
            )
            assert made["success"], made

    def publish(self, number: int, rows: int, contract: str = "counts@1.0.0", day: int = 1, key: str = "number") -> str:
        version = f"{number}-{hashlib.sha256(f'{number} {rows} {key}'.encode()).hexdigest()[:8]}"
        path = self.folder / f"{version}.parquet"
        part = path.with_suffix(".part")
        with duckdb.connect() as db:
            db.execute(
                f"COPY ({_COUNTS.format(version=number, rows=rows)}) TO '{part}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
            )
        part.rename(path)
        dictionary = {"key": [key], "columns": [{"name": "number", "required": True}]}
        (self.folder / f"{version}.schema.json").write_text(json.dumps(dictionary), "utf-8")
        entry = {"id": version, "number": number, "rows": rows, "contract": contract, "gate": "passed",
                 "committed_at": f"2026-03-{day:02}T10:00:00+00:00", "files": []}  # fmt: skip
        self.entries.insert(0, entry)
        self.index()
        return version

    def index(self) -> None:
        part = self.folder / "versions.part"
        part.write_text(
            json.dumps({"format": 1, "dataset": self.name, "versions": self.entries, "notices": []}), "utf-8"
        )
        part.rename(self.folder / "versions.json")


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["status"], said["code"]) == (status, code)
    assert said["vi"]
    assert said["en"]
    return dict(said)


def test_rows_come_typed(api: httpx.Client) -> None:
    answer = api.get(
        f"{AIR}/records", params={"limit": 1, "select": "observed_at,station,pm25,checked,day", "total": "true"}
    )
    assert answer.status_code == 200
    said = answer.json()
    assert said["records"] == [
        {
            "observed_at": "2025-02-28T17:00:00+00:00",
            "station": "Hàng Đậu",
            "pm25": 35.0,
            "checked": True,
            "day": "2025-03-01",
        }
    ]
    assert (said["total"], said["count"], said["version"]) == (130, 1, answer.headers["hanoi-version"])
    assert f'<{said["next"]}>; rel="next"' == answer.headers["link"]


def test_rows_are_filtered_and_sorted(api: httpx.Client) -> None:
    asked = {"station": "contains.hang dau", "pm25": "gte.50", "sort": "pm25.desc", "select": "pm25", "limit": 3}
    assert [row["pm25"] for row in api.get(f"{AIR}/records", params=asked).json()["records"]] == [55.0, 54.97, 54.48]


def test_pages_of_ten_thousand_rows(api: httpx.Client, counts: Counts) -> None:
    counts.publish(1, 25_000)
    first = api.get(f"{ROOT}/counts/records", params={"limit": 10_000, "sort": "fee.desc"}).json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    assert [page["count"] for page in (first, second, third)] == [10_000, 10_000, 5000]
    assert third["next"] is None
    numbers = [row["number"] for page in (first, second, third) for row in page["records"]]
    assert sorted(numbers) == list(range(25_000))


@pytest.mark.parametrize("sort", ["", "fee.desc,number"])
def test_two_hundred_pages_while_versions_are_published(api: httpx.Client, counts: Counts, sort: str) -> None:
    version = counts.publish(1, 2000)
    read: list[int] = []
    address: str | None = f"{ROOT}/counts/records?limit=10{f'&sort={sort}' if sort else ''}"
    pages = 0
    while address:
        if pages % 20 == 10:
            counts.publish(2 + pages // 20, 2000 + pages)
        answer = api.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["version"] == version
        assert {row["made_by"] for row in page["records"]} == {"v1"}
        read += [row["number"] for row in page["records"]]
        address, pages = page["next"], pages + 1
    assert pages == 200
    assert sorted(read) == list(range(2000))
    assert api.get(f"{ROOT}/counts/records?limit=1").json()["version"] == counts.entries[0]["id"] != version


def test_a_version_is_chosen(api: httpx.Client, counts: Counts) -> None:
    first = counts.publish(1, 10, day=1)
    second = counts.publish(2, 20, day=5)
    third = counts.publish(3, 30, contract="counts@2.0.0", day=9)

    def chosen(**params: str) -> str:
        return str(api.get(f"{ROOT}/counts/quality", params=params).json().get("version"))

    assert chosen() == third
    assert chosen(version=first) == first
    assert chosen(as_of="2026-03-05") == second
    assert chosen(as_of="2026-03-05T09:00:00Z") == first
    assert chosen(major="1") == second
    problem(api.get(f"{ROOT}/counts/records?major=7"), 404, "unknown-version")
    problem(api.get(f"{ROOT}/counts/records?as_of=2020-01-01"), 404, "unknown-version")
    problem(api.get(f"{ROOT}/counts/records?version=9-00000009"), 404, "unknown-version")
    listed = api.get(f"{ROOT}/counts/versions").json()["versions"]
    assert [entry["id"] for entry in listed] == [third, second, first]


def test_a_withdrawn_version_says_why(api: httpx.Client, counts: Counts) -> None:
    first, second = counts.publish(1, 10), counts.publish(2, 10)
    cursor = api.get(f"{ROOT}/counts/records?version={first}&limit=1").json()["next"]
    (counts.folder / f"{first}.parquet").unlink()
    tombstone = {"at": "2026-04-01T00:00:00+00:00", "reason": {"vi": "Sai đơn vị", "en": "Wrong unit"}, "by": "so-nn-mt",
                 "successor": f"counts@{second}"}  # fmt: skip
    counts.entries[-1] |= {"withdrawn": tombstone, "files": []}
    counts.index()
    for address in (f"{ROOT}/counts/records?version={first}", cursor):
        said = problem(api.get(address), 410, "withdrawn")
        assert said["reason"] == "withdrawn"
        assert said["withdrawn"]["reason"]["vi"] == "Sai đơn vị"
    assert api.get(f"{ROOT}/counts/versions").json()["versions"][1]["withdrawn"]["successor"] == f"counts@{second}"
    counts.publish(1, 10)


def test_a_dataset_without_rows_says_why(api: httpx.Client, catalogue: Catalogue) -> None:
    made = catalogue.action("package_create", signed_in=True, name="no-table", title="Tài liệu", owner_org="so-nn-mt")
    assert made["success"], made
    said = problem(api.get(f"{ROOT}/no-table/records"), 404, "no-rows")
    assert said["reason"] == "not-published-as-table"
    about = api.get(f"{ROOT}/no-table").json()
    assert about["latest"] is None
    assert about["no_rows"]["reason"] == "not-published-as-table"


def test_groups(api: httpx.Client) -> None:
    asked = {"group": "station,observed_at.day", "measure": "count,pm25.avg,pm25.max", "limit": 5, "sort": "count.desc"}
    first = api.get(f"{AIR}/aggregate", params=asked).json()
    groups = first["groups"]
    while first["next"]:
        first = api.get(first["next"]).json()
        groups += first["groups"]
    assert sum(group["count"] for group in groups) == 130
    assert len({(group["station"], group["observed_at_day"]) for group in groups}) == len(groups) == 18
    assert [group["count"] for group in groups] == sorted((group["count"] for group in groups), reverse=True)
    zones = {
        z: api.get(f"{AIR}/aggregate", params={"group": "observed_at.month", "zone": z}).json()
        for z in ("UTC", "Asia/Ho_Chi_Minh")
    }
    assert [g["observed_at_month"] for g in zones["UTC"]["groups"]] == ["2025-02-01", "2025-03-01"]
    assert [g["observed_at_month"] for g in zones["Asia/Ho_Chi_Minh"]["groups"]] == ["2025-03-01"]


def test_files_of_every_format_hold_the_same_rows(api: httpx.Client) -> None:
    asked = {"pm25": "gte.40", "select": "observed_at,station,pm25,checked,day", "sort": "observed_at"}
    rows = api.get(f"{AIR}/records", params={**asked, "limit": 1000}).json()["records"]
    assert 0 < len(rows) < 130
    files = {
        form: api.get(f"{AIR}/export", params={**asked, "format": form})
        for form in ("csv", "jsonl", "arrow", "parquet")
    }
    assert all(answer.status_code == 200 for answer in files.values())
    assert [json.loads(line) for line in files["jsonl"].text.splitlines()] == rows
    written = list(csv.DictReader(io.StringIO(files["csv"].text)))
    assert [
        (row["observed_at"], row["station"], float(row["pm25"]), row["checked"] == "true", row["day"])
        for row in written
    ] == [tuple(row.values()) for row in rows]
    arrow = pa.ipc.open_stream(files["arrow"].content).read_all()
    table = parquet.read_table(io.BytesIO(files["parquet"].content))
    assert arrow.equals(table)
    assert [value.isoformat() for value in table["observed_at"].to_pylist()] == [row["observed_at"] for row in rows]
    assert str(arrow.schema.field("observed_at").type) == "timestamp[us, tz=Etc/UTC]"
    assert 'filename="air-quality-hourly-' in files["csv"].headers["content-disposition"]


def test_points_on_a_map(api: httpx.Client) -> None:
    said = api.get(f"{STOPS}/export", params={"format": "geojson", "stop_id": "lt.S003"}).json()
    assert said["features"][1] == {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [105.801, 21.001]},
        "properties": {"stop_id": "S001", "name": "Điểm dừng 1"},
    }  # fmt: skip
    assert len(said["features"]) == 3
    assert api.get(f"{STOPS}/export", params={"format": "geojson", "stop_id": "lt.A"}).json()["features"] == []
    assert problem(api.get(f"{AIR}/export?format=geojson"), 400, "bad-value")["reason"] == "no-coordinates"


def test_the_difference_of_two_versions(api: httpx.Client, counts: Counts) -> None:
    first, second = counts.publish(1, 30), counts.publish(2, 28)
    said = api.get(f"{ROOT}/counts/diff").json()
    assert (said["from"], said["to"], said["key"]) == (first, second, ["number"])
    assert said["counts"] == {"added": 0, "removed": 2, "changed": 28}
    assert said["changes"][0] == {
        "change": "changed", "key": {"number": 0}, "columns": ["made_by"],
        "before": {"made_by": "v1", "fee": 0.0}, "after": {"made_by": "v2", "fee": 0.0},
    }  # fmt: skip
    assert said["changes"][-1]["after"] is None
    back = api.get(f"{ROOT}/counts/diff", params={"from": second, "to": first, "limit": 7}).json()
    changes = back["changes"]
    while back["next"]:
        back = api.get(back["next"]).json()
        changes += back["changes"]
    assert [change["key"]["number"] for change in changes] == list(range(30))
    assert [change["change"] for change in changes[-2:]] == ["added", "added"]
    problem(api.get(f"{ROOT}/counts/diff?to={first}"), 404, "unknown-version")


def test_without_a_key_whole_rows_differ(api: httpx.Client, counts: Counts) -> None:
    for number in (1, 2):
        counts.publish(number, 2 + number, key="made_by")
    said = api.get(f"{ROOT}/counts/diff").json()
    assert said["key"] == []
    assert said["counts"] == {"added": 4, "removed": 3, "changed": 0}
    assert said["changes"][0] == {"change": "added", "after": {"number": 0, "made_by": "v2", "fee": 0.0}}


def test_decimals_keep_their_digits(api: httpx.Client, counts: Counts) -> None:
    counts.publish(1, 100)
    text = api.get(f"{ROOT}/counts/records?number=eq.1").text
    [row] = json.loads(text, parse_float=Decimal)["records"]
    assert row["fee"] == Decimal("0.25")
    said = json.loads(api.get(f"{ROOT}/counts/aggregate?measure=fee.sum").text, parse_float=Decimal)
    assert said["groups"] == [{"fee_sum": sum(Decimal(i % 97) / 4 for i in range(100))}]


def test_the_schema_and_the_quality_of_a_version(api: httpx.Client) -> None:
    said = api.get(f"{AIR}/schema").json()
    assert said["key"] == ["observed_at", "station"]
    pm25 = next(column for column in said["columns"] if column["name"] == "pm25")
    assert (pm25["type"], pm25["unit"], pm25["title"]["en"]) == ("float", "µg/m³", "Fine dust PM2.5")
    assert api.get(f"{AIR}/quality").json()["rows_quarantined"] == 3


def test_the_list_and_one_dataset(api: httpx.Client) -> None:
    said = api.get(ROOT, params={"limit": 1}).json()
    assert said["count"] >= 2
    assert len(said["datasets"]) == 1
    assert api.get(said["next"]).json()["datasets"][0]["name"] != said["datasets"][0]["name"]
    found = api.get(ROOT, params={"q": "khong khi"}).json()["datasets"]
    assert [one["name"] for one in found] == ["air-quality-hourly"]
    about = api.get(AIR).json()
    for name, link in about["links"].items():
        if name not in ("page", "diff"):
            assert api.get(link).status_code == 200, link


def test_what_is_kept_need_not_be_sent_again(api: httpx.Client) -> None:
    for address in (
        f"{AIR}/records?limit=3",
        f"{AIR}/aggregate",
        f"{AIR}/export",
        f"{AIR}/schema",
        AIR,
        ROOT,
        "/api/v1/openapi.json",
    ):
        first = api.get(address)
        again = api.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["etag"] == first.headers["etag"]
    assert "no-cache" in first.headers["cache-control"]
    version = api.get(f"{AIR}/records?limit=1").headers["hanoi-version"]
    assert "max-age=86400" in api.get(f"{AIR}/records", params={"version": version}).headers["cache-control"]


def test_answers_are_compressed(api: httpx.Client) -> None:
    whole = api.get(f"{AIR}/records", headers={"Accept-Encoding": "identity"})
    for encoding in ("gzip", "zstd"):
        packed = api.get(f"{AIR}/records", headers={"Accept-Encoding": encoding})
        assert packed.headers["content-encoding"] == encoding
        assert packed.json() == whole.json()
        assert "Accept-Encoding" in packed.headers["vary"]
        assert packed.headers["etag"] == whole.headers["etag"]


def test_other_origins_may_read(api: httpx.Client) -> None:
    there = {"Origin": "https://example.org"}
    answer = api.get(f"{AIR}/records?limit=1", headers=there)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    for header in ("ETag", "RateLimit", "Retry-After"):
        assert header in answer.headers["access-control-expose-headers"]
    asked = {**there, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    assert api.options(f"{AIR}/records", headers=asked).status_code == 200
    assert api.options(f"{AIR}/records", headers={**asked, "Access-Control-Request-Method": "PUT"}).status_code == 400
    assert api.get(f"{ROOT}/nope", headers=there).headers["access-control-allow-origin"] == "*"


def test_it_only_reads(api: httpx.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = api.request(method, f"{AIR}/records")
        problem(answer, 405, "read-only")
        assert answer.headers["allow"] == "GET, HEAD"
    head = api.head(f"{AIR}/records?limit=2")
    assert (head.status_code, head.content) == (200, b"")


def test_a_private_dataset_is_not_there_for_others(api: httpx.Client, catalogue: Catalogue) -> None:
    key = {"Authorization": catalogue.token}
    ways = ("", "/records", "/schema", "/quality", "/versions", "/aggregate", "/export", "/openapi.json", "/diff")
    missing = api.get(f"{ROOT}/never-was")
    for way in ways:
        hidden = api.get(f"{ROOT}/{PRIVATE}{way}")
        said = problem(hidden, 404, "unknown-dataset")
        assert {**said, "instance": ""} == json.loads(missing.text.replace("never-was", PRIVATE)) | {"instance": ""}
    assert PRIVATE not in api.get(ROOT, params={"limit": 500}).text
    assert api.get(ROOT, params={"q": "zebra"}).json()["count"] == 0
    assert PRIVATE not in api.get("/api/v1/docs").text + api.get("/api/v1/openapi.json").text
    shown = api.get(f"{ROOT}/{PRIVATE}/records", headers=key)
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "private, no-store"
    assert (
        api.get(f"{ROOT}/{PRIVATE}/records", headers={"Authorization": f"Bearer {catalogue.token}"}).status_code == 200
    )
    assert PRIVATE in api.get(ROOT, params={"limit": 500}, headers=key).text
    assert api.get(f"{ROOT}/{PRIVATE}/records").status_code == 404
    for tag in ("*", shown.headers["etag"]):
        assert api.get(f"{ROOT}/{PRIVATE}/records", headers={"If-None-Match": tag}).status_code == 404


@pytest.mark.parametrize("key", ["x", "Bearer x", "a.b.c", "x" * 5000, "Bearer " + "é"])
def test_a_key_that_is_none_is_refused(api: httpx.Client, key: str) -> None:
    answer = api.get(f"{AIR}/records", headers={"Authorization": key.encode()})
    assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(answer, 401, "bad-key")


def test_callers_are_counted(api: httpx.Client, catalogue: Catalogue) -> None:
    key = {"Authorization": catalogue.token}
    first = api.get(f"{STOPS}/records", headers=key)
    assert first.headers["ratelimit-policy"] == '"registered-calls";q=3000;w=60'
    left = re.fullmatch(r'"registered-calls";r=(\d+);t=\d+', first.headers["ratelimit"])
    assert left
    assert int(left[1]) < 3000
    for _ in range(125):
        answer = api.head(f"{STOPS}/export", headers=key)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    refused = api.get(f"{STOPS}/export", headers=key)
    said = problem(refused, 429, "too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 121
    assert (said["tier"], said["limit"], said["seconds"]) == ("registered", 120, 60)
    assert ";r=0;" in refused.headers["ratelimit"]
    # Calls of another kind, and of somebody else, are counted apart.
    assert api.get(f"{STOPS}/records", headers=key).status_code == 200
    assert api.get(f"{STOPS}/export").status_code == 200


@contextmanager
def _raw(api: httpx.Client, request: str) -> Iterator[socket.socket]:
    with socket.create_connection((api.base_url.host, api.base_url.port or 80), timeout=20) as connection:
        connection.sendall(request.encode())
        yield connection


def test_a_client_that_leaves_or_does_not_read_keeps_nobody_waiting(api: httpx.Client, counts: Counts) -> None:
    counts.publish(1, 150_000)
    call = f"GET {ROOT}/counts/export?format=jsonl&sort=fee HTTP/1.1\r\nHost: x\r\n\r\n"
    for _ in range(8):
        with _raw(api, call) as connection:
            assert connection.recv(10)
    slow = [socket.create_connection((api.base_url.host, api.base_url.port or 80)) for _ in range(3)]
    try:
        for each in slow:
            each.sendall(call.encode())
        for _ in range(10):
            answer = api.get(f"{STOPS}/records?limit=1")
            assert answer.status_code == 200
    finally:
        for each in slow:
            each.close()
    for _ in range(100):  # those that left are noticed
        answer = api.get(f"{ROOT}/counts/export?format=csv&number=lt.5")
        if answer.status_code == 200:
            break
        problem(answer, 503, "busy")
        time.sleep(0.1)
    assert answer.text.count("\n") == 6


def test_the_page_of_the_api(api: httpx.Client) -> None:
    page = api.get("/api/v1/docs")
    assert page.status_code == 200
    assert "default-src 'none'; style-src 'self'" in page.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href)="(?!/)', page.text)
    assert 'id="unknown-column"' in page.text
    style = re.search(r'href="([^"]+\.css)"', page.text)
    assert style
    assert api.get(style[1]).headers["content-type"].startswith("text/css")


def test_ckan_is_served_beside_it(api: httpx.Client, catalogue: Catalogue) -> None:
    assert api.get("/api/3/action/status_show").json()["success"]
    assert api.get("/api/v10").status_code == 404
    path = next((catalogue.home / "published/air-quality-hourly").glob("*.parquet"))
    address = f"/data/air-quality-hourly/{path.name}"
    content = path.read_bytes()
    assert api.get(address).content == content
    part = api.get(address, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, content[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(content)}"
    end = api.get(address, headers={"Range": "bytes=-50"})
    assert (end.status_code, end.content) == (206, content[-50:])
    head = api.head(address)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    kept = api.get(address, headers={"If-None-Match": head.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    assert api.get(address, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    posted = api.post("/api/3/action/package_show", json={"id": "bus-stops"}).json()
    assert posted["result"]["name"] == "bus-stops"
    assert Path(path).read_bytes() == content
