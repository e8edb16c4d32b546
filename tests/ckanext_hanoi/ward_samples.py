"""Wards, former wards, the crosswalk of both, and a dataset of both times with two versions and an announced change."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from . import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Catalogue

NOTICE = {
    "subject": "ward-notes", "version": "2.0.0", "announced": "2026-11-01", "former": "1.0.0", "effective": "2027-01-01",
    "former_until": "2027-06-30", "concerned": [], "columns": ["ward-notes.note"], "organisations": [],
    "vi": "Cột ghi chú sẽ được bỏ.", "en": "The column of notes will go.",
}  # fmt: skip

_WARDS = """
SELECT * FROM (VALUES
  ('00004', 'Ba Đình', 'phường', 2.97, 65023, 'Số 2 phố Trúc Bạch', 21.0431, 105.8422),
  ('00008', 'Ngọc Hà', 'phường', 2.68, 93536, NULL, 21.0362, 105.8255),
  ('00454', 'Đông Anh', 'xã', 48.68, 118545, NULL, 21.1398, 105.8494)
) AS t(ward_code, name, level, area_km2, population, seat, latitude, longitude)
"""
_FORMER = """
SELECT * FROM (VALUES
  ('00004', 'Phường Trúc Bạch', 'phường', '001', 'Quận Ba Đình'),
  ('00006', 'Phường Vĩnh Phúc', 'phường', '001', 'Quận Ba Đình'),
  ('00454', 'Thị trấn Đông Anh', 'thị trấn', '017', 'Huyện Đông Anh')
) AS t(ward_code, name, level, district_code, district)
"""
_CROSSWALK = """
SELECT * FROM (VALUES
  ('00004', '00004', 'full', 'all', '1656/NQ-UBTVQH15, Điều 1, khoản 3'),
  ('00006', '00008', 'partial', 'part', '1656/NQ-UBTVQH15, Điều 1, khoản 4'),
  ('00006', '00004', 'partial', 'rest', '1656/NQ-UBTVQH15, Điều 1, khoản 3'),
  ('00454', '00454', 'full', 'all', '1656/NQ-UBTVQH15, Điều 1, khoản 90')
) AS t(old_code, new_code, relation, population, clause)
"""
# Two rows of the former unit 00004 and three of the present one.
_NOTES = """
SELECT i + 1 AS id, '00004' AS unit, DATE '2025-06-01' + CAST(20 * i AS INTEGER) AS day, 'Ghi chú ' || i AS note
FROM range(5) AS t(i)
"""


def _column(name: str, vi: str, en: str, kind: str = "string", concept: str = "", as_of: str | None = None) -> Any:
    title = samples.text(vi, en)
    return {"name": name, "title": title, "description": title, "concept": concept or f"{name}@1", "type": kind, "unit": None,
            "required": False, "as_of": as_of}  # fmt: skip


def _code(name: str, as_of: str) -> Any:
    return _column(name, "Mã phường xã", "Ward code", concept="administrative-unit-code@1", as_of=as_of)


def _sample(id_: str, sql: str, vi: str, en: str, columns: list[Any], key: str) -> dict[str, Any]:
    return {"id": id_, "sql": sql, "org": "so-xay-dung", "simulated": False, "theme": "REGI", "title": samples.text(vi, en),
            "notes": samples.text(f"{vi}.", f"{en}."), "tags": [], "frequency": "irregular", "flaws": [], "columns": columns,
            "key": [key]}  # fmt: skip


DATASETS = [
    _sample("wards", _WARDS, "Phường, xã hiện nay", "Present wards", [
        _code("ward_code", "2025-07-01"), _column("name", "Tên gọi", "Name"), _column("level", "Loại", "Kind"),
        _column("area_km2", "Diện tích", "Area", "double"), _column("population", "Dân số", "Population", "integer"),
        _column("seat", "Trụ sở", "Seat"), _column("latitude", "Vĩ độ", "Latitude", "double"),
        _column("longitude", "Kinh độ", "Longitude", "double"),
    ], "ward_code"),
    _sample("wards-before-2025", _FORMER, "Phường, xã trước đây", "Former wards", [
        _code("ward_code", "2025-06-30"), _column("name", "Tên gọi", "Name"), _column("level", "Loại", "Kind"),
        _column("district_code", "Mã quận", "District code"), _column("district", "Quận huyện", "District"),
    ], "ward_code"),
    _sample("ward-crosswalk", _CROSSWALK, "Chuyển đổi phường, xã", "Crosswalk of wards", [
        _code("old_code", "2025-06-30"), _code("new_code", "2025-07-01"), _column("relation", "Quan hệ", "Relation"),
        _column("population", "Phần dân số", "Share of the people"), _column("clause", "Căn cứ", "Legal basis"),
    ], "old_code"),
    _sample("ward-notes", _NOTES, "Ghi chú theo phường", "Notes by ward", [
        _column("id", "Số", "Number", "integer"), _code("unit", "day"), _column("day", "Ngày", "Day", "date"),
        _column("note", "Ghi chú", "Note"),
    ], "id"),
]  # fmt: skip
_PERIODS = {
    "wards": ("2025-07-01", ""),
    "wards-before-2025": ("2025-01-01", "2025-06-30"),
    "ward-crosswalk": ("2025-07-01", ""),
}


@pytest.fixture(scope="module")
def wards(catalogue: Catalogue) -> Iterator[Catalogue]:
    """The catalogue with these datasets in it; they are gone afterwards."""
    published = catalogue.home / "published"
    for sample in DATASETS:
        package = samples.publish(sample, published)
        start, end = _PERIODS.get(sample["id"], ("2025-06-01", "2025-08-20"))
        changed = {"temporal_from": start, "temporal_to": end}
        if sample["id"] == "ward-notes":
            changed |= {"hanoi_version_number": "2", "hanoi_notices": json.dumps([NOTICE], ensure_ascii=False)}
            _write_index(catalogue, package)
        kept = {extra["key"]: extra["value"] for extra in package["extras"]} | changed
        package["extras"] = [{"key": key, "value": value} for key, value in kept.items() if value]
        answer = catalogue.action("package_create", signed_in=True, **package)
        assert answer["success"], answer
    yield catalogue
    for sample in DATASETS:
        catalogue.action("dataset_purge", signed_in=True, id=sample["id"])
        shutil.rmtree(published / sample["id"])


def _write_index(catalogue: Catalogue, package: dict[str, Any]) -> None:
    version = next(extra["value"] for extra in package["extras"] if extra["key"] == "hanoi_version")
    files = [{"name": r["name"], "format": r["format"], "media_type": r["mimetype"], "url": r["url"], "bytes": r["size"],
              "sha256": r["hash"]} for r in package["resources"]]  # fmt: skip
    freshness = {"state": "fresh", "newest": "2025-08-20T00:00:00+07:00", "expected_by": "2025-09-20T00:00:00+07:00",
                 "groups": None, "groups_late": 0, "vi": "đúng hạn", "en": "on time"}  # fmt: skip
    quality = {"validity": "passed-with-warnings", "score": 97.5, "measures": [], "freshness": freshness, "faults": [],
               "rows": {"total": 5, "accepted": 5, "quarantined": 0}}  # fmt: skip

    def entry(id_: str, number: int, at: str, listed: list[Any]) -> dict[str, Any]:
        return {"id": id_, "number": number, "committed_at": at, "contract": "ward-notes@1.0.0", "rows": 5, "rows_in": 5,
                "rows_quarantined": 0, "gate": "passed", "simulated": False, "delivery": "0" * 64, "content_hash": "0" * 8,
                "code_version": "", "quality": quality, "files": listed}  # fmt: skip

    content = {"format": 1, "dataset": "ward-notes", "notices": [NOTICE], "versions": [
        entry(version, 2, "2026-11-20T17:05:00+00:00", files), entry("1-00000000", 1, "2026-10-01T01:00:00+00:00", []),
    ]}  # fmt: skip
    path = catalogue.home / "published/ward-notes/versions.json"
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
