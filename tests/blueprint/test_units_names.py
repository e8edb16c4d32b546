"""A name is judged alike in DuckDB and in Python, and the verdict knows the era."""

import sys
import unicodedata
from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import CodeList, blueprint
from blueprint.units import explain, name_holds, name_holds_sql
from blueprint.units.names import TONES, fold, fold_sql
from tests.blueprint.units_builders import STARTS, codelist, entry

JUNE, JULY = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture(scope="module")
def wards() -> CodeList:
    return blueprint().codelist("ha-noi-wards")


@pytest.mark.parametrize(
    ("code", "name", "day", "holds"),
    [
        ("00004", "Phường Trúc Bạch", JUNE, True),
        ("00004", "Phường Trúc Bạch", JULY, False),
        ("00004", "Phường Ba Đình", JUNE, False),
        ("00004", "Phường Ba Đình", JULY, True),
        ("00004", " ba đình ", JULY, True),
        ("00004", "P. BA  ĐÌNH", JULY, True),
        ("00004", "P.Ba Đình", JULY, True),
        ("00004", "Xã Ba Đình", JULY, False),
        ("00004", "Ba Dinh", JULY, False),
        ("00175", "Phường Yên Hoà", JULY, True),
        ("00175", unicodedata.normalize("NFD", "phường yên hòa"), JULY, True),
        ("00004", "", JULY, False),
        ("99999", "Phường Ba Đình", JULY, False),
        ("00004", "Phường Ba Đình", None, False),
        (None, "Phường Ba Đình", JULY, None),
        ("00004", None, JULY, None),
    ],
)
def test_a_name_holds_on_its_days(wards: CodeList, code: str, name: str, day: date, holds: bool | None):
    assert name_holds(wards, code, name, day) is holds
    with duckdb.connect() as db:
        sql = name_holds_sql(wards, "$1::VARCHAR", "$2::VARCHAR", "$3::DATE")
        assert db.execute(f"SELECT {sql}", [code, name, day]).fetchone() == (holds,)


def _written(name: str) -> st.SearchStrategy[str]:
    """Ways in which people write a name, and ways in which they get it wrong."""
    newer = name
    for new, old in TONES:
        newer = newer.replace(old, new)
    kind, _, short = name.partition(" ")
    forms = [
        name,
        newer,
        short,
        name.upper(),
        name.lower(),
        f"{kind[0]}. {short}",
        f" {name}\u00a0",
        name + "x",
        short.upper(),
    ]
    return st.sampled_from([*forms, *(unicodedata.normalize("NFD", f) for f in forms)])


def test_both_agree_on_names_written_in_any_way(wards: CodeList):
    sql = name_holds_sql(wards, "code", "name", "day")
    seen: set[bool | None] = set()
    with duckdb.connect() as db:

        @settings(max_examples=40, deadline=None)
        @given(st.data())
        def agree(data: st.DataObject):
            rows = []
            for _ in range(20):
                one = data.draw(st.sampled_from(wards.entries))
                name = data.draw(_written(one.vi) | st.text(max_size=8))
                code = data.draw(st.sampled_from([one.code, "00004", None]))
                rows.append((code, name, data.draw(st.sampled_from([JUNE, JULY, date(2019, 5, 1), None]))))
            code, name, day = (list(c) for c in zip(*rows, strict=True))
            table = pa.table(
                {
                    "code": pa.array(code, pa.string()),
                    "name": pa.array(name, pa.string()),
                    "day": pa.array(day, pa.date32()),
                }
            )
            db.register("rows", table)
            found = [row[0] for row in db.execute(f"SELECT {sql} FROM rows").fetchall()]
            expected = [name_holds(wards, *row) for row in rows]
            assert found == expected
            seen.update(expected)

        agree()
    assert seen == {True, False, None}


def test_every_letter_is_folded_alike_where_it_could_matter():
    letters = [chr(i) for i in range(1, sys.maxunicode + 1) if not 0xD800 <= i <= 0xDFFF]
    names = pa.table({"name": [f"a{letter}b" for letter in letters]})
    with duckdb.connect() as db:
        db.register("names", names)
        found = [row[0] for row in db.execute(f"SELECT {fold_sql('name')} FROM names").fetchall()]
    different = [letter for letter, sql in zip(letters, found, strict=True) if fold(f"a{letter}b") != sql]
    assert different == []


def test_a_fixed_day_needs_no_date_in_the_row(wards: CodeList):
    with duckdb.connect() as db:
        for day, holds in ((JUNE, False), (JULY, True), (date(1900, 1, 1), False)):
            sql = name_holds_sql(wards, "'00004'", "'BA ĐÌNH'", day)
            assert db.execute(f"SELECT {sql}").fetchone() == (holds,)
            assert name_holds(wards, "00004", "BA ĐÌNH", day) is holds


def test_the_explanation_says_where_the_name_belongs(wards: CodeList):
    vi, en = explain(wards, "00004", "Phường Ba Đình", date(2024, 5, 1))
    assert en == "00004 on 2024-05-01 is Phường Trúc Bạch; Phường Ba Đình is its name since 2025-07-01."
    assert vi == "00004 ngày 2024-05-01 là Phường Trúc Bạch; Phường Ba Đình là tên của mã này từ 2025-07-01."
    assert "Phường Hồng Hà has the code 00097 on that day" in explain(wards, "00004", "Hồng Hà", JULY)[1]
    assert "Phường Phúc Xá has the code 00001 from" in explain(wards, "00004", "Phúc Xá", JULY)[1]
    assert "'Nowhere' is not in the list" in explain(wards, "00004", "Nowhere", JULY)[1]
    assert explain(wards, "00001", "Phúc Xá", JULY)[1].startswith(
        "00001 does not hold on 2025-07-01; Phường Phúc Xá is"
    )
    assert explain(wards, "00004", "ba đình", JULY)[1] == "00004 on 2025-07-01 is Phường Ba Đình."


def test_of_the_codes_of_july_2025_most_bore_another_name_the_day_before(wards: CodeList):
    present = [e for e in wards.entries if e.holds_on(JULY)]
    renamed = [e for e in present if name_holds(wards, e.code, e.vi, JUNE) is False]
    assert len(present) == 126
    assert len(renamed) == 103


def test_an_alias_in_the_list_is_a_name_too():
    units = codelist(entry("001", STARTS[0], vi="Thị trấn Kim Bài", name="Kim Bài cũ"))
    assert name_holds(units, "001", "TT. Kim Bài", STARTS[0])
    assert name_holds(units, "001", "KIM BÀI CŨ", STARTS[0])
    assert not name_holds(units, "001", "xã kim bài", STARTS[0])
