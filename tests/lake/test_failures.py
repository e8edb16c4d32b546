"""Killed writers, full disks and read-only folders: readers see whole versions, and nothing is lost."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from dags.errors import AccessDenied, DiskFull
from dags.steps import steps
from dags.steps.records import RunRecord
from lake import CatalogElsewhere, Lake, LakeBusy, LakeFull, LakeReadOnly, LakeWriteFailed, Version
from tests.dags.builders import contract, plan_of
from tests.lake.helpers import ROWS, canonical, make_concept, make_contract, make_record, read_rows
from tests.lake.processes import TYPES, assert_nothing_left_over, assert_whole, start, write_many

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


def test_what_a_killed_commit_left_is_removed_by_the_next_one(tmp_path: Path, commit: Callable[..., Version]) -> None:
    store = Lake(tmp_path)
    commit(store)
    folder = store.warehouse / "test-data"
    left = [folder / "data" / "000002-0000-feed.parquet", folder / "metadata" / "feed-m0.avro"]
    spilled = store.root / "spill" / "test-data" / "duckdb_temp_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir(parents=True, exist_ok=True)
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


def mounted(folder: Path, *options: str) -> bool:
    """Whether a file system in memory could be mounted on a folder; only root may."""
    try:
        command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A small disk; its size in MB is the parameter."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted(folder, "-o", f"size={request.param}m"):
        pytest.skip("needs the right to mount a small tmpfs")
    yield folder
    # An error that is still held may hold open files with it.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path, left: int) -> Iterator[None]:
    """A disk with ``left`` bytes to spare."""
    usage = os.statvfs(disk)
    ballast = disk / "ballast"
    ballast.write_bytes(b"x" * max(0, usage.f_bavail * usage.f_frsize - left))
    try:
        yield
    finally:
        ballast.unlink()


@pytest.mark.parametrize("disk", [3], indirect=True)
def test_a_full_disk_leaves_the_old_version(disk: Path, tmp_path: Path) -> None:
    store = Lake(disk)

    def commit(rows: int, seed: int) -> Version:
        path = write_many(tmp_path / "accepted.parquet", rows, seed)
        return store.commit(make_contract(TYPES), make_concept, path, make_record())

    first = commit(1_000, 0)
    with pytest.raises(LakeFull) as full:
        commit(1_000_000, 1)
    assert "đã đầy" in full.value.vi
    assert assert_whole(store) == [store.version("test-data", first.id)]
    refused = 0
    for left in range(0, 100_000, 16_000):
        before = store.current("test-data")
        with filled(disk, left):
            try:
                commit(100, left + 2)
            except LakeWriteFailed as error:
                refused += isinstance(error, LakeFull)
                assert store.current("test-data") == before
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


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """A disk that takes no writes, not even root's."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


@pytest.mark.parametrize("disk", [8], indirect=True)
def test_a_read_only_folder_is_named_and_the_lake_in_it_can_still_be_read(
    disk: Path, tmp_path: Path, commit: Callable[..., Version]
) -> None:
    store, empty = Lake(disk / "home"), Lake(disk / "new")
    first = commit(store)
    with read_only(disk):
        for lake in (store, empty):
            with pytest.raises(LakeReadOnly) as error:
                commit(lake, ROWS[:1])
            assert str(lake.root) in error.value.vi
            assert "does not let" in error.value.en
        assert canonical(read_rows(store, first)) == canonical(ROWS)
        assert empty.datasets() == []
    assert [v.id for v in store.versions("test-data")] == [first.id]
    assert commit(store, ROWS[:1]).number == 2
    assert commit(empty, ROWS[:1]).number == 1
    assert_nothing_left_over(store)


@pytest.fixture
def home(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home on a small disk, and the steps set to a Blueprint of one dataset."""
    declared = contract()
    monkeypatch.setenv("HANOI_HOME", str(disk / "home"))
    monkeypatch.setattr(steps, "blueprint", lambda: plan_of(declared))
    return disk / "home"


def files_of(home: Path, *below: str) -> set[str]:
    return {path.relative_to(home).as_posix() for name in below for path in (home / name).rglob("*") if path.is_file()}


@pytest.mark.parametrize("disk", [6], indirect=True)
def test_fetch_and_conform_leave_nothing_half_written_on_a_full_disk(disk: Path, home: Path, tmp_path: Path) -> None:
    rows = [f"S{i},2025-03-01 {i % 24:02}:{i // 24 % 60:02}:{i // 1440 % 60:02},{i % 600}" for i in range(30_000)]
    file = tmp_path / "air.csv"
    file.write_text("\n".join(["Mã trạm,Thời điểm,AQI", *rows, ""]), encoding="utf-8")
    failed = set()
    for left in (0, 500_000, 1_300_000, 1_600_000, 2_000_000, 2_400_000):
        kept: set[str] = set()
        full = None
        with filled(disk, left):
            try:
                with DiskFull.told():
                    delivery = steps.fetch("air-test", "run", str(file))
                    kept.add(f"deliveries/sha256/{delivery['id'][:2]}/{delivery['id']}")
                    kept.add(f"deliveries/air-test/{delivery['id']}.json")
                    steps.conform("air-test", "run", delivery)
            except DiskFull as error:
                full = error
        if full:
            assert "Đĩa đầy" in full.vi
            assert "disk is full" in full.en
            assert files_of(home, "staging", "deliveries") == kept
            failed.add("conform" if kept else "fetch")
        shutil.rmtree(home, ignore_errors=True)
    assert failed == {"fetch", "conform"}
    conformed = steps.conform("air-test", "run", steps.fetch("air-test", "run", str(file)))
    assert conformed["rows_in"] == 30_000


@pytest.mark.parametrize("disk", [6], indirect=True)
def test_the_steps_name_a_read_only_home(disk: Path, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "air.csv"
    file.write_text("Mã trạm,Thời điểm,AQI\nS1,2025-03-01 00:00:00,1\n", encoding="utf-8")
    delivery = steps.fetch("air-test", "run", str(file))
    with read_only(disk):
        for step in (
            lambda: steps.fetch("air-test", "next", str(file)),
            lambda: steps.conform("air-test", "run", delivery),
        ):
            with pytest.raises(AccessDenied) as denied, DiskFull.told():
                step()
            assert "Hệ điều hành không cho" in denied.value.vi
            assert "does not let" in denied.value.en
            RunRecord(home, "air-test").fail("fetch", denied.value)
    assert RunRecord(home, "air-test").read()["state"] == "running"
    assert steps.conform("air-test", "run", delivery)["rows_accepted"] == 1


def test_data_that_the_catalog_does_not_know_is_never_taken_for_leftovers(
    tmp_path: Path, commit: Callable[..., Version]
) -> None:
    store = Lake(tmp_path)
    first = commit(store)
    kept = set(store.files(first))
    (tmp_path / "lake" / "catalog.sqlite").rename(tmp_path / "catalog.backup")
    with pytest.raises(CatalogElsewhere, match="HANOI_LAKE_CATALOG"):
        commit(store, ROWS[:1])
    assert set((store.warehouse / "test-data" / "data").iterdir()) == kept
    (tmp_path / "catalog.backup").rename(tmp_path / "lake" / "catalog.sqlite")
    assert canonical(read_rows(store, first)) == canonical(ROWS)
    assert commit(store, ROWS[:1]).number == 2
