"""Real runs of real DAGs by Airflow: the days of a range side by side, a day whose file is missing, and the guide's own DAG.

One Airflow process makes them all, as its start and the gate's take longer than the runs.
"""

import json
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from blueprint import released
from blueprint.load import ROOT, load
from dags.notices import Outbox
from dags.steps.records import RunRecord
from lake import Lake
from ops import airflow, dags
from ops.dag_commands import dag
from ops.settings import Settings
from tests.blueprint.drafts import copy
from tests.ops.guides import GUIDES, walk

DATASET = "attendance-daily"
RANGE = {"date_from": "2026-03-02", "date_to": "2026-03-04"}
MISSING, LATER = "2026-03-03", "2026-03-05"


@dataclass(frozen=True)
class Ran:
    """A home after the runs, and what Airflow said of them."""

    folder: Path
    home: Path
    events: list[airflow.DagEvent]

    def ends(self) -> dict[str, str]:
        return {e.dataset: e.state for e in self.events if e.event == "end"}

    def steps(self, dataset: str) -> Counter[tuple[str, str]]:
        return Counter((e.task, e.state) for e in self.events if e.dataset == dataset and e.event == "step")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("runs")
    _blueprint(folder)
    assert len(walk((GUIDES / "write-a-dag.md").read_text(encoding="utf-8"), folder)) == 2
    for day in ("2026-03-02", "2026-03-04", LATER):
        file = folder / f"city/education/attendance-{day}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"school_id,day,pupils\nth-001,{day},400\nth-002,{day},310\n", encoding="utf-8")
    home = folder / ".hanoi"
    settings = Settings(home=home, sources=str(folder / "city"), dags=folder / "own")
    bulletin = {"date": LATER, "bulletin": str(folder / "bulletin.txt")}
    runs = [airflow.DagRun(DATASET, dict(RANGE)), airflow.DagRun("attendance-bulletin", bulletin)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])))
        events = list(airflow.run(settings, runs, steps=True))
    return Ran(folder, home, events)


def _blueprint(folder: Path) -> None:
    """A copy of the Blueprint, which the guide adds its contract to."""
    aside = shutil.ignore_patterns("__pycache__", "concepts", "codelists", "contracts", "crosswalks", "changelog")
    shutil.copytree(ROOT, folder / "blueprint", ignore=aside)
    copy(folder / "blueprint")
    released.verify(folder / "blueprint")


def test_the_days_of_a_range_are_mapped_and_a_missing_one_stops_no_other(ran: Ran) -> None:
    assert ran.ends()[DATASET] == "failed"
    steps = ran.steps(DATASET)
    assert steps["slices", "success"] == 1
    assert (steps["fetch", "success"], steps["fetch", "failed"]) == (2, 1)
    assert steps["conform", "success"] == steps["gate", "success"] == steps["commit", "success"] == 2
    assert not [task for task, _ in steps if task == "publish"]
    records = RunRecord(ran.home, DATASET).dates()
    assert {day: record["state"] for day, record in records.items()} == {
        "2026-03-02": "success",
        MISSING: "failed",
        "2026-03-04": "success",
        LATER: "success",
    }


def test_the_guides_own_dag_mixes_our_steps_with_its_own(ran: Ran) -> None:
    assert ran.ends()["attendance-bulletin"] == "success", (ran.home / "logs/airflow-run.log").read_text()[-4000:]
    version = Lake(ran.home).current(DATASET)
    assert version is not None
    assert (ran.folder / "bulletin.txt").read_text() == f"2 schools, version {version.id}\n"
    assert version.rows == 6, "each day is a partition, and stays when the next one comes"
    assert RunRecord(ran.home, DATASET).read()["version"] == version.id


def test_a_failed_day_is_told_once_in_both_languages(ran: Ran) -> None:
    (notice,) = Outbox(ran.home).notices()
    assert (notice["agency"], notice["dataset"], notice["step"], notice["part"]) == (
        "so-gd-dt",
        DATASET,
        "fetch",
        MISSING,
    )
    assert f"attendance-{MISSING}.csv" in notice["said"]["vi"]
    assert "not there" in notice["said"]["en"]
    assert notice["for_agency"]
    assert notice["times"] == 1


def test_a_backfill_has_only_the_failed_day_to_do(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = load(ran.folder / "blueprint")
    monkeypatch.setattr("blueprint.blueprint", lambda: plan)
    monkeypatch.setattr(dags, "blueprint", lambda: plan)
    asked = ["backfill", DATASET, "--from", "2026-03-02", "--to", LATER, "--dry-run", "--json", "--home", str(ran.home)]
    told = CliRunner().invoke(dag, asked)
    assert told.exit_code == 0, told.output
    states = {one["date"]: one["state"] for one in json.loads(told.stdout)["dates"]}
    assert states == {"2026-03-02": "skipped", MISSING: "todo", "2026-03-04": "skipped", LATER: "skipped"}
    again = json.loads(CliRunner().invoke(dag, [*asked, "--again"]).stdout)["dates"]
    assert {one["state"] for one in again} == {"todo"}
