"""Maintenance that is killed at any step, and maintenance beside commits and readers of other processes."""

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lake import Lake, Version
from lake.retention import Retention
from lake.sweep import unreferenced
from lake.tidy import Rules
from tests.lake.helpers import canonical, make_concept, make_contract, make_record, read_rows, write_parquet
from tests.lake.processes import TYPES, start

DATASET = "test-data"
LATER = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)
RULES = Rules(retention=Retention(versions=1, days=0), grace=dt.timedelta())

WORK = """
import datetime as dt
import lake.compaction, lake.content, lake.maintain, lake.sql, lake.tidy
from lake.retention import Retention
from lake.tidy import Rules

rules = Rules(retention=Retention(versions=1, days=0), grace=dt.timedelta())
later = dt.datetime.fromisoformat(sys.argv[2])
"""

KILLED = (
    WORK
    + """
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "sqlite3.connect", "open"}

def at(step):
    # Kills this process at its step-th touch of a file of the home, whatever touches it.
    seen = 0
    def touched(event, arguments):
        nonlocal seen
        if event in CHANGES and str(home) in str(arguments[0]):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(touched)
    return lambda: seen

for line in sys.stdin:
    published, step = line.split()
    child = os.fork()
    if child == 0:
        touched = at(int(step))
        Lake(home).maintain("test-data", rules, published={published}, now=later)
        print("whole", touched(), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("killed", step, flush=True)
"""
)


@pytest.fixture
def worn(tmp_path: Path) -> Path:
    """A home with three versions, the newest in many files, and a leftover."""
    home = tmp_path / "prepared"
    home.mkdir()
    lake = Lake(home)
    for number in range(1, 4):
        path = write_parquet(home / "accepted.parquet", rows_of(number), TYPES)
        lake.commit(make_contract(TYPES), make_concept, path, make_record())
    lake.maintain(DATASET, Rules(target=1, retention=None))
    (lake.warehouse / DATASET / "data" / "000004-0000-dead.parquet").write_bytes(b"half")
    return home


def rows_of(number: int) -> list[tuple[int, float]]:
    return [(i, i * number / 3) for i in range(6)]


def test_a_killed_maintenance_leaves_every_version_whole_and_the_next_one_ends_the_work(
    tmp_path: Path, worn: Path
) -> None:
    """The process is killed at a touch of a file; ``HANOI_TEST_KILLS`` sets at how many of them, 10 if absent."""
    home = tmp_path / "home"
    first, second, third = Lake(worn).versions(DATASET)

    def maintained(step: int) -> list[str]:
        assert launcher.stdin
        assert launcher.stdout
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(worn, home)
        print(first.id, step, file=launcher.stdin, flush=True)
        return launcher.stdout.readline().split()

    with start(KILLED, home, LATER.isoformat()) as launcher:
        _kill_at_every_step(maintained, home, first, second, third)


def _kill_at_every_step(
    maintained: Callable[[int], list[str]], home: Path, first: Version, second: Version, third: Version
) -> None:
    told, touches = maintained(10**9)
    assert told == "whole"
    steps = int(touches)
    assert steps > 30
    wanted = int(os.environ.get("HANOI_TEST_KILLS", "10"))
    outcomes = set()
    for step in sorted({1 + round(i * (steps - 1) / max(1, wanted - 1)) for i in range(wanted)}):
        assert maintained(step) == ["killed", str(step)]
        lake = Lake(home)
        found = {v.id: v for v in lake.versions(DATASET)}
        assert {first.id, third.id} <= set(found) <= {first.id, second.id, third.id}
        for version in found.values():
            assert canonical(read_rows(lake, version)) == canonical(rows_of(version.number))
        outcomes.add((len(found), len(lake.files(found[third.id]))))
        lake.maintain(DATASET, RULES, published={first.id}, now=LATER)
        assert [v.id for v in lake.versions(DATASET)] == [first.id, third.id]
        assert [len(lake.files(v)) for v in lake.versions(DATASET)] == [1, 1]
        assert all(v.ok for v in lake.verify(DATASET))
        lake.maintain(DATASET, RULES, published={first.id}, now=LATER)
        assert set((lake.warehouse / DATASET / "data").iterdir()) == {
            file for v in lake.versions(DATASET) for file in lake.files(v)
        }
        with lake._catalogs.table(DATASET) as table:
            assert unreferenced(table, lake.warehouse) == []
    assert outcomes == {(3, 6), (3, 1), (2, 1)}, "the kills met the table before, between and after both changes"


BESIDE = (
    WORK
    + """
import duckdb

def work(index):
    store = Lake(home)
    if index == 0:
        for number in range(1, 6):
            path = write_parquet(home / "accepted.parquet", [(i, i * number / 3) for i in range(6)], types)
            assert store.commit(make_contract(types), make_concept, path, make_record()).new
            print("committed", number, flush=True)
        (home / "done").touch()
        return
    while not (home / "done").exists():
        if index == 1:
            target = 1 if time.time() % 0.2 < 0.1 else 10**9
            store.maintain("test-data", Rules(retention=Retention(versions=2, days=0), target=target), published=(), now=later)
            continue
        for version in store.versions("test-data")[-2:]:
            query = store.select(version)
            with duckdb.connect() as con:
                rows = con.execute(query + " ORDER BY ALL").fetchall()
            assert rows == [(i, i * version.number / 3) for i in range(6)], rows
            print("read", version.number, flush=True)

together(3, work)
"""
)


def test_commits_and_readers_go_on_beside_maintenance(tmp_path: Path) -> None:
    """One process commits, one maintains without a pause, splitting and joining files, and one reads what it finds."""
    processes = start(BESIDE, tmp_path, LATER.isoformat())
    said, _ = processes.communicate(timeout=240)
    assert processes.returncode == 0
    assert [line for line in said.splitlines() if line.startswith("committed")] == [
        f"committed {n}" for n in range(1, 6)
    ]
    assert "read" in said
    lake = Lake(tmp_path)
    lake.maintain(DATASET, RULES, published=(), now=LATER)
    (version,) = lake.versions(DATASET)
    assert version.number == 5
    assert canonical(read_rows(lake, version)) == canonical(rows_of(5))
    assert all(v.ok for v in lake.verify(DATASET))
