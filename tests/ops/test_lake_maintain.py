"""``hanoi lake maintain`` on a home whose versions were published, shown, or neither."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from blueprint import blueprint
from catalog.publisher import Catalogue, CatalogueDown, Publications
from dags.steps.records import RunRecord
from lake import Lake
from tests.lake.helpers import make_concept, make_contract, make_record, write_parquet
from tests.ops.test_lake_commands import DATASET, as_json, run

TYPES = {"number": "integer", "value": "double"}
KEEP_ONE = ("--keep", "1", "--keep-days", "0")


def commit(home: Path, number: int) -> str:
    """A version of a dataset of the Blueprint, with rows of a test's own."""
    home.mkdir(exist_ok=True)
    path = write_parquet(home / "accepted.parquet", [(number, float(number))], TYPES)
    return Lake(home).commit(make_contract(TYPES, dataset=DATASET), make_concept, path, make_record()).id


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ids(home: Path) -> list[str]:
    return [commit(home, number) for number in range(1, 5)]


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[dict[str, Any]]:
    """A catalogue that answers package_show with the entries of a dict, which the test fills."""
    entries: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            entry = entries.get(asked["id"])
            content = {"success": True, "result": entry} if entry else {"success": False, "error": {"message": "x"}}
            content["error"] = {"__type": "Not Found Error", "message": "Not found"} if not entry else None
            body = json.dumps(content).encode()
            self.send_response(200 if entry else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("HANOI_CATALOGUE_URL", f"http://127.0.0.1:{server.server_port}")
        (home / "ckan").mkdir(parents=True)
        (home / "ckan" / "api_token").write_text("token")
        yield entries
        server.shutdown()
        thread.join()


def entry(version: str, *addresses: str) -> dict[str, Any]:
    return {
        "extras": [{"key": "hanoi_version", "value": version}],
        "resources": [{"url": f"http://127.0.0.1/data/{DATASET}/{address}"} for address in addresses],
    }


def test_only_a_version_that_is_known_to_be_unpublished_goes(
    home: Path, ids: list[str], catalogue: dict[str, Any]
) -> None:
    first, second, third, newest = ids
    Publications(home, DATASET).note(first, present=[first])
    catalogue[DATASET] = entry(second, f"{second}.csv")
    shown = as_json(home, "maintain", DATASET, *KEEP_ONE, "--dry-run")
    assert [v["id"] for v in shown["tables"][0]["dropped"]] == [third]
    assert len(as_json(home, "versions", DATASET)) == 4
    said = run(home, "maintain", DATASET, *KEEP_ONE, "--dry-run").stdout
    assert f"sẽ bỏ / would drop {third}" in said
    assert "dropped" not in said
    found = as_json(home, "maintain", *KEEP_ONE)
    assert (found["ok"], found["dry_run"]) == (True, False)
    assert found["tables"][0]["kept"] == {first: "published", second: "published", newest: "newest"}
    assert [v["id"] for v in as_json(home, "versions", DATASET)] == [first, second, newest]
    told = run(home, "diff", DATASET, third, newest, code=1).stderr
    assert "retention removed it on" in told
    assert "đã được bỏ ngày" in told


def test_nothing_goes_where_nothing_was_noted_or_the_catalogue_is_silent(home: Path, ids: list[str], tmp_path) -> None:
    shown = run(home, "maintain", DATASET, *KEEP_ONE).stdout
    assert "No publication was noted yet" in shown
    assert "không rõ đã công bố chưa" in shown
    Publications(home, DATASET).note(ids[0], present=[])
    found = as_json(home, "maintain", DATASET, *KEEP_ONE)
    assert "hanoi up" in found["publications_unknown"][DATASET]["en"]
    assert [v["id"] for v in as_json(home, "versions", DATASET)] == ids


def test_what_the_catalogue_names_is_read_from_its_entry_and_addresses(
    home: Path, catalogue: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue[DATASET] = entry("3-c", "3-c.csv", "3-c.schema.json", "2-b.parquet")
    client = Catalogue(os.environ["HANOI_CATALOGUE_URL"], home / "ckan" / "api_token")
    assert client.shown(DATASET) == {"3-c", "2-b"}
    assert client.shown("bus-stops") == frozenset()
    with pytest.raises(CatalogueDown):
        Catalogue("http://127.0.0.1:1", home / "ckan" / "api_token").shown(DATASET)


def test_a_version_that_a_run_names_stays(home: Path, ids: list[str], catalogue: dict[str, Any]) -> None:
    Publications(home, DATASET).note(ids[0], present=[])
    record = RunRecord(home, DATASET)
    record.start("run")
    record.note("commit", version=ids[1])
    found = as_json(home, "maintain", DATASET, *KEEP_ONE)
    assert found["tables"][0]["kept"] == {ids[0]: "published", ids[1]: "named", ids[3]: "newest"}


def test_a_dataset_without_an_open_column_needs_no_notes(
    home: Path, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = blueprint()
    monkeypatch.setattr(type(plan), "open_columns", lambda *_: ())
    found = as_json(home, "maintain", DATASET, *KEEP_ONE)
    assert [v["id"] for v in found["tables"][0]["dropped"]] == ids[:3]


def test_the_switches_leave_out_a_part_of_the_work(home: Path, ids: list[str], catalogue: dict[str, Any]) -> None:
    Publications(home, DATASET).note(ids[0], present=[])
    orphan = Lake(home).warehouse / DATASET / "data" / "000009-0000-dead.parquet"
    orphan.write_bytes(b"half")
    found = as_json(home, "maintain", DATASET, "--no-retention", "--no-clean", "--no-compact")
    assert (found["tables"][0]["dropped"], found["tables"][0]["compacted"]) == ([], None)
    assert orphan.exists()
    assert "000009-0000-dead.parquet" in run(home, "maintain", DATASET, "--no-retention").stdout
    assert not orphan.exists()


def test_what_runs_left_goes_when_it_is_old_and_raw_files_never(home: Path, ids: list[str]) -> None:
    old = [home / "staging" / f"{DATASET}--run-1" / "accepted.parquet", home / "published" / DATASET / ".1-a.csv.17"]
    young = home / "staging" / f"{DATASET}--run-2" / "accepted.parquet"
    raw = home / "deliveries" / "sha256" / "ab" / ".abcd.17"
    part = home / "deliveries" / ".part-x1"
    for file in (*old, young, raw, part):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"rows")
    for path in (*old, old[0].parent, raw, raw.parent, part):
        os.utime(path, (0, 0))
    listed = as_json(home, "maintain", "--dry-run")["left_by_runs"]
    assert {o["path"]: o["resting"] for o in listed} == {
        f"staging/{DATASET}--run-1": False,
        f"staging/{DATASET}--run-2": True,
        f"published/{DATASET}/.1-a.csv.17": False,
        "deliveries/.part-x1": False,
    }
    assert old[0].exists()
    assert as_json(home, "maintain")["ok"]
    assert not any(path.exists() for path in (old[0].parent, old[1], part))
    assert young.exists()
    assert raw.exists()


def test_a_table_that_cannot_be_read_is_told_and_the_others_are_served(home: Path, ids: list[str]) -> None:
    other = "wards"
    path = write_parquet(home / "accepted.parquet", [(1, 1.0)], TYPES)
    Lake(home).commit(make_contract(TYPES, dataset=other), make_concept, path, make_record())
    for file in (Lake(home).warehouse / DATASET / "metadata").glob("*.metadata.json"):
        file.write_bytes(b"\xff half")
    found = as_json(home, "maintain", code=1)
    assert list(found["failed"]) == [DATASET]
    assert [t["dataset"] for t in found["tables"]] == [other]
    assert DATASET in run(home, "maintain", code=1).stdout
    record = home / "deliveries" / "bus-stops" / "abcd.json"
    record.parent.mkdir(parents=True)
    record.write_bytes(b"{")
    verified = as_json(home, "verify", code=1)
    assert [(v["dataset"], v["ok"]) for v in verified["versions"]] == [(DATASET, False), (other, True)]
    assert [(f["dataset"], f["name"]) for f in verified["damaged_raw_files"]] == [("bus-stops", "abcd.json")]
    shown = run(home, "verify", code=1).stdout
    assert f"{DATASET}: không đọc được" in shown
    assert "cannot be read" in shown


def test_the_settings_decide_where_the_command_line_does_not(
    home: Path, ids: list[str], catalogue: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Publications(home, DATASET).note(ids[0], present=[])
    monkeypatch.setenv("HANOI_LAKE_KEEP_VERSIONS", "3")
    monkeypatch.setenv("HANOI_LAKE_KEEP_DAYS", "0")
    assert as_json(home, "maintain", DATASET, "--dry-run")["tables"][0]["dropped"] == []
    monkeypatch.setenv("HANOI_LAKE_KEEP_VERSIONS", "2")
    assert [v["id"] for v in as_json(home, "maintain", DATASET, "--dry-run")["tables"][0]["dropped"]] == [ids[1]]


@pytest.mark.parametrize(
    "given", ["2026-01-31", "2026-01-31T23:59:59", "2026-01-31T17:00:00Z", "2026-01-31T20:00+07:00"]
)
def test_a_day_is_the_day_of_hanoi(given: str) -> None:
    from ops.lake_commands import _moment

    found = _moment(given).isoformat()
    assert (
        found
        == {
            "2026-01-31": "2026-01-31T23:59:59.999999+07:00",
            "2026-01-31T23:59:59": "2026-01-31T23:59:59+07:00",
            "2026-01-31T17:00:00Z": "2026-01-31T17:00:00+00:00",
            "2026-01-31T20:00+07:00": "2026-01-31T20:00:00+07:00",
        }[given]
    )


def test_the_version_of_a_moment_is_found(home: Path, ids: list[str]) -> None:
    versions = as_json(home, "versions", DATASET)
    third = Lake(home).version(DATASET, ids[2]).committed_at.isoformat()
    assert [v["id"] for v in as_json(home, "versions", DATASET, "--as-of", third)] == [ids[2]]
    assert as_json(home, "versions", DATASET, "--as-of", "2999-01-01") == versions[-1:]
    assert (
        "has no version '2001-01-31T23:59:59" in run(home, "versions", DATASET, "--as-of", "2001-01-31", code=1).stderr
    )
    assert "--as-of takes a day" in run(home, "versions", DATASET, "--as-of", "yesterday", code=1).stderr
