"""The declarations against the real files: what each contract accepts, and what independent files say."""

import csv
import json
import unicodedata
from datetime import date

import duckdb
import pytest

from blueprint import blueprint
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import conform

pytestmark = pytest.mark.real_data

EXPECTED = {
    "administrative-procedures": (977, 0, {}),
    "air-quality-hourly": (3259, 1477, {"coordinates-of-the-station": 1069, "key-duplicate": 226, "key-conflict": 182}),
    "air-quality-us-embassy-hourly": (29774, 154, {"only-valid-values": 148, "key-conflict": 4, "key-duplicate": 2}),
    "bus-routes": (224, 0, {}),
    "bus-stops": (6495, 0, {}),
    "papi": (882, 0, {}),
    "pci": (549, 19, None),
    "stated-figures": (51, 0, {}),
    "ward-crosswalk": (795, 0, {}),
    "wards": (126, 0, {}),
    "wards-before-2025": (526, 0, {}),
}


@pytest.fixture(scope="module")
def read(real_data, tmp_path_factory):
    """Conform a dataset by one of its sources; the result is kept for the module."""
    done = {}

    def of(dataset, source=0):
        if (dataset, source) not in done:
            contract = blueprint().contract(dataset)
            contract = contract.model_copy(update={"sources": (contract.sources[source],)})
            home = tmp_path_factory.mktemp(dataset)
            store = DeliveryStore(home, 100_000_000)
            delivery = store.keep(contract, locate(contract, str(real_data)), "test")
            done[dataset, source] = conform(contract, blueprint(), delivery, store, home / "out")
        return done[dataset, source]

    return of


def rows(conformed, sql):
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        return db.execute(sql.replace("ACCEPTED", f"'{conformed.accepted}'")).fetchall()


@pytest.mark.parametrize("dataset", EXPECTED)
def test_a_real_delivery_gives_the_rows_that_are_known_and_passes_its_gate(read, dataset):
    accepted, quarantined, rules = EXPECTED[dataset]
    got = read(dataset)
    assert (got.rows_accepted, got.rows_quarantined) == (accepted, quarantined)
    assert rules is None or got.rules == rules
    gate = blueprint().contract(dataset).gate
    assert got.rows_quarantined / got.rows_in <= gate.max_quarantined
    assert gate.min_rows <= got.rows_accepted <= (gate.max_rows or got.rows_accepted)


@pytest.mark.parametrize("dataset", ["wards", "wards-before-2025"])
def test_the_agency_file_and_the_code_list_say_the_same(read, dataset):
    columns = "ward_code, level" if dataset == "wards" else "ward_code, name, level, district_code, district"
    sql = f"SELECT {columns} FROM ACCEPTED ORDER BY 1"
    assert rows(read(dataset, 0), sql) == rows(read(dataset, 1), sql)


def test_present_codes_and_names_agree_with_an_independent_register(real_data):
    file = next((real_data / "admin/thanglequoc-geojson").glob("full_json*.json"))
    register = {w["Code"]: w for w in json.loads(file.read_text(encoding="utf-8"))[0]["Wards"]}
    present = {e.code: e for e in blueprint().codelist("ha-noi-wards").entries if e.valid_to is None}
    assert set(register) == set(present)
    other = [c for c, e in present.items() if register[c]["FullName"] != e.vi]
    assert all(register[c]["FullName"].replace("oà", "òa") == present[c].vi for c in other), (
        "only the place of the tone mark differs"
    )
    assert len(other) == 7
    assert all(register[c]["FullNameEn"] == e.en for c, e in present.items())


def test_each_present_unit_lies_inside_its_polygon_frame(real_data):
    places = {e.code: e.attributes for e in blueprint().codelist("ha-noi-wards").entries if e.valid_to is None}
    seen = set()
    for file in (real_data / "admin/thanglequoc-geojson/01_ha_noi/wards").glob("*.geojson"):
        feature = json.loads(file.read_text(encoding="utf-8"))
        code = feature["features"][0]["id"]
        west, south, east, north = feature["bbox"]
        assert west <= float(places[code]["longitude"]) <= east, code
        assert south <= float(places[code]["latitude"]) <= north, code
        seen.add(code)
    assert seen == set(places)


def test_an_independent_crosswalk_lacks_one_pair_and_adds_none(real_data):
    with (real_data / "admin/vietnamadminunits/convert_legacy_2025_simple.csv").open(encoding="utf-8-sig") as file:
        theirs = {
            f"{int(float(r['wardCode'])):05d}-{r['newWardCode']}"
            for r in csv.DictReader(file)
            if r["newProvinceCode"] == "01"
        }
    ours = blueprint().codelist("ha-noi-ward-crosswalk").codes()
    assert len(theirs) == 794
    assert theirs < ours
    assert ours - theirs == {"09013-09817"}


def test_prose_on_former_units_names_the_pairs_of_the_crosswalk(real_data):
    """The map publisher lists for each present unit the former ones; it leaves out one that gave land only."""

    def folded(text):
        text = unicodedata.normalize("NFC", text).lower()
        for old, new in (("oà", "òa"), ("oá", "óa"), ("uỵ", "ụy"), ("uỷ", "ủy"), ("uỳ", "ùy"), (" - ", " ")):
            text = text.replace(old, new)
        return text

    wards = blueprint().codelist("ha-noi-wards")
    with (real_data / "admin/vietnamadminunits/sapnhap.bando.com.vn_ward_2025-07-17.csv").open(
        encoding="utf-8"
    ) as file:
        prose = {folded(r["tenhc"]): folded(r["truocsapnhap"]) for r in csv.DictReader(file) if r["matinh"] == "1"}
    missing = []
    for pair in blueprint().codelist("ha-noi-ward-crosswalk").entries:
        old = wards.find(pair.attributes["old_code"], date(2025, 6, 30))
        new = wards.find(pair.attributes["new_code"], date(2025, 7, 1))
        if folded(old.vi) not in prose[folded(new.attributes["name"])]:
            missing.append(pair.code)
    assert missing == ["09013-09817"]


def test_pci_ranks_are_the_order_of_the_scores(read):
    by_year = {}
    for year, score, rank in rows(read("pci"), "SELECT year, score, rank FROM ACCEPTED ORDER BY year, rank"):
        by_year.setdefault(year, []).append((rank, score))
    assert {y: len(v) for y, v in by_year.items()} == {2005: 42, 2006: 64, 2007: 64, 2008: 64} | dict.fromkeys(
        range(2009, 2014), 63
    )
    for year, found in by_year.items():
        assert [r for r, _ in found] == list(range(1, len(found) + 1)), year
        scores = [s for _, s in found]
        assert scores == sorted(scores, reverse=True), year


def test_pci_ranks_of_the_city_are_those_that_the_workbooks_repeat_below_their_tables(read):
    found = dict(rows(read("pci"), "SELECT year, rank FROM ACCEPTED WHERE province_code = '01'"))
    assert {y: found[y] for y in (2008, 2010, 2011, 2012)} == {2008: 31, 2010: 43, 2011: 36, 2012: 51}


def test_papi_has_one_row_per_province_and_year(read):
    counts = rows(read("papi"), "SELECT year, count(DISTINCT province_code) FROM ACCEPTED GROUP BY 1 ORDER BY 1")
    assert counts == [(y, 63) for y in range(2011, 2025)]
    empty = "SELECT count(*) FROM ACCEPTED WHERE coalesce(sc11, sc21, sc31, sc41, sc51, sc61, sc71, sc81) IS NULL"
    assert rows(read("papi"), empty) == [(9,)]


def test_air_times_are_those_of_the_city(read):
    warmest = (
        "SELECT extract(hour FROM observed_at) AS h FROM ACCEPTED GROUP BY h ORDER BY avg(temperature) DESC LIMIT 3"
    )
    assert {h for (h,) in rows(read("air-quality-hourly"), warmest)} <= {6, 7, 8, 9, 10}, "13-17 h in Hà Nội, by UTC"
    first = "SELECT min(observed_at)::VARCHAR FROM ACCEPTED"
    assert rows(read("air-quality-us-embassy-hourly"), first) == [("2014-12-31 18:00:00+00",)]


def test_no_embassy_value_is_kept_that_its_quality_control_refused(read):
    counts = rows(
        read("air-quality-us-embassy-hourly"),
        "SELECT quality, count(*), count(aqi) FROM ACCEPTED GROUP BY 1 ORDER BY 1",
    )
    assert {q: kept for q, _, kept in counts} == {"invalid": 0, "missing": 0, "suspect": 0, "valid": 20724 - 5}


def test_procedure_codes_keep_their_zeros(read):
    codes = [c for (c,) in rows(read("administrative-procedures"), "SELECT procedure_code FROM ACCEPTED")]
    assert len(set(codes)) == 977
    assert any(c.endswith("0") for c in codes)
    assert {len(c) for c in codes} == {8}
