"""Full text and SQL of `hanoi_datastore`, on files, without CKAN."""

import doctest
import importlib
import re
import sys
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "catalog/ckanext-hanoi"))

from ckanext.hanoi_datastore import engine, fulltext, held, sandbox, statement, words
from ckanext.hanoi_datastore.table import Table, shape
from ckanext.hanoi_search.text import fold

PIECES = [
    "Không",
    "khí",
    "khi",
    "Đống",
    "Đa",
    "đã",
    "HÀ",
    "nội",
    "bus",
    "QCVN-05:2023",
    "(mới)",
    "ong",
    "ống",
    "x",
    "0",
    "05",
]
NFD = [unicodedata.normalize("NFD", piece) for piece in PIECES]


@pytest.mark.parametrize("name", ["engine", "statement", "table", "words"])
def test_examples_run(name):
    module = importlib.import_module(f"ckanext.hanoi_datastore.{name}")
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


def written(folder: Path, select: str, name: str = "1-00000000") -> Table:
    """Return the table of a SELECT, written where published files are."""
    path = folder / "published" / "sample" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return Table(path, *shape(str(path), path.stat().st_mtime_ns), "sample", name)


def found(table: Table, query: words.Query, column: str | None = None) -> dict[int, int]:
    """Return the places of the rows that fit, with how often they have a term."""
    return dict(
        engine.fetch(table.cursor(CACHES.get(table.held)), fulltext.hits(table, fulltext.Search(query, column)))
    )


CACHES: dict[str, Path] = {}


def as_held(table: Table, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Return the table as it is held, however small it is."""
    monkeypatch.setattr(held, "FROM_ROWS", 1)
    assert held.make(held.place(folder, table), table)
    known = held.held(table.cursor(folder), table, folder)
    assert known.held
    CACHES[known.held] = folder
    return known


@given(st.lists(st.lists(st.sampled_from(PIECES + NFD), max_size=5), min_size=1, max_size=12), st.data())
@settings(max_examples=12, deadline=None)
def test_index_text_and_a_plain_reading_of_the_rows_agree(tmp_path_factory, rows, data):
    folder = tmp_path_factory.mktemp("words")
    values = ", ".join(f"('{' '.join(row)}', '{row[0] if row else ''}')" for row in rows)
    table = written(folder, f"SELECT * FROM (VALUES {values}) AS t(name, first)")
    with pytest.MonkeyPatch.context() as patched:
        known = as_held(table, folder / "tables", patched)
    asked = data.draw(
        st.lists(
            st.sampled_from(["khong", "KHÍ", "da", "Đa", "ong", "ống", "qcvn", "05", "ha nội"]), min_size=1, max_size=3
        )
    )
    query = words.plain(" ".join(asked))
    oracle = {
        place
        for place, row in enumerate(rows)
        if set(re.findall(r"[^\W_]+", fold(" ".join(asked)))) <= set(re.findall(r"[^\W_]+", fold(" ".join(row))))
    }
    by_text, by_index = found(table, query), found(known, query)
    assert set(by_text) == oracle
    assert by_index == by_text
    begun = words.operators(f"{fold(asked[0]).split()[0][:2]}:*")
    assert found(known, begun) == found(table, begun)


@pytest.mark.parametrize(
    ("query", "places"),
    [("khong & khi", {0, 1}), ("khong | dat", {0, 1, 2}), ("!khong", {2, 3}), ("(khong & !ha) | dat", {1, 2}), ("kho:*", {0, 1}),
     ("'không khí'", {0, 1}), ("khong <-> khi", {0, 1}), ("khi <-> khong", set()), ("kh_ng_kh_:*", {0, 1}), ("_ng:*", {3}),
     ("dong da", {3}), ("2026-11-22", {1}), ("2026", {0, 1, 2, 3}), ("21.5", {2}), ("7", {3}), ("007", {0}), ("true", {0, 2})],
)  # fmt: skip
def test_operators_numbers_and_moments(tmp_path, query, places):
    table = written(
        tmp_path,
        """SELECT * FROM (VALUES
            ('Không khí Hà Nội', '007', 1.0, DATE '2026-01-01', true), ('không khí ở Huế', 'b', 2.0, DATE '2026-11-22', false),
            ('Đất', 'c', 21.5, DATE '2026-03-01', true), ('phường Đống Đa', 'd', 7.0, DATE '2026-01-01', false)
        ) AS t(name, code, amount, day, checked)""",
    )
    assert set(found(table, words.operators(query))) == places


@pytest.mark.parametrize("query", ["khong &", "(khong", "khong)", "| khi", "!", "a & | b", "a <-> ", "(" * 500])
def test_a_query_that_makes_no_sense_is_refused(query):
    with pytest.raises(words.BadQuery):
        words.operators(query)


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_can_be_looked_for(tmp_path_factory, text):
    query = words.plain(text)
    try:
        queries = [query, words.operators(text)]
    except words.BadQuery:
        queries = [query]
    for each in queries:
        for term in each.terms:
            duckdb.execute("SELECT regexp_matches('x', $pattern)", {"pattern": term.pattern}).fetchall()


def test_what_is_held_is_private_the_rows_of_the_file_and_replaces_the_version_before(tmp_path, monkeypatch):
    folder = tmp_path / "tables"
    old = written(tmp_path, "SELECT 'a' AS name", "1-00000000")
    assert held.make(held.place(folder, old), old)
    table = written(
        tmp_path, "SELECT i AS number, 'tên ' || i AS name FROM range(5000) t(i) ORDER BY hash(i)", "2-11111111"
    )
    known = as_held(table, folder, monkeypatch)
    path = held.place(folder, table)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    rows = [
        engine.fetch(each.cursor(folder), f"SELECT * FROM {each.relation} ORDER BY file_row_number")
        for each in (table, known)
    ]
    by_name = [sorted(row, key=str) for row in rows[0][:3]], [sorted(row, key=str) for row in rows[1][:3]]
    assert by_name[0] == by_name[1]
    (path.parent / f".{path.name}.claim").touch()
    assert not held.make(path, table), "another process is at it"


def test_a_small_table_is_not_held_and_a_large_one_is_from_its_first_call(tmp_path):
    folder = tmp_path / "tables"
    small = written(tmp_path, "SELECT 'a' AS name", "1-00000000")
    assert held.held(small.cursor(folder), small, folder) is small
    large = written(tmp_path, f"SELECT 'tên ' || i AS name FROM range({held.FROM_ROWS}) t(i)", "2-11111111")
    assert held.held(large.cursor(), large, None) is large
    assert held.held(large.cursor(folder), large, folder) is large
    end = time.monotonic() + 60
    while not (path := held.place(folder, large)).exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    known = held.held(large.cursor(folder), large, folder)
    CACHES[known.held] = folder
    assert set(found(known, words.plain("ten 4711"))) == {4711}
    path.write_bytes(b"spoilt")
    other = replace(large, version="2-22222222")
    held.place(folder, other).write_bytes(b"spoilt")
    assert held.held(large.cursor(folder), other, folder) is other
    assert not held.place(folder, other).exists(), "it is made again at the next call"


def test_the_connection_reads_published_files_only(tmp_path):
    table = written(tmp_path, "SELECT 1 AS a")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    cursor = table.cursor()
    assert engine.fetch(cursor, f"SELECT a FROM {table.relation}") == [(1,)]
    for attack in (
        f"SELECT * FROM read_csv('{tmp_path}/secret.csv')", f"SELECT * FROM read_text('{table.path.parents[1]}/../secret.csv')",
        "SELECT * FROM read_text('/etc/hostname')", f"COPY (SELECT 1) TO '{tmp_path}/out.csv'", "SET threads = 8",
        "SET enable_external_access = true", "INSTALL httpfs", f"ATTACH '{tmp_path}/x.duckdb'",
    ):  # fmt: skip
        with pytest.raises(duckdb.Error):
            cursor.execute(attack)


def test_a_statement_that_takes_too_long_is_ended(tmp_path):
    cursor = written(tmp_path, "SELECT 1 AS a").cursor()
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range % 11"
    with pytest.raises(engine.TookTooLong), engine.deadline(cursor, 0.2):
        cursor.execute(endless)
    assert engine.fetch(cursor, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("sql", "what"),
    [("SELECT * FROM read_csv('/etc/passwd')", "table_function"), ("SELECT * FROM range(10)", "table_function"),
     ("SELECT getenv('HOME')", "getenv"), ("SELECT current_setting('threads')", "current_setting"),
     ("SELECT repeat('x', 1000000000)", "repeat"), ("SELECT * FROM information_schema.tables", "information_schema.tables"),
     ("SELECT * FROM duckdb_settings()", "table_function"), ("DESCRIBE t", "show_ref"), ("SHOW TABLES", "show_ref"),
     ("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT * FROM n", "recursive_cte_node"),
     ("SELECT list_transform([1], x -> x)", "lambda"), ("SELECT system.main.getenv('HOME')", "main.getenv"),
     ("SELECT * FROM t WHERE a IN (SELECT read_text FROM read_text('/etc/passwd'))", "table_function"),
     ("SELECT * FROM query('SELECT 1')", "table_function"), ("SELECT $1", "parameter")],
)  # fmt: skip
def test_what_a_statement_may_not_use_is_found(sql, what):
    assert any(what in name for name in statement.read(sql).not_allowed({"lower"}))


@pytest.mark.parametrize(
    "sql",
    ["DROP TABLE t", "SELECT 1; SELECT 2", "COPY t TO 'x'", "ATTACH 'x'", "SET threads = 1", "", "PRAGMA version"],
)
def test_only_one_select_is_a_statement(sql):
    with pytest.raises(statement.NotOneSelect):
        statement.read(sql)


def test_a_statement_runs_on_its_tables_in_a_process_of_its_own(tmp_path):
    table = written(
        tmp_path, "SELECT i AS a, 'Đống Đa' AS name, TIMESTAMPTZ '2026-11-22 01:00:00+00' AS since FROM range(10) t(i)"
    )

    def answer(sql: str, most: int = 5) -> dict:
        return sandbox.run(statement.read(sql).tree, {"t": table}, most, True)

    assert answer('SELECT _id, a, since FROM "t" WHERE a = 3 -- ) ; DROP')["records"] == [
        {"_id": 4, "a": 3, "since": "2026-11-22T01:00:00+00:00"}
    ]
    many = answer('SELECT * FROM public."t" ORDER BY a DESC')
    assert (len(many["records"]), many["records_truncated"], many["fields"][1]) == (
        5,
        True,
        {"id": "a", "type": "int8"},
    )
    with pytest.raises(sandbox.Failed, match="nowhere"):
        answer("SELECT nowhere FROM t")
    grown = "SELECT 'xxxxxxxxxxxxxxxx' AS x FROM t"
    for _ in range(9):
        grown = f"SELECT x || x || x || x || x || x || x || x AS x FROM ({grown})"
    with pytest.raises((sandbox.TooBig, sandbox.Failed)):
        answer(grown)
