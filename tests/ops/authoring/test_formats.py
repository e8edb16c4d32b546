"""A proposal for a file that is neither CSV nor a workbook: its records are found, and pass by the proposed contract."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.authoring import Proposal
from ops.authoring.found import Found, in_json, in_xml
from ops.authoring.grid import UnreadableSample
from tests.dags.formats.packed import archive
from tests.dags.formats.test_geojson import collection, feature, point
from tests.dags.formats.test_gtfs import FEED
from tests.dags.formats.test_parquet import stored
from tests.dags.formats.test_shapefile import legacy
from tests.ops.authoring.test_proposal import conformed, proposed

Write = Callable[[str, bytes], Path]
STOPS: list[dict[str, Any]] = [
    {
        "maTram": f"nc-00{n}",
        "viTri": {"lat": 21.03 + n / 100, "lon": 105.79},
        "ngay": f"2026-01-1{n}",
        "hoatDong": n < 3,
    }
    for n in range(1, 5)
]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def said(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def reading(proposal: Proposal) -> dict[str, Any]:
    return proposal.contract["sources"][0]["reading"]


WARDS = collection(*(feature(point(105.8 + n / 100, 21.0), code=f"x-{n}", dan_so=1000 + n) for n in range(4)))
METRES = collection(*(feature(point(588591.94 + n, 2326345.31), code=f"x-{n}") for n in range(4)))


@pytest.mark.parametrize(
    ("content", "wanted", "rows", "key"),
    [
        (said(STOPS), {"format": "json"}, 4, ["ma_tram"]),
        (said({"success": True, "result": {"records": STOPS, "fields": [{"id": "a"}]}}), {"format": "json", "records": "result.records"}, 4, ["ma_tram"]),
        (said({s["maTram"]: {"ten": s["ngay"]} for s in STOPS}), {"format": "json", "id_header": "id"}, 4, ["id"]),
        (b"\n".join(map(said, STOPS)), {"format": "jsonl"}, 4, ["ma_tram"]),
        (WARDS, {"format": "geojson"}, 4, ["code"]),
        (METRES, {"format": "geojson", "crs": "EPSG:5897"}, 4, ["code"]),
        (stored({"ma": ["a", "b", "c"], "so": [1, 2, 3]}), {"format": "parquet"}, 3, ["ma"]),
        (archive(FEED), {"format": "gtfs", "member": "stops.txt"}, 2, ["stop_id"]),
        (archive(legacy("tcvn3")), {"format": "shapefile", "encoding": "auto"}, 5, ["ten"]),
        (b"<d><n>1</n>" + b"".join(b"<r><m>%d</m><t>x</t></r>" % n for n in range(4)) + b"</d>", {"format": "xml", "records": "d/r"}, 4, ["m"]),
    ],
)  # fmt: skip
def test_the_proposal_accepts_the_rows_of_its_file(
    written: Write, tmp_path: Path, content: bytes, wanted: dict[str, Any], rows: int, key: list[str]
) -> None:
    file = written("du-lieu.csv", content)
    found = proposed(file)
    assert reading(found) == wanted
    assert found.contract["key"] == key
    done = conformed(found, file, tmp_path)
    assert (done.rows_in, done.rows_accepted) == (rows, rows)


def test_columns_are_bound_as_those_of_csv(written: Write) -> None:
    found = proposed(written("tram.json", said(STOPS)))
    bound = {c["name"]: (c.get("header"), c["concept"]) for c in found.contract["columns"]}
    assert bound["vi_tri_lat"][0] == "viTri.lat"
    assert bound["ngay"] == (None, "date@1")
    assert bound["hoat_dong"] == ("hoatDong", "yes-no@1")
    points = {c.get("header"): c["concept"] for c in proposed(written("a", WARDS)).contract["columns"]}
    assert points["geometry.lon"] == "longitude@1"
    assert "feature.id" not in points


def test_doubts_name_what_was_not_taken(written: Write) -> None:
    provinces = [{"Code": "01", "Wards": [{"Code": "1"}, {"Code": "2"}]}, {"Code": "92", "Wards": [{"Code": "3"}]}]
    told = [d.en for d in proposed(written("a.json", said(provinces))).doubts]
    assert "The file has several lists of records; 'the outermost' (2) was taken and not '*.Wards' (3)." in told
    feed = proposed(written("feed.zip", archive(FEED)))
    assert any("stops.txt was taken and not routes.txt, stop_times.txt" in d.en for d in feed.doubts)
    times = proposed(written("feed.zip", archive(FEED)), sheet="stop_times.txt")
    assert reading(times) == {"format": "gtfs", "member": "stop_times.txt"}


def test_where_records_are(tmp_path: Path) -> None:
    path = tmp_path / "a.json"

    def places(value: Any) -> list[Found]:
        path.write_bytes(said(value))
        return in_json(path, "a", "utf-8-sig")

    assert places({"a": {"b": {"c": [{"x": 1}]}}, "d": [1, 2], "e": "x"}) == [Found("a.b.c", 1)]
    assert places({"few": [{"x": 1}], "many": [{"y": 1}] * 3}) == [Found("many", 3), Found("few", 1)]
    assert places({"data": {"1": {"x": 1}, "2": {"x": 1}, "3": {"x": 2}}}) == [Found("data", 3, is_keyed=True)]
    assert places([{"x": [{"y": 1}, {"y": 2}]}]) == [Found("", 1), Found("*.x", 2)]
    assert places([1, 2]) == places({"a": 1}) == places([]) == []
    path.write_bytes(b"<!DOCTYPE d [<!ENTITY a 'aaa'>]><d><r/><r/></d>")
    assert in_xml(path, "utf-8-sig") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"%PDF-1.7", "the content is a PDF document, and no table can be read from it"),
        (b"\x89PNG\r\n\x1a\n", "the content is an image"),
        (archive({"a.csv": "x"}), "the content is a ZIP archive"),
        (b'{"a": 1}', "holds no list of records"),
        (b"<a><b/></a>", "repeats no element"),
    ],
)
def test_what_gives_no_table(written: Write, content: bytes, told: str) -> None:
    with pytest.raises(UnreadableSample, match=told):
        proposed(written("a.csv", content))
