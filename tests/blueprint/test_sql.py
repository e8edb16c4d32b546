import doctest
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import blueprint.example
import blueprint.sql
import quality.verdict
from blueprint.sql import ident, literal, member, parquet
from blueprint.types import DUCKDB_TYPES

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.parametrize("module", [blueprint.sql, blueprint.example, quality.verdict])
def test_the_examples_in_the_docstrings_run(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@settings(max_examples=60, deadline=None)
@given(names, names)
def test_any_name_and_text_survive_quoting(name, value):
    with duckdb.connect() as db:
        row = db.execute(f"SELECT {ident(name)} FROM (SELECT {literal(value)} AS {ident(name)})").fetchone()
    assert row == (value,)


@pytest.mark.parametrize(
    "value",
    [0, -7, 10**15, True, False, 0.1, 1e-7, -2.5, float("inf"), Decimal("0.100000"), date(2026, 1, 31), None, "a\\'b"],
)
def test_a_literal_is_the_value(value):
    with duckdb.connect() as db:
        sql = f"CAST({literal(value)} AS DOUBLE)" if isinstance(value, float) else literal(value)
        assert db.execute(f"SELECT {sql}").fetchone() == (value,)


def test_an_aware_time_is_one_instant():
    moment = datetime(2026, 1, 31, 8, tzinfo=UTC)
    with duckdb.connect() as db:
        assert db.execute(f"SELECT epoch({literal(moment)})").fetchone() == (moment.timestamp(),)


@pytest.mark.parametrize("wrong", ["", "a\0b"])
def test_what_cannot_be_a_name_is_refused(wrong):
    with pytest.raises(ValueError, match="identifier"):
        ident(wrong)


def test_what_cannot_be_a_literal_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        literal("a\0b")
    with pytest.raises(TypeError, match="bytes"):
        literal(b"x")


@settings(max_examples=30, deadline=None)
@given(st.sets(names, max_size=6), st.one_of(st.none(), names))
def test_member_is_membership_and_never_null(codes, value):
    with duckdb.connect() as db:
        found = db.execute(
            f"SELECT {member('v', codes)} FROM (SELECT CAST({literal(value)} AS VARCHAR) AS v)"
        ).fetchone()
    assert found == (value in codes,)


@pytest.mark.parametrize("name", ["a[1].parquet", "it's *.parquet", "dữ liệu ?.parquet"])
def test_a_parquet_path_is_one_file_whatever_its_name(tmp_path, name):
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT 1 AS x) TO {literal(str(tmp_path / name))} (FORMAT parquet)")
        db.execute(f"COPY (SELECT 2 AS x) TO {literal(str(tmp_path / 'a1.parquet'))} (FORMAT parquet)")
        assert db.execute(f"SELECT x FROM {parquet(tmp_path / name)}").fetchall() == [(1,)]


@pytest.mark.parametrize("kind", DUCKDB_TYPES.values())
def test_types_are_spelled_as_duckdb_spells_them(kind):
    with duckdb.connect() as db:
        assert db.execute(f"DESCRIBE SELECT CAST(NULL AS {kind}) AS x").fetchall()[0][1] == kind
