"""Datasets for the tests of the pages: published files and the CKAN packages that point to them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

ORGANISATIONS = [
    {"name": "so-nn-mt", "title": "Sở Nông nghiệp và Môi trường", "title_en": "Department of Agriculture and Environment",
     "description": "Quan trắc không khí, nước và thời tiết của thành phố."},
    {"name": "so-xay-dung", "title": "Sở Xây dựng", "title_en": "Department of Construction",
     "description": "Giao thông công cộng và hạ tầng."},
]  # fmt: skip

_THEME = "http://publications.europa.eu/resource/authority/data-theme/"

AIR = """
SELECT TIMESTAMPTZ '2025-03-01 00:00:00+07' + INTERVAL (i) HOUR AS observed_at,
       ['Hàng Đậu', 'Kim Liên', 'Mỹ Đình'][1 + i % 3] AS station,
       CASE WHEN i % 9 = 4 THEN NULL ELSE round(35 + 20 * sin(i / 5.0), 2) END AS pm25,
       2000 + i % 30 AS sensor, i % 2 = 0 AS checked, DATE '2025-03-01' + CAST(i // 24 AS INTEGER) AS day,
       '1.001010' AS method
FROM range(130) AS t(i)
"""
STOPS = """
SELECT 'S' || lpad(CAST(i AS VARCHAR), 3, '0') AS stop_id, 'Điểm dừng ' || i AS name, 21.0 + i / 1000.0 AS lat,
       105.8 + i / 1000.0 AS lon
FROM range(12) AS t(i)
"""


def text(vi: str, en: str) -> dict[str, str]:
    """Return the pair of both languages."""
    return {"vi": vi, "en": en}


def _column(name: str, vi: str, en: str, kind: str, unit: str | None = None, required: bool = False) -> dict[str, Any]:
    return {"name": name, "title": text(vi, en), "description": text(f"{vi} của bản ghi", f"{en} of the record"),
            "concept": f"{name}@1", "type": kind, "unit": unit, "required": required}  # fmt: skip


DATASETS: list[dict[str, Any]] = [
    {
        "id": "air-quality-hourly", "sql": AIR, "org": "so-nn-mt", "simulated": False, "theme": "ENVI",
        "title": text("Chất lượng không khí theo giờ", "Hourly air quality"),
        "notes": text("Nồng độ bụi mịn đo mỗi giờ tại các trạm quan trắc của thành phố.",
                      "Fine dust measured every hour at the monitoring stations of the city."),
        "tags": ["không khí", "air"], "frequency": "hourly",
        "flaws": [text("Thiếu 11 % số giờ.", "11 % of the hours are missing.")],
        "columns": [
            _column("observed_at", "Thời điểm đo", "Time of the measurement", "timestamp", required=True),
            _column("station", "Trạm", "Station", "string", required=True),
            _column("pm25", "Bụi mịn PM2.5", "Fine dust PM2.5", "double", "µg/m³"),
            _column("sensor", "Cảm biến", "Sensor", "integer"), _column("checked", "Đã kiểm tra", "Checked", "boolean"),
            _column("day", "Ngày", "Day", "date"), _column("method", "Thủ tục", "Procedure", "string"),
        ],
        "key": ["observed_at", "station"],
    },
    {
        "id": "bus-stops", "sql": STOPS, "org": "so-xay-dung", "simulated": True, "theme": "TRAN",
        "title": text("Điểm dừng xe buýt", "Bus stops"),
        "notes": text("Vị trí các điểm dừng của xe buýt.", "Where the buses stop."),
        "tags": ["xe buýt", "bus"], "frequency": "irregular", "flaws": [],
        "columns": [
            _column("stop_id", "Mã điểm dừng", "Stop code", "string", required=True),
            _column("name", "Tên gọi", "Name", "string"), _column("lat", "Vĩ độ", "Latitude", "double", "°"),
            _column("lon", "Kinh độ", "Longitude", "double", "°"),
        ],
        "key": ["stop_id"],
    },
]  # fmt: skip


def publish(sample: dict[str, Any], published: Path, private: bool = False, number: int = 1) -> dict[str, Any]:
    """Write the files of one sample's version and return its package for `package_create`."""
    version = f"{number}-{hashlib.sha256(sample['id'].encode()).hexdigest()[:8]}"
    folder = published / sample["id"]
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as room:
        room.execute("SET TimeZone = 'UTC'")
        room.execute(f"CREATE TABLE t AS {sample['sql']}")
        rows = room.execute("SELECT count(*) FROM t").fetchone()[0]
        room.execute(f"COPY t TO '{folder / version}.parquet' (FORMAT parquet)")
        room.execute(f"COPY t TO '{folder / version}.csv' (HEADER)")
    dictionary = {"dataset": sample["id"], "version": version, "contract": f"{sample['id']}@1.0.0", "rows": rows,
                  "title": sample["title"], "key": sample["key"], "columns": sample["columns"]}  # fmt: skip
    (folder / f"{version}.schema.json").write_text(json.dumps(dictionary, ensure_ascii=False), "utf-8")
    kinds = {
        "csv": ("CSV", "CSV", "text/csv"), "parquet": ("Parquet", "Parquet", "application/vnd.apache.parquet"),
        "schema.json": ("Từ điển dữ liệu", "JSON", "application/json"),
    }  # fmt: skip
    resources = []
    for ending, (name, form, mimetype) in kinds.items():
        content = (folder / f"{version}.{ending}").read_bytes()
        resources.append({"name": name, "format": form, "mimetype": mimetype, "size": len(content),
                          "hash": hashlib.sha256(content).hexdigest(), "url": f"/data/{sample['id']}/{version}.{ending}"})  # fmt: skip
    extras = {
        "title_en": sample["title"]["en"], "notes_en": sample["notes"]["en"], "hanoi_version": version,
        "hanoi_version_number": str(number), "hanoi_contract": f"{sample['id']}@1.0.0", "hanoi_delivery": "0" * 64,
        "hanoi_rows": str(rows), "hanoi_rows_quarantined": "3", "hanoi_gate": "passed",
        "hanoi_committed_at": "2026-11-20T17:05:00+00:00", "hanoi_simulated": str(sample["simulated"]).lower(),
        "hanoi_content_hash": version[2:], "frequency": sample["frequency"], "theme": _THEME + sample["theme"],
        "source_vi": "Trạm quan trắc của thành phố", "source_en": "Monitoring stations of the city",
        "known_flaws": json.dumps(sample["flaws"], ensure_ascii=False), "spatial_text": "Hà Nội", "temporal_from": "2025-03-01",
        "temporal_to": "2025-03-06",
    }  # fmt: skip
    return {
        "name": sample["id"], "title": sample["title"]["vi"], "notes": sample["notes"]["vi"], "owner_org": sample["org"],
        "license_id": "cc-by", "private": private, "tags": [{"name": tag} for tag in sample["tags"]],
        "extras": [{"key": key, "value": value} for key, value in extras.items()], "resources": resources,
    }  # fmt: skip
