"""The five steps, killed at every boundary: readers see whole versions, a repeated run adds nothing, no delivery is lost."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lake import Lake, Version
from tests.lake.helpers import read_rows
from tests.lake.processes import REPOSITORY

RUNS = int(os.environ.get("HANOI_KILL_RUNS", "0"))
"""How often a run is killed at each point; by default once at each, with several kills before a run may end."""
INGESTS = int(os.environ.get("HANOI_INGESTS", "3"))
"""How many identical runs are made."""
DATASET = "air-test"
ROWS = 48


class Pipeline:
    """A warm process that runs the steps in forks of itself, and is told where to kill them."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.lake.pipeline"],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        first, always = json.loads(self._answer())
        self.points = [*first, *always]
        self.first, self.always = range(len(first)), range(len(first), len(self.points))

    def run(self, home: Path, file: Path, run_id: str, point: int | None = None) -> None:
        """Run the five steps, to their end or to a point."""
        assert self.process.stdin
        print(json.dumps([str(home), str(file), run_id, point]), file=self.process.stdin, flush=True)
        ended = int(self._answer())
        assert ended == (0 if point is None else -signal.SIGKILL), self.points[point or 0]

    def _answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def close(self) -> None:
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    found = Pipeline()
    yield found
    found.close()


class Home:
    """One home and what its readers see."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(folder)
        self.file = folder.with_suffix(".csv")
        self.stations: dict[str, str] = {}
        """The station of each delivery."""

    def receive(self, number: int) -> str:
        """The agency's file gives way to one of other rows, one of which is wrong; returns the delivery's id."""
        rows = [f"S{number},2025-03-{1 + hour // 24:02} {hour % 24:02}:00:00,{hour}" for hour in range(ROWS)]
        text = "\n".join(["Mã trạm,Thời điểm,AQI", *rows, f"S{number},2025-03-01 00:30:00,900", ""])
        self.file.write_text(text, encoding="utf-8")
        delivery = hashlib.sha256(text.encode()).hexdigest()
        self.stations[delivery] = f"S{number}"
        return delivery

    def served(self) -> str | None:
        """The version that the catalogue shows."""
        file = self.folder / "served.json"
        return str(json.loads(file.read_text())["version"]) if file.exists() else None

    def assert_whole(self) -> list[Version]:
        """Every version hashes as it was committed."""
        found = self.lake.versions(DATASET)
        assert [v.id for v in found] == [v.version for v in self.lake.verify(DATASET) if v.ok]
        return found

    def assert_reads(self, version: Version) -> None:
        """A version reads back as the rows of its delivery."""
        rows = read_rows(self.lake, version, ["station_id", "aqi"])
        assert sorted(rows) == [(self.stations[version.delivery], hour) for hour in range(ROWS)]

    def assert_readers_see(self, known: list[str], served: str | None, delivery: str) -> None:
        """Between two runs: the versions that were known and perhaps the one of the delivery, all of them whole."""
        found = self.lake.versions(DATASET)
        assert [v.id for v in found[: len(known)]] == known
        assert [v.delivery for v in found[len(known) :]] in ([], [delivery])
        for version in found[-2:]:
            self.assert_reads(version)
        assert self.served() in {served, *(v.id for v in found[len(known) :])}
        for kept in self.folder.glob("deliveries/sha256/*/*"):
            assert hashlib.sha256(kept.read_bytes()).hexdigest() == kept.name
        for record in self.folder.glob(f"deliveries/{DATASET}/*.json"):
            assert (self.folder / "deliveries" / "sha256" / record.stem[:2] / record.stem).exists()
        for quarantined in self.folder.glob("quarantine/*/*.parquet"):
            assert duckdb.read_parquet(str(quarantined)).count("*").fetchall() == [(1,)]
        for run in self.folder.glob("runs/*.json"):
            assert json.loads(run.read_text(encoding="utf-8"))["dataset"] == DATASET

    def assert_done(self, known: list[str], delivery: str) -> None:
        """After a run that came to its end: exactly one version more, which is served, and nothing left over."""
        found = self.lake.versions(DATASET)
        assert [v.id for v in found[:-1]] == known
        assert found[-1].delivery == delivery
        self.assert_reads(found[-1])
        assert self.served() == found[-1].id
        assert [v.delivery for v in found].count(delivery) == 1
        assert (self.folder / "deliveries" / DATASET / f"{delivery}.json").exists()
        used = {file for version in found for file in self.lake.files(version)}
        assert set((self.lake.warehouse / DATASET / "data").iterdir()) == used
        assert not list((self.folder / "staging").iterdir())


def kill_and_finish(pipeline: Pipeline, home: Home, number: int, points: list[int]) -> None:
    """Kill the runs of one delivery at ``points``, one after the other, and let the next come to its end."""
    delivery = home.receive(number)
    known, served = [v.id for v in home.lake.versions(DATASET)], home.served()
    for attempt, point in enumerate(points):
        pipeline.run(home.folder, home.file, f"{number}-{attempt}", point)
        home.assert_readers_see(known, served, delivery)
    pipeline.run(home.folder, home.file, f"{number}-last")
    home.assert_done(known, delivery)


def test_a_run_killed_at_any_point_leaves_whole_versions_and_the_next_run_ends_well(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    apart = len(pipeline.always) // 3 + 1
    chains = [list(pipeline.always[start::apart]) for start in range(apart)]
    for attempt in range(max(1, RUNS)):
        home = Home(tmp_path / f"home-{attempt}")
        plans = [[point] for point in pipeline.always] if RUNS else chains
        assert sorted(point for plan in plans for point in plan) == list(pipeline.always)
        for number, points in enumerate(plans):
            kill_and_finish(pipeline, home, number, points)
        assert len(home.assert_whole()) == len(plans)


def test_the_first_run_of_a_home_may_be_killed_as_well(pipeline: Pipeline, tmp_path: Path) -> None:
    for attempt in range(max(1, RUNS)):
        for point in [[p] for p in pipeline.first] if RUNS else [list(pipeline.first)]:
            home = Home(tmp_path / f"home-{attempt}-{point[0]}")
            kill_and_finish(pipeline, home, 0, point)


def test_identical_runs_make_one_version(pipeline: Pipeline, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    delivery = home.receive(0)
    for number in range(INGESTS):
        pipeline.run(home.folder, home.file, f"run-{number}")
        home.assert_done([], delivery)
    (first,) = home.assert_whole()
    assert first.run_id == "run-0"
    assert len(list((home.folder / "deliveries" / DATASET).iterdir())) == 1
