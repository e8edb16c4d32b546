"""What a run takes, from its parameters; and the records of runs that take several deliveries."""

from datetime import date
from pathlib import Path

import pytest

from blueprint import Contract
from dags.errors import DeliveryMissing, HeaderChanged, as_told
from dags.steps.records import RunRecord, clear_staging, staging
from dags.steps.slices import MOST, Slice, WrongRequest, slices
from tests.dags.builders import contract

TODAY = date(2026, 3, 9)
DATED = [{"files": ["air-{date}.csv"], "reading": {"format": "csv"}}]


def plain() -> Contract:
    return contract()


def dated(**more: object) -> Contract:
    return contract(sources=DATED, **more)


def mapped(**more: object) -> Contract:
    return dated(partition="observed_at", partition_by="day", **more)


def test_a_run_without_parameters_takes_the_one_delivery_that_is_there() -> None:
    assert slices(plain(), {}, TODAY) == [Slice()]
    assert slices(dated(), {"file": None, "date": None}, TODAY) == [Slice("2026-03-09", TODAY)]


def test_a_range_is_a_delivery_for_each_day_with_both_ends() -> None:
    found = slices(mapped(), {"date_from": "2026-02-27", "date_to": "2026-03-01"}, TODAY)
    assert [one.key for one in found] == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert [one.day for one in found] == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
    assert [Slice.of(one.to_json()) for one in found] == found


def test_several_files_are_deliveries_with_names_that_stay_apart() -> None:
    files = ["/in/a/Trạm 1.csv", "/in/b/Trạm 1.csv", "/in/../../etc/passwd"]
    found = slices(mapped(), {"file": files}, TODAY)
    assert [str(one.file) for one in found] == files
    keys = [one.key or "" for one in found]
    assert len(set(keys)) == 3
    assert all(key.isascii() and "/" not in key and "." not in key for key in keys)
    assert slices(plain(), {"file": "one.csv"}, TODAY) == [Slice(file=Path("one.csv"))]


@pytest.mark.parametrize(
    ("of", "asked", "said"),
    [
        (plain, {"date": "2026-03-01"}, "no files of single days"),
        (plain, {"date_from": "2026-03-01"}, "no files of single days"),
        (plain, {"file": ["a.csv", "b.csv"]}, "one file is taken at a time"),
        (mapped, {"date": "01/03/2026"}, "is no date"),
        (mapped, {"date_from": "2026-03-02", "date_to": "2026-03-01"}, "no day lies from 2026-03-02 to 2026-03-01"),
        (mapped, {"date_from": "2020-01-01", "date_to": "2026-03-01"}, f"{MOST} at most"),
        (mapped, {"file": ["a.csv"] * (MOST + 1)}, f"{MOST} at most"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(of, asked, said) -> None:
    with pytest.raises(WrongRequest) as refused:
        slices(of(), asked, TODAY)
    assert said in refused.value.en
    assert "air-test" in refused.value.vi


def test_a_run_of_several_deliveries_is_what_they_are_together(tmp_path: Path) -> None:
    run = RunRecord(tmp_path, "air-test")
    run.start("r1", slices=["2026-03-01", "2026-03-02"])
    one, two = (RunRecord(tmp_path, "air-test", day) for day in ("2026-03-01", "2026-03-02"))
    one.start("r1", date="2026-03-01")
    one.note("conform", rows_in=10, rows_quarantined=1)
    assert run.read()["state"] == "running"
    one.note("commit", last=True, version="v1", new_version=True)
    assert run.read()["state"] == "running", "one of two is done"
    two.start("r1", date="2026-03-02")
    two.note("conform", rows_in=5, rows_quarantined=0)
    two.note("commit", last=True, version="v2", new_version=False)
    told = run.read()
    assert (told["state"], told["rows_in"], told["rows_quarantined"]) == ("success", 15, 1)
    assert (told["version"], told["new_version"]) == ("v2", True)
    two.start("r2", date="2026-03-02")
    two.fail("fetch", DeliveryMissing("không có", "not there"))
    assert run.read()["error"]["en"] == "not there", "a run of one date is the dataset's last run as well"
    assert {day: record["state"] for day, record in run.dates().items()} == {
        "2026-03-01": "success",
        "2026-03-02": "failed",
    }


def test_the_first_failure_is_the_runs(tmp_path: Path) -> None:
    run = RunRecord(tmp_path, "air-test")
    run.start("r1", slices=["a", "b"])
    for name, error in (("a", HeaderChanged("cột", "column")), ("b", None)):
        part = RunRecord(tmp_path, "air-test", name)
        part.start("r1")
        if error:
            part.fail("conform", error)
        else:
            part.note("publish", version="v1")
    assert run.read()["state"] == "failed"
    assert run.read()["step"] == "conform"
    assert run.read()["error"] == {"vi": "cột", "en": "column"}
    assert run.dates() == {}, "files given by hand are no dates"


def test_what_nobody_foresaw_is_told_by_its_kind_alone(tmp_path: Path) -> None:
    record = RunRecord(tmp_path, "air-test")
    record.start("r1")
    record.fail("gate", ValueError("could not convert '012345678901' to INT"))
    told = record.read()["error"]
    assert "ValueError" in told["vi"]
    assert "012345678901" not in record.path.read_text(encoding="utf-8")
    assert "gate" in told["en"]
    assert as_told(DeliveryMissing("vi", "en"), "fetch").en == "en"


def test_a_run_keeps_the_staging_of_its_own_deliveries_and_no_other(tmp_path: Path) -> None:
    kept = staging(tmp_path, "air-test", "run 1", "2026-03-01")
    other, next_door = staging(tmp_path, "air-test", "run 0"), staging(tmp_path, "air-test-2", "run 0")
    for folder in (kept, other, next_door):
        folder.mkdir(parents=True)
    clear_staging(tmp_path, "air-test", "run 1")
    assert (kept.exists(), other.exists(), next_door.exists()) == (True, False, True)
