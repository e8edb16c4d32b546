"""Other formats on their way through conform and the quarantine: places, what was received, mends, replay."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blueprint import Contract
from dags.errors import DeliveryError, HeaderChanged
from dags.quarantine import shown_rows
from tests.dags.builders import Bench, accepted_of, column, contract, refused_of
from tests.dags.formats.packed import archive
from tests.dags.formats.test_parquet import stored
from tests.dags.quarantine_builders import LAX, Home

RECORDS: list[Any] = [
    {"station": {"id": "A"}, "observed_at": "2025-01-01T00:00:00", "aqi": 5},
    {"station": {"id": "B"}, "observed_at": "2025-01-01T00:00:00Z", "aqi": 900},
    {"station": {"id": "C"}, "observed_at": "hôm qua", "aqi": 7},
    {"station": {"id": "E"}, "observed_at": "2025-01-01 00:00", "aqi": 1},
    {"station": {"id": "E"}, "observed_at": "2025-01-01 00:00", "aqi": 2},
    {"station": {"id": "F\ufffd"}, "observed_at": "2025-01-01 00:00"},
]
COLUMNS = (
    column("station_id", "station", required=True, header="station.id"),
    column("observed_at", "instant", required=True),
    column("aqi", "aqi"),
)
REFUSED = {
    2: ["aqi-range"],
    3: ["observed_at-type"],
    4: ["key-conflict"],
    5: ["key-conflict"],
    6: ["station_id-type"],
}


def declared(columns: Any = COLUMNS, **reading: Any) -> Contract:
    return contract(columns, sources=[{"files": ["air.csv"], "reading": reading}], **LAX)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, (declared(format="json", records="data"),))


def test_rows_keep_their_record_number_and_what_was_received(bench: Bench) -> None:
    result = bench.conform(declared(format="json", records="data"), json.dumps({"data": RECORDS}))
    assert result.rows_in == 6
    assert [row[0] for row in accepted_of(result)] == ["A"]
    assert refused_of(result) == REFUSED
    with duckdb.connect() as db:
        received = db.execute("SELECT file, sheet, row, received FROM read_parquet(?)", [result.quarantined]).fetchall()
    assert received[0] == ("air.csv", "", 2, '["B", "2025-01-01T00:00:00Z", "900"]')


@pytest.mark.parametrize("form", ["jsonl", "xml", "fixed", "gtfs"])
def test_the_same_rows_in_another_format(bench: Bench, form: str) -> None:
    cells = [[r["station"]["id"], r["observed_at"], str(r.get("aqi", ""))] for r in RECORDS]
    lines = [["station.id", "observed_at", "aqi"], *cells]
    content: dict[str, str | bytes] = {
        "jsonl": "\n".join(map(json.dumps, RECORDS)),
        "xml": "<d>" + "".join(f"<r><station><id>{i}</id></station><observed_at>{t}</observed_at><aqi>{n}</aqi></r>" for i, t, n in cells) + "</d>",
        "fixed": "\n".join(f"{i:12}{t:25}{n:9}".rstrip() for i, t, n in lines),
        "gtfs": archive({"feed/air.txt": "\n".join(map(",".join, lines))}),
    }  # fmt: skip
    reading: dict[str, Any] = {
        "jsonl": {},
        "xml": {"records": "d/r"},
        "fixed": {"fields": {"station.id": [1, 12], "observed_at": [13, 37], "aqi": [38, 46]}},
        "gtfs": {"member": "air.txt"},
    }[form]
    header = "station/id" if form == "xml" else "station.id"
    columns = (column("station_id", "station", required=True, header=header), *COLUMNS[1:])
    result = bench.conform(declared(columns, format=form, **reading), content[form])
    first = 2 if form in ("fixed", "gtfs") else 1
    assert refused_of(result) == {row + first - 1: rules for row, rules in REFUSED.items()}


BYTES = st.one_of(
    st.binary(max_size=40).map(
        lambda junk: b'{"data":[{"station":{"id":"' + junk + b'"},"observed_at":"2025-01-01","aqi":1}]}'
    ),
    st.lists(
        st.sampled_from([*map(json.dumps, RECORDS), "null", '{"aqi":"#REF!"}', '{"station":{"id":"\\ud800"}}', "{}"]),
        max_size=5,
    ).map(lambda records: f'{{"data":[{",".join(records)}]}}'.encode()),
)


@settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "10")), deadline=None)
@given(content=BYTES)
@example(content=b'{"data":[{"station":{"id":"\\ud800"},"observed_at":"2025-01-01 00:00","aqi":1e3},{"station":[]}]}')
def test_any_records_are_accepted_or_quarantined_or_the_file_is_refused(content: bytes) -> None:
    form = declared(format="json", records="data", may_lack=["station.id", "observed_at", "aqi"])
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = Bench(Path(folder)).conform(form, content)
        except DeliveryError as error:
            refusal = error
        else:
            assert result.rows_in == len(accepted_of(result)) + len(refused_of(result)) > 0
            assert not any("\ud800" in str(row) or "\ufffd" in str(row) for row in accepted_of(result))
            return
    assert refusal.vi != refusal.en


def test_dates_of_parquet_are_dates_however_the_contract_writes_them(bench: Bench) -> None:
    import datetime as dt

    columns = (
        column("name", "station", required=True),
        column("day", "day", date_formats=["%d/%m/%Y"]),
        column("n", "count"),
    )
    content = stored({"name": ["a", "b"], "day": [dt.date(2025, 1, 31), None], "n": [1.0, 2.5]})
    result = bench.conform(
        contract(columns, ("name",), sources=[{"files": ["air.csv"], "reading": {"format": "parquet"}}], **LAX), content
    )
    assert accepted_of(result) == [("a", dt.date(2025, 1, 31), 1)]
    assert refused_of(result) == {2: ["n-type"]}


def test_numbers_of_json_have_one_meaning_and_its_texts_may_have_two(bench: Bench) -> None:
    columns = (column("name", "station", required=True), column("n", "count"), column("v", "measure"))
    content = json.dumps([{"name": "a", "n": 1234, "v": 1.234}, {"name": "b", "n": "1.234", "v": "1.234"}])
    form = contract(columns, ("name",), sources=[{"files": ["air.csv"], "reading": {"format": "json"}}], **LAX)
    result = bench.conform(form, content)
    assert accepted_of(result) == [("a", 1234, 1.234)]
    assert refused_of(result) == {2: ["v-type"]}


def test_a_renamed_field_is_told_with_those_that_are_there(bench: Bench) -> None:
    with pytest.raises(HeaderChanged, match=r"Headers in the file: 'station\.code', 'observed_at', 'aqi'"):
        bench.conform(
            declared(format="json"), json.dumps([{"station": {"code": "A"}, "observed_at": "2025-01-01", "aqi": 1}])
        )


def test_refused_records_are_shown_mended_and_replayed(home: Home) -> None:
    home.ingest(json.dumps({"data": RECORDS}))
    assert home.refused() == REFUSED
    kept = home.quarantine.find("air-test", home.store)
    shown = next(iter(shown_rows(kept, home.plan)))
    assert (shown.file, shown.row, shown.cells["aqi"], shown.reasons[0].header) == ("air.csv", 2, "900", "aqi")
    home.replay(repaired=home.repaired("#Row,station.id,observed_at,aqi\n3,C,2025-01-01 00:00,7\n"))
    found = home.replay(repaired=home.repaired(json.dumps({"data": [{**RECORDS[1], "aqi": 90}]}), "mended.json"))
    assert found.rows_in == len(RECORDS)
    assert {("B", "01 00:00", 90), ("C", "31 17:00", 7)} < set(home.rows())
    assert not {2, 3} & home.refused().keys()
