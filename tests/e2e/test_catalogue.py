"""What an anonymous reader of the catalogue and the SDK gets."""

from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest

import hanoi_cloud as hc
from blueprint import blueprint
from tests.conftest import REPOSITORY
from tests.e2e.conftest import Platform, unaccented

pytestmark = [
    pytest.mark.platform,
    # Without real files the platform serves a simulated city, and the SDK rightly says so.
    pytest.mark.filterwarnings("ignore::hanoi_cloud.SimulatedDataWarning"),
]


@pytest.mark.parametrize("name", sorted(n for n, c in blueprint().contracts.items() if c.publish))
def test_each_dataset_is_visible_searchable_and_read_back_whole(platform: Platform, name: str) -> None:
    contract, found = blueprint().contract(name), platform.results[name]
    page = httpx.get(found["catalogue_url"])
    assert page.status_code == 200
    assert contract.title.vi in page.text
    english = httpx.get(found["catalogue_url"].replace("/dataset/", "/en/dataset/"))
    assert contract.title.en in english.text
    words = unaccented(contract.title.vi).replace(",", " ")
    hits = httpx.get(f"{platform.url}/api/3/action/package_search", params={"q": words}).json()["result"]
    assert name in [p["name"] for p in hits["results"]]
    listing = httpx.get(f"{platform.url}/dataset/", params={"q": words})
    assert f"/dataset/{name}" in listing.text
    table = hc.connect(platform.url).dataset(name).to_arrow()
    assert table.num_rows == found["rows_accepted"]
    assert table.column_names == [c.name for c in contract.columns]


def test_each_dataset_is_a_table_of_the_datastore(platform: Platform) -> None:
    for name, found in platform.results.items():
        package = httpx.get(f"{platform.url}/api/3/action/package_show", params={"id": name}).json()["result"]
        table = next(r for r in package["resources"] if r["format"] == "Parquet")
        assert table["datastore_active"] is True, name
        asked = {"resource_id": table["id"], "limit": 5}
        answer = httpx.post(f"{platform.url}/api/3/action/datastore_search", json=asked).json()["result"]
        assert answer["total"] == found["rows_accepted"], name
        assert len(answer["records"]) == min(5, answer["total"])


def test_unaccented_search_by_the_sdk(platform: Platform) -> None:
    names = [hit.id for hit in hc.connect(platform.url).search("khong khi")]
    assert {"air-quality-hourly", "air-quality-us-embassy-hourly"} <= set(names)


def test_codes_keep_their_zeros_in_every_distribution(platform: Platform, tmp_path: Path) -> None:
    city = hc.connect(platform.url)
    codes = city.dataset("wards").to_pandas()["ward_code"]
    assert codes.str.fullmatch(r"[0-9]{5}").all()
    assert len(set(codes)) == 126
    csv = city.dataset("wards").download(tmp_path, format="csv")
    assert "00004," in csv.read_text(encoding="utf-8")


def test_data_files_answer_ranges_and_etags(platform: Platform) -> None:
    package = httpx.get(f"{platform.url}/api/3/action/package_show", params={"id": "bus-stops"}).json()["result"]
    url = next(r["url"] for r in package["resources"] if r["format"] == "Parquet")
    assert url.startswith(f"{platform.url}/data/bus-stops/")
    part = httpx.get(url, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PAR1")
    whole = httpx.get(url)
    assert httpx.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_times_are_utc_with_zone(platform: Platform, tmp_path: Path) -> None:
    package = hc.connect(platform.url).dataset("air-quality-hourly")
    path = package.download(tmp_path, format="parquet")
    assert str(pq.read_schema(path).field("observed_at").type) == "timestamp[us, tz=UTC]"


def test_nothing_but_open_data_and_no_state_of_the_platform_is_served(platform: Platform) -> None:
    for path in (
        "/data/../ckan/api_token",
        "/data/bus-stops/..%2f..%2f..%2fckan%2fapi_token",
        "/data/bus-stops/1-00000000.parquet",
    ):
        assert httpx.get(platform.url + path).status_code in {400, 403, 404}, path
    anonymous = httpx.post(f"{platform.url}/api/3/action/package_create", json={"name": "mine", "owner_org": "vcci"})
    assert anonymous.status_code == 403


def test_the_example_of_the_readme_runs(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    example = text.split("```python", 1)[1].split("```", 1)[0]
    assert len(example.strip().splitlines()) <= 5
    assert "http://127.0.0.1:5000" in example
    exec(compile(example.replace("http://127.0.0.1:5000", platform.url), str(Path("README.md")), "exec"), {})  # noqa: S102 - the example is ours
    assert "aqi" in capsys.readouterr().out
