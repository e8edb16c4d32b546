"""Many writers at once, to one table and to several, over both kinds of catalog: no commit is lost or made twice."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lake import Lake
from tests.lake.processes import assert_nothing_left_over, assert_whole, start

if TYPE_CHECKING:
    from tests.lake.postgresql import Postgresql

PROCESSES, COMMITS = map(int, os.environ.get("HANOI_WRITERS", "3x3").split("x"))
"""How many processes make how many commits each to one table; ``HANOI_WRITERS=8x8`` for the full number."""
UNLOCKED_PROCESSES, UNLOCKED_COMMITS = 3, 2

# Another engine knows of no lock, and a sweep that knows of no other writer would take its new files for leftovers.
WRITERS = """
import types as kinds
from contextlib import contextmanager
import lake.catalogs, lake.store, lake.swap

catalog, processes, commits, unlocked_processes, unlocked_commits = sys.argv[2] or None, *map(int, sys.argv[3:])

def say(word):
    os.write(1, f"{word}\\n".encode())  # in one piece, whoever else is speaking

def locked(name):
    store = Lake(home / "locked", catalog=catalog)
    for i in range(commits):
        path = write_parquet(home / f"{name}.parquet", [(i, float(name))], types)
        record = make_record(run_id=f"{name}-{i}")
        say(store.commit(make_contract(types), make_concept, path, record).id)
        if i % 4 == 0:
            store.commit(make_contract(types, dataset=f"table-{name}"), make_concept, path, record)

failed = together(processes, locked)

@contextmanager
def no_file_lock(self, name):
    yield

@contextmanager
def no_advisory_lock(self, key, name):
    yield lake.swap.one_session(self._url)

def unlocked(name):
    store = Lake(home / "unlocked", catalog=catalog)
    for i in range(unlocked_commits):
        path = write_parquet(home / f"{name}.parquet", [(i, float(name))], types)
        store.commit(make_contract(types), make_concept, path, make_record(run_id=f"{name}-{i}"))

first = write_parquet(home / "first.parquet", [], types)
Lake(home / "unlocked", catalog=catalog).commit(make_contract(types), make_concept, first, make_record())
lake.catalogs.SqliteCatalogs._file_lock = no_file_lock
lake.catalogs.PostgresqlCatalogs._advisory_lock = no_advisory_lock
lake.sweep.sweep = lambda *_: None
lake.store.shutil = kinds.SimpleNamespace(rmtree=lambda *_, **__: None)
swap = lake.swap.LakeCatalog.commit_table

def noted(*given):
    (home / f"{os.getpid()}.ready").touch()
    while len(list(home.glob("*.ready"))) < unlocked_processes:  # all come to their first swap before any makes it
        time.sleep(0.01)
    try:
        return swap(*given)
    except lake.swap.TableMoved:
        say("again")
        raise

lake.swap.LakeCatalog.commit_table = noted
sys.exit(failed + together(unlocked_processes, unlocked))
"""


@dataclass(frozen=True)
class Written:
    """What many processes wrote under locks and then without them, and what they said."""

    locked: Lake
    unlocked: Lake
    said: list[str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    catalog = None
    if request.param == "postgresql":
        server: Postgresql = request.getfixturevalue("postgresql")
        catalog = server.url
    home = tmp_path_factory.mktemp("home")
    writers = start(WRITERS, home, catalog or "", PROCESSES, COMMITS, UNLOCKED_PROCESSES, UNLOCKED_COMMITS)
    said, _ = writers.communicate(timeout=550)
    assert writers.returncode == 0
    return Written(Lake(home / "locked", catalog=catalog), Lake(home / "unlocked", catalog=catalog), said.split())


def test_many_processes_commit_to_one_table_and_none_is_lost(written: Written) -> None:
    found = assert_whole(written.locked)
    assert len(found) == PROCESSES * COMMITS
    assert {v.id for v in found} == {word for word in written.said if word != "again"}
    assert {v.run_id for v in found} == {f"{name}-{i}" for name in range(PROCESSES) for i in range(COMMITS)}
    assert_nothing_left_over(written.locked)


def test_they_commit_to_tables_of_their_own_at_the_same_time(written: Written) -> None:
    for name in range(PROCESSES):
        own = assert_whole(written.locked, dataset=f"table-{name}")
        assert [v.run_id for v in own] == [f"{name}-{i}" for i in range(0, COMMITS, 4)]


def test_writers_that_hold_no_lock_begin_again_and_lose_nothing(written: Written) -> None:
    assert written.said.count("again") >= UNLOCKED_PROCESSES - 1
    found = assert_whole(written.unlocked)
    assert len(found) == 1 + UNLOCKED_PROCESSES * UNLOCKED_COMMITS
    assert {v.run_id for v in found[1:]} == {
        f"{name}-{i}" for name in range(UNLOCKED_PROCESSES) for i in range(UNLOCKED_COMMITS)
    }
