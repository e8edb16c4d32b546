"""Crosswalks: every unit goes somewhere, its shares sum to one, and what the law says holds."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from statistics import median

import pytest

from blueprint import blueprint

CROSSWALKS = sorted(blueprint().crosswalks)
LAST, FIRST = date(2025, 6, 30), date(2025, 7, 1)
LAW = {"unchanged", "law"}


def by_old(crosswalk):
    found = {}
    for pair in crosswalk.pairs:
        found.setdefault(pair.old_code, []).append(pair)
    return found


@pytest.fixture(scope="module")
def july():
    return blueprint().crosswalks["ha-noi-wards-2025-07"]


@pytest.fixture(scope="module")
def january():
    return blueprint().crosswalks["ha-noi-wards-2025-01"]


@pytest.mark.parametrize("name", CROSSWALKS)
def test_it_joins_all_units_of_one_era_to_all_of_the_next(name):
    crosswalk = blueprint().crosswalks[name]
    codelist = blueprint().codelist(crosswalk.codelist)
    assert {p.old_code for p in crosswalk.pairs} == codelist.codes(crosswalk.former)
    assert {p.new_code for p in crosswalk.pairs} == codelist.codes(crosswalk.present)


@pytest.mark.parametrize("name", CROSSWALKS)
def test_the_shares_of_a_former_unit_sum_to_exactly_one(name):
    for old, pairs in by_old(blueprint().crosswalks[name]).items():
        assert sum(p.area_weight for p in pairs) == Decimal(1), old
        assert sum(p.population_weight for p in pairs) == Decimal(1), old
        assert all(p.area_weight > 0 for p in pairs), f"{old}: some of its land goes to each unit that the text names"


@pytest.mark.parametrize("name", CROSSWALKS)
def test_what_is_not_estimated_is_whole(name):
    bases = {
        e.code: e.attributes["estimated"] == "true" for e in blueprint().codelist("crosswalk-weight-bases").entries
    }
    for pair in blueprint().crosswalks[name].pairs:
        assert bases[pair.weight_basis] == (pair.relation == "partial"), (pair.old_code, pair.weight_basis)
        assert (pair.weight_basis in LAW) == (pair.area_weight == 1), pair.old_code


@pytest.mark.parametrize("name", CROSSWALKS)
def test_the_basis_of_every_weight_is_explained(name):
    crosswalk = blueprint().crosswalks[name]
    for basis in {p.weight_basis for p in crosswalk.pairs}:
        for part in basis.split("-"):
            assert part in crosswalk.definition.vi, part
            assert part in crosswalk.definition.en, part


@pytest.mark.parametrize("name", CROSSWALKS)
def test_an_ended_unit_names_the_units_of_the_crosswalk_as_its_successors(name):
    crosswalk = blueprint().crosswalks[name]
    targets = {old: {p.new_code for p in pairs} for old, pairs in by_old(crosswalk).items()}
    ended = [e for e in blueprint().codelist(crosswalk.codelist).entries if e.valid_to == crosswalk.former]
    assert ended
    assert {e.code: set(e.successor) for e in ended} == {e.code: targets[e.code] for e in ended}


@pytest.mark.parametrize("name", CROSSWALKS)
def test_a_unit_called_unchanged_keeps_its_code_and_name_and_takes_in_nothing(name):
    crosswalk = blueprint().crosswalks[name]
    codelist = blueprint().codelist(crosswalk.codelist)
    receivers = Counter(p.new_code for p in crosswalk.pairs)
    for pair in (p for p in crosswalk.pairs if p.weight_basis == "unchanged"):
        assert pair.old_code == pair.new_code
        assert receivers[pair.new_code] == 1
        assert codelist.find(pair.old_code, crosswalk.former) is codelist.find(pair.new_code, crosswalk.present)


@pytest.mark.parametrize("name", CROSSWALKS)
@pytest.mark.parametrize("by", ["area", "population"])
def test_totals_are_conserved(name, by):
    crosswalk = blueprint().crosswalks[name]
    values = {old: Decimal(n * 7919 % 10_007) / 100 for n, old in enumerate(sorted(by_old(crosswalk)), start=1)}
    carried = sum((values[p.old_code] * p.weight(by) for p in crosswalk.pairs), Decimal(0))
    assert carried == sum(values.values())


def test_584_units_became_579_and_one_was_divided():
    crosswalk = blueprint().crosswalks["ha-noi-wards-2020-03"]
    split = {old: pairs for old, pairs in by_old(crosswalk).items() if len(pairs) > 1}
    assert set(split) == {"00253"}
    people = {p.new_code: p.population_weight for p in split["00253"]}
    assert float(people["00241"]) == pytest.approx(642 / (642 + 5526), abs=1e-6)


def test_109_units_became_56_and_470_stayed(january):
    changed = [p for p in january.pairs if p.weight_basis != "unchanged"]
    assert (len({p.old_code for p in changed}), len({p.new_code for p in changed})) == (109, 56)
    assert sum(p.weight_basis == "unchanged" for p in january.pairs) == 470
    assert len(by_old(january)) == 579


def test_sai_dong_is_shared_out_by_the_figures_of_the_scheme(january):
    shares = {p.new_code: (p.area_weight, p.population_weight) for p in january.pairs if p.old_code == "00142"}
    assert float(shares["00151"][0]) == pytest.approx(0.13 / 0.86, abs=1e-6)
    assert float(shares["00151"][1]) == pytest.approx(4817 / (4817 + 13092), abs=1e-6)
    assert set(shares) == {"00136", "00151"}


def test_the_pairs_of_july_are_those_of_the_released_list(july):
    released = {
        (
            e.attributes["old_code"],
            e.attributes["new_code"],
            e.attributes["relation"],
            e.attributes["population"],
            e.legal_basis,
        )
        for e in blueprint().codelist("ha-noi-ward-crosswalk").entries
    }
    assert len(july.pairs) == 795
    assert {
        (p.old_code, p.new_code, p.relation, p.attributes["population"], p.legal_basis) for p in july.pairs
    } == released
    sizes = Counter(len(pairs) for pairs in by_old(july).values())
    assert (sizes[1], sum(sizes.values()) - sizes[1]) == (327, 199)


def test_the_shares_of_people_keep_the_wording_of_the_law(july):
    for old, pairs in by_old(july).items():
        for pair in pairs:
            wording, share = pair.attributes["population"], pair.population_weight
            if wording == "all":
                assert share == 1, old
            elif wording == "none":
                assert share == 0, old
            elif any(p.attributes["population"] == "all" for p in pairs):
                assert share == 0, f"{old}: all its people go elsewhere"
            else:
                assert share > 0, old


def test_the_land_received_is_close_to_the_published_area(july):
    wards = blueprint().codelist("ha-noi-wards")
    received = Counter()
    for pair in july.pairs:
        received[pair.new_code] += Decimal(pair.attributes["old_area_km2"]) * pair.area_weight
    apart = {
        code: abs(float(received[code]) / float(wards.find(code, FIRST).attributes["area_km2"]) - 1)
        for code in received
    }
    assert float(sum(received.values())) == pytest.approx(3360, rel=0.002)
    assert median(apart.values()) < 0.015
    assert sum(d < 0.05 for d in apart.values()) >= 110
    assert max(apart, key=apart.__getitem__) == "09988", "Hòa Lạc, as the definition says"


def test_the_people_of_2019_are_those_of_the_census(july):
    people = {p.old_code: int(p.attributes["old_population_2019"]) for p in july.pairs}
    assert sum(people.values()) == pytest.approx(8_053_663, abs=300)


def test_the_fitted_shares_follow_from_the_evidence_in_the_table(july):
    wards = blueprint().codelist("ha-noi-wards")
    start, received = {}, Counter()
    for old, pairs in by_old(july).items():
        open_to = [p for p in pairs if p.population_weight > 0]
        land = sum(p.area_weight for p in open_to)
        for pair in open_to:
            start[old, pair.new_code] = float(pair.area_weight / land)
            received[pair.new_code] += int(pair.attributes["old_population_2019"]) * start[old, pair.new_code]
    growth = {c: int(wards.find(c, FIRST).attributes["population"]) / received[c] for c in received}
    for old, pairs in by_old(july).items():
        fitted = {p.new_code: start[old, p.new_code] * growth[p.new_code] for p in pairs if p.population_weight > 0}
        for pair in (p for p in pairs if p.weight_basis == "overlay-fitted"):
            computed = fitted[pair.new_code] / sum(fitted.values())
            assert float(pair.population_weight) == pytest.approx(computed, abs=6e-4), (old, pair.new_code)


def test_63_provinces_go_whole_into_34():
    crosswalk = blueprint().crosswalks["provinces-2025-07"]
    assert len(crosswalk.pairs) == 63
    assert {p.relation for p in crosswalk.pairs} == {"full"}
    sizes = Counter(p.new_code for p in crosswalk.pairs)
    assert (len(sizes), sum(n == 1 for n in sizes.values())) == (34, 11)


@pytest.mark.real_data
def test_the_pairs_agree_with_an_independent_table(real_data, july):
    table = real_data / "admin/vietnamadminunits/convert_legacy_2025_simple.csv"
    with table.open(encoding="utf-8") as file:
        theirs = list(csv.DictReader(file))
    city = {(f"{float(r['wardCode']):05.0f}", r["newWardCode"]) for r in theirs if r["newProvinceCode"] == "01"}
    ours = {(p.old_code, p.new_code) for p in july.pairs}
    assert (len(city), len(ours), len(city & ours)) == (794, 795, 794), (ours - city, city - ours)
    provinces = {(r["provinceCode"].zfill(2), r["newProvinceCode"]) for r in theirs}
    assert provinces == {(p.old_code, p.new_code) for p in blueprint().crosswalks["provinces-2025-07"].pairs}


MOST = {
    "Hoàn Kiếm": ["Đồng Xuân", "Tràng Tiền", "Cửa Đông", "Hàng Bông", "Hàng Trống"],
    "Cửa Nam": ["Cửa Nam"],
    "Ba Đình": ["Điện Biên"],
    "Ngọc Hà": ["Đội Cấn", "Kim Mã", "Cống Vị", "Ngọc Hà"],
    "Giảng Võ": ["Ngọc Khánh", "Thành Công"],
    "Cầu Giấy": ["Dịch Vọng", "Dịch Vọng Hậu"],
    "Nghĩa Đô": ["Cổ Nhuế 1", "Nghĩa Đô", "Nghĩa Tân", "Quan Hoa"],
    "Tây Tựu": ["Tây Tựu", "Minh Khai"],
    "Phú Diễn": ["Mai Dịch"],
    "Xuân Đỉnh": ["Xuân Tảo", "Xuân Đỉnh", "Xuân La"],
    "Hồng Hà": ["Nhật Tân", "Tứ Liên", "Yên Phụ", "Thanh Lương", "Bạch Đằng"],
    "Đống Đa": ["Trung Liệt", "Quang Trung"],
}
PART = {
    "Hoàn Kiếm": ["Cửa Nam", "Điện Biên"],
    "Cửa Nam": ["Hàng Bông", "Hàng Trống", "Tràng Tiền", "Phạm Đình Hổ", "Nguyễn Du"],
    "Ba Đình": ["Đội Cấn", "Kim Mã", "Đồng Xuân", "Cửa Đông", "Cửa Nam"],
    "Ngọc Hà": ["Ngọc Khánh"],
    "Giảng Võ": ["Cống Vị", "Kim Mã"],
    "Cầu Giấy": ["Quan Hoa", "Yên Hoà"],
    "Phú Diễn": ["Cổ Nhuế 1"],
    "Xuân Đỉnh": ["Cổ Nhuế 1"],
    "Đống Đa": ["Láng Hạ"],
}
"""Units of which the city's scheme of April 2025 gives "most" or "a part" to the new unit, as newspapers printed it."""


def test_the_estimates_agree_with_the_words_of_the_scheme(july):
    wards = blueprint().codelist("ha-noi-wards")
    present = {wards.find(c, FIRST).attributes["name"]: c for c in wards.codes(FIRST)}
    shares = {
        (p.new_code, wards.find(p.old_code, LAST).attributes["name"]): (p.area_weight, p.population_weight)
        for p in july.pairs
    }
    most = [shares[present[new], old] for new, olds in MOST.items() for old in olds]
    part = [shares[present[new], old] for new, olds in PART.items() for old in olds]
    agree = [max(s) >= Decimal("0.5") for s in most] + [min(s) < Decimal("0.5") for s in part]
    assert (sum(agree), len(agree)) == (46, 52)
    assert min(max(s) for s in most) > Decimal("0.35")
    assert max(min(s) for s in part) < Decimal("0.55")
