"""Tables keep their totals from one era to the next, whatever the crosswalks; what cannot be known is refused."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import fsum
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import Blueprint
from blueprint.units import translate
from blueprint.units.errors import (
    CodesRefused,
    DayOutside,
    MeasuresUnclear,
    NoWay,
    SharesUnknown,
    TableRefused,
)
from blueprint.units.sharing import largest_remainder
from tests.blueprint.units_builders import (
    STARTS,
    codelist,
    crosswalk,
    entry,
    forward_shares,
    one_split,
    pair,
    plan,
    plans,
)

BEFORE, AFTER = date(2009, 12, 31), date(2010, 1, 1)
FAST = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def tables(draw: st.DrawFn, of: Blueprint, day: date) -> pa.Table:
    (units,) = of.codelists.values()
    codes = draw(st.lists(st.sampled_from(sorted(units.codes(day))), min_size=1, max_size=12))
    n = len(codes)

    def column(values: st.SearchStrategy[Any], kind: pa.DataType) -> pa.Array:
        return pa.array(draw(st.lists(st.none() | values, min_size=n, max_size=n)), kind)

    return pa.table(
        {
            "unit": codes,
            "people": column(st.integers(-(2**63), 2**63 - 1), pa.int64()),
            "small": column(st.integers(0, 255), pa.uint8()),
            "money": column(st.decimals(-(10**12), 10**12, places=3), pa.decimal128(18, 3)),
            "tonnes": column(st.floats(-1e12, 1e12), pa.float64()),
            "note": column(st.text(max_size=5), pa.string()),
        }
    )


MEASURES = ["people", "small", "money", "tonnes"]


@FAST
@given(st.data())
def test_totals_are_conserved_through_two_crosswalks_in_both_directions(data: st.DataObject):
    of = data.draw(plans())
    start, end = data.draw(st.sampled_from([(STARTS[0], STARTS[2]), (STARTS[0], STARTS[1]), (STARTS[1], STARTS[2])]))
    if data.draw(st.booleans()):
        start, end = end, start
    table = data.draw(tables(of, start))
    weight = data.draw(st.sampled_from(["population", "area", "equal"]))
    try:
        done = translate(table, "unit", start, end, weight, MEASURES, plan=of)
    except SharesUnknown:
        assert start > end  # every former unit gave this one a share of 0, so nothing says how to part it
        return
    rows = done.table.to_pylist()
    given_rows = table.to_pylist()
    assert done.table.column_names == [*table.column_names, "unit_former", "share", "estimated"]
    assert done.report.rows_in == len(given_rows)
    for name in ("people", "small", "money"):
        assert sum(r[name] or 0 for r in rows) == sum(r[name] or 0 for r in given_rows)
        assert done.table.schema.field(name).type == table.schema.field(name).type
    amount = fsum(abs(r["tonnes"] or 0) for r in given_rows)
    assert abs(fsum(r["tonnes"] or 0 for r in rows) - fsum(r["tonnes"] or 0 for r in given_rows)) <= 1e-9 * amount
    assert fsum(r["share"] for r in rows) == pytest.approx(len(given_rows))
    (units,) = of.codelists.values()
    assert {r["unit"] for r in rows} <= units.codes(end)
    at = 0
    for former in given_rows:  # rows stay in order, and each is there with at least one part
        parts = []
        while at < len(rows) and (not parts or fsum(p["share"] for p in parts) < 1 - 1e-12):
            parts.append(rows[at])
            at += 1
        assert {(p["unit_former"], p["note"]) for p in parts} == {(former["unit"], former["note"])}
        assert all((p["people"] is None) == (former["people"] is None) for p in parts)
        if former["people"] is not None:
            assert sum(p["people"] for p in parts) == former["people"]
            assert all(
                abs(p["people"] - former["people"] * p["share"]) <= 1 + abs(former["people"]) * 1e-12 for p in parts
            )
    assert at == len(rows)


@FAST
@given(st.data())
def test_the_parts_are_those_of_the_crosswalks_multiplied_out(data: st.DataObject):
    of = data.draw(plans())
    weight = data.draw(st.sampled_from(["population", "area"]))
    shares = forward_shares(of, weight)
    code = data.draw(st.sampled_from(sorted(shares)))
    amount = data.draw(st.integers(0, 10**9))
    done = translate(
        pa.table({"unit": [code], "people": [amount]}), "unit", STARTS[0], STARTS[2], weight, ["people"], plan=of
    )
    kept = {to: share for to, share in sorted(shares[code].items()) if share}
    expected = dict(zip(kept, largest_remainder(amount, list(kept.values())), strict=True))
    found = done.table.to_pylist()
    assert {r["unit"]: r["people"] for r in found} == expected
    assert {r["estimated"] for r in found} == {len(shares[code]) > 1}


@FAST
@given(st.data())
def test_sums_over_equal_rows_are_the_totals(data: st.DataObject):
    of = data.draw(plans())
    (units,) = of.codelists.values()
    codes = data.draw(st.lists(st.sampled_from(sorted(units.codes(STARTS[0]))), min_size=1, max_size=12))
    n = len(codes)
    table = pa.table(
        {
            "unit": codes,
            "sex": data.draw(st.lists(st.sampled_from(["nam", "nữ"]), min_size=n, max_size=n)),
            "people": pa.array(data.draw(st.lists(st.integers(0, 10**6), min_size=n, max_size=n)), pa.int32()),
        }
    )
    parts = translate(table, "unit", STARTS[0], STARTS[2], measures=["people"], plan=of).table.to_pylist()
    summed = translate(table, "unit", STARTS[0], STARTS[2], measures=["people"], total=True, plan=of).table
    assert summed.column_names == ["unit", "sex", "people", "estimated"]
    expected: dict[tuple[str, str], tuple[int, bool]] = {}
    for row in parts:
        people, estimated = expected.get((row["unit"], row["sex"]), (0, False))
        expected[row["unit"], row["sex"]] = people + row["people"], estimated or row["estimated"]
    assert {(r["unit"], r["sex"]): (r["people"], r["estimated"]) for r in summed.to_pylist()} == expected


@FAST
@given(st.permutations(["001", "002", "003", "004"]), st.lists(st.integers(0, 9999), min_size=4, max_size=4))
def test_units_that_only_got_other_codes_come_back_as_they_were(codes: list[str], people: list[int]):
    olds = ["001", "002", "003", "004"]
    of = plan(
        codelist(*(entry(c, STARTS[0], BEFORE) for c in olds), *(entry(c, AFTER) for c in codes)),
        crosswalk(AFTER, [pair(a, b, None, None) for a, b in zip(olds, codes, strict=True)]),
    )
    table = pa.table({"unit": olds, "people": people})
    there = translate(table, "unit", BEFORE, AFTER, measures=["people"], plan=of).table
    back = translate(there.select(["unit", "people"]), "unit", AFTER, BEFORE, measures=["people"], plan=of).table
    assert back.select(["unit", "people"]).equals(table)
    assert not any(back["estimated"].to_pylist())


def test_a_split_goes_by_the_weight_and_is_marked():
    table = pa.table({"unit": ["001", "002"], "people": [7, 10], "name": ["a", "b"]})
    done = translate(table, "unit", BEFORE, AFTER, measures=["people"], plan=one_split())
    assert done.table.to_pylist() == [
        {"unit": "002", "people": 7, "name": "a", "unit_former": "001", "share": 1.0, "estimated": False},
        {"unit": "002", "people": 7, "name": "b", "unit_former": "002", "share": 0.7, "estimated": True},
        {"unit": "003", "people": 3, "name": "b", "unit_former": "002", "share": 0.3, "estimated": True},
    ]
    assert (done.report.units_whole, done.report.units_split, done.report.rows_estimated) == (1, 1, 2)
    assert [(t.before, t.after) for t in done.report.totals] == [(17, 17)]
    by_area = translate(table, "unit", BEFORE, AFTER, "area", ["people"], plan=one_split()).table
    assert by_area["people"].to_pylist() == [7, 3, 7]  # 2.5 and 7.5: of equal remainders the first part gets the unit


def test_the_same_day_and_the_same_era_change_nothing():
    table = pa.table({"unit": ["004", "002"], "people": [7, 10]})
    for day in (BEFORE, STARTS[0]):
        done = translate(table, "unit", BEFORE, day, measures=["people"], plan=one_split())
        assert done.table.select(["unit", "people"]).equals(table)
        assert done.report.crosswalks == ()


def test_back_a_merged_unit_is_parted_by_the_sizes_of_its_former_units():
    of = one_split()
    (units,) = of.codelists.values()
    whole = [e for e in units.entries if e.code != "004"]
    walk = next(iter(of.crosswalks.values()))
    sized = plan(codelist(*whole), crosswalk(AFTER, [p for p in walk.pairs if p.old_code != "004"]))
    table = pa.table({"unit": ["002", "003"], "people": [1350, 150]})
    done = translate(table, "unit", AFTER, BEFORE, measures=["people"], plan=sized).table.to_pylist()
    # 002 holds all 1000 of 001 and 0.7 of the 500 of 002; 003 is all from 002.
    assert [(r["unit"], r["people"], r["estimated"]) for r in done] == [
        ("001", 1000, True),
        ("002", 350, True),
        ("002", 150, False),
    ]
    with pytest.raises(SharesUnknown, match=r"(?s)002 002 of 2010.*Going back.*--weight area is not known either"):
        translate(table, "unit", AFTER, BEFORE, measures=["people"], plan=of)


def test_a_split_of_unknown_weights_is_refused_and_told_which_weight_is_known():
    table = pa.table({"unit": ["004"], "people": [7]})
    with pytest.raises(SharesUnknown, match=r"004 004 of 2000.*Use --weight area, known for all of them") as refused:
        translate(table, "unit", BEFORE, AFTER, measures=["people"], plan=one_split())
    assert refused.value.codes == ("004",)
    equal = translate(table, "unit", BEFORE, AFTER, "equal", ["people"], plan=one_split()).table
    assert equal["people"].to_pylist() == [4, 3]
    assert equal["estimated"].to_pylist() == [True, True]


def test_a_unit_whose_parts_come_together_again_needs_no_weights():
    of = plan(
        codelist(
            entry("001", STARTS[0], BEFORE),
            entry("001", AFTER, date(2019, 12, 31)),
            entry("002", AFTER, date(2019, 12, 31)),
            entry("009", STARTS[2]),
        ),
        crosswalk(AFTER, [pair("001", "001", None, None, part=True), pair("001", "002", None, None, part=True)]),
        crosswalk(STARTS[2], [pair("001", "009"), pair("002", "009")]),
    )
    done = translate(
        pa.table({"unit": ["001"], "people": [7]}), "unit", BEFORE, STARTS[2], measures=["people"], plan=of
    )
    assert [(r["unit"], r["people"], r["estimated"]) for r in done.table.to_pylist()] == [("009", 7, False)]


def test_every_bad_code_is_told_with_its_rows_and_its_era():
    table = pa.table({"unit": ["001", "003", None, "777", "003", "2"], "people": [1, 2, 3, 4, 5, 6]})
    with pytest.raises(CodesRefused) as refused:
        translate(table, "unit", BEFORE, AFTER, measures=["people"], plan=one_split())
    found = {p.code: (p.kind, p.rows, p.count) for p in refused.value.problems}
    assert found == {
        "003": ("wrong-era", (2, 5), 2),
        None: ("empty", (3,), 1),
        "777": ("unknown", (4,), 1),
        "2": ("unknown", (6,), 1),
    }
    assert "row 2, 5: 003 does not hold on 2009-12-31; it is 003 of 2010 since 2010-01-01." in refused.value.en
    assert "If it is 002 002 of 2000: use --pad 3" in refused.value.en
    assert "dòng 4: '777' không phải mã" in refused.value.vi


def test_bad_codes_are_kept_as_they_came_where_that_is_asked_for():
    table = pa.table({"unit": ["001", "003", None, "777"], "people": [1, 2, 3, 4], "name": ["a", "b", "c", "d"]})
    done = translate(
        table, "unit", BEFORE, AFTER, measures=["people"], name_column="name", keep_unknown=True, plan=one_split()
    )
    assert [(r["unit"], r["unit_former"], r["people"], r["name"], r["problem"]) for r in done.table.to_pylist()] == [
        ("002", "001", 1, "Xã 002 2010", None),
        ("003", "003", 2, "b", "wrong-era"),
        (None, None, 3, "c", "empty"),
        ("777", "777", 4, "d", "unknown"),
    ]
    assert done.report.rows_kept == 3
    assert [(t.before, t.after) for t in done.report.totals] == [(10, 10)]


def test_each_row_may_have_its_own_day():
    table = pa.table(
        {
            "unit": ["002", "002", "002", "003"],
            "people": [10, 10, 10, 10],
            "day": [date(2005, 5, 5), date(2015, 5, 5), None, date(2005, 5, 5)],
        }
    )
    with pytest.raises(CodesRefused) as refused:
        translate(table, "unit", None, AFTER, measures=["people"], from_column="day", plan=one_split())
    assert [(p.kind, p.rows) for p in refused.value.problems] == [("no-date", (3,)), ("wrong-era", (4,))]
    done = translate(table.slice(0, 2), "unit", None, AFTER, measures=["people"], from_column="day", plan=one_split())
    assert [(r["unit"], r["people"]) for r in done.table.to_pylist()] == [("002", 7), ("003", 3), ("002", 10)]


def test_an_instant_counts_as_the_day_it_is_in_ha_noi():
    late = datetime(2009, 12, 31, 17, 0, tzinfo=UTC)  # midnight in Hà Nội: the new era
    table = pa.table({"unit": ["003", "002"], "people": [1, 10], "at": [late, late - timedelta(seconds=1)]})
    done = translate(table, "unit", None, AFTER, measures=["people"], from_column="at", plan=one_split())
    assert [(r["unit"], r["people"]) for r in done.table.to_pylist()] == [("003", 1), ("002", 7), ("003", 3)]
    assert done.table.schema.field("at").type.tz is not None


@pytest.mark.parametrize(
    ("name", "values", "doubt"),
    [
        ("poverty_rate", [120, 130], "its name"),
        ("Tỷ lệ hộ nghèo", [1200.0, 1300.0], "its name"),
        ("latitude", [21.5, 1000.0], "its name"),
        ("maHoSo", [123456, 234567], "its name"),
        ("internet", [85.5, 91.0], "percentages"),
        ("founded", [1954, 2008], "years"),
    ],
)
def test_what_may_not_be_a_quantity_is_never_shared_out_unasked(name: str, values: list[float], doubt: str):
    table = pa.table({"unit": ["001", "002"], "people": [5000, 6000], name: values})
    with pytest.raises(MeasuresUnclear, match=doubt) as refused:
        translate(table, "unit", BEFORE, AFTER, plan=one_split())
    assert list(refused.value.columns) == [name]
    assert "--measure people" in refused.value.en
    done = translate(table, "unit", BEFORE, AFTER, measures=["people"], plan=one_split())
    assert done.table[name].to_pylist() == [values[0], values[1], values[1]]
    assert done.report.copied == (name,)


def test_quantities_without_doubt_need_no_naming():
    table = pa.table({"unit": ["002"], "dan_so": [5000], "dien_tich_km2": [2.5], "births": [90]})
    done = translate(table, "unit", BEFORE, AFTER, plan=one_split())
    assert [t.measure for t in done.report.totals] == ["dan_so", "dien_tich_km2", "births"]


def test_without_measures_the_report_says_that_rows_stand_several_times():
    done = translate(pa.table({"unit": ["002"], "school": ["Chu Văn An"]}), "unit", BEFORE, AFTER, plan=one_split())
    assert done.table.num_rows == 2
    assert any("share sums to 1" in en for _, en in done.report.lines())


def test_zeros_that_a_spreadsheet_lost_come_back_only_when_asked():
    table = pa.table({"unit": [1.0, 2.0], "people": [7, 10]})
    with pytest.raises(TableRefused, match="--pad 5"):
        translate(table, "unit", BEFORE, AFTER, measures=["people"], plan=one_split())
    done = translate(table, "unit", BEFORE, AFTER, measures=["people"], pad=3, plan=one_split())
    assert done.table["unit_former"].to_pylist() == ["001", "002", "002"]
    assert done.report.rows_padded == 2
    assert done.table["unit"].to_pylist() == ["002", "002", "003"]


def test_infinite_and_missing_amounts_stay_what_they_are():
    table = pa.table({"unit": ["002", "002", "001"], "tonnes": [float("inf"), None, float("nan")]})
    moved = translate(table, "unit", BEFORE, AFTER, measures=["tonnes"], plan=one_split())
    json.dumps(moved.report.to_json(), allow_nan=False)
    done = moved.table["tonnes"].to_pylist()
    assert done[:4] == [float("inf"), float("inf"), None, None]
    assert done[4] != done[4]


def test_amounts_beyond_128_bits_are_refused_and_large_ones_are_exact():
    of = one_split()
    most = Decimal("9" * 37)
    large = pa.table({"unit": ["002"], "vnd": pa.array([most], pa.decimal128(38, 0))})
    parts = translate(large, "unit", BEFORE, AFTER, measures=["vnd"], plan=of).table["vnd"].to_pylist()
    assert sum(map(int, parts)) == int(most)
    beyond = pa.table({"unit": ["002"], "vnd": pa.array([Decimal("9" * 38)], pa.decimal128(38, 0))})
    with pytest.raises(TableRefused, match="too large"):
        translate(beyond, "unit", BEFORE, AFTER, measures=["vnd"], plan=of)


@pytest.mark.parametrize(
    ("table", "asked", "told"),
    [
        ({"unit": ["001"], "a": [1], "A": [2]}, {}, "same name"),
        ({"unit": ["001"], "share": [1]}, {}, "share"),
        ({"code": ["001"]}, {}, "no column 'unit'"),
        ({"unit": ["001"], "n": ["1,5"]}, {"measures": ["n"]}, "row 1 has '1,5'"),
        ({"unit": ["001"]}, {"measures": ["people"]}, "no column 'people'"),
        ({"unit": [date(2000, 1, 1)]}, {}, "text is needed"),
        ({"unit": ["001"]}, {"weight": "people"}, "allowed: area, population, equal"),
        ({"unit": ["001"]}, {"from_column": "unit"}, "Exactly one"),
    ],
)
def test_tables_that_cannot_be_moved_say_why(table: dict[str, Any], asked: dict[str, Any], told: str):
    with pytest.raises(TableRefused, match=told):
        translate(pa.table(table), "unit", BEFORE, AFTER, plan=one_split(), **asked)


def test_days_and_ways_that_no_crosswalk_covers_are_refused():
    of = one_split()
    table = pa.table({"unit": ["001"]})
    with pytest.raises(DayOutside, match="its first day is 2000-01-01"):
        translate(table, "unit", date(1999, 1, 1), AFTER, plan=of)
    (units,) = of.codelists.values()
    bare = plan(units)
    with pytest.raises(NoWay, match="No crosswalk says what 001"):
        translate(table, "unit", BEFORE, AFTER, plan=bare, codelist=units.codelist)


def test_successors_stand_in_where_there_is_no_crosswalk():
    of = plan(
        codelist(
            entry("001", STARTS[0]),
            entry("002", STARTS[0], BEFORE, successor="001"),
            entry("003", STARTS[0], BEFORE, vi="Huế", successor="003"),
            entry("003", AFTER, vi="Thành phố Huế"),
        )
    )
    (units,) = of.codelists
    table = pa.table({"unit": ["001", "002", "003"], "people": [5, 6, 7]})
    done = translate(table, "unit", BEFORE, AFTER, measures=["people"], plan=of, codelist=units).table
    assert done["unit"].to_pylist() == ["001", "001", "003"]
    with pytest.raises(SharesUnknown, match="001"):  # it took 002 in, so going back it must be parted
        translate(done.select(["unit"]), "unit", AFTER, BEFORE, plan=of, codelist=units)


def test_a_table_without_rows_gives_one_without_rows():
    table = pa.table({"unit": pa.array([], pa.string()), "people": pa.array([], pa.int64())})
    for total in (False, True):
        done = translate(table, "unit", BEFORE, AFTER, total=total, plan=one_split(), codelist="made-up-units")
        assert done.table.num_rows == 0
        assert done.table.schema.field("people").type == pa.int64()


def test_names_of_columns_may_be_anything():
    table = pa.table({'mã "xã"': ["002"], "select": [5000], "p": ["x"], "n": [7000]})
    done = translate(table, 'mã "xã"', BEFORE, AFTER, measures=["select", "n"], plan=one_split()).table
    assert done["select"].to_pylist() == [3500, 1500]
    assert done['mã "xã"_former'].to_pylist() == ["002", "002"]


def test_a_duckdb_relation_comes_in_too():
    with duckdb.connect() as db:
        relation = db.sql("SELECT '002' AS unit, 10::HUGEINT AS people")
        done = translate(relation, "unit", BEFORE, AFTER, measures=["people"], plan=one_split())
    assert done.table["people"].to_pylist() == [Decimal(7), Decimal(3)]
