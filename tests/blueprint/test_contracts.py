"""Contracts: bound, bilingual, honest about their sources, small."""

import re
import unicodedata

import duckdb
import pytest

from blueprint import Classification, blueprint
from blueprint.load import ROOT

DATASETS = sorted(blueprint().contracts)


def folded(text: str) -> str:
    """Text without marks, as somebody types it who has no Vietnamese keyboard."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def file_of(contract):
    return ROOT / "contracts" / contract.agency / contract.dataset / f"{contract.version}.yaml"


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_column_binds_to_a_declared_concept(dataset):
    plan = blueprint()
    contract = plan.contract(dataset)
    for column in contract.columns:
        concept = plan.concept_of(column)
        assert concept.ref == column.concept
        if concept.codelist:
            assert plan.codelist(concept.codelist).entries


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_column_only_narrows_its_concept(dataset):
    for column in blueprint().contract(dataset).columns:
        concept = blueprint().concept_of(column)
        assert column.minimum is None or concept.minimum is None or column.minimum >= concept.minimum, column.name
        assert column.maximum is None or concept.maximum is None or column.maximum <= concept.maximum, column.name
        assert column.minimum is None or concept.type in {"integer", "decimal", "double"}, column.name


@pytest.mark.parametrize("dataset", DATASETS)
def test_codes_that_sources_are_mapped_to_exist(dataset):
    for column in blueprint().contract(dataset).columns:
        concept = blueprint().concept_of(column)
        if column.values:
            assert concept.codelist, column.name
            known = {e.code for e in blueprint().codelist(concept.codelist).entries}
            assert set(column.values.values()) <= known, column.name
            assert all(unicodedata.is_normalized("NFC", spelling) for spelling in column.values), column.name


@pytest.mark.parametrize("dataset", DATASETS)
def test_key_columns_are_required(dataset):
    contract = blueprint().contract(dataset)
    assert contract.key
    assert all(contract.column(name).required for name in contract.key)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_contract_stays_small(dataset):
    """What a dataset promises fits a page or two; how files are read may take 12 lines for each that has a layout of its own."""
    contract = blueprint().contract(dataset)
    lines = file_of(contract).read_text(encoding="utf-8").splitlines()
    start = lines.index("sources:")
    end = next(n for n, line in enumerate(lines[start + 1 :], start + 1) if not line.startswith(" "))
    layouts = sum(1 + len(source.readings) for source in contract.sources)
    assert len(lines) - (end - start) <= 120
    assert len(lines) <= 120 or end - start <= 12 * layouts


@pytest.mark.parametrize("dataset", DATASETS)
def test_readers_find_origin_flaws_and_words_in_both_languages(dataset):
    contract = blueprint().contract(dataset)
    assert contract.known_flaws
    assert contract.keywords["vi"]
    assert contract.keywords["en"]
    texts = [contract.title, contract.description, contract.source_note, *contract.known_flaws]
    texts += [c.title for c in contract.columns]
    assert all(t.vi.strip() and t.en.strip() for t in texts)
    assert contract.title.vi != contract.title.en


@pytest.mark.parametrize("dataset", DATASETS)
def test_repository_sources_are_there(dataset):
    for source in blueprint().contract(dataset).sources:
        if source.kind == "repository":
            assert all((ROOT / f).is_file() for f in source.files)


@pytest.mark.parametrize("dataset", DATASETS)
def test_rules_are_expressions_that_duckdb_understands(dataset):
    plan = blueprint()
    contract = plan.contract(dataset)
    kinds = {
        "string": "VARCHAR",
        "integer": "BIGINT",
        "decimal": "DECIMAL(18,6)",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
    }
    kinds |= {"date": "DATE", "timestamp": "TIMESTAMPTZ"}
    columns = ", ".join(f'CAST(NULL AS {kinds[plan.concept_of(c).type]}) AS "{c.name}"' for c in contract.columns)
    with duckdb.connect() as db:
        for rule in contract.rules:
            described = db.execute(f"DESCRIBE SELECT ({rule.sql}) FROM (SELECT {columns})").fetchall()
            assert described[0][1] == "BOOLEAN", rule.id
            assert all(re.search(rf"\b{name}\b", rule.sql) for name in rule.columns), rule.id


def test_unaccented_search_meets_air_quality_by_its_title():
    found = {d for d in DATASETS if "khong khi" in folded(blueprint().contract(d).title.vi)}
    assert found == {"air-quality-hourly", "air-quality-us-embassy-hourly"}


def test_concepts_say_what_they_mean_and_where_that_comes_from():
    for concept in blueprint().concepts.values():
        assert concept.title.vi.strip()
        assert concept.definition.en.strip()
        assert concept.source.strip()
        assert concept.type in {"integer", "decimal", "double"} or (concept.minimum is None and concept.maximum is None)


def test_nothing_but_open_concepts_is_bound_by_what_is_published_today():
    plan = blueprint()
    for contract in plan.contracts.values():
        assert plan.classification(contract) is Classification.OPEN
        assert plan.open_columns(contract) == contract.columns


@pytest.mark.parametrize(
    ("old", "new", "good"),
    [("00556", "00562", True), ("09013", "09817", True), ("00553", "00562", False), ("00001", "00004", False)],
)
def test_a_pair_that_the_resolution_does_not_name_is_refused(old, new, good):
    rule = next(r for r in blueprint().contract("ward-crosswalk").rules if r.id == "pair-in-resolution")
    with duckdb.connect() as db:
        row = db.execute(f"SELECT ({rule.sql}) FROM (SELECT ? AS old_code, ? AS new_code)", [old, new]).fetchone()
    assert row == (good,)


@pytest.mark.parametrize(
    ("station", "latitude", "longitude", "good"),
    [
        ("8688", 21.0811211, 105.8180306, True),
        ("13026", 21.01525, 105.80013, True),
        ("13026", 21.0215063, 105.8188748, False),
        ("13439", 21.04975, 105.74187, False),
    ],
)
def test_a_measurement_with_the_place_of_another_station_is_refused(station, latitude, longitude, good):
    rule = next(r for r in blueprint().contract("air-quality-hourly").rules if r.id == "coordinates-of-the-station")
    with duckdb.connect() as db:
        row = db.execute(
            f"SELECT ({rule.sql}) FROM (SELECT ? AS station_id, ?::DOUBLE AS latitude, ?::DOUBLE AS longitude)",
            [station, latitude, longitude],
        ).fetchone()
    assert row == (good,)


def test_the_rule_of_coordinates_knows_every_station_of_the_list():
    rule = next(r for r in blueprint().contract("air-quality-hourly").rules if r.id == "coordinates-of-the-station")
    with duckdb.connect() as db:
        for station in blueprint().codelist("air-quality-stations").entries:
            place = [station.code, float(station.attributes["latitude"]), float(station.attributes["longitude"])]
            row = db.execute(
                f"SELECT ({rule.sql}) FROM (SELECT ? AS station_id, ?::DOUBLE AS latitude, ?::DOUBLE AS longitude)",
                place,
            ).fetchone()
            assert row == (True,), station.vi
