"""A dataset with two versions and the index of them, for the tests of its descriptions."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEVELS = """
SELECT TIMESTAMPTZ '2025-03-01 00:00:00+07' + INTERVAL (i) HOUR AS measured_at, 'Long Biên' AS station,
       21.0435 AS lat, 105.8587 + i / 10000.0 AS lon, 2.5 + i / 100.0 AS level
FROM range({rows}) AS t(i)
"""
DATASET: dict[str, Any] = {
    "id": "water-levels", "org": "so-nn-mt", "simulated": True, "theme": "ENVI",
    "title": samples.text("Mực nước </script> & sông", "Water levels of the <b>river</b>"),
    "notes": samples.text("Mực nước đo mỗi giờ.", "Levels by the hour."), "tags": ["nước", "water"], "frequency": "hourly",
    "flaws": [samples.text("Thiếu vài giờ.", "Some hours are missing.")],
    "columns": [
        samples._column("measured_at", "Thời điểm đo", "Time of the measurement", "timestamp", required=True),
        samples._column("station", "Trạm", "Station", "string"),
        {**samples._column("lat", "Vĩ độ", "Latitude", "double"), "concept": "latitude@1"},
        {**samples._column("lon", "Kinh độ", "Longitude", "double"), "concept": "longitude@1"},
        samples._column("level", "Mực nước", "Level", "double", "m"),
    ],
    "key": ["measured_at", "station"],
}  # fmt: skip
QUALITY = {
    "validity": "passed-with-warnings", "score": 97.4, "freshness": {"state": "late", "vi": "muộn", "en": "late"},
    "measures": [{"dimension": "completeness", "rows": 100, "faulty": 2, "doubtful": 0, "share": 0.98}],
}  # fmt: skip


def publish(published: Path, number: int) -> dict[str, Any]:
    """Publish one more version, note it in the index, and return the package that shows it."""
    sample = {**DATASET, "sql": LEVELS.format(rows=20 * number)}
    package = samples.publish(sample, published, number=number)
    extras = {extra["key"]: extra["value"] for extra in package["extras"]}
    index = published / DATASET["id"] / "versions.json"
    known = json.loads(index.read_text("utf-8"))["versions"] if index.exists() else []
    entry = {
        "id": extras["hanoi_version"], "number": number, "committed_at": f"2026-11-2{number}T17:05:00+00:00",
        "contract": extras["hanoi_contract"], "rows": 20 * number, "rows_in": 20 * number + 3, "rows_quarantined": 3,
        "gate": "passed", "simulated": True, "delivery": f"{number:064x}", "content_hash": extras["hanoi_content_hash"],
        "code_version": "0.1.0", "quality": QUALITY,
        "files": [{"name": r["name"], "format": r["format"], "media_type": r["mimetype"], "url": r["url"], "bytes": r["size"],
                   "sha256": r["hash"]} for r in package["resources"]],
    }  # fmt: skip
    versions = [entry, *(former for former in known if former["id"] != entry["id"])]
    content = {"format": 1, "dataset": DATASET["id"], "versions": versions, "notices": []}
    index.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    for extra in package["extras"]:
        if extra["key"] == "hanoi_committed_at":
            extra["value"] = entry["committed_at"]
    # What it covers is to be read from the rows.
    package["extras"] = [extra for extra in package["extras"] if not extra["key"].startswith("temporal_")]
    return package


@contextmanager
def two(catalogue) -> Iterator[Any]:
    """The catalogue with one more dataset, which has two versions, as long as it is needed."""
    for number in (1, 2):
        show(catalogue, number)
    yield catalogue
    catalogue.action("dataset_purge", signed_in=True, id=DATASET["id"])


def show(catalogue, number: int) -> None:
    """Publish a version and let the catalogue show it."""
    package = publish(catalogue.home / "published", number)
    there = catalogue.action("package_show", id=DATASET["id"])
    if there["success"]:
        ids = {resource["name"]: resource["id"] for resource in there["result"]["resources"]}
        package |= {"id": there["result"]["id"],
                    "resources": [{**resource, "id": ids[resource["name"]]} for resource in package["resources"]]}  # fmt: skip
    answer = catalogue.action("package_update" if there["success"] else "package_create", signed_in=True, **package)
    assert answer["success"], answer
