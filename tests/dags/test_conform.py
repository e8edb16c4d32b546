"""Conform: every row ends up in exactly one place, with its reasons and where it came from."""

import csv
import io
import string
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dags.errors import DeliveryEmpty, DeliveryTruncated, DeliveryUnreadable, HeaderChanged, WrongEncoding
from dags.steps.conform import Conformed
from tests.dags.builders import STATION_COLUMNS, Bench, column, contract

HEAD = "Mã trạm,Thời điểm,AQI\n"


def accepted(result: Conformed) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        return db.execute(
            "SELECT * REPLACE (observed_at::VARCHAR AS observed_at) FROM read_parquet(?)", [result.accepted]
        ).fetchall()


def refused(result: Conformed) -> dict[int, list[str]]:
    with duckdb.connect() as db:
        return dict(db.execute("SELECT row, rules FROM read_parquet(?)", [result.quarantined]).fetchall())


def test_types_zone_and_nulls(bench: Bench) -> None:
    result = bench.conform(contract(), HEAD + "A1, 2025-03-06 09:00:00 ,90\nA1,2025-03-06T10:00:00Z,N/A\n")
    assert accepted(result) == [("A1", "2025-03-06 02:00:00+00", 90), ("A1", "2025-03-06 10:00:00+00", None)]
    assert (result.rows_in, result.rows_accepted, result.rows_quarantined) == (2, 2, 0)


def test_each_bad_row_keeps_all_its_reasons_and_its_line(bench: Bench) -> None:
    text = HEAD + "A1,2025-03-06 09:00:00,90\nA2,hôm qua,12.5\n,2025-03-06 11:00:00,900\nA4,2025-03-06 12:00:00\n"
    result = bench.conform(contract(), text)
    assert refused(result) == {
        3: ["observed_at-type", "aqi-type"],
        4: ["station_id-required", "aqi-range"],
        5: ["row-width"],
    }
    assert result.rules["aqi-range"] == 1
    with duckdb.connect() as db:
        received, headers = db.execute(
            "SELECT received, headers FROM read_parquet(?) WHERE row = 3", [result.quarantined]
        ).fetchall()[0]
    assert received == '["A2", "hôm qua", "12.5"]'
    assert headers["aqi"] == "AQI"


def test_exact_repeats_keep_one_and_contradictions_keep_none(bench: Bench) -> None:
    text = (
        HEAD
        + "A,2025-01-01 00:00,5\nA,2025-01-01 00:00,5\nB,2025-01-01 00:00,5\nB,2025-01-01 00:00,6\nC,2025-01-01 00:00,7\n"
    )
    result = bench.conform(contract(), text)
    assert refused(result) == {3: ["key-duplicate"], 4: ["key-conflict"], 5: ["key-conflict"]}
    assert [row[0] for row in accepted(result)] == ["A", "C"]


def test_a_null_differs_from_an_empty_measure_in_a_repeat(bench: Bench) -> None:
    result = bench.conform(contract(), HEAD + "A,2025-01-01 00:00,N/A\nA,2025-01-01 00:00,6\n")
    assert refused(result) == {2: ["key-conflict"], 3: ["key-conflict"]}


def test_codes_are_read_as_of_the_row_date(bench: Bench) -> None:
    declared = contract(
        columns=(column("unit", "unit-code", as_of="day", pad_to=5), column("day", "day", required=True)),
        key=("unit", "day"),
    )
    text = "unit,day\n1,2024-05-01\n1,2026-05-01\n4,2026-05-01\n4,2024-05-01\n1.0,2024-05-02\n"
    result = bench.conform(declared, text)
    assert refused(result) == {3: ["unit-code"], 5: ["unit-code"]}


def test_select_counts_rows_of_other_datasets_apart(bench: Bench) -> None:
    declared = contract(reading={"select": {"Mã trạm": ["A"]}})
    result = bench.conform(declared, HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,5\n")
    assert (result.rows_in, result.rows_out_of_scope) == (1, 1)


def test_headers_match_by_name_synonym_case_and_blanks(bench: Bench) -> None:
    result = bench.conform(contract(), "AQI,giờ  đo,MÃ TRẠM\n7,2025-01-01 00:00,A\n")
    assert accepted(result) == [("A", "2024-12-31 17:00:00+00", 7)]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", DeliveryEmpty, "0 byte"),
        (HEAD.encode(), DeliveryEmpty, "no rows"),
        ((HEAD + "A,2025-01-01 00:00,5\nB,2025-01").encode(), DeliveryTruncated, "line 3"),
        ((HEAD + 'A,"2025-01-01').encode(), DeliveryTruncated, "line 2"),
        (b"M\xe3 tr\xa1m,x,AQI\nA,2025-01-01 00:00,5\n", WrongEncoding, "0xe3"),
        ((HEAD + "A,2025-01-01 00:00,5\n").encode("utf-16"), WrongEncoding, "UTF-16"),
        (b"PK\x03\x04rest of a workbook", DeliveryUnreadable, "Excel"),
        ("Mã trạm,Thời gian,AQI\nA,2025-01-01 00:00,5\n".encode(), HeaderChanged, "'Thời điểm'"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_stays_kept(
    bench: Bench, content: bytes, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        bench.conform(contract(), content)
    vi, en = str(caught.value).split("\n")
    assert vi != en
    kept = [p.read_bytes() for p in (bench.folder / "deliveries" / "sha256").rglob("*") if p.is_file()]
    assert kept == [content]
    assert not list((bench.folder / "out").glob("*.parquet")) if (bench.folder / "out").exists() else True


def test_damaged_workbook(bench: Bench) -> None:
    declared = contract(reading={"format": "excel"})
    with pytest.raises(DeliveryUnreadable, match="does not open"):
        bench.conform(declared, b"PK\x03\x04" + bytes(100), name="air.xlsx")


_TEXTS = st.text(alphabet=string.ascii_letters + string.digits + ' ,"\n;đãệ-.:/', max_size=12)
_STATIONS = st.sampled_from(["A", "B", "", "N/A"]) | _TEXTS
_TIMES = st.sampled_from(["2025-01-01 00:00", "2025-01-01 01:00:00", "01/02/2025", ""]) | _TEXTS
_AQI = st.sampled_from(["5", "N/A", "501", "-1", "1e3", "7.0"]) | _TEXTS


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(_STATIONS, _TIMES, _AQI), min_size=1, max_size=30))
def test_every_row_ends_up_in_exactly_one_place(rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([[c["header"] for c in STATION_COLUMNS], *rows])
    with tempfile.TemporaryDirectory() as folder:
        result = Bench(Path(folder)).conform(contract(), text.getvalue())
        places = [*accepted(result), *refused(result)]
    assert result.rows_in == len(rows) == result.rows_accepted + result.rows_quarantined == len(places)
    assert sum(result.rules.values()) >= result.rows_quarantined
    keys = Counter((a[0], a[1]) for a in places[: result.rows_accepted])
    assert all(n == 1 for n in keys.values())
