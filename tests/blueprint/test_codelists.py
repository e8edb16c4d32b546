"""Code lists: complete, dated, in two languages, and refused where a date is missing."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from blueprint import Classification, blueprint

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)
CODELISTS = sorted(blueprint().codelists)


@pytest.fixture(scope="module")
def wards():
    return blueprint().codelist("ha-noi-wards")


@pytest.fixture(scope="module")
def pairs():
    return blueprint().codelist("ha-noi-ward-crosswalk").entries


def test_the_resolution_made_126_units_of_526(wards):
    assert len(wards.codes(OLD)) == 526
    assert len(wards.codes(NEW)) == 126
    kinds = Counter(e.attributes["level"] for e in wards.entries if e.holds_on(NEW))
    assert kinds == {"phường": 51, "xã": 75}


def test_every_present_code_is_a_former_code_used_again(wards):
    assert wards.codes(NEW) < wards.codes(OLD)
    renamed = [c for c in wards.codes(NEW) if wards.find(c, OLD).vi != wards.find(c, NEW).vi]
    assert len(renamed) > 100


def test_a_ward_code_without_a_date_is_refused(wards):
    with pytest.raises(ValueError, match="only read as of a date"):
        wards.codes()
    with pytest.raises(ValueError, match="only read as of a date"):
        wards.find("00004")


def test_one_code_names_two_units_in_two_eras(wards):
    assert wards.find("00004", OLD).vi == "Phường Trúc Bạch"
    assert wards.find("00004", NEW).vi == "Phường Ba Đình"
    assert wards.find("00004", date(2024, 12, 31)) is None, "the list says nothing about days before it took effect"


def test_ward_codes_stay_text_of_five_digits(wards):
    assert all(len(e.code) == 5 and e.code.isdigit() for e in wards.entries)
    assert any(e.code.startswith("000") for e in wards.entries)


def test_the_former_units_lie_in_30_districts(wards):
    former = [e for e in wards.entries if e.valid_to == OLD]
    assert len({e.attributes["district_code"] for e in former}) == 30
    assert not any("district" in e.attributes for e in wards.entries if e.valid_to is None)


def test_area_and_population_of_the_city_are_conserved(wards):
    present = [e.attributes for e in wards.entries if e.valid_to is None]
    assert sum(float(a["area_km2"]) for a in present) == pytest.approx(3360, abs=1)
    assert sum(int(a["population"]) for a in present) == 8_811_473


def test_the_crosswalk_joins_every_former_unit_to_a_present_one(wards, pairs):
    assert len(pairs) == 795
    assert {p.attributes["old_code"] for p in pairs} == wards.codes(OLD)
    assert {p.attributes["new_code"] for p in pairs} == wards.codes(NEW)


def test_a_former_unit_goes_whole_into_one_or_in_parts_into_several(pairs):
    targets = Counter(p.attributes["old_code"] for p in pairs)
    assert sum(n > 1 for n in targets.values()) == 199
    assert max(targets.values()) == 5
    for pair in pairs:
        whole = pair.attributes["relation"] == "full"
        assert whole == (targets[pair.attributes["old_code"]] == 1), pair.code
        assert not whole or pair.attributes["population"] == "all", pair.code


def test_all_people_of_a_split_unit_go_somewhere_and_once(pairs):
    shares: dict[str, Counter[str]] = {}
    for pair in pairs:
        shares.setdefault(pair.attributes["old_code"], Counter())[pair.attributes["population"]] += 1
    for old, share in shares.items():
        assert share["all"] <= 1, old
        assert share["all"] or share["rest"] or share["part"] > 1, f"{old}: nobody takes its people"
        assert not (share["all"] and share["part"]), old
        assert share["rest"] <= 1, old


def test_the_crosswalk_follows_the_wording_of_the_law(pairs):
    by_code = {p.code: p for p in pairs}
    dang_xa = by_code["00556-00562"]
    assert dang_xa.legal_basis == "1656/NQ-UBTVQH15, Điều 1, khoản 110"
    assert dang_xa.attributes["relation"] == "partial"
    assert dang_xa.attributes["population"] == "all"
    assert by_code["09013-09817"].attributes["population"] == "none"
    assert "00553-00562" not in by_code, "clause 110 names Đặng Xá, not Cổ Bi"


def test_63_provinces_and_one_that_joined_the_city():
    provinces = blueprint().codelist("provinces-63")
    assert len(provinces.codes(date(2024, 12, 31))) == 63
    assert len(provinces.codes(date(2008, 7, 31))) == 64
    assert provinces.codes(date(2008, 7, 31)) - provinces.codes(date(2008, 8, 1)) == {"28"}
    assert provinces.find("46", date(2024, 12, 31)).vi == "Tỉnh Thừa Thiên Huế"
    assert provinces.find("46", date(2025, 1, 1)).vi == "Thành phố Huế"


@pytest.mark.parametrize("name", CODELISTS)
def test_a_code_means_one_thing_on_any_one_day(name):
    spans: dict[str, list[tuple[date, date]]] = {}
    for entry in blueprint().codelist(name).entries:
        spans.setdefault(entry.code, []).append((entry.valid_from, entry.valid_to or date.max))
    for code, found in spans.items():
        found.sort()
        assert all(start <= end for start, end in found), code
        assert all(this[1] + timedelta(1) <= following[0] for this, following in pairwise(found)), code


@pytest.mark.parametrize("name", CODELISTS)
def test_only_a_dated_list_uses_a_code_again_for_another_thing(name):
    codelist = blueprint().codelist(name)
    repeats = [c for c, n in Counter(e.code for e in codelist.entries).items() if n > 1]
    if not codelist.dated:
        assert set(repeats) <= {"46"}, "a province may change its kind and name and stay the same province"


def test_a_source_without_a_licence_is_never_called_open():
    licences = {e.code: e.attributes for e in blueprint().codelist("licences").entries}
    assert licences["not-stated"] == {"ckan_id": "notspecified", "open": "false"}
    assert all(a["ckan_id"] for a in licences.values())


def test_organisation_codes_are_valid_ckan_names():
    codes = blueprint().codelist("organisations").codes()
    assert all(2 <= len(c) <= 100 and c.replace("-", "").isalnum() and c == c.lower() and c.isascii() for c in codes)


def test_themes_are_the_thirteen_of_dcat_ap():
    themes = blueprint().codelist("themes").codes()
    assert len(themes) == 13
    assert all(t.startswith("http://publications.europa.eu/resource/authority/data-theme/") for t in themes)


def test_the_list_of_classifications_is_the_order_that_the_code_uses():
    assert [e.code for e in blueprint().codelist("classification").entries] == [c.value for c in Classification]


def test_every_concept_is_used():
    plan = blueprint()
    assert {c.concept for contract in plan.contracts.values() for c in contract.columns} == set(plan.concepts)
