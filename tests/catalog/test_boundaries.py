"""Publishing that fails or is broken off at any step leaves the last good version served, and the next run ends well."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blueprint import Blueprint, Contract
from catalog.publisher import INDEX, CatalogueDown, Publications, files, publish_version, publishing
from lake import Lake, Version
from tests.catalog.paper import Paper, require_whole
from tests.catalog.test_publisher import committed, declared
from tests.dags.builders import column

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
DOWN = CatalogueDown("không trả lời", "does not answer")
KILLED = KeyboardInterrupt()


class Two:
    """A home in which one version is published and a second one waits."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.contract, self.plan = declared(["open", "personal"])
        self.lake = Lake(home)
        self.first = committed(home, self.contract, self.plan, text="một")
        self.second = committed(home, self.contract, self.plan, text="hai")
        self._begun, paper = home.with_name("begun"), Paper()
        self.publish(paper, self.first, self._begun)
        self._entries = json.loads(json.dumps(paper.entries))
        undisturbed = shutil.copytree(self._begun, home.with_name("undisturbed"))
        self.publish(paper, self.second, undisturbed)
        self.expected = self.left(undisturbed)

    def begun(self, home: Path) -> Paper:
        """Put into ``home`` what the first version left; returns the catalogue that shows it."""
        shutil.copytree(self._begun, home)
        paper = Paper()
        paper.entries = json.loads(json.dumps(self._entries))
        return paper

    def publish(self, paper: Paper, version: Version, home: Path | None = None) -> Any:
        return publish_version(home or self.home, paper, self.contract, self.plan, self.lake, version)

    def left(self, home: Path) -> dict[str, bytes]:
        """What is published, by name; files that were never finished are nobody's."""
        folder = home / "published" / self.contract.dataset
        return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    return Two(tmp_path_factory.mktemp("boundaries") / "home")


def broken(name: str, error: BaseException, nth: int = 1, *, after: bool = False) -> Callable[[Any], Any]:
    """A stand-in for the function ``name`` that raises ``error`` at its nth call."""

    def patched(original: Callable[..., Any]) -> Callable[..., Any]:
        calls = 0

        def called(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            result = original(*given, **named) if calls != nth or after else None
            if calls == nth:
                raise error
            return result

        return called

    patched.__name__ = name
    return patched


STEPS: dict[str, tuple[object, Callable[[Any], Any]]] = {
    "noting it, disk full": (Publications, broken("note", NO_SPACE)),
    "CSV, disk full": (files, broken("_copy", NO_SPACE, 1)),
    "CSV, killed when written": (files, broken("_copy", KILLED, 1, after=True)),
    "Parquet, disk full": (files, broken("_copy", NO_SPACE, 2)),
    "Parquet, killed when written": (files, broken("_copy", KILLED, 2, after=True)),
    "dictionary, disk full": (files, broken("dictionary", NO_SPACE)),
    "all files, killed": (publishing, broken("published", KILLED, after=True)),
    "index, disk full": (publishing, broken("write_index", NO_SPACE)),
    "index, killed when written": (publishing, broken("write_index", KILLED, after=True)),
}
CALLS = [
    (moment, error)
    for moment in ("before package_show", "after package_show", "before package_update", "after package_update")
    for error in (DOWN, KILLED)
]


def shown_again(two: Two, home: Path, paper: Paper, expected: str) -> None:
    """Readers see a whole version, and the next run leaves what an undisturbed one would have left."""
    assert paper.seen(two.contract.dataset) == expected
    require_whole(home, paper, two.contract.dataset)
    paper.at = lambda moment: None
    two.publish(paper, two.second, home)
    assert paper.seen(two.contract.dataset) == two.second.id
    require_whole(home, paper, two.contract.dataset)
    assert two.left(home) == two.expected


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_leaves_the_last_good_version(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    home = tmp_path / "home"
    paper = two.begun(home)
    place, patch = STEPS[step]
    with monkeypatch.context() as patching:
        patching.setattr(place, patch.__name__, patch(getattr(place, patch.__name__)))
        with pytest.raises((OSError, KeyboardInterrupt)):
            two.publish(paper, two.second, home)
    # The index follows the entry, so a run that breaks off at it has shown the version already.
    shown_again(two, home, paper, two.second.id if step.startswith("index") else two.first.id)


@pytest.mark.parametrize(("moment", "error"), CALLS)
def test_a_catalogue_that_goes_away_at_any_call_leaves_the_last_good_version(
    two: Two, tmp_path: Path, moment: str, error: BaseException
) -> None:
    home = tmp_path / "home"
    paper = two.begun(home)

    def fail(now: str) -> None:
        if now == moment:
            raise error

    paper.at = fail
    with pytest.raises((CatalogueDown, KeyboardInterrupt)):
        two.publish(paper, two.second, home)
    # Where only the answer was lost, the catalogue has taken the version.
    shown_again(two, home, paper, two.second.id if moment == "after package_update" else two.first.id)


def test_what_a_killed_run_left_half_written_is_nobodys(two: Two, tmp_path: Path) -> None:
    home = tmp_path / "home"
    paper = two.begun(home)
    half = home / "published" / two.contract.dataset / f".{two.second.id}.csv.4711"
    half.write_text("một nửa")
    shown_again(two, home, paper, two.first.id)


def test_an_unchanged_version_sends_and_writes_nothing(two: Two, tmp_path: Path) -> None:
    paper = Paper()
    assert two.publish(paper, two.first, tmp_path).changed
    assert paper.changes == ["package_create"]
    folder = tmp_path / "published" / two.contract.dataset
    before = {p: p.stat().st_mtime_ns for p in folder.iterdir()}
    paper.asked.clear()
    assert not two.publish(paper, two.first, tmp_path).changed
    assert paper.asked == ["package_show"]
    assert {p: p.stat().st_mtime_ns for p in folder.iterdir()} == before


def test_a_version_is_shown_by_one_call(two: Two, tmp_path: Path) -> None:
    home = tmp_path / "home"
    paper = two.begun(home)
    seen: list[tuple[str, str | None]] = []

    def look(moment: str) -> None:
        require_whole(home, paper, two.contract.dataset)
        seen.append((moment, paper.seen(two.contract.dataset)))

    paper.at = look
    two.publish(paper, two.second, home)
    assert paper.asked == ["package_show", "package_update"]
    assert dict(seen)["before package_update"] == two.first.id
    assert dict(seen)["after package_update"] == two.second.id


def test_ids_and_addresses_of_files_stay(two: Two, tmp_path: Path) -> None:
    paper = Paper()
    two.publish(paper, two.first, tmp_path)
    ids = [(r["name"], r["id"]) for r in paper.entries[two.contract.dataset]["resources"]]
    for version in (two.second, two.first, two.second):
        two.publish(paper, version, tmp_path)
        entry = paper.entries[two.contract.dataset]
        assert [(r["name"], r["id"]) for r in entry["resources"]] == ids
        assert {r["url"].partition(".")[0] for r in entry["resources"]} == {
            f"/data/{two.contract.dataset}/{version.id}"
        }


def test_everything_published_is_its_owners_alone(two: Two, tmp_path: Path) -> None:
    home = tmp_path / "home"
    two.publish(Paper(), two.first, home)
    assert [str(p) for p in home.rglob("*") if p.stat().st_mode & 0o077] == []
    assert json.loads((home / "published" / two.contract.dataset / INDEX).read_text())["withdrawn"] is None


def test_who_made_a_column_open_later_opens_no_older_version(two: Two, tmp_path: Path) -> None:
    """A version is published by the contract that made it, and only what the contract in force leaves open too."""
    opened = two.contract.model_copy(
        update={
            "version": "2.0.0",
            "columns": tuple(
                type(c).model_validate({**column(n, "c-open"), "field": c.name})
                for c, n in zip(two.contract.columns, ("col_0", "renamed"), strict=True)
            ),
        }
    )
    plan = Blueprint(
        Path(),
        two.plan.concepts,
        {},
        {opened.dataset: opened},
        contract_versions={opened.dataset: (two.contract, opened)},
    )
    paper = Paper()
    publish_version(tmp_path, paper, opened, plan, two.lake, two.first)
    [dictionary] = [json.loads(p.read_text()) for p in (tmp_path / "published").rglob("*.schema.json")]
    assert [c["name"] for c in dictionary["columns"]] == ["col_0"]
    assert dictionary["contract"] == two.contract.ref


def test_a_version_whose_contract_nobody_knows_is_not_published(two: Two, tmp_path: Path) -> None:
    newest: Contract = two.contract.model_copy(update={"version": "3.0.0"})
    with pytest.raises(Exception, match="not known any more"):
        publish_version(tmp_path, Paper(), newest, two.plan, two.lake, two.first)
    assert not (tmp_path / "published").exists()
