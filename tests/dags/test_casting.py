"""The quick ways to a type and the careful one give the same value for every text."""

import string
import unicodedata
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blueprint import Column
from dags.sources.blocks import Columns
from dags.sources.rows import Batch
from dags.sources.shapes import shape_of
from dags.sources.tables import _texts, cell_text
from dags.steps.at_once import read_at_once, typed
from dags.steps.casting import _steady, attempt, cast, certain, confirm, sure
from tests.dags.builders import column, concept

_NUMBERS = (
    st.text("0123456789-.", max_size=7)
    | st.text("01.+-eE_", max_size=7)
    | st.text(string.printable.strip(), max_size=7)
)
_EDGES = st.sampled_from(
    [
        "",
        "-",
        ".",
        "+5",
        "+-1",
        "--1",
        "1_000",
        "007",
        "-0",
        "5.",
        ".5",
        "5.00",
        "0x1F",
        "inf",
        "nan",
        "1e400",
        "1e3",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "2147483648",
        "1,5",
        "12 %",
        "1" * 400,
    ]
)
_CLOCK = st.from_regex(r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-7][0-9]:[0-7][0-9]", fullmatch=True)
_TIMES = (
    st.datetimes().map(lambda t: t.isoformat(" ", "seconds"))
    | _CLOCK
    | st.sampled_from(
        [
            "",
            "2025-01-01",
            "2025-01-01T00:00:00",
            "2025-01-01T00:00:00Z",
            "2025-01-01 00:00:00+07",
            "2025-01-01 00:00:00.5",
            "2025-1-1 00:00:00",
            "2025/01/01 00:00:00",
            "2025-02-29 00:00:00",
            "2024-12-31 24:00:00",
            "2025-01-01 00:00",
            "epoch",
            "infinity",
            "0000-01-01 00:00:00",
            "2025-01-01 00:00:60",
            "1975-06-13 00:30:00",
            "1943-01-01 00:00:00",
        ]
    )
)


_ALIKE = st.builds(
    lambda texts, t, z: [text.replace(" ", t) + z for text in texts],
    st.lists(_CLOCK, min_size=1, max_size=40),
    st.sampled_from(" T"),
    st.sampled_from(["", "Z"]),
)


def values(kind: str, texts: Sequence[str], **more: Any) -> None:
    declared, meaning = Column.model_validate(column("x", "x", **more)), concept("x", kind)
    texts = [t for t in texts if t == t.strip()] or ["1"]
    shape = shape_of(pa.array(texts, pa.string()))
    tried = attempt(declared, meaning)
    assert tried is not None
    ways = {"careful": cast(declared, meaning), "checked": confirm(declared, meaning, "tried")}
    if shape is not None and sure(declared, meaning, shape):
        ways["sure"] = certain(declared, meaning, "tried", shape)
    at_once = typed(declared, meaning, shape, pa.array(texts, pa.string())) if "sure" in ways else None
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute("CREATE TABLE t (x VARCHAR)")
        db.executemany("INSERT INTO t VALUES (?)", [[t] for t in texts])
        query = ", ".join(f"CAST({sql} AS VARCHAR)" for sql in ways.values())
        rows = db.execute(f"SELECT x, {query} FROM (SELECT x, {tried} AS tried FROM t)").fetchall()
        if at_once is not None:
            db.register("whole", pa.table({"x": at_once}))
            said = [text for (text,) in db.execute("SELECT CAST(x AS VARCHAR) FROM whole").fetchall()]
            assert said == [careful for _, careful, *_ in rows], (kind, texts)
    for text, careful, *others in rows:
        assert set(others) == {careful}, (kind, text)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(_NUMBERS | _EDGES, min_size=1, max_size=40)
    | st.lists(st.text("0123456789-.", max_size=6), min_size=1, max_size=40)
)
@pytest.mark.parametrize("kind", ["integer", "int32", "double", "float"])
def test_numbers(kind: str, texts: list[str]) -> None:
    values(kind, texts)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(_TIMES, min_size=1, max_size=40) | _ALIKE)
@pytest.mark.parametrize("kind", ["timestamp", "timestamp_local", "date"])
def test_times(kind: str, texts: list[str]) -> None:
    values(kind, texts)


@pytest.mark.parametrize(
    ("kind", "texts", "read"),
    [
        ("integer", ["1", "-", "", "30"], [1, None, None, 30]),
        ("double", ["1.5", "-", ".5"], [1.5, None, 0.5]),
        ("string", ["a", "-", ""], ["a", None, None]),
        ("integer", ["1", "1-"], None),
        ("double", ["1", "."], None),
        ("double", ["1", "9" * 400], None),
        ("integer", ["9223372036854775808"], None),
        ("timestamp_local", ["2025-02-28 07:00:00", "2025-02-30 07:00:00"], None),
        ("timestamp", ["1944-12-31 07:00:00"], None),
        ("decimal", ["1.5"], None),
    ],
)
def test_a_column_is_read_at_once_or_not_at_all(kind: str, texts: list[str], read: list[Any] | None) -> None:
    declared, meaning = Column.model_validate(column("x", "x")), concept("x", kind)
    came = pa.array(texts, pa.string())
    shape = shape_of(came)
    assert shape is not None
    block = Columns(np.arange(len(texts)), [came])
    batch = Batch("f.csv", "", 0, 0, block, None, {"x": came}, {}, {"x": shape}, frozenset({"", "-"}))
    values = read_at_once(declared, meaning, batch)
    assert (values if values is None else values.to_pylist()) == read


def test_a_format_that_comes_first_is_not_overtaken() -> None:
    declared = Column.model_validate(column("x", "x", date_formats=("%Y-%d-%m %H:%M:%S", "%Y-%m-%d %H:%M:%S")))
    assert attempt(declared, concept("x", "timestamp")) is None


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "Asia/Tokyo", "Europe/Paris", "UTC"])
def test_zones_without_changes_are_told_from_others(zone: str) -> None:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        offsets = db.execute(
            "SELECT DISTINCT epoch_us(t) - epoch_us(timezone(?, t)) FROM range(TIMESTAMP '1990-01-01', TIMESTAMP '2037-01-01', INTERVAL 1 DAY) r(t)",
            [zone],
        ).fetchall()
    steady = _steady(zone)
    assert (steady is None) == (len(offsets) > 1)
    if steady is not None:
        assert offsets == [(steady.total_seconds() * 1e6,)]


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(st.text(max_size=8) | st.text("0123456789.- :", max_size=19) | _CLOCK, min_size=1, max_size=8))
def test_a_shape_says_only_what_is_true(texts: list[str]) -> None:
    shape = shape_of(pa.array(texts, pa.string()))
    if shape is None:
        return
    assert [unicodedata.normalize("NFC", t).strip() for t in texts] == texts
    assert all(shape.may_be(t) for t in texts)
    assert shape.shortest == min(len(t) for t in texts)


@settings(max_examples=200, deadline=None)
@given(
    cells=st.lists(st.floats(), min_size=1, max_size=8)
    | st.lists(st.integers(-(10**6), 10**6).map(lambda n: n / 100), min_size=1)
)
@example([10000000000.5])
@example([9999999999.5])
@example([1e15, 0.5])
def test_columns_of_numbers_are_written_as_their_cells_are(cells: list[float]) -> None:
    assert _texts(cells, set(map(type, cells))).to_pylist() == [cell_text(c) for c in cells]
