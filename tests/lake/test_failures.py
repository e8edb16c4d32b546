"""Many writers, killed writers and full disks: readers see whole versions, and nothing is lost."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from lake import Lake, LakeBusy, LakeFull, LakeWriteFailed, Version
from lake.content import content_hash
from lake.schema import duckdb_types
from lake.sql import connection
from tests.lake.helpers import ROWS, canonical, make_concept, make_contract, make_record, read_rows

TYPES = {"number": "integer", "value": "double"}
REPOSITORY = Path(__file__).parents[2]


def assert_whole(store: Lake, since: int = 0) -> list[Version]:
    """The newest version, and every one numbered above ``since``, reads back as the content that its hash names."""
    found = store.versions("test-data")
    types = duckdb_types(make_contract(TYPES), make_concept)
    with connection(store.root / "spill" / "test") as con:
        for version in found[min(since, len(found) - 1) :] if found else []:
            assert content_hash(con, [store.select(version)], types) == (version.rows, version.content_hash)
    assert [v.number for v in found] == list(range(1, len(found) + 1))
    return found


def start(script: str, *arguments: object) -> "subprocess.Popen[str]":
    """A Python of its own that runs ``script`` with the repository at hand."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", PREAMBLE + script, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


# Loads the libraries once and forks before any of them starts a thread, so that a process costs no start-up.
PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
import duckdb, pyarrow.parquet, pyiceberg.catalog.sql, lake.commit, lake.location, lake.sweep
from lake import Lake
from tests.lake.helpers import make_concept, make_contract, make_record, write_parquet

home = Path(sys.argv[1])
types = {"number": "integer", "value": "double"}
"""

WRITERS = """
children = []
for name in ("1", "2"):
    child = os.fork()
    if child:
        children.append(child)
        continue
    for i in range(8):
        path = write_parquet(home / f"{name}.parquet", [(i, float(name))], types)
        version = Lake(home).commit(make_contract(types), make_concept, path, make_record(run_id=f"{name}-{i}"))
        print(version.id, flush=True)
        time.sleep(0.02)
    os._exit(0)
sys.exit(sum(os.waitpid(child, 0)[1] for child in children))
"""


def test_two_processes_commit_to_one_table_and_none_is_lost(tmp_path: Path) -> None:
    writers = start(WRITERS, tmp_path)
    said, _ = writers.communicate(timeout=120)
    assert writers.returncode == 0
    found = assert_whole(Lake(tmp_path))
    assert len(found) == 16
    assert {v.id for v in found} == set(said.split())
    assert {v.run_id for v in found} == {f"{name}-{i}" for name in (1, 2) for i in range(8)}


LAUNCHER = """
for line in sys.stdin:
    commits_first, delay = line.split()
    done, told = os.pipe()
    child = os.fork()
    if child == 0:
        while True:
            for name in ("a", "b"):
                accepted = home / f"{name}.parquet"
                if Lake(home).commit(make_contract(types), make_concept, accepted, make_record()).new:
                    os.write(told, b".")
    if int(commits_first):
        os.read(done, 1)
    time.sleep(float(delay))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("killed", flush=True)
"""


def write_many(path: Path, rows: int, seed: int) -> Path:
    """Rows of noise, which no compression makes smaller."""
    noise = np.random.default_rng(seed).random(rows)
    pq.write_table(pa.table({"number": np.arange(rows, dtype=np.int64), "value": noise}), path)
    return path


def test_readers_see_whole_versions_however_a_writer_is_killed(tmp_path: Path) -> None:
    write_many(tmp_path / "a.parquet", 5_000, 1)
    write_many(tmp_path / "b.parquet", 5_000, 2)
    store = Lake(tmp_path)
    launcher = start(LAUNCHER, tmp_path)
    assert launcher.stdin
    assert launcher.stdout
    chance = random.Random(7)  # noqa: S311 - spreads the kills, keeps no secret
    seen = 0
    for attempt in range(12):
        print(int(attempt > 3), chance.uniform(0.01, 0.3), file=launcher.stdin, flush=True)
        assert launcher.stdout.readline() == "killed\n"
        found = assert_whole(store, since=seen)
        assert len(found) >= seen
        seen = len(found)
    launcher.communicate(timeout=30)
    assert seen >= 8
    accepted = write_many(tmp_path / "c.parquet", 10, 3)
    assert store.commit(make_contract(TYPES), make_concept, accepted, make_record()).number == seen + 1
    assert_whole(store)
    assert_nothing_left_over(store)


def assert_nothing_left_over(store: Lake) -> None:
    """Only files that some version reads are in the data folder."""
    used = {file for version in store.versions("test-data") for file in store.files(version)}
    assert set((store.warehouse / "test-data" / "data").iterdir()) == used


def test_what_a_killed_commit_left_is_removed_by_the_next_one(tmp_path: Path, commit: Callable[..., Version]) -> None:
    store = Lake(tmp_path)
    commit(store)
    folder = store.warehouse / "test-data"
    left = [folder / "data" / "000002-0000-feed.parquet", folder / "metadata" / "feed-m0.avro"]
    spilled = store.root / "spill" / "test-data" / "duckdb_temp_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir(parents=True)
    for file in (*left, spilled):
        file.write_bytes(b"half")
    assert not commit(store).new
    assert not any(file.exists() for file in (*left, spilled))
    newer = commit(store, ROWS[:1])
    assert [canonical(read_rows(store, v)) for v in store.versions("test-data")] == [
        canonical(ROWS),
        canonical(ROWS[:1]),
    ]
    assert newer.number == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(options, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a small tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_version(small_disk: Path, tmp_path: Path) -> None:
    store = Lake(small_disk)

    def commit(rows: int, seed: int) -> Version:
        path = write_many(tmp_path / "accepted.parquet", rows, seed)
        return store.commit(make_contract(TYPES), make_concept, path, make_record())

    first = commit(1_000, 0)
    with pytest.raises(LakeFull) as full:
        commit(1_000_000, 1)
    assert "đã đầy" in full.value.vi
    assert assert_whole(store) == [store.version("test-data", first.id)]
    ballast = small_disk / "ballast"
    refused = 0
    for left in range(0, 100_000, 16_000):
        usage = os.statvfs(small_disk)
        ballast.write_bytes(b"x" * (usage.f_bavail * usage.f_frsize - left))
        before = store.current("test-data")
        try:
            commit(100, left + 2)
        except LakeWriteFailed as error:
            refused += isinstance(error, LakeFull)
            assert store.current("test-data") == before
        ballast.unlink()
        assert_whole(store, since=2)
    assert refused
    commit(500, 3)
    assert_whole(store)
    assert_nothing_left_over(store)


def test_a_table_that_stays_locked_is_named(tmp_path: Path, commit: Callable[..., Version]) -> None:
    first = commit(Lake(tmp_path))
    with FileLock(tmp_path / "lake" / "locks" / "test-data.lock"), pytest.raises(LakeBusy, match="'test-data'"):
        commit(Lake(tmp_path, lock_timeout=0.1), ROWS[:1])
    assert [v.id for v in Lake(tmp_path).versions("test-data")] == [first.id]
