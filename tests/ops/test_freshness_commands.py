"""The verb ``hanoi freshness`` and its guide, on homes whose lake holds versions of known days."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import dags.steps.freshness
from blueprint import Blueprint, Contract
from blueprint.freshness import Freshness
from blueprint.load import load
from lake import Lake
from ops.freshness_commands import freshness
from quality.history import History
from tests.lake.helpers import make_concept, make_contract, make_record, write_parquet
from tests.ops.guides import GUIDES, folder, walk
from tests.quality.builders import blueprint, concept

__all__ = ["folder"]
GUIDE = GUIDES / "watch-freshness.md"
NOW = datetime.now(UTC)
TYPES = {"name": "string", "at": "timestamp", "level": "double"}
STATED = Freshness(column="at", rhythm="P1D", grace="PT6H", by=("name",))
READINGS = make_contract(TYPES, dataset="readings", key=("name", "at"), freshness=STATED)
REGISTER = make_contract(TYPES, dataset="register", key=("name", "at"), frequency="DAILY")


@pytest.fixture
def home(tmp_path, monkeypatch):
    concepts = {f"{kind}@1": concept(kind, kind) for kind in ("string", "timestamp", "double")}
    plan = Blueprint(Path(), concepts, {}, {c.dataset: c for c in (READINGS, REGISTER)})
    monkeypatch.setattr(dags.steps.freshness, "blueprint", lambda: plan)
    return tmp_path


def commit(home: Path, of: Contract, hours: dict[str, float], *, entered: bool = False):
    """One row a station, so many hours old."""
    rows = [(name, NOW - timedelta(hours=h), 1.0) for name, h in hours.items()]
    path = write_parquet(home / "accepted.parquet", rows, TYPES)
    version = Lake(home).commit(of, make_concept, path, make_record(rows_in=len(rows), rows_quarantined=0))
    if entered:
        plan = blueprint(*(concept(kind, kind) for kind in ("string", "timestamp", "double")))
        History(home).add(of, plan, version, path)
    return version


def invoke(home, *arguments, code=0):
    result = CliRunner().invoke(freshness, [*arguments, "--home", str(home)])
    assert result.exit_code == code, result.output
    return result


def as_json(home, *arguments, code=0):
    return json.loads(invoke(home, *arguments, "--json", code=code).stdout)


def test_before_the_first_version_nothing_is_known_and_nothing_is_late(home):
    assert [(f["dataset"], f["state"], f["version"]) for f in as_json(home)] == [
        ("readings", "unknown", None),
        ("register", "unknown", None),
    ]
    assert "không rõ / unknown" in invoke(home).stdout


@pytest.mark.parametrize("entered", [True, False], ids=["history", "lake"])
def test_the_history_and_the_lake_tell_the_same(home, entered, monkeypatch):
    version = commit(home, READINGS, {"north": 1, "south": 2}, entered=entered)
    if entered:
        monkeypatch.setattr(Lake, "select", None)  # the history answers without the data
    (found,) = as_json(home, "readings")
    assert (found["state"], found["version"], found["groups"], found["groups_late"]) == ("fresh", version.id, 2, 0)
    later = (NOW + timedelta(hours=26)).isoformat()
    assert as_json(home, "readings", "--at", later)[0]["state"] == "due"
    latest = (NOW + timedelta(hours=30)).isoformat()
    (late,) = as_json(home, "readings", "--at", latest, code=1)
    assert (late["state"], late["groups_late"], late["late_groups"][0]["values"]) == ("late", 2, ["south"])


def test_a_late_station_alone_ends_with_one_and_is_named(home):
    commit(home, READINGS, {"north": 1, "south": 72})
    shown = invoke(home, "readings", code=1).stdout
    assert "đúng hạn" in shown
    assert "1 of 2 groups are late" in shown
    assert "readings south" in shown
    assert "readings north" not in shown


def test_a_register_whose_content_came_again_is_fresh(home):
    version = commit(home, REGISTER, {"a": 9000}, entered=True)
    content = History(home).entries("register")[0]
    assert content.version == version.id
    again = commit(home, REGISTER, {"a": 9000}, entered=True)
    assert not again.new
    (found,) = as_json(home, "register")
    assert datetime.fromisoformat(found["newest"]) >= version.committed_at.replace(microsecond=0)
    past = as_json(home, "register", "--at", (version.committed_at + timedelta(milliseconds=1)).isoformat())
    assert datetime.fromisoformat(past[0]["newest"]) <= version.committed_at


def test_a_moment_before_the_first_version_knows_no_version(home):
    commit(home, READINGS, {"north": 1})
    assert as_json(home, "readings", "--at", "2001-01-01")[0]["state"] == "unknown"
    assert as_json(home, "readings", "--at", f"{date.today() + timedelta(400)}", code=1)[0]["state"] == "late"


def test_the_history_is_made_again(home):
    commit(home, READINGS, {"north": 1})
    assert "từ 1 phiên bản" in invoke(home, "readings", "--rebuild").stdout
    assert len(History(home).entries("readings")) == 1


def test_what_is_asked_wrongly_is_told_in_both_languages(home):
    told = invoke(home, "--at", "yesterday", code=2).stderr
    assert "không phải ngày" in told
    assert "no ISO 8601 date" in told
    assert "Did you mean 'readings'" in invoke(home, "reading", code=0 + 1).stderr
    (home / "history").mkdir()
    (home / "history" / "history.sqlite").write_bytes(b"damaged" * 1000)
    commit(home, READINGS, {"north": 1})
    assert "--rebuild" in invoke(home, "readings", code=1).stderr


def test_every_command_of_the_guide_does_what_the_page_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = 0
    for part in GUIDE.read_text(encoding="utf-8").split("<!-- state: accepted -->"):
        if ran:
            with monkeypatch.context() as at:
                at.setattr(time, "time", lambda: datetime(2025, 5, 21, tzinfo=UTC).timestamp())
                _accept(folder)
        ran += len(walk(part, folder))
    assert ran == 6


def _accept(folder: Path) -> None:
    """Two schools of the guide's dataset, as if their data had been accepted."""
    plan = load(folder / "blueprint")
    days = pa.array([date(2025, 5, 20), date(2025, 1, 10)], pa.date32())
    schools = pa.array(["th-001", "th-002"])
    path = folder / "accepted.parquet"
    pq.write_table(pa.table({"school_id": schools, "day": days, "pupils": pa.array([400, 300], pa.int64())}), path)
    Lake(folder / ".hanoi").commit(plan.contract("school-attendance"), plan.concept_of, path, make_record())
