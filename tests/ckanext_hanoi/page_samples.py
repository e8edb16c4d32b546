"""Datasets that the publisher itself put into the catalogue, by contracts of the Blueprint under names of their own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from blueprint import blueprint
from blueprint.types import duckdb_type
from catalog.publisher import Catalogue as Publisher
from catalog.publisher import published
from catalog.publisher.index import write_index
from lake import CommitRecord, Lake, Version
from quality.report import QualityResult, ReportStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint import Contract

    from .conftest import Catalogue

AIR, YEARS, AREAS, CODED = "page-air", "page-years", "ward-boundaries", "page-codes"
NOTICE = {
    "subject": AIR, "version": "2.0.0", "announced": "2026-11-01", "former": "1.0.0", "effective": "2099-01-01",
    "former_until": "2099-06-30", "concerned": [], "columns": [f"{AIR}.humidity"], "organisations": [],
    "vi": "Cột độ ẩm sẽ được bỏ.", "en": "The column of humidity will go.",
}  # fmt: skip

# 30 days of three stations; a gap of two days; one station without PM2.5.
_AIR = """
SELECT ['1583', '8688', '13026'][1 + i % 3] AS station_id, ['Hàng Đậu', 'Kim Liên', 'Mỹ Đình'][1 + i % 3] AS station_name,
       TIMESTAMPTZ '2025-03-01 00:00:00+07' + INTERVAL (i // 3) HOUR AS observed_at,
       [21.0491, 21.0811, 21.0153][1 + i % 3] AS latitude, [105.8831, 105.818, 105.8001][1 + i % 3] AS longitude,
       CAST(40 + i % 90 AS BIGINT) AS aqi, CASE WHEN i % 3 = 2 THEN NULL ELSE 35.5 + i % 7 END AS pm25,
       NULL::DOUBLE AS pm10, NULL::DOUBLE AS o3, NULL::DOUBLE AS no2, NULL::DOUBLE AS co,
       20.25 + i % 5 AS temperature, 1000.5 + {change} AS pressure, 60.0 AS humidity, 1234.5 AS wind_speed
FROM range({rows}) t(i) WHERE i // 72 NOT IN (9, 10)
"""
_YEARS = """
SELECT CAST(2010 + i // 20 AS BIGINT) AS year, lpad(CAST(2 * (i % 20) + 1 AS VARCHAR), 2, '0') AS province_code,
       50.0 + i % 20 + i // 20 AS score, CAST(1 + i % 20 AS BIGINT) AS rank
FROM range(120) t(i)
"""
_AREAS = """
SELECT code AS ward_code, code AS file_code, code AS feature_id, 'Phường ' || name AS full_name, name,
       english || ' ward' AS english_full_name, english AS english_name, lower(english) AS slug, code AS map_id,
       CAST(area AS DECIMAL(18, 6)) AS area_km2,
       '{"type":"Polygon","coordinates":[[' || list_reduce([
           format('[{:.4f},{:.4f}]', x, 21.03), format('[{:.4f},{:.4f}]', x + 0.02, 21.03),
           format('[{:.4f},{:.4f}]', x + 0.02, 21.05), format('[{:.4f},{:.4f}]', x, 21.05), format('[{:.4f},{:.4f}]', x, 21.03)
       ], (a, b) -> a || ',' || b) || ']]}' AS geometry
FROM (VALUES ('00004', 'Ba Đình', 'Ba Dinh', 2.97, 105.82), ('00008', 'Ngọc Hà', 'Ngoc Ha', 2.68, 105.80),
             ('00025', 'Giảng Võ', 'Giang Vo', 2.6, 105.84)) t(code, name, english, area, x)
"""
_CODED = """
SELECT '00004' AS ward_code, 'Ba Đình' AS name, 'phường' AS level, CAST(2.97 AS DECIMAL(18, 6)) AS area_km2, 65023::BIGINT AS population
UNION ALL SELECT '00008', 'Ngọc Hà', 'phường', 2.68, 93536 UNION ALL SELECT '00454', 'Đông Anh', 'xã', 48.68, 118545
"""


@dataclass(frozen=True)
class Pages:
    """The catalogue, and the versions of each dataset that was published for these tests, oldest first."""

    catalogue: Catalogue
    versions: dict[str, list[Version]]

    def html(self, dataset: str, query: str = "", lang: str = "") -> str:
        """Return the page of a dataset as somebody who has not signed in gets it."""
        answer = self.catalogue.page(f"{lang}/dataset/{dataset}{query}")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture(scope="module")
def pages(catalogue: Catalogue) -> Iterator[Pages]:
    """The catalogue with these datasets in it; they are gone afterwards."""
    made: dict[str, list[Version]] = {}
    plan = blueprint()
    simple = {"after": (), "references": (), "rules": (), "agency": "so-nn-mt", "licence": "cc-by"}
    wards = plan.contract("wards")
    kept = tuple(c for c in wards.columns if c.name in ("ward_code", "name", "level", "area_km2", "population"))
    air = plan.contract("air-quality-hourly").model_copy(update={**simple, "dataset": AIR})
    _publish(
        catalogue,
        made,
        air,
        [_AIR.format(rows=2160, change=0), _AIR.format(rows=2163, change="CASE i WHEN 5 THEN 9 ELSE 0 END")],
    )
    _publish(catalogue, made, plan.contract("pci").model_copy(update={**simple, "dataset": YEARS}), [_YEARS])
    _publish(catalogue, made, plan.contract(AREAS).model_copy(update=simple), [_AREAS])
    coded = wards.model_copy(update={**simple, "dataset": CODED, "columns": kept, "unique": ()})
    _publish(catalogue, made, coded, [_CODED], simulated=True)
    yield Pages(catalogue, made)
    for name in made:
        catalogue.action("dataset_purge", signed_in=True, id=name)
        shutil.rmtree(catalogue.home / "published" / name)


def _publish(
    catalogue: Catalogue,
    made: dict[str, list[Version]],
    contract: Contract,
    queries: list[str],
    simulated: bool = False,
) -> None:
    lake, plan = Lake(catalogue.home), blueprint()
    publisher = Publisher(catalogue.url, catalogue.home / "ckan/api_token")
    notices: list[dict[str, Any]] = [NOTICE] if contract.dataset == AIR else []
    for number, query in enumerate(queries, start=1):
        accepted = catalogue.home / f"{contract.dataset}.parquet"
        with duckdb.connect() as room:
            room.execute("SET TimeZone = 'UTC'")
            kinds = {c.name: duckdb_type(plan.concept_of(c)) for c in contract.columns}
            typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in kinds.items())
            room.execute(f"COPY (SELECT {typed} FROM ({query})) TO '{accepted}' (FORMAT parquet)")
        record = CommitRecord(
            delivery=str(number) * 64, run_id=f"run-{number}", gate="passed", rows_in=3000, rows_quarantined=840,
            simulated=simulated, code_version="0.1.0",
        )  # fmt: skip
        version = lake.commit(contract, plan.concept_of, accepted, record)
        ReportStore(catalogue.home).keep(_judged(contract, version))
        publisher.publish(contract, version, published(catalogue.home, contract, plan, lake, version), notices)
        made.setdefault(contract.dataset, []).append(version)
    write_index(catalogue.home, contract, plan, lake, notices)


def _judged(contract: Contract, version: Version) -> QualityResult:
    title = contract.title.model_dump()
    return QualityResult.from_json(
        {
            "dataset": contract.dataset, "title": title, "agency": contract.agency, "contract": contract.ref,
            "delivery": {"id": version.delivery, "files": []}, "version": version.id,
            "judged_at": "2026-01-01T00:00:00+00:00", "rows": {"received": 3000, "accepted": 2160, "quarantined": 840},
            "marks": {
                "validity": "passed-with-warnings",
                "freshness": {"state": "fresh", "newest": "2025-03-31T00:00:00+07:00", "expected_by": "2099-01-01T00:00:00+07:00",
                              "vi": "Số liệu đúng hạn.", "en": "The data are on time."},
            },
            "score": {"value": 97.5, "measures": [
                {"dimension": "validity", "rows": 3000, "faulty": 60, "doubtful": 30, "share": 0.975},
                {"dimension": "completeness", "rows": 3000, "faulty": 0, "doubtful": 0, "share": 1.0},
            ]},
            "verdict": None,
            "faults": [{
                "rule": "key-duplicate", "severity": "error", "dimension": "uniqueness", "columns": [], "vi": "Dòng lặp lại.",
                "en": "The row repeats.", "example": None, "rows": 39, "causes": [],
            }],
        }
    )  # fmt: skip


def freshness_file(catalogue: Catalogue, dataset: str, state: str) -> None:
    """Write what the watch of the platform writes."""
    path = catalogue.home / "freshness/marks.json"
    path.parent.mkdir(exist_ok=True)
    mark = {"dataset": dataset, "state": state, "newest": "2025-03-31T00:00:00+07:00", "expected_by": "2025-04-01T00:00:00+07:00",
            "groups": 3, "groups_late": 1, "vi": "Số liệu đến trễ.", "en": "The data are late."}  # fmt: skip
    path.write_text(json.dumps({"at": "2026-11-22T00:00:00+07:00", "datasets": [mark]}), "utf-8")
