"""Measuring: sides run in their own processes, medians are taken, and a figure that is not reached is told."""

import json

import pytest
from click.testing import CliRunner

from benchmarks.measure import Stopwatch, Timed, at_most, medians, report, run
from ops.bench_commands import bench

HERE = "tests.benchmarks.test_measure"


def burning(loops: int) -> None:
    """A side that is timed as a whole."""
    sum(range(loops))


def holding(megabytes: int) -> Timed:
    """A side that times its own work and says something."""
    held = bytearray(megabytes * 2**20)
    with Stopwatch() as watch:
        said = len(held)
    return watch.timed(said)


def failing() -> None:
    raise ValueError("the side failed")


def test_a_side_is_measured_in_its_own_process():
    small, large = run(f"{HERE}:holding", megabytes=1), run(f"{HERE}:holding", megabytes=200)
    assert large.said == 200 * 2**20
    assert large.peak_mb > small.peak_mb + 150
    assert small.seconds < 1


def test_sides_take_turns_and_give_medians():
    found = medians([f"{HERE}:burning"], 3, loops=3_000_000)
    assert 0 < found[f"{HERE}:burning"].cpu_seconds < 10


def test_a_side_that_fails_is_told_with_its_error():
    with pytest.raises(RuntimeError, match="the side failed"):
        run(f"{HERE}:failing")


def test_a_ratio_over_its_bound_is_not_ok():
    assert at_most("w", "a", 1.2, 1.0, "s", 1.3).ok
    assert not at_most("w", "a", 1.4, 1.0, "s", 1.3).ok
    content = report([at_most("w", "a", 1.2, 1.0, "s", 1.3)])
    assert set(content) == {"machine", "versions", "results"}
    assert set(content["results"][0]) == {"work", "against", "ours", "theirs", "unit", "ratio", "reach", "ok"}


def test_the_command_answers_with_both_sides(tmp_path):
    done = CliRunner().invoke(bench, ["read", "--rows", "20000", "--times", "1", "--folder", str(tmp_path), "--json"])
    assert done.exit_code in (0, 1), done.output
    results = json.loads(done.stdout)["results"]
    assert [r["work"].rpartition(", ")[2] for r in results] == ["one file", "one file a month"]
    assert all(r["ours"] > 0 and r["theirs"] > 0 for r in results)
    assert done.exit_code == (0 if all(r["ok"] for r in results) else 1)
