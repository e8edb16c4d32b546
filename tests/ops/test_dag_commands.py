"""The verbs ``hanoi dag list``, ``test`` and ``backfill``, with Airflow's runs played by records as its steps leave them."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from blueprint import Blueprint, Contract
from dags.errors import DeliveryMissing
from dags.notices import Outbox
from dags.steps.records import RunRecord
from ops import airflow, dags
from ops.dag_commands import dag
from ops.schedules import in_words, next_run
from tests.dags.builders import contract
from tests.dags.test_notices import notice
from tests.dags.test_slices import dated, mapped, plain

MISSING = DeliveryMissing("không có tệp", "there is no file")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_SOURCES", str(tmp_path))
    return tmp_path / "home"


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Callable[[Contract], None]:
    def declare(one: Contract) -> None:
        plan = Blueprint(Path(), {}, {}, {one.dataset: one})
        monkeypatch.setattr("blueprint.blueprint", lambda: plan)
        monkeypatch.setattr(dags, "blueprint", lambda: plan)

    return declare


@pytest.fixture
def made(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Airflow's part: ``fails`` says at which step a date fails; ``ran`` keeps what was run."""
    found: dict[str, Any] = {"fails": {}, "ran": [], "states": {}}

    def run(_: object, runs: Sequence[airflow.DagRun], *, steps: bool = False) -> Iterator[airflow.DagEvent]:
        for one in runs:
            day = one.conf.get("date")
            found["ran"].append(day)
            record = RunRecord(home, one.dataset, day)
            yield airflow.DagEvent(one.dataset, "start", date=day)
            record.start(f"manual__{day}", date=day)
            if steps:
                yield airflow.DagEvent(one.dataset, "step", "running", "fetch", day)
            if step := found["fails"].get(day):
                record.fail(step, MISSING)
            else:
                record.note("fetch", delivery="d" * 64)
                record.note("commit", last=True, version=f"v-{day}", new_version=True, rows_in=2, rows_accepted=2)
            state = "failed" if day in found["fails"] else "success"
            if steps:
                yield airflow.DagEvent(one.dataset, "step", state, "fetch", day)
            yield airflow.DagEvent(one.dataset, "end", found["states"].get(day, state), date=day)

    monkeypatch.setattr(airflow, "run", run)
    return found


def invoke(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(dag, [*arguments, "--home", str(home)])


def backfill(home: Path, first: str, last: str, *more: str) -> Result:
    return invoke(home, "backfill", "air-test", "--from", first, "--to", last, *more)


def states(result: Result) -> dict[str, str]:
    return {one["date"]: one["state"] for one in json.loads(result.stdout)["dates"]}


def test_a_backfill_goes_on_where_it_failed(home, declared, made) -> None:
    declared(mapped())
    made["fails"] = {"2026-03-02": "fetch"}
    first = backfill(home, "2026-03-01", "2026-03-03", "--json")
    assert first.exit_code == 1, first.output
    assert states(first) == {"2026-03-01": "success", "2026-03-02": "failed", "2026-03-03": "success"}
    failed = json.loads(first.stdout)["dates"][1]
    assert (failed["error"]["vi"], failed["version"]) == ("không có tệp", None)
    made["fails"], made["ran"] = {}, []
    second = backfill(home, "2026-03-01", "2026-03-03", "--json")
    assert (second.exit_code, made["ran"]) == (0, ["2026-03-02"])
    assert set(states(second).values()) == {"success", "skipped"}
    made["ran"] = []
    assert backfill(home, "2026-03-01", "2026-03-03", "--again").exit_code == 0
    assert made["ran"] == ["2026-03-01", "2026-03-02", "2026-03-03"], "in the order of the dates"


def test_a_dry_run_runs_nothing(home, declared, made) -> None:
    declared(mapped())
    told = backfill(home, "2026-03-01", "2026-03-02", "--dry-run")
    assert (told.exit_code, made["ran"]) == (0, [])
    assert told.stdout.count("chưa chạy / to do") == 2


def test_the_platforms_own_fault_ends_a_backfill(home, declared, made) -> None:
    declared(mapped())
    made["fails"] = {"2026-03-01": "commit"}
    told = backfill(home, "2026-03-01", "2026-03-03", "--json")
    assert (told.exit_code, made["ran"]) == (1, ["2026-03-01"])
    assert states(told) == {"2026-03-01": "failed", "2026-03-02": "todo", "2026-03-03": "todo"}


def test_airflow_is_believed_when_it_says_a_run_failed(home, declared, made) -> None:
    declared(mapped())
    made["states"] = {"2026-03-01": "failed"}
    told = backfill(home, "2026-03-01", "2026-03-01", "--json")
    assert told.exit_code == 1
    assert "Airflow says failed" in json.loads(told.stdout)["dates"][0]["error"]["en"]


def test_older_data_never_take_the_place_of_newer_ones(home, declared, made) -> None:
    declared(dated())
    assert backfill(home, "2026-03-05", "2026-03-05").exit_code == 0
    refused = backfill(home, "2026-03-01", "2026-03-02")
    assert refused.exit_code == 1
    assert "--to 2026-03-05 --again" in refused.stderr
    assert made["ran"] == ["2026-03-05"]
    again = backfill(home, "2026-03-04", "2026-03-05", "--again", "--json")
    assert (again.exit_code, made["ran"]) == (0, ["2026-03-05", "2026-03-04", "2026-03-05"])


@pytest.mark.parametrize(
    ("of", "first", "last", "code", "said"),
    [
        (plain, "2026-03-01", "2026-03-02", 1, "no files of single days"),
        (mapped, "2026-03-02", "2026-03-01", 1, "Swap the two dates"),
        (mapped, "01/03/2026", "2026-03-01", 2, "01/03/2026"),
    ],
)
def test_what_is_asked_wrongly_is_told(home, declared, made, of, first, last, code, said) -> None:
    declared(of())
    told = backfill(home, first, last)
    assert told.exit_code == code
    assert said in told.stderr
    assert made["ran"] == []


def test_one_run_is_told_step_by_step_and_says_where_its_report_is(home, declared, made) -> None:
    declared(mapped())
    told = invoke(home, "test", "air-test", "--date", "2026-03-01")
    assert told.exit_code == 0, told.output
    assert "nhận tệp / fetch" in told.stderr
    assert "hanoi report air-test dddddddddddd" in told.stderr
    assert "v-2026-03-01" in told.stdout
    made["fails"] = {"2026-03-01": "fetch"}
    failed = invoke(home, "test", "air-test", "--date", "2026-03-01", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["datasets"][0]["error"]["en"] == "there is no file"
    assert "không có tệp" in failed.stderr


def test_a_run_that_cannot_be_is_refused_before_airflow_starts(home, declared, made) -> None:
    declared(plain())
    assert "no files of single days" in invoke(home, "test", "air-test", "--date", "2026-03-01").stderr
    assert invoke(home, "test", "air-test", "--file", str(home / "none.csv")).exit_code == 1
    assert invoke(home, "test", "no-such").exit_code == 1
    assert made["ran"] == []


def test_the_list_says_when_each_dag_runs_and_how_it_ended(home, declared, made) -> None:
    declared(mapped(schedule="30 6 * * mon", after=["wards"], publish=False))
    assert "chưa chạy / never" in invoke(home, "list").stdout
    backfill(home, "2026-03-01", "2026-03-01")
    (told,) = json.loads(invoke(home, "list", "--json").stdout)
    assert (told["dataset"], told["state"], told["publish"]) == ("air-test", "success", False)
    assert told["words"] == {
        "vi": "tại 06:30, chỉ trên thứ Hai; sau mỗi phiên bản của wards",
        "en": "at 06:30, only on Monday; after each version of wards",
    }
    assert datetime.fromisoformat(told["next_run"]).strftime("%a %H:%M %z") == "Mon 06:30 +0700"


def test_a_schedule_is_of_ha_noi_and_in_words() -> None:
    daily = contract(schedule="0 0 1 jan *")
    assert next_run(daily, datetime(2025, 12, 31, 16, 59, tzinfo=UTC)).date() == date(2026, 1, 1)
    assert next_run(daily, datetime(2025, 12, 31, 17, 1, tzinfo=UTC)).date() == date(2027, 1, 1)
    assert "tháng 1" in in_words(daily)["vi"]
    assert next_run(contract(), datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert in_words(contract())["en"] == "on request, or when a file comes"


def test_notices_are_listed_until_they_are_closed(home) -> None:
    assert "Không có thông báo nào" in invoke(home, "notices").stdout
    Outbox(home).tell(notice())
    Outbox(home).tell(notice(agency="vcci", fault="other"))
    told = invoke(home, "notices", "--agency", "so-xay-dung")
    assert told.exit_code == 1
    for text in ("Trạm xe buýt: lần chạy không thành công", "Cột Mã không có.", "What to do: Mend the file."):
        assert text in told.stdout
    assert len(json.loads(invoke(home, "notices", "--json").stdout)) == 2
    Outbox(home).settle("bus-stops", ("failed",))
    assert invoke(home, "notices").exit_code == 0
    assert "đã khép / closed" in invoke(home, "notices", "--all").stdout
