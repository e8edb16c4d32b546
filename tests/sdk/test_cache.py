"""The cache of a computer: what it holds, how much, and how it is emptied."""

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import hanoi_cloud as hc
from hanoi_cloud import _cache
from hanoi_cloud._commands import hanoi
from tests.sdk.helpers import ROWS, Catalogue


def run(*arguments: str) -> Result:
    return CliRunner().invoke(hanoi, arguments, env={"COLUMNS": "300"})


def files(cache: Path) -> set[str]:
    return {path.name for path in cache.rglob("*.parquet") if path.is_file()}


def read(city: hc.City, name: str) -> str:
    """Read a dataset as another process would: without a mark that this one used it."""
    found = city.dataset(name)
    found.to_arrow()
    _cache._checked.clear()
    return next(d.sha256 for d in found.distributions if d.format == "parquet") + ".parquet"


@pytest.fixture
def three(catalogue: Catalogue) -> int:
    """Three datasets; the size of one of their files."""
    for number in range(3):
        catalogue.publish(f"bus-{number}", ROWS.slice(number, 1), version=f"{number + 1}-aaaaaaaa")
    return max(r["size"] for p in catalogue.packages.values() for r in p["resources"])


def test_what_was_not_used_for_longest_goes_first(
    city: hc.City, cache: Path, three: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = read(city, "bus-0"), read(city, "bus-1")
    for name, age in ((one, 100), (two, 200)):
        path = next(cache.rglob(name))
        os.utime(path, (time.time() - age, time.time() - 300))
    monkeypatch.setenv("HANOI_CLOUD_CACHE_LIMIT", f"{three * 2.5:.0f}")
    three_ = read(city, "bus-2")
    assert files(cache) == {one, three_}
    next(cache.rglob(one)).touch()
    assert read(city, "bus-1") == two
    assert len(files(cache)) == 2


def test_what_this_process_read_stays(city: hc.City, cache: Path, three: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_CLOUD_CACHE_LIMIT", "1")
    lazy = [city.dataset(f"bus-{number}").to_duckdb() for number in range(3)]
    assert [len(rows.to_arrow_table()) for rows in lazy] == [1, 1, 1]
    assert len(files(cache)) == 3


@pytest.mark.parametrize(
    ("said", "limit"), [("", 10**10), ("500 MB", 5 * 10**8), ("1.5gb", 1_500_000_000), ("7", 7), ("none", None)]
)
def test_the_limit_is_read_as_people_write_it(monkeypatch: pytest.MonkeyPatch, said: str, limit: int | None) -> None:
    monkeypatch.setenv("HANOI_CLOUD_CACHE_LIMIT", said)
    assert _cache.cache_limit() == limit


def test_a_limit_that_is_no_size_is_told(city: hc.City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_CLOUD_CACHE_LIMIT", "much")
    with pytest.raises(hc.ConfigurationError, match="'20 GB'"):
        city.dataset("air-quality-hourly").to_arrow()


def test_drafts_of_killed_processes_go_and_other_files_stay(city: hc.City, cache: Path) -> None:
    name = read(city, "air-quality-hourly")
    folder = next(cache.rglob(name)).parent
    old, young, other = (folder / f".{name[:40]}.{n * 16}" for n in "ab"), folder / "notes.txt", cache / "mine.txt"
    drafts = list(old)
    for path in (*drafts, young, other):
        path.write_text("x")
    os.utime(drafts[0], (0, 0))
    assert run("cache", "clear").exit_code == 0
    assert not drafts[0].exists()
    assert all(path.exists() for path in (drafts[1], young, other))
    assert files(cache) == set()


def test_the_command_shows_and_empties_it(city: hc.City, cache: Path, three: int) -> None:
    for number in range(2):
        read(city, f"bus-{number}")
    assert "bus-1/2-aaaaaaaa.parquet" in run("cache").stdout
    said = json.loads(run("cache", "--json").stdout)
    assert said["folder"] == str(cache)
    assert said["bytes"] == sum(file["bytes"] for file in said["files"]) > 0
    assert said["limit"] == 10**10
    first = next(cache.rglob(Path(said["files"][0]["path"]).name))
    os.utime(first, (0, 0))
    gone = json.loads(run("cache", "clear", "--unused-for", "30", "--json").stdout)
    assert [Path(file["path"]) for file in gone["files"]] == [first]
    assert len(files(cache)) == 1
    assert "1 tệp" in run("cache", "clear").stdout
    assert json.loads(run("cache", "--json").stdout)["files"] == []
    assert city.dataset("bus-1").to_arrow().num_rows == 1
