"""Proofs that a key is unique: never wrong, whatever the rows and their order."""

import math
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.uniqueness import Question, leading_column, proof, repeated, with_priors


@pytest.fixture(scope="module")
def engine():
    made = sa.create_engine("duckdb:///:memory:", poolclass=sa.StaticPool)
    yield made
    made.dispose()


KEYS = st.tuples(
    st.sampled_from([None, "", "a", "A", "á"]),
    st.sampled_from([None, 0.0, -0.0, 1.5, math.nan, math.inf]),
)


def same(value):
    """How DuckDB sees it: all NaN are one value, and so are both zeros."""
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def expected(rows, columns, ignored):
    keys = [tuple(same(row["ab".index(c)]) for c in columns) for row in rows]
    if ignored == "any_value_is_missing":
        keys = [k for k in keys if None not in k]
    elif ignored == "all_values_are_missing":
        keys = [k for k in keys if set(k) != {None}]
    return len(keys) - len(Counter(keys))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(KEYS, max_size=12),
    st.sampled_from([("a",), ("b",), ("a", "b"), ("b", "a")]),
    st.sampled_from(["never", "any_value_is_missing", "all_values_are_missing"]),
    st.booleans(),
)
def test_a_proof_is_right_or_says_that_it_proves_nothing(engine, rows, columns, ignored, ordered):
    if ordered:
        rows = sorted(
            rows, key=lambda row: [(v is None, same(v) == "nan", same(v)) if v is not None else (True,) for v in row]
        )
    question = Question(columns, ignored)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE OR REPLACE TABLE t (a VARCHAR, b DOUBLE)")
        for row in rows:
            connection.exec_driver_sql("INSERT INTO t VALUES (?, ?)", row)
        table, right = sa.table("t"), expected(rows, columns, ignored)
        assert connection.execute(sa.select(repeated(question)).select_from(table)).scalar() == right
        for leading in (None, *columns):
            tried = proof(question, leading)
            found = connection.execute(sa.select(*tried.columns).select_from(with_priors(table, [tried]))).fetchone()
            assert tried.conclude(list(found)) in (None, right)


def test_ascending_rows_are_proven_by_order_and_others_by_hashes(engine):
    question = Question(("a", "b"), "never")
    with engine.connect() as connection:
        for order, leading, proven in (("b, a", "b", True), ("b, a", "a", False), ("hash(b, a)", "b", False)):
            connection.exec_driver_sql(
                "CREATE OR REPLACE TABLE t AS SELECT 's' || (i % 7) AS a, i // 7 AS b FROM range(70) r(i) "
                f"ORDER BY {order}"
            )
            tried = proof(question, leading)
            found = connection.execute(
                sa.select(*tried.columns).select_from(with_priors(sa.table("t"), [tried]))
            ).fetchone()
            assert tried.conclude(list(found)) == (0 if proven else None)
            by_hash = proof(question, None)
            found = connection.execute(sa.select(*by_hash.columns).select_from(sa.table("t"))).fetchone()
            assert by_hash.conclude(list(found)) == 0


@pytest.mark.parametrize(
    ("kind", "order", "leading"),
    [
        ("BIGINT", "a", "a"),
        ("DECIMAL(18,6)", "a", "a"),
        ("TIMESTAMP WITH TIME ZONE", "a", "a"),
        ("DATE", "a", "a"),
        ("BIGINT", "a DESC", None),
        ("BIGINT", "hash(a)", None),
    ],
)
def test_the_leading_column_is_read_from_the_footers(engine, tmp_path: Path, kind, order, leading):
    made = {"TIMESTAMP WITH TIME ZONE": "to_timestamp(i * 3600)", "DATE": "DATE '2026-01-01' + i::INT"}.get(kind, "i")
    path = tmp_path / "x[1].parquet"
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE t AS SELECT CAST({made} AS {kind}) AS a, 'x' AS b FROM range(9000) r(i)")
        db.execute(f"COPY (FROM t ORDER BY {order}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    with engine.connect() as connection:
        assert leading_column(connection, [path], {"a": kind, "b": "VARCHAR"}, ("a",)) == leading
        assert leading_column(connection, [path], {"a": kind}, ("z",)) is None
