"""Parquet: typed values come as the texts that other formats would bring."""

import datetime as dt
import decimal
import io
import os
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dags.sources.formats import parquet
from dags.sources.legacy import encode
from tests.dags.formats.opened import LETTERS, opened, refusal, rows_or_reason

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "20")), deadline=None)
MOMENT = dt.datetime(2025, 1, 31, 7)


def stored(columns: dict[str, Any], **options: Any) -> bytes:
    whole = io.BytesIO()
    pq.write_table(pa.table(columns), whole, **options)
    return whole.getvalue()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None, 2**62]), ["1", "", "4611686018427387904"]),
        (pa.array([2**64 - 1, 0], pa.uint64()), ["18446744073709551615", "0"]),
        (pa.array([0.1, None, float("nan")]), ["0.1", "", "nan"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array([decimal.Decimal("12345678901234567890.10")], pa.decimal128(38, 2)), ["12345678901234567890.10"]),
        (["Hà Nội", None, ""], ["Hà Nội", "", ""]),
        (pa.array(["x", None, "x"], pa.large_string()), ["x", "", "x"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.array([dt.date(2025, 1, 31), None]), ["2025-01-31", ""]),
        (pa.array([MOMENT, None], pa.timestamp("us")), ["2025-01-31 07:00:00", ""]),
        (pa.array([MOMENT.replace(microsecond=120000)], pa.timestamp("ms")), ["2025-01-31 07:00:00.120"]),
        (pa.array([MOMENT], pa.timestamp("ns", "Asia/Ho_Chi_Minh")), ["2025-01-31 07:00:00Z"]),
        (pa.array([dt.time(7, 5)]), ["07:05:00"]),
        ([True, False, None], ["true", "false", ""]),
        (pa.nulls(2), ["", ""]),
    ],
)
def test_values_are_written_as_other_formats_write_them(values: Any, texts: list[str]) -> None:
    assert opened(stored({"Cột": values}), format="parquet") == (("Cột",), [[text] for text in texts])


def test_numbers_and_dates_are_told_from_texts(tmp_path: Any) -> None:
    from blueprint import Reading
    from dags.sources.tables import read

    path = tmp_path / "a"
    path.write_bytes(
        stored({"n": [1], "s": ["1"], "d": [dt.date(2025, 1, 1)], "c": pa.array(["x"]).dictionary_encode()})
    )
    (block,) = read(path, "a", Reading(format="parquet")).blocks
    assert [block.valued(at) is not None for at in range(4)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"a": [[1, 2]], "ok": [1]}, "these do not: a (list<element: int64>)"),
        ({"a": [{"b": 1}]}, "these do not: a (struct<b: int64>)"),
        ({"a": [b"\x01\x02"]}, "these do not: a (binary)"),
        ({"a": pa.array([], pa.int64())}, "DeliveryEmpty"),
        ({"a": [encode(name, "tcvn3").decode("latin-1") for name in ("Đống Đa", "Nghĩa Đô", "Cầu Giấy")]}, "typed in a font of UTF-8 + TCVN3"),
        ({"a": pa.Array.from_buffers(pa.string(), 1, [None, pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\xff")])}, "Invalid UTF8 sequence"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(columns: Any, told: str) -> None:
    assert told in refusal(stored(columns), format="parquet")


def test_what_unfolds_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    content = stored({"a": ["x" * 1000] * 1000, "b": range(1000)})
    monkeypatch.setattr(parquet, "_LONGEST", 100_000)
    assert "1000 rows together longer than 100000 bytes" in refusal(content, format="parquet")
    monkeypatch.setenv("HANOI_MAX_WORKBOOK_BYTES", "500")
    assert "over 500 (HANOI_MAX_WORKBOOK_BYTES)" in refusal(content, format="parquet")


ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.text(LETTERS, max_size=6),
        st.none() | st.dates(),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


@few
@given(rows=ROWS, size=st.sampled_from([1, 7, 100]), codec=st.sampled_from(["none", "zstd", "gzip"]))
@example(rows=[(1, "Hà", None, True)] * 20, size=7, codec="zstd")
def test_values_come_as_they_were_stored(rows: list[tuple[Any, ...]], size: int, codec: str) -> None:
    kinds = pa.int64(), pa.string(), pa.date32(), pa.bool_()
    columns = {
        name: pa.array([row[at] for row in rows], kind)
        for at, (name, kind) in enumerate(zip("isdb", kinds, strict=True))
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "_ROWS", size)
        found = opened(stored(columns, compression=codec, row_group_size=11), format="parquet")[1]
    assert found == [
        ["" if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in row]
        for row in rows
    ]


WHOLE = stored({"a": ["x", "y"] * 20, "b": range(40)})


@few
@given(at=st.integers(4, len(WHOLE) - 1), junk=st.binary(max_size=6), end=st.integers(0, len(WHOLE)))
@example(at=4, junk=b"", end=len(WHOLE))
@example(at=4, junk=b"", end=len(WHOLE) - 1)
def test_a_damaged_file_gives_rows_or_a_reason(at: int, junk: bytes, end: int) -> None:
    content = (WHOLE[:at] + junk + WHOLE[at + len(junk) :])[: max(end, 5)]
    assert rows_or_reason(content, format="parquet")
