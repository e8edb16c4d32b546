"""The history of accepted versions: one entry each, private, whole, never twice, and without a value of a person."""

import doctest
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import pytest

import quality.history
import quality.robust
from blueprint.freshness import Freshness
from lake import Lake
from quality.freshness import newest_in
from quality.history import History, HistoryError
from quality.profile import DECILES, GROUPS
from tests.lake.helpers import make_concept, make_contract, make_record, write_parquet
from tests.quality.builders import blueprint, concept
from tests.quality.sensors import FIRST, PLAN, day_of, sensors, version, write_rows

OF = sensors()
STATED = Freshness(column="day", rhythm="P1D", by=("name",))
TYPES = {"name": "string", "day": "date", "level": "double"}
DATED = make_contract(TYPES, partition="day", key=("name", "day"), freshness=STATED)
DATED_PLAN = blueprint(concept("string", "string"), concept("date", "date"), concept("double", "double"))


@pytest.fixture
def history(tmp_path):
    return History(tmp_path)


def add(history, tmp_path, number, rows, **changes):
    history.add(OF, PLAN, version(number, len(rows), **changes), write_rows(tmp_path / "accepted.parquet", rows))


def test_an_entry_says_what_a_version_brought(history, tmp_path):
    rows = day_of(1, 0)
    add(history, tmp_path, 1, rows)
    (found,) = history.entries("sensors")
    assert (found.version, found.number, found.contract, found.day) == ("1-00000001", 1, "sensors@1.0.0", FIRST)
    profile = found.profile
    assert profile.rows == len(rows)
    values = sorted(r["pm25"] for r in rows if r["pm25"] is not None)
    pm25 = profile.columns["pm25"]
    assert (pm25.filled, pm25.values, pm25.concept) == (len(values), len(values), "dust@1")
    assert pm25.deciles == pytest.approx(quantiles(values, n=10, method="inclusive"), rel=1e-6)
    assert len(pm25.deciles) == len(DECILES)
    assert pm25.mean == pytest.approx(sum(values) / len(values))
    assert profile.columns["level"].codes == {
        code: sum(r["level"] == code for r in rows) for code in sorted({r["level"] for r in rows})
    }
    assert set(profile.groups) == {(r["station"],) for r in rows}
    for station, group in profile.groups.items():
        own = [r for r in rows if (r["station"],) == station]
        assert group.rows == len(own)
        assert group.newest == max(r["at"] for r in own)
        read = [r["temperature"] for r in own]
        assert group.measures["temperature"].mean == pytest.approx(sum(read) / len(read))
    assert profile.newest is not None
    assert profile.newest.at == max(r["at"] for r in rows)


def test_columns_of_persons_are_only_counted(history, tmp_path):
    add(history, tmp_path, 1, day_of(1, 0))
    columns = history.entries("sensors")[0].profile.columns
    for name in ("operator", "operator_age"):
        column = columns[name]
        assert column.filled > 0
        assert (column.deciles, column.mean, column.codes) == ((), None, {})
    assert "operator_age" not in history.entries("sensors")[0].profile.groups[("s00",)].measures
    assert "Nguyễn".encode() not in history.file.read_bytes()
    by_person = sensors(by=("operator",))
    history.add(by_person, PLAN, version(2), write_rows(tmp_path / "b.parquet", day_of(1, 1)))
    assert history.entries("sensors")[-1].profile.groups == {}
    assert "Nguyễn".encode() not in history.file.read_bytes()


def test_only_this_user_can_read_it(history, tmp_path):
    add(history, tmp_path, 1, day_of(1, 0))
    assert stat.S_IMODE(history.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.folder.stat().st_mode) == 0o700
    assert [p.name for p in history.folder.iterdir()] == [history.file.name]


def test_the_same_version_is_entered_once_and_confirmed_when_its_content_comes_again(history, tmp_path):
    add(history, tmp_path, 1, day_of(1, 0))
    add(history, tmp_path, 2, day_of(1, 1))
    before = history.entries("sensors")
    add(history, tmp_path, 2, day_of(1, 1))
    assert history.entries("sensors") == before
    add(history, tmp_path, 2, day_of(1, 5), new=False)
    first, second = history.entries("sensors")
    assert first == before[0]
    assert second.profile == before[1].profile
    assert before[1].confirmed_at < second.confirmed_at <= datetime.now(UTC)


def test_without_a_column_of_dates_the_last_confirmation_is_the_newest_moment(history, tmp_path):
    plain = OF.model_copy(update={"freshness": None})
    made = version(1)
    path = write_rows(tmp_path / "a.parquet", day_of(1, 0))
    assert history.newest(plain, made) is None
    history.add(plain, PLAN, made, path)
    assert history.newest(plain, made).at == made.committed_at
    history.add(plain, PLAN, replace(made, new=False), path)
    assert history.newest(plain, made).at > made.committed_at + timedelta(days=1)


def test_entries_are_chosen_by_number_day_and_origin(history, tmp_path):
    for number in (1, 2, 40, 41, 366):
        rows = day_of(1, number - 1, stations=1)
        add(history, tmp_path, number, rows, simulated=number == 2)
    assert [e.number for e in history.entries("sensors")] == [1, 2, 40, 41, 366]
    assert [e.number for e in history.entries("sensors", 2)] == [41, 366]
    assert [e.number for e in history.entries("sensors", alike=lambda d: d.month == 4)] == [40, 41]
    assert [e.number for e in history.entries("sensors", 1, alike=lambda d: d.month == 3, simulated=False)] == [366]
    assert [e.number for e in history.entries("sensors", simulated=True)] == [2]
    assert history.entries("others") == []
    assert history.entries("sensors")[-1].day == date(2027, 3, 2)


def test_the_order_of_rows_does_not_matter(history, tmp_path):
    rows = day_of(3, 0)
    one = history.profile_of(OF, PLAN, write_rows(tmp_path / "a.parquet", rows), datetime.now(UTC))
    other = history.profile_of(OF, PLAN, write_rows(tmp_path / "b.parquet", rows[::-1]), datetime.now(UTC))
    assert one == other
    assert history.entries("sensors") == [], "a profile alone is no entry"


def test_what_was_profiled_for_the_verdict_is_not_profiled_again(history, tmp_path, monkeypatch):
    rows, other = day_of(1, 0), day_of(2, 1)
    path = write_rows(tmp_path / "accepted.parquet", rows)
    found = history.profile_of(OF, PLAN, path, datetime.now(UTC))
    assert stat.S_IMODE((tmp_path / "accepted.profile.json").stat().st_mode) == 0o600
    with monkeypatch.context() as patch:
        patch.setattr(quality.history, "profile", lambda *_: pytest.fail("profiled again"))
        history.add(OF, PLAN, version(1, len(rows)), path)
    history.add(OF, PLAN, version(2, len(other)), write_rows(path, other))
    first, second = history.entries("sensors")
    assert first.profile == found
    assert second.profile == History(tmp_path / "b").profile_of(OF, PLAN, path, datetime.now(UTC)) != found


def test_odd_numbers_names_and_too_many_groups_are_survived(history, tmp_path):
    odd = 'giá trị "x"; --'
    row = day_of(1, 0)[0]
    numbers = [float("nan"), float("inf"), -float("inf"), 1.7e308, -1.7e308, None, 1.0, 2.0, 3.0]
    rows = [{**row, "pm25": n, "station": odd, "level": odd} for n in numbers]
    add(history, tmp_path, 1, rows)
    profile = history.entries("sensors")[0].profile
    assert (profile.columns["pm25"].values, profile.columns["pm25"].mean) == (3, 2.0)
    assert profile.columns["level"].codes == {odd: len(rows)}
    assert profile.groups[(odd,)].measures["pm25"].values == 3
    add(history, tmp_path, 2, [{**row, "station": f"{n}"} for n in range(GROUPS + 1)])
    add(history, tmp_path, 3, [])
    assert [e.profile.groups for e in history.entries("sensors", 2)] == [{}, {}]


def test_a_history_that_is_damaged_is_told_and_can_be_made_again(history, tmp_path):
    add(history, tmp_path, 1, day_of(1, 0))
    history.file.write_bytes(b"this is no database " * 400)
    for use in (lambda: history.entries("sensors"), lambda: add(history, tmp_path, 2, day_of(1, 1))):
        with pytest.raises(HistoryError, match="--rebuild") as error:
            use()
        assert "không bị ảnh hưởng" in error.value.vi
    history.file.unlink()
    add(history, tmp_path, 2, day_of(1, 1))
    assert [e.number for e in history.entries("sensors")] == [2]


WRITER = """
import sys
from pathlib import Path
from tests.quality.sensors import PLAN, day_of, sensors, version, write_rows
from quality.history import History
home, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
of = sensors().model_copy(update={"dataset": name})
history = History(home)
path = write_rows(home / f"{name}.parquet", day_of(1, 0, stations=3))
for number in range(1, count + 1):
    history.add(of, PLAN, version(number, dataset=name), path)
    print(number, flush=True)
"""


def writer(home, name, count):
    repository = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), name, str(count)], cwd=repository, stdout=subprocess.PIPE, text=True
    )


def test_datasets_are_entered_at_the_same_time_and_a_killed_writer_leaves_whole_entries(history, tmp_path):
    killed, other = writer(tmp_path, "three", 1000), writer(tmp_path, "one", 10)
    assert killed.stdout is not None
    for _ in range(3):
        killed.stdout.readline()
    os.kill(killed.pid, signal.SIGKILL)
    for process in (other, killed):
        process.communicate(timeout=120)
    assert other.returncode == 0
    assert [e.number for e in history.entries("one")] == list(range(1, 11))
    left = history.entries("three")
    assert len(left) >= 3
    assert all(len(e.profile.groups) == 3 and e.profile.columns for e in left)
    with sqlite3.connect(history.file) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def days(*of):
    return [(name, FIRST + timedelta(n), float(n)) for n in of for name in ("a", "b")]


def commit(lake, tmp_path, made, rows):
    path = write_parquet(tmp_path / "accepted.parquet", rows, TYPES)
    return lake.commit(made, make_concept, path, make_record(rows_in=len(rows) + 1, rows_quarantined=1)), path


@pytest.mark.parametrize("partition", [None, "day"])
def test_the_lake_gives_the_same_history_again(tmp_path, partition):
    made = DATED.model_copy(update={"partition": partition})
    plan = blueprint(*DATED_PLAN.concepts.values())
    object.__setattr__(plan, "contracts", {made.dataset: made})
    lake, history = Lake(tmp_path), History(tmp_path)
    for rows in (days(0, 1), days(2), [*days(1), ("c", FIRST + timedelta(3), 9.0)]):
        found, path = commit(lake, tmp_path, made, rows)
        history.add(made, plan, found, path)
    before = history.entries(made.dataset)
    assert [e.profile.rows for e in before] == [4, 2, 3]
    assert [set(e.profile.groups) for e in before] == [{("a",), ("b",)}, {("a",), ("b",)}, {("a",), ("b",), ("c",)}]
    expected = newest_in(lake, made, found)
    assert history.newest(made, found) == expected
    history.file.unlink()
    assert history.newest(made, found) is None
    assert history.rebuild(lake, plan) == 3
    assert history.entries(made.dataset) == before
    assert history.rebuild(lake, plan, made.dataset) == 3
    assert history.entries(made.dataset) == before
    assert history.newest(made, found) == expected


def test_the_newest_moment_is_not_told_where_entries_are_missing(tmp_path):
    lake, history = Lake(tmp_path), History(tmp_path)
    first, _ = commit(lake, tmp_path, DATED, days(0))
    second, path = commit(lake, tmp_path, DATED, days(1))
    history.add(DATED, DATED_PLAN, second, path)
    assert history.newest(DATED, first) is None
    assert history.newest(DATED, second) is None
    other = DATED.model_copy(update={"partition": None, "freshness": STATED.model_copy(update={"by": ()})})
    assert history.newest(other, second) is None, "the groups are those of another promise"


def test_where_files_cannot_tell_what_a_version_brought_only_its_rows_are_entered(tmp_path, monkeypatch):
    lake, history = Lake(tmp_path), History(tmp_path)
    plan = blueprint(*DATED_PLAN.concepts.values())
    object.__setattr__(plan, "contracts", {DATED.dataset: DATED})
    for n in range(2):
        found, _ = commit(lake, tmp_path, DATED, days(n))
    joined = tmp_path / "joined.parquet"
    write_parquet(joined, days(0, 1), TYPES)
    files = lake.files
    monkeypatch.setattr(lake, "files", lambda v: [joined] if v.id == found.id else files(v))
    history.rebuild(lake, plan)
    assert [(e.profile.rows, bool(e.profile.groups)) for e in history.entries(DATED.dataset)] == [(2, True), (2, False)]


@pytest.mark.parametrize("module", [quality.history, quality.robust], ids=lambda m: m.__name__)
def test_the_examples_run(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
