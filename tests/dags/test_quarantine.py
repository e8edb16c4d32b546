"""Refused rows: what is kept of them, and replaying a delivery under another rule or with mended rows."""

import csv
import stat
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import Rule
from blueprint.errors import HanoiError
from dags.quarantine import (
    NewerData,
    NothingKept,
    NothingQuarantined,
    RepairRefused,
    UnknownContractVersion,
    UnknownDelivery,
    UnknownRule,
    shown_rows,
    write_rows,
)
from dags.sources.mends import Mend, Mends
from dags.sources.places import locate
from dags.steps import warned
from dags.steps.conform import Conformed, conform
from lake import VersionMoved
from lake.store import Lake
from tests.dags.builders import TEXT, Bench, column, contract
from tests.dags.quarantine_builders import HEAD, LAX, Home, rules_by_row

BAD = (
    HEAD
    + "A,2025-01-01 00:00,5\n"
    + "B,2025-01-01 00:00,900\n"
    + "C,hôm qua,7\n"
    + "D,2025-01-01 00:00\n"
    + "E,2025-01-01 00:00,1\n"
    + "E,2025-01-01 00:00,2\n"
)
STRICT_RULE = Rule(id="low", sql="aqi < 900", columns=("aqi",), message=TEXT)
LOOSE_RULE = Rule(id="low", sql="aqi < 1000", columns=("aqi",), message=TEXT)
NUMBERS = (
    column("station_id", "station", required=True, header="Mã trạm"),
    column("observed_at", "instant", required=True, header="Thời điểm"),
    column("aqi", "measure", header="AQI"),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def ruled(tmp_path: Path) -> Home:
    """A home whose contract refuses high values by a rule of its own."""
    return Home(tmp_path, (contract(NUMBERS, rules=(STRICT_RULE,), **LAX),))


def warn_rows(result: Conformed) -> list[tuple[int, list[str]]]:
    with duckdb.connect() as db:
        return db.execute("SELECT row, warnings FROM read_parquet(?) ORDER BY row", [result.warned]).fetchall()


def test_a_kept_row_carries_all_that_is_known_of_it(bench: Bench) -> None:
    calm = Rule(id="calm", sql="aqi < 100", columns=("aqi",), severity="warning", message=TEXT)
    result = bench.conform(contract(rules=(calm,)), HEAD + "A,2025-01-01 00:00,5\n,hôm qua,900\n")
    with duckdb.connect() as db:
        (row,) = db.execute("SELECT * FROM read_parquet(?)", [result.quarantined]).to_arrow_table().to_pylist()
    assert row == {
        "contract": "air-test@1.0.0",
        "delivery": result.delivery,
        "file": "air.csv",
        "sheet": "",
        "row": 3,
        "rules": ["observed_at-type", "station_id-required", "aqi-range"],
        "warnings": ["calm"],
        "severities": [
            ("observed_at-type", "error"),
            ("station_id-required", "error"),
            ("aqi-range", "error"),
            ("calm", "warning"),
        ],
        "received": '["", "hôm qua", "900"]',
        "headers": [("aqi", "AQI"), ("observed_at", "Thời điểm"), ("station_id", "Mã trạm")],
        "positions": [("aqi", 3), ("observed_at", 2), ("station_id", 1)],
    }


def test_accepted_rows_that_warn_are_counted_and_the_first_are_kept_with_their_place(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warned, "SAMPLE", 3)
    rules = (
        Rule(id="calm", sql="aqi < 100", columns=("aqi",), severity="warning", message=TEXT),
        Rule(id="not-b", sql="station_id <> 'B'", columns=("station_id",), severity="warning", message=TEXT),
    )
    lines = [f"{'B' if n == 9 else 'A'},2025-01-01 {n:02d}:00,{200 if n % 2 else 5}" for n in range(12)]
    result = bench.conform(contract(rules=rules), HEAD + "\n".join([*lines, "C,2025-01-02 00:00,900\n"]))
    assert (result.rows_accepted, result.warnings) == (12, {"calm": 6, "not-b": 1})
    assert warn_rows(result) == [(3, ["calm"]), (5, ["calm"]), (7, ["calm"]), (11, ["calm", "not-b"])]


def test_rows_that_go_for_their_key_do_not_count_as_warned(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warned, "SAMPLE", 2)
    calm = Rule(id="calm", sql="aqi < 100", columns=("aqi",), severity="warning", message=TEXT)
    twice = "A,2025-01-01 00:00,200\nA,2025-01-01 00:00,300\nB,2025-01-01 00:00,200\nB,2025-01-01 00:00,200\n"
    result = bench.conform(contract(rules=(calm,)), HEAD + twice + "C,2025-01-01 00:00,200\nD,2025-01-01 00:00,200\n")
    assert (result.rules, result.warnings) == ({"key-conflict": 2, "key-duplicate": 1}, {"calm": 3})
    assert warn_rows(result) == [(4, ["calm"]), (6, ["calm"])]


def test_kept_files_are_private_and_say_what_they_hold(home: Home) -> None:
    version = home.ingest(BAD)
    assert version is not None
    (kept,) = home.files()
    assert (kept.dataset, kept.delivery, kept.contract, kept.rows) == (
        "air-test",
        version.delivery,
        "air-test@1.0.0",
        5,
    )
    assert kept.rules == {"key-conflict": 2, "aqi-range": 1, "observed_at-type": 1, "row-width": 1}
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    for folder in (kept.path.parent, home.quarantine.root):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_changed_rule_lets_rows_out_and_a_second_replay_adds_nothing(ruled: Home) -> None:
    first = ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\nC,2025-01-01 00:00,1950\n")
    assert first is not None
    ruled.now(version="1.1.0", rules=(LOOSE_RULE,))
    found = ruled.replay()
    assert (found.came_out, found.still_in, found.went_in) == (1, 1, 0)
    assert (found.former_rules, found.rules) == ({"low": 2}, {"low": 1})
    assert (found.rows_in, found.rows_accepted, found.rows_quarantined) == (3, 2, 1)
    assert ruled.rows() == [("A", "31 17:00", 5), ("B", "31 17:00", 950)]
    assert [(k.contract, k.rows) for k in ruled.files()] == [("air-test@1.1.0", 1)]
    assert ruled.refused() == {4: ["low"]}
    again = ruled.replay()
    assert (again.version, again.new_version, again.came_out) == (found.version, False, 0)
    assert len(ruled.settings.lake.versions("air-test")) == 2
    assert ruled.rows(first) == [("A", "31 17:00", 5)]


def test_the_stated_command_goes_back_to_the_former_rows(ruled: Home) -> None:
    first = ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\n")
    assert first is not None
    ruled.now(version="1.1.0", rules=(LOOSE_RULE,))
    undo = ruled.replay().undo
    assert undo == f"hanoi quarantine replay air-test {first.delivery[:16]} --contract 1.0.0"
    back = ruled.replay(first.delivery[:16], version="1.0.0")
    now = ruled.settings.lake.current("air-test")
    assert now is not None
    assert (back.new_version, now.content_hash) == (True, first.content_hash)
    assert [(k.contract, k.rows) for k in ruled.files()] == [("air-test@1.0.0", 1)]


def test_a_stricter_rule_quarantines_what_was_accepted(ruled: Home) -> None:
    ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,850\nC,2025-01-01 00:00,950\n")
    ruled.now(version="1.1.0", rules=(Rule(id="low", sql="aqi < 800", columns=("aqi",), message=TEXT),))
    found = ruled.replay()
    assert (found.came_out, found.still_in, found.went_in) == (0, 1, 1)
    assert ruled.rows() == [("A", "31 17:00", 5)]


def test_a_delivery_that_the_gate_refused_passes_under_a_new_rule(ruled: Home) -> None:
    ruled.now(version="1.0.1", gate=ruled.contract.gate.model_copy(update={"max_quarantined": 0.1}))
    assert ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\n") is None
    refused = ruled.replay()
    assert (refused.passed, refused.version) == (False, None)
    assert ruled.settings.lake.current("air-test") is None
    ruled.now(version="1.1.0", rules=(LOOSE_RULE,))
    found = ruled.replay()
    assert (found.passed, found.came_out, found.new_version, found.undo) == (True, 1, True, None)
    assert ruled.files() == []
    replaced = ruled.quarantine.root / "air-test" / "replaced"
    assert [p.name.rpartition("-")[2] for p in replaced.iterdir()] == ["1.0.1.parquet"]


def test_a_dry_run_and_a_refused_replay_change_nothing(ruled: Home) -> None:
    ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\n")
    mended = ruled.repaired(HEAD + "B,2025-01-01 00:00,95\n")
    before = ruled.tree()
    tried = ruled.replay(repaired=mended, dry_run=True)
    assert (tried.dry_run, tried.passed, tried.mended, tried.came_out, tried.version) == (True, True, 1, 1, None)
    assert ruled.tree() == before
    ruled.now(version="1.1.0", gate=ruled.contract.gate.model_copy(update={"min_rows": 50}))
    refused = ruled.replay()
    assert (refused.passed, refused.version) == (False, None)
    assert ruled.tree() == before


def test_an_old_delivery_does_not_go_over_newer_data_unless_it_is_forced(ruled: Home) -> None:
    old = ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\n")
    new = ruled.ingest(HEAD + "A,2025-01-01 00:00,6\nB,2025-01-01 00:00,950\n")
    assert old is not None
    assert new is not None
    ruled.now(version="1.1.0", rules=(LOOSE_RULE,))
    before = ruled.tree()
    with pytest.raises(NewerData, match=new.id):
        ruled.replay(old.delivery[:8])
    assert ruled.tree() == before
    found = ruled.replay(old.delivery[:8], force=True)
    assert found.new_version
    assert ruled.rows() == [("A", "31 17:00", 5), ("B", "31 17:00", 950)]
    assert found.undo == f"hanoi quarantine replay air-test {new.delivery[:16]} --contract 1.0.0 --force"
    assert ruled.rows(new) == [("A", "31 17:00", 6)]


def test_a_later_delivery_that_waits_for_a_decision_also_stands_in_the_way(ruled: Home) -> None:
    old = ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\n")
    assert old is not None
    assert ruled.ingest(HEAD + "".join(f"{s},2025-01-01 00:00,950\n" for s in "ABCDEFGHIJKL")) is None
    with pytest.raises(NewerData, match="delivery"):
        ruled.replay(old.delivery[:8])


def test_partitions_that_nobody_changed_since_take_an_old_delivery(tmp_path: Path) -> None:
    columns = (column("day", "day", required=True), column("station_id", "station"), column("aqi", "measure"))
    home = Home(
        tmp_path,
        (contract(columns, ("day", "station_id"), rules=(STRICT_RULE,), partition="day", **LAX),),
    )
    head = "day,station_id,aqi\n"
    first = home.ingest(head + "2025-01-01,A,5\n2025-01-01,B,950\n2025-01-02,A,5\n")
    home.ingest(head + "2025-01-03,A,7\n2025-01-03,B,950\n")
    home.now(version="1.1.0", rules=(LOOSE_RULE,))
    assert first is not None
    found = home.replay(first.delivery[:8])
    assert (found.new_version, found.came_out) == (True, 1)
    lake = home.settings.lake
    now = lake.current("air-test")
    assert now is not None
    assert now.rows == 4
    home.ingest(head + "2025-01-02,A,6\n")
    with pytest.raises(NewerData):
        home.replay(first.delivery[:8])


def test_mended_rows_take_the_place_of_quarantined_ones(home: Home) -> None:
    first = home.ingest(BAD)
    assert first is not None
    sent = home.repaired(
        HEAD + "B,2025-01-01 00:00,90\nE,2025-01-01 00:00,2\nZ,2025-01-01 00:00,4\nA,2025-01-01 00:00,9\n"
    )
    found = home.replay(repaired=sent)
    assert (found.rows_in, found.rows_accepted, found.rows_quarantined) == (6, 3, 3)
    assert (found.mended, found.superseded, found.came_out, found.still_in) == (2, 1, 2, 3)
    assert [u["at"] for u in found.unmatched] == [4, 5]
    assert home.rows() == [("A", "31 17:00", 5), ("B", "31 17:00", 90), ("E", "31 17:00", 2)]
    assert home.refused() == {4: ["observed_at-type"], 5: ["row-width"], 7: ["superseded"]}
    made = home.store.load("air-test", found.delivery)
    assert (made.base, [f.name for f in made.repairs]) == (first.delivery, ["mended.csv"])
    assert home.store.path(made.repairs[0]).read_bytes() == sent.read_bytes()
    assert {f.sha256 for f in home.store.load("air-test", first.delivery).files} == {f.sha256 for f in made.files}


def test_the_same_repair_again_adds_nothing_and_the_next_one_adds_to_it(home: Home) -> None:
    home.ingest(BAD)
    sent = home.repaired(HEAD + "B,2025-01-01 00:00,90\n")
    first = home.replay(repaired=sent)
    again = home.replay(repaired=sent)
    assert (again.delivery, again.version, again.new_version) == (first.delivery, first.version, False)
    more = home.replay(repaired=home.repaired("#Row,Mã trạm,Thời điểm,AQI\n4,C,2025-01-01 00:00,7\n", "more.csv"))
    assert [f.name for f in home.store.load("air-test", more.delivery).repairs] == ["mended.csv", "more.csv"]
    assert [row[0] for row in home.rows()] == ["A", "B", "C"]
    assert home.store.load("air-test", more.delivery).base == home.store.load("air-test", first.delivery).base


def test_raw_bytes_and_mends_give_the_same_rows_for_ever(home: Home, tmp_path: Path) -> None:
    home.ingest(BAD)
    found = home.replay(repaired=home.repaired(HEAD + "B,2025-01-01 00:00,90\n"))
    made = home.store.load("air-test", found.delivery)
    again = conform(home.contract, home.plan, made, home.store, tmp_path / "again")
    assert (again.rows_in, again.rows_accepted, again.rules) == (6, 2, found.rules)


def test_replaying_the_delivery_as_it_came_takes_the_mends_back(home: Home) -> None:
    first = home.ingest(BAD)
    assert first is not None
    found = home.replay(repaired=home.repaired(HEAD + "B,2025-01-01 00:00,90\n"))
    assert found.undo == f"hanoi quarantine replay air-test {first.delivery[:16]} --contract 1.0.0"
    back = home.replay(first.delivery[:16])
    now = home.settings.lake.current("air-test")
    assert now is not None
    assert (back.went_in, now.content_hash) == (1, first.content_hash)
    assert home.refused()[3] == ["aqi-range"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_written_file_is_mended_and_finds_every_place(home: Home, suffix: str) -> None:
    home.ingest(BAD.replace("C,hôm qua", '"=1+1",hôm qua'))
    kept = home.quarantine.find("air-test", home.store)
    path = home.folder / f"rows{suffix}"
    assert write_rows(shown_rows(kept, home.plan), kept, home.plan, path) == 5
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = read_lines(path)
    assert [line[2] for line in lines[1:]] == ["3", "4", "5", "6", "7"]
    assert lines[2][4] == "'=1+1"
    changed = {"3": {6: "90"}, "4": {5: "2025-01-01 00:00"}, "5": {6: "8"}}
    kept_lines = [lines[0]] + [
        [changed.get(line[2], {}).get(at, cell) for at, cell in enumerate(line)] for line in lines[1:5]
    ]
    write_lines(path, kept_lines)
    found = home.replay(repaired=path)
    assert (found.mended, found.unchanged, found.superseded) == (4, 0, 1)
    assert home.rows() == [
        ("=1+1", "31 17:00", 7),
        ("A", "31 17:00", 5),
        ("B", "31 17:00", 90),
        ("D", "31 17:00", 8),
        ("E", "31 17:00", 1),
    ]
    assert home.refused() == {7: ["superseded"]}


def read_lines(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    book = openpyxl.load_workbook(path)
    return [["" if cell is None else str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]


def write_lines(path: Path, lines: list[list[str]]) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(lines)  # what a spreadsheet with a Vietnamese locale saves
        return
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (HEAD + "Z,2025-01-01 00:00,4\n", "no row in quarantine bears this key"),
        (HEAD + "B,2025-01-01 00:00,900\n", "1 rows are as they were received"),
        (HEAD + "B,2025-01-01 00:00,9\nB,2025-01-01T00:00:00,8\n", "rows 2 and 3 mend the same row"),
        ("#Dòng,AQI\n2,9\n", "row 2 of air.csv is not in quarantine"),
        ("#Dòng,AQI\nmột,9\n", "must hold the row number"),
        ("#Tệp,#Dòng,AQI\nother.csv,3,9\n", "must name a file of the delivery: air.csv"),
        ("#Dòng,AQI,Ghi chú\n3,9,x\n", "the headers 'Ghi chú' are not in the delivery"),
        ("#Dòng,AQI\n5,9\n", "'Mã trạm' is missing"),
        ("#Dòng,Mã trạm,Thời điểm,AQI\n5,D,2025-01-01 00:00,\n", "1 rows are as they were received"),
        ("#Dòng,AQI\n3,900\n6,1\n7,2\n", "3 rows are as they were received"),
    ],
)
def test_a_repair_that_cannot_be_right_says_why_and_changes_nothing(home: Home, sent: str, said: str) -> None:
    home.ingest(BAD)
    path = home.repaired(sent)
    before = home.tree()
    with pytest.raises(RepairRefused) as caught:
        home.replay(repaired=path)
    assert said in caught.value.en
    assert caught.value.vi != caught.value.en
    assert home.tree() == before


def test_a_mended_row_stays_in_the_dataset_that_the_delivery_gave_it(tmp_path: Path) -> None:
    home = Home(tmp_path, (contract(reading={"select": {"Mã trạm": ["A", "B"]}}, **LAX),))
    home.ingest(HEAD + "A,2025-01-01 00:00,5\nB,hôm qua,5\nC,hôm qua,5\n")
    with pytest.raises(RepairRefused, match="moves the row to another dataset"):
        home.replay(repaired=home.repaired("#Row,Mã trạm,Thời điểm,AQI\n3,C,2025-01-01 00:00,5\n"))


def test_rows_of_a_workbook_are_mended_and_its_numbers_stay_numbers(tmp_path: Path) -> None:
    home = Home(tmp_path, (contract(NUMBERS, rules=(STRICT_RULE,), reading={"format": "excel"}, **LAX),))
    book = openpyxl.Workbook()
    for line in (
        ["Mã trạm", "Thời điểm", "AQI"],
        ["A", "2025-01-01 00:00", 1.234],
        ["B", "hôm qua", 1.234],
        ["C", "x", 5],
    ):
        book.active.append(line)
    path = tmp_path / "air.xlsx"
    book.save(path)
    delivery = home.store.keep(home.contract, locate(home.contract, None, path), "run")
    home.quarantine.keep(home.conform(delivery))
    found = home.replay(repaired=home.repaired("#Row,Thời điểm\n3,2025-01-01 00:00\n"))
    assert (found.rows_in, found.mended, found.came_out) == (3, 1, 1)
    assert home.rows() == [("A", "31 17:00", 1.234), ("B", "31 17:00", 1.234)]


def test_a_header_that_the_agency_repeats_keeps_its_position(tmp_path: Path) -> None:
    reading = {"positions": {"aqi": 4}, "headers": {"aqi": "Giá trị"}}
    home = Home(tmp_path, (contract(reading=reading, **LAX),))
    home.ingest("Mã trạm,Thời điểm,Giá trị,Giá trị\nA,2025-01-01 00:00,1,5\nB,2025-01-01 00:00,2,900\n")
    kept = home.quarantine.find("air-test", home.store)
    out = home.folder / "rows.csv"
    write_rows(shown_rows(kept, home.plan), kept, home.plan, out)
    lines = read_lines(out)
    assert lines[0][4:] == ["Mã trạm", "Thời điểm", "Giá trị [4]"]
    write_lines(out, [lines[0], [*lines[1][:-1], "90"]])
    assert home.replay(repaired=out).came_out == 1
    assert home.rows()[1] == ("B", "31 17:00", 90)


def test_a_mended_row_that_contradicts_an_accepted_one_leaves_neither(home: Home) -> None:
    home.ingest(BAD)
    found = home.replay(
        repaired=home.repaired("#Row,Mã trạm,Thời điểm,AQI\n3,A,2025-01-01 00:00,9\n4,C,2025-01-01 00:00,7\n")
    )
    assert (found.came_out, found.went_in) == (1, 1)
    assert home.rows() == [("C", "31 17:00", 7)]
    assert home.refused()[2] == home.refused()[3] == ["key-conflict"]


def test_what_is_asked_for_and_not_there_is_told(home: Home) -> None:
    with pytest.raises(NothingQuarantined):
        home.replay()
    version = home.ingest(BAD)
    assert version is not None
    for wanted in ("abc", "f" * 16):
        with pytest.raises(UnknownDelivery, match=version.delivery[:16]):
            home.replay(wanted)
    with pytest.raises(UnknownContractVersion, match=r"1\.0\.0"):
        home.replay(version="9.9.9")
    with pytest.raises(UnknownRule, match="aqi-range"):
        list(shown_rows(home.files()[0], home.plan, "none"))
    home.store.path(home.store.load("air-test", version.delivery).files[0]).unlink()
    with pytest.raises(NothingKept):
        home.replay()


def test_a_version_that_is_committed_meanwhile_is_not_overwritten(ruled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\n")
    ruled.now(version="1.1.0", rules=(LOOSE_RULE,))
    commit = Lake.commit

    def late(lake: Lake, *how: Any, **more: Any) -> Any:
        monkeypatch.setattr(Lake, "commit", commit)
        ruled.ingest(HEAD + "A,2025-01-01 00:00,6\n")
        return commit(lake, *how, **more)

    monkeypatch.setattr(Lake, "commit", late)
    with pytest.raises(VersionMoved):
        ruled.replay()
    assert ruled.rows() == [("A", "31 17:00", 6)]


def test_a_replay_that_dies_after_the_commit_is_ended_by_the_next(ruled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,950\n")
    ruled.now(version="1.1.0", rules=(LOOSE_RULE,))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(ruled.quarantine), "settle", dies)
        with pytest.raises(KeyboardInterrupt):
            ruled.replay()
    assert len(ruled.rows()) == 2
    assert [k.rows for k in ruled.files()] == [1]
    found = ruled.replay()
    assert (found.new_version, found.came_out) == (False, 1)
    assert ruled.files() == []


_STATIONS = st.sampled_from(["A", "B", "C", ""])
_TIMES = st.sampled_from(["2025-01-01 00:00", "2025-01-01 01:00", "hôm qua"])
_ROW = st.tuples(_STATIONS, _TIMES, st.sampled_from(["5", "6", "900", "x"]))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(_ROW, min_size=1, max_size=8),
    mended=st.dictionaries(st.integers(2, 9), _ROW, max_size=5),
    data=st.data(),
)
def test_no_row_is_lost_or_made_by_mending(
    rows: list[tuple[str, ...]], mended: dict[int, tuple[str, ...]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        delivery = bench.deliver(contract(), (HEAD + "".join(",".join(r) + "\n" for r in rows)).encode())
        spots = [n for n in mended if n < len(rows) + 2]
        left = [n for n in range(2, len(rows) + 2) if n not in spots]
        gone = data.draw(st.sets(st.sampled_from(left))) if left and spots else set()
        mends = Mends(
            {("air.csv", n): Mend(mended[n], "sha", n) for n in spots},
            {("air.csv", n): ("air.csv", spots[0]) for n in gone},
        )
        assert Mends.from_bytes(mends.to_bytes()) == mends
        home = Home(Path(folder))
        found = conform(contract(), home.plan, delivery, bench.store, Path(folder) / "mended", mends=mends)
        refused = dict(rules_by_row(Path(found.quarantined)))
        whole = [mended.get(n, rows[n - 2]) for n in range(2, len(rows) + 2) if n not in gone]
        as_sent = bench.conform(contract(), HEAD + "".join(",".join(r) + "\n" for r in whole)) if whole else None
    assert found.rows_in == len(rows) == found.rows_accepted + found.rows_quarantined
    assert {n for n, rules in refused.items() if "superseded" in rules} == gone
    assert found.rows_accepted == (as_sent.rows_accepted if as_sent else 0)


def test_every_error_is_told_in_both_languages() -> None:
    for error in (
        NothingQuarantined("air", "a" * 64),
        UnknownDelivery("air", "abc", []),
        NothingKept("air", "a" * 64, Path("x")),
        NewerData("air", "a" * 64, "v", "hôm nay", "today"),
    ):
        assert isinstance(error, HanoiError)
        assert error.vi != error.en
        assert "a" * 17 not in str(error)
