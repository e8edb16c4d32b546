"""Code lists: complete, dated, in two languages, and refused where a date is missing."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from blueprint import Classification, blueprint
from blueprint.concept import Mode

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)
CODELISTS = sorted(blueprint().codelists)
BEFORE_SUCCESSORS = {"provinces-63"}
"""Lists released before entries could name what follows them."""


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
    assert wards.find("00235", date(2024, 12, 31)).vi == "Phường Ngã Tư Sở"
    assert wards.find("00235", date(2025, 1, 1)).vi == "Phường Thịnh Quang"
    assert wards.find("00004", date(2013, 12, 26)) is None, "the list says nothing about days that it does not cover"


@pytest.mark.parametrize(
    ("day", "units"),
    [
        (date(2013, 12, 27), 584),
        (date(2020, 2, 29), 584),
        (date(2020, 3, 1), 579),
        (date(2024, 12, 31), 579),
        (date(2025, 1, 1), 526),
        (OLD, 526),
        (NEW, 126),
        (date(2026, 11, 22), 126),
    ],
)
def test_the_city_had_as_many_units_as_the_resolutions_say(wards, day, units):
    assert len(wards.codes(day)) == units


def test_an_old_code_holds_in_2024_and_no_longer_in_2026(wards):
    vanished = wards.find("00010", date(2024, 6, 1))
    assert vanished.vi == "Phường Nguyễn Trung Trực"
    assert (vanished.valid_to, vanished.successor) == (date(2024, 12, 31), ("00004",))
    assert wards.find("00010", date(2026, 1, 1)) is None
    assert len(wards.codes(date(2024, 6, 1)) - wards.codes(OLD)) == 53


def test_all_that_version_1_said_of_the_wards_still_holds(wards):
    first = blueprint().codelist_versions["ha-noi-wards"][0]
    assert first.version == 1
    assert (wards.version, wards.open, wards.compatibility) == (2, True, Mode.BACKWARD)
    for entry in first.entries:
        for day in (entry.valid_from, entry.valid_to or date(2026, 11, 22)):
            now = wards.find(entry.code, day)
            assert (now.vi, now.en, now.attributes) == (entry.vi, entry.en, entry.attributes), (entry.code, day)


def test_a_unit_that_stays_as_it_is_has_one_entry(wards):
    spans: dict[tuple[str, str], list[tuple[date, date | None]]] = {}
    for entry in wards.entries:
        spans.setdefault((entry.code, entry.vi), []).append((entry.valid_from, entry.valid_to))
    apart = [
        k for k, found in spans.items() for a, b in pairwise(sorted(found, key=lambda s: s[0])) if _next(a[1]) == b[0]
    ]
    founded_anew = {key for key in apart if wards.find(key[0], NEW).valid_from == NEW}
    assert set(apart) == founded_anew, "only a unit that the law founds anew on 1 July 2025 begins another entry"


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


def _next(day):
    return day + timedelta(1)


def _retired(codelist):
    """The entries that ended, of a list whose entries name what follows."""
    return [e for e in codelist.entries if e.valid_to and e.valid_to < date.max]


@pytest.mark.parametrize("name", [n for n in CODELISTS if n not in BEFORE_SUCCESSORS])
def test_a_retired_code_names_what_follows_it(name):
    codelist = blueprint().codelist(name)
    for entry in _retired(codelist):
        assert entry.successor, f"{entry.code} of {entry.valid_to}"
        if entry.successor != ("none",):
            assert set(entry.successor) <= codelist.codes(_next(entry.valid_to)), f"{entry.code} of {entry.valid_to}"
    assert not any(e.successor for e in codelist.entries if e.valid_to is None)


def test_63_provinces_became_34():
    provinces = blueprint().codelist("provinces")
    counts = [(date(2008, 7, 31), 64), (date(2024, 12, 31), 63), (OLD, 63), (NEW, 34), (date(2026, 11, 22), 34)]
    assert [len(provinces.codes(day)) for day, _ in counts] == [n for _, n in counts]
    assert (provinces.find("24", OLD).vi, provinces.find("24", NEW).vi) == ("Tỉnh Bắc Giang", "Tỉnh Bắc Ninh")
    assert provinces.find("75", date(2026, 4, 29)).vi == "Tỉnh Đồng Nai"
    assert provinces.find("75", date(2026, 4, 30)).vi == "Thành phố Đồng Nai"
    unchanged = {e.code for e in provinces.entries if e.valid_from < NEW and e.valid_to is None}
    assert len(unchanged) == 11
    assert {"01", "46"} <= unchanged


def test_former_provinces_are_those_of_the_older_list():
    older, provinces = blueprint().codelist("provinces-63"), blueprint().codelist("provinces")
    for day in (date(2008, 7, 31), date(2024, 12, 31), OLD):
        assert {(c, older.find(c, day).vi) for c in older.codes(day)} == {
            (c, provinces.find(c, day).vi) for c in provinces.codes(day)
        }


def test_the_districts_are_those_that_the_wards_name(wards):
    districts = blueprint().codelist("ha-noi-districts")
    named = {
        (e.attributes["district_code"], e.attributes["district"]) for e in wards.entries if "district" in e.attributes
    }
    assert named == {(e.code, e.vi) for e in districts.entries}
    assert len(districts.codes(OLD)) == 30
    assert districts.codes(NEW) == frozenset()


def test_levels_of_online_services_changed_in_2022():
    levels = blueprint().codelist("online-service-levels")
    assert levels.codes(date(2022, 8, 14)) == {"1", "2", "3", "4"}
    assert levels.codes(date(2022, 8, 15)) == {"full", "partial"}
    with pytest.raises(ValueError, match="only read as of a date"):
        levels.codes()


def test_the_categories_of_the_vietnamese_index_leave_no_gap():
    ranges = [e.attributes for e in blueprint().codelist("vn-aqi-categories").entries]
    assert [int(r["lowest"]) for r in ranges] == [0, *(int(r["highest"]) + 1 for r in ranges[:-1])]
    assert int(ranges[-1]["highest"]) == 500


def test_cas_numbers_of_pollutants_have_the_right_check_digit():
    numbers = [e.attributes["cas"] for e in blueprint().codelist("pollutants").entries if "cas" in e.attributes]
    assert len(numbers) == 4
    for number in numbers:
        digits, check = number.replace("-", "")[:-1], int(number[-1])
        assert sum(n * int(d) for n, d in enumerate(reversed(digits), start=1)) % 10 == check, number


def test_every_list_says_where_it_comes_from_in_two_languages():
    assert len(CODELISTS) >= 30
    for name in CODELISTS:
        for codelist in blueprint().codelist_versions[name]:
            assert codelist.source, name
            assert codelist.definition.vi != codelist.definition.en, name
            assert all(e.vi and e.en for e in codelist.entries), name


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


def test_every_column_of_every_contract_binds_to_a_declared_concept():
    plan = blueprint()
    columns = [c for versions in plan.contract_versions.values() for contract in versions for c in contract.columns]
    assert columns
    assert [c.name for c in columns if c.concept not in plan.concepts] == []
