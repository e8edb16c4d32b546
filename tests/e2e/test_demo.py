"""`hanoi demo`: every dataset through its DAG, and nothing new the second time."""

import json
import stat

import httpx
import pytest

from blueprint import blueprint
from tests.e2e.conftest import Platform, hanoi

pytestmark = [pytest.mark.platform]
FIELDS = {
    "id",
    "delivery",
    "rows_in",
    "rows_accepted",
    "rows_quarantined",
    "gate",
    "version",
    "new_version",
    "catalogue_url",
}


def test_every_dataset_passes_and_no_row_is_lost(platform: Platform) -> None:
    assert set(platform.results) == {n for n, c in blueprint().contracts.items() if c.publish}
    for name, found in platform.results.items():
        assert found.keys() >= FIELDS
        assert found["gate"] == "passed", name
        assert found["rows_in"] == found["rows_accepted"] + found["rows_quarantined"] > 0, name
        assert found["new_version"] is True
        assert found["version"].startswith("1-")
        assert found["catalogue_url"] == f"{platform.url}/dataset/{name}"


def test_the_code_lists_are_whole(platform: Platform) -> None:
    counts = {
        name: platform.results[name]["rows_accepted"] for name in ("wards", "wards-before-2025", "ward-crosswalk")
    }
    assert counts == {"wards": 126, "wards-before-2025": 526, "ward-crosswalk": 795}


def test_a_second_demo_makes_nothing_new(platform: Platform) -> None:
    def modified() -> dict[str, str]:
        answer = httpx.get(f"{platform.url}/api/3/action/package_search", params={"rows": 100}).json()["result"]
        assert answer["count"] == len(platform.results)
        return {p["name"]: p["metadata_modified"] for p in answer["results"]}

    before = modified()
    again = hanoi("demo", "--once", "--json", "--home", str(platform.home))
    assert again.returncode == 0, again.stderr
    printed = json.loads(again.stdout.splitlines()[-1])
    for found in printed["datasets"]:
        assert found["new_version"] is False
        assert found["version"] == platform.results[found["id"]]["version"]
    assert modified() == before
    assert httpx.get(platform.url).status_code == 200, "the catalogue that ran before still runs"


def test_status_tells_what_stands(platform: Platform) -> None:
    printed = json.loads(hanoi("status", "--json", "--home", str(platform.home)).stdout)
    assert printed["catalogue_running"] is True
    rows = {d["id"]: (d["version"], d["rows"]) for d in printed["datasets"]}
    ran = {n: (d["version"], d["rows_accepted"]) for n, d in platform.results.items()}
    assert rows == {name: ran.get(name, (None, None)) for name in blueprint().contracts}
    text = hanoi("status", "--home", str(platform.home)).stdout
    assert "bus-stops" in text


def test_state_is_private(platform: Platform) -> None:
    assert stat.S_IMODE(platform.home.stat().st_mode) == 0o700
    for secret in ("ckan/api_token", "ckan/ckan.ini", "airflow/fernet_key"):
        assert stat.S_IMODE((platform.home / secret).stat().st_mode) == 0o600, secret


def test_each_delivery_is_kept_under_its_hash(platform: Platform) -> None:
    import hashlib

    for name, found in platform.results.items():
        record = json.loads((platform.home / "deliveries" / name / f"{found['delivery']}.json").read_text())
        for file in record["files"]:
            blob = platform.home / "deliveries" / "sha256" / file["sha256"][:2] / file["sha256"]
            assert hashlib.sha256(blob.read_bytes()).hexdigest() == file["sha256"]
