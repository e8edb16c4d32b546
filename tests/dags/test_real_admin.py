"""Real files of administrative units: whole, and in agreement with each other and with the code lists."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from blueprint import blueprint
from tests.dags.real import RealFiles, whole

pytestmark = pytest.mark.real_data

EXPECTED: dict[str, tuple[int, int, dict[str, int]]] = {
    "city-boundary": (1, 1, {}),
    "commune-conversion-2025": (
        10_602,
        10_597,
        {"old_code-required": 5, "old_kind-required": 5, "old_name-required": 5},
    ),
    "commune-conversion-vietmap": (10_358, 10_353, {"old_id-required": 5, "old_name-required": 5}),
    "commune-places-2025": (3321, 3321, {}),
    "commune-places-before-2025": (10_040, 10_037, {"point-in-its-box": 3}),
    "communes": (3321, 3321, {}),
    "communes-2025": (3321, 3321, {}),
    "communes-before-2025": (10_035, 10_035, {}),
    "communes-vietmap": (3321, 3321, {}),
    "divided-districts": (53, 53, {}),
    "provinces": (34, 34, {}),
    "unit-name-aliases": (
        3963,
        3905,
        {"key-conflict": 34, "ward_key-pattern": 20, "alias-pattern": 12, "key-duplicate": 2},
    ),
    "ward-boundaries": (126, 126, {}),
}
"""Dataset -> rows in the delivery, rows accepted, and rows that broke each rule; a row may break several."""
WARNINGS = {
    "commune-places-2025": {"area-is-known": 2, "name-is-kind-and-proper-name": 4},
    "communes-2025": {"area-is-known": 2, "province-of-the-id": 1},
    "communes-before-2025": {"name-begins-with-kind": 3},
}
FILES = "admin/vietnamadminunits"
MAP = f"{FILES}/sapnhap.bando.com.vn_ward_2025-07-17.csv"
PLACES = f"{FILES}/2025_34-province-3221-ward_with_location.csv"
FORMER = f"{FILES}/danhmuchanhchinh.gso.gov.vn_ward_2025-07-18.csv"
CONVERSION = f"{FILES}/convert_legacy_2025_simple.csv"
OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)
ISLANDS = {"Huyện Bạch Long Vĩ", "Huyện Cồn Cỏ", "Huyện Hoàng Sa", "Huyện Lý Sơn", "Huyện Côn Đảo"}
"""Districts that had no communes."""


@pytest.mark.parametrize("dataset", sorted(EXPECTED))
def test_each_row_is_accounted_for(real_files: RealFiles, dataset: str) -> None:
    found = real_files.conformed(dataset)
    assert (found.rows_in, found.rows_accepted, found.rules) == EXPECTED[dataset]
    assert found.warnings == WARNINGS.get(dataset, {})
    whole(found, blueprint().contract(dataset))


def test_former_communes_are_counted_by_province_as_in_the_file(real_files: RealFiles) -> None:
    counts = Counter(line["Mã TP"] for line in real_files.lines(FORMER))
    assert (len(counts), counts.total()) == (63, 10_035)
    asked = "SELECT province_code, count(*) FROM c GROUP BY province_code"
    assert dict(real_files.rows(asked, c="communes-before-2025")) == counts
    asked = "SELECT count(DISTINCT commune_code), count(DISTINCT district_code), count(english_name) FROM c"
    assert real_files.rows(asked, c="communes-before-2025") == [(10_035, 691, 165)]


def test_the_former_and_present_units_of_the_city_are_those_of_its_code_list(real_files: RealFiles) -> None:
    wards = blueprint().codelist("ha-noi-wards")
    for dataset, name, day in (("communes-before-2025", "name", OLD), ("commune-places-2025", "name", NEW)):
        asked = f"SELECT commune_code, {name} FROM c WHERE province_code = '01'"
        found = dict(real_files.rows(asked, c=dataset))
        assert found.keys() == wards.codes(day)
        assert all(found[e.code].replace("oà", "òa") == e.vi.replace("oà", "òa") for e in _holding(wards.entries, day))


def test_areas_and_people_are_the_sums_of_the_cells(real_files: RealFiles) -> None:
    lines = list(real_files.lines(MAP))
    area = sum(Decimal(line["dientichkm2"] or 0) for line in lines)
    people = sum(int(line["dansonguoi"].replace(",", "")) for line in lines if line["dansonguoi"][0].isdigit())
    asked = "SELECT sum(area_km2), sum(population), count(area_km2), count(population) FROM c"
    assert real_files.rows(asked, c="communes-2025") == [(area, people, 3319, 3255)]
    assert people == 107_695_453
    asked = "SELECT count(*), sum(population) FROM c WHERE province_code = '01'"
    assert real_files.rows(asked, c="communes-2025") == [(126, 8_811_473)]
    assert real_files.rows("SELECT sum(area_km2) FROM c", c="commune-places-2025") == [
        (sum(Decimal(line["wardAreaKm2"] or 0) for line in real_files.lines(PLACES)),)
    ]


def test_a_province_is_told_by_its_name_where_its_id_is_wrong(real_files: RealFiles) -> None:
    asked = "SELECT name, province_code FROM c WHERE province_id = '13' AND province_code <> '11'"
    assert real_files.rows(asked, c="communes-2025") == [("Yên Bình", "15")]
    asked = "SELECT count(*) FROM (SELECT province_code, count(*) n FROM c GROUP BY 1) JOIN " \
        "(SELECT province_code, count(*) n FROM p GROUP BY 1) USING (province_code, n)"  # fmt: skip
    assert real_files.rows(asked, c="communes-2025", p="commune-places-2025") == [(34,)]


def test_three_sources_hold_the_same_present_communes(real_files: RealFiles) -> None:
    asked = (
        "SELECT (SELECT count(*) FROM places ANTI JOIN communes USING (commune_code, province_code)), "
        "(SELECT count(*) FROM communes ANTI JOIN places USING (commune_code, province_code)), "
        "(SELECT count(DISTINCT new_code) FROM pairs SEMI JOIN communes ON new_code = commune_code)"
    )
    found = real_files.rows(asked, places="commune-places-2025", communes="communes", pairs="commune-conversion-2025")
    assert found == [(1, 1, 3321 - 1 - len(ISLANDS))]
    asked = "SELECT commune_code FROM c WHERE province_code = '22' AND contains(c::VARCHAR, 'Xã Ba Chẽ')"
    codes = [real_files.rows(asked, c=dataset) for dataset in ("commune-places-2025", "communes")]
    assert codes == [[("06970",)], [("06978",)]], "the one that differs"


def test_every_former_commune_is_converted(real_files: RealFiles) -> None:
    asked = (
        "SELECT (SELECT count(*) FROM former ANTI JOIN pairs ON commune_code = old_code), "
        "(SELECT count(*) FROM pairs ANTI JOIN former ON commune_code = old_code), "
        "(SELECT count(*) FROM (SELECT bool_or(divided) AS d, bool_and(divided) AS e, count(*) AS n FROM pairs "
        "GROUP BY old_code) WHERE d <> e OR d <> (n > 1)), (SELECT count(*) FROM pairs WHERE new_province_code = '01')"
    )
    found = real_files.rows(asked, former="communes-before-2025", pairs="commune-conversion-2025")
    assert found == [(0, 0, 0, 794)]


def test_the_rows_that_cannot_be_converted_are_the_island_districts(real_files: RealFiles) -> None:
    refused = real_files.quarantined("commune-conversion-2025")
    lines = {n: line for n, line in enumerate(real_files.lines(CONVERSION), start=2) if n in refused}
    assert {line["district"] for line in lines.values()} == ISLANDS
    assert {line["newWardType"] for line in lines.values()} == {"Đặc khu"}


def test_ids_in_number_cells_are_whole_and_lead_to_their_units(real_files: RealFiles) -> None:
    asked = "SELECT min(regexp_full_match(old_id, '[0-9]+')), count(DISTINCT old_id), count(DISTINCT new_id) FROM pairs"
    assert real_files.rows(asked, pairs="commune-conversion-vietmap") == [(True, 10_038, 3315)]
    asked = (
        "SELECT old_id, new_id, old_province_code FROM pairs WHERE old_name = 'Phường Điện Biên' AND old_id = '65803'"
    )
    assert real_files.rows(asked, pairs="commune-conversion-vietmap") == [("65803", "14091", "01")]
    asked = "SELECT count(*) FROM pairs ANTI JOIN units ON new_id = unit_id"
    assert real_files.rows(asked, pairs="commune-conversion-vietmap", units="communes-vietmap") == [(0,)]
    refused = real_files.quarantined("commune-conversion-vietmap")
    assert len(refused) == len(ISLANDS)


def test_each_unit_of_an_object_keyed_by_id_comes_once(real_files: RealFiles) -> None:
    units = json.loads((real_files.data / "admin/vietmap/ward.json").read_text(encoding="utf-8"))
    found = real_files.rows("SELECT unit_id, slug, province_id FROM u", u="communes-vietmap")
    assert {unit: (slug, above) for unit, slug, above in found} == {
        unit: (value["slug"], value["parent_code"]) for unit, value in units.items()
    }


def test_provinces_and_their_communes_come_from_one_nested_file(real_files: RealFiles) -> None:
    nested = json.loads(next((real_files.data / "admin/thanglequoc-geojson").glob("full_json*.json")).read_bytes())
    asked = "SELECT province_code, p.full_name, count(*) FROM p JOIN c USING (province_code) GROUP BY ALL"
    found = real_files.rows(asked, p="provinces", c="communes")
    assert {code: (name, n) for code, name, n in found} == {p["Code"]: (p["FullName"], len(p["Wards"])) for p in nested}
    kinds = "SELECT kind, count(*) FROM c GROUP BY kind"
    assert dict(real_files.rows(kinds, c="communes")) == {"xã": 2611, "phường": 697, "đặc khu": 13}


def test_boundaries_keep_every_vertex_and_the_areas_sum(real_files: RealFiles) -> None:
    folder = real_files.data / "admin/thanglequoc-geojson/01_ha_noi"
    came = sum(_vertices(json.loads(f.read_bytes())["features"][0]["geometry"]) for f in folder.glob("wards/*"))
    wards = real_files.rows("SELECT ward_code, area_km2, geometry FROM w", w="ward-boundaries")
    assert sum(_vertices(json.loads(geometry)) for *_, geometry in wards) == came == 133_037
    assert {code for code, *_ in wards} == blueprint().codelist("ha-noi-wards").codes(NEW)
    assert sum(area for _, area, _ in wards) == Decimal("3359.77")
    city = real_files.rows("SELECT area_km2, geometry FROM c", c="city-boundary")[0]
    assert (city[0], _vertices(json.loads(city[1]))) == (Decimal("3359.84"), 1153)


def test_each_ward_lies_within_its_own_boundary(real_files: RealFiles) -> None:
    places = {e.code: e.attributes for e in blueprint().codelist("ha-noi-wards").entries if e.valid_to is None}
    outside = [
        code
        for code, geometry in real_files.rows("SELECT ward_code, geometry FROM w", w="ward-boundaries")
        if not _holds(json.loads(geometry), float(places[code]["longitude"]), float(places[code]["latitude"]))
    ]
    assert outside == []


def test_refused_keys_are_those_that_bear_marks(real_files: RealFiles) -> None:
    refused = real_files.quarantined("unit-name-aliases")
    lines = dict(enumerate(real_files.lines(f"{FILES}/alias_ward.csv"), start=2))
    marked = {
        n for n, line in lines.items() if not (line["ward_key"].strip() + line["alias_keyword"].strip()).isascii()
    }
    assert {n for n, rules in refused.items() if any(r.endswith("-pattern") for r in rules)} == marked
    assert len(marked) == 22


def _holding(entries: Any, day: date) -> Iterator[Any]:
    return (e for e in entries if e.holds_on(day))


def _vertices(geometry: dict[str, Any]) -> int:
    return sum(len(ring) for polygon in geometry["coordinates"] for ring in polygon)


def _holds(geometry: dict[str, Any], x: float, y: float) -> bool:
    """Whether a point lies within a MultiPolygon: a ray from it crosses the rings an odd number of times."""
    crossings = 0
    for polygon in geometry["coordinates"]:
        for ring in polygon:
            for (x1, y1), (x2, y2) in pairwise(ring):
                if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                    crossings += 1
    return crossings % 2 == 1
