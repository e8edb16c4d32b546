"""Codes of Hà Nội's units read as of a day, and the tables and macros by which DuckDB and others read them."""

import hashlib
from datetime import date
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from blueprint import blueprint
from blueprint.units import eras, export, register, translate, unit_lists
from blueprint.units.errors import DateNeeded, DayOutside, NoSuchUnit, SharesUnknown
from blueprint.units.files import read
from tests.blueprint.units_builders import STARTS, one_split

JUNE, JULY = date(2025, 6, 30), date(2025, 7, 1)
ERAS = ((date(2019, 6, 1), 584), (date(2024, 6, 1), 579), (date(2025, 3, 1), 526), (JULY, 126))


@pytest.mark.parametrize(("day", "count"), ERAS)
def test_every_era_has_its_units(day: date, count: int):
    assert len(eras().units(day)) == count


def test_a_code_is_read_as_of_a_day_and_only_so():
    wards = eras()
    assert wards.lookup("00004", JUNE).vi == "Phường Trúc Bạch"
    assert wards.lookup("00004", JULY).vi == "Phường Ba Đình"
    with pytest.raises(DateNeeded, match="means something only with a date"):
        wards.lookup("00004", None)
    with pytest.raises(NoSuchUnit, match=r"00001 does not hold on 2025-07-01; it is .* to 2025-06-30"):
        wards.lookup("00001", JULY)
    with pytest.raises(NoSuchUnit, match="in no era"):
        wards.lookup("4", JULY)
    with pytest.raises(DayOutside):
        wards.units(date(1900, 1, 1))


def test_the_history_of_a_unit_goes_both_ways():
    wards = eras()
    former = wards.history("00007", JUNE)
    assert {(link.new.code, link.relation) for link in former.became} == {("00008", "partial"), ("00025", "partial")}
    present = wards.history("00004", JULY)
    assert {"00004", "00013", "00016"} <= {link.old.code for link in present.made_from}
    assert [e.vi for e in present.bearers] == ["Phường Trúc Bạch", "Phường Ba Đình"]
    assert present.became == ()


@pytest.mark.parametrize("weight", ["population", "area"])
@pytest.mark.parametrize("start", [day for day, _ in ERAS[:3]])
def test_every_former_unit_goes_somewhere_and_all_of_it(start: date, weight: str):
    wards = eras()
    found = wards.parts([e.code for e in wards.units(start)], start, JULY, weight)  # type: ignore[arg-type]
    assert all(sum((p.share for p in parts), Fraction(0)) == 1 for parts in found.values())
    assert {p.code for parts in found.values() for p in parts} == {e.code for e in wards.units(JULY)}


def test_a_ward_table_of_every_era_keeps_its_totals():
    wards = eras()
    for day, count in ERAS[:3]:
        units = wards.units(day)
        table = pa.table({"ward": [e.code for e in units], "n": [1000 + i * 37 for i in range(count)]})
        for weight in ("population", "area"):
            done = translate(table, "ward", day, JULY, weight, total=True)
            assert done.table.num_rows == 126
            assert [t.before for t in done.report.totals] == [t.after for t in done.report.totals]


@pytest.mark.real_data
def test_the_figures_of_the_126_are_not_parted_by_guess_but_their_sum_stays_where_equal_parts_are_asked_for(
    real_data: Path,
):
    found = read(real_data / "admin/vietnamadminunits/sapnhap.bando.com.vn_ward_2025-07-17.csv")
    with duckdb.connect() as db:
        db.register("units", found.table)
        figures = db.sql("SELECT tenhc, loai, dansonguoi, dientichkm2 FROM units WHERE matinh = '1'").fetchall()
    wards = eras()
    codes = {e.vi.lower(): e.code for e in wards.units(JULY)}
    rows = [(codes[f"{kind} {name}".lower()], int(people), float(area)) for name, kind, people, area in figures]
    assert len(rows) == 126
    assert sum(people for _, people, _ in rows) == 8_811_473
    table = pa.table(
        {"ward": [r[0] for r in rows], "population": [r[1] for r in rows], "area_km2": [r[2] for r in rows]}
    )
    with pytest.raises(SharesUnknown) as refused:
        translate(table, "ward", JULY, JUNE)
    assert len(refused.value.codes) == 126  # each of them was put together from several
    even = translate(table, "ward", JULY, JUNE, "equal", ["population", "area_km2"])
    assert sum(even.table["population"].to_pylist()) == 8_811_473


@pytest.mark.real_data
def test_a_real_table_of_the_526_keeps_its_totals(real_data: Path):
    """The former wards of the conversion table, with how many rows each has there."""
    found = read(real_data / "admin/vietnamadminunits/convert_legacy_2025_simple.csv")
    with duckdb.connect() as db:
        db.register("rows", found.table)
        table = db.sql(
            "SELECT wardCode AS ward, count(*) AS pairs, sum(CAST(newWardLat AS DECIMAL(12,6))) AS weight_sum "
            "FROM rows WHERE province = 'Thành phố Hà Nội' AND wardCode IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).to_arrow_table()
    done = translate(table, "ward", JUNE, JULY, measures=["pairs", "weight_sum"], pad=5)
    assert done.report.rows_in == 526
    assert done.report.rows_padded == 526  # they are written 1.0, 4.0, …
    assert (done.report.units_whole, done.report.units_split) == (327, 199)
    assert {t.measure: t.before == t.after for t in done.report.totals} == {"pairs": True, "weight_sum": True}
    assert done.report.totals[0].before == 794
    assert set(done.table["ward"].to_pylist()) == {e.code for e in eras().units(JULY)}


def test_macros_read_codes_as_of_a_day():
    with duckdb.connect() as db:
        register(db)
        register(db)  # again: what is there is replaced
        assert db.sql("SELECT hanoi_unit_name('00004', DATE '2025-06-30')").fetchone() == ("Phường Trúc Bạch",)
        assert db.sql("SELECT hanoi_unit_name('00004', DATE '2025-07-01')").fetchone() == ("Phường Ba Đình",)
        assert db.sql("SELECT hanoi_unit_holds('00001', DATE '2025-07-01')").fetchone() == (False,)
        assert db.sql("SELECT hanoi_unit_name('00001', DATE '2025-07-01')").fetchone() == (None,)
        by_row = "SELECT hanoi_unit_name(c, d) FROM (VALUES ('00004', DATE '2025-01-01'), ('00004', DATE '2026-01-01')) t(c, d)"
        assert db.sql(by_row).fetchall() == [("Phường Trúc Bạch",), ("Phường Ba Đình",)]
        for day, count in ERAS:
            assert db.execute(f"SELECT count(*) FROM hanoi_units_on(DATE '{day}')").fetchone() == (count,)
        pairs = db.sql(
            "SELECT count(*) FROM hanoi_crosswalk WHERE list = 'ha-noi-wards' AND present = DATE '2025-07-01'"
        )
        assert pairs.fetchone() == (795,)


def test_the_table_macro_agrees_with_translate_and_loses_no_row():
    wards = eras()
    codes = [e.code for e in wards.units(JUNE)]
    table = pa.table({"ward": codes, "people": [float(1000 + i) for i in range(len(codes))]})
    done = translate(table, "ward", JUNE, JULY, measures=["people"]).table
    expected = {(r["ward_former"], r["ward"]): r["people"] for r in done.to_pylist()}
    with duckdb.connect() as db:
        register(db)
        db.register("source", table)
        rows = db.sql(
            "SELECT ward, unit_code, people * share, estimated, problem "
            "FROM hanoi_translate('source', 'ward', DATE '2025-06-30', DATE '2025-07-01')"
        ).fetchall()
        assert {(old, new): pytest.approx(people) for old, new, people, _, _ in rows} == expected
        assert {r[4] for r in rows} == {None}
        db.execute("CREATE TABLE mixed AS FROM (VALUES ('00004'), ('00097'), ('77777'), (NULL), ('00001')) t(ward)")
        told = db.sql(
            "SELECT ward, unit_code, problem FROM hanoi_translate('mixed', 'ward', DATE '2025-07-01', DATE '2025-06-30') "
            "ORDER BY ALL"
        ).fetchall()
    kinds = {(ward, problem) for ward, _, problem in told}
    assert kinds == {
        ("00004", "share-unknown"),
        ("00097", "share-unknown"),
        ("77777", "wrong-era-or-unknown"),
        ("00001", "wrong-era-or-unknown"),
        (None, "empty"),
    }


def test_made_up_units_can_be_registered_as_well():
    with duckdb.connect() as db:
        register(db, one_split())
        db.execute("CREATE TABLE t AS SELECT '002' AS unit, 10 AS people")
        found = db.sql(
            "SELECT unit_code, people * share, estimated FROM hanoi_translate('t', 'unit', DATE '2005-01-01', "
            "DATE '2010-01-01', by_weight := 'area', in_list := 'made-up-units') ORDER BY 1"
        ).fetchall()
    assert found == [("002", 2.5, True), ("003", 7.5, True)]


def test_the_exported_files_are_the_tables_and_the_same_each_time(tmp_path: Path):
    first, second = export(tmp_path / "a"), export(tmp_path / "b")
    assert [p.name for p in first] == ["hanoi_units.parquet", "hanoi_crosswalk.parquet", "hanoi_unit_shares.parquet"]
    for a, b in zip(first, second, strict=True):
        assert hashlib.sha256(a.read_bytes()).digest() == hashlib.sha256(b.read_bytes()).digest()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted(p.name for p in first)
    with duckdb.connect() as db:
        count = db.execute("SELECT count(*) FROM read_parquet(?)", [str(first[0])]).fetchone()
    assert count == (sum(len(blueprint().codelist(n).entries) for n in unit_lists(blueprint())),)


def test_importing_units_loads_no_heavy_library():
    import subprocess
    import sys

    code = "import sys, blueprint.units; print([m for m in ('duckdb', 'pyarrow', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_days_are_those_on_which_something_changes():
    assert eras("made-up-units", one_split()).days == STARTS[:2]
