"""What was withdrawn is served to nobody, says why, and comes back with the same addresses, ids and bytes."""

import copy
import shutil
from pathlib import Path

import pytest

from blueprint import Bilingual
from catalog.publisher import (
    INDEX,
    CatalogueDown,
    Desk,
    NeverPublished,
    NothingWithdrawn,
    Publications,
    Tombstone,
    publish_version,
    read_index,
)
from lake import Lake
from tests.catalog.paper import Paper, require_whole
from tests.catalog.test_publisher import committed, declared

REASON = Bilingual(vi="Sai đơn vị đo", en="Wrong unit")


class Office:
    """A dataset with three published versions, and the desk at which that is changed."""

    def __init__(self, home: Path) -> None:
        self.home, self.paper = home, Paper()
        self.contract, self.plan = declared(["open", "personal"])
        self.lake = Lake(home)
        self.versions = []
        for text in ("một", "hai", "ba"):
            self.versions.append(committed(home, self.contract, self.plan, text=text))
            self.publish(-1)
        self.desk = Desk(home, self.paper, self.contract, self.plan, self.lake)
        self.ids = [v.id for v in self.versions]

    def copy(self, home: Path) -> "Office":
        other = copy.copy(self)
        other.home, other.paper, other.lake = home, copy.deepcopy(self.paper), Lake(home)
        other.versions = list(self.versions)
        other.desk = Desk(home, other.paper, self.contract, self.plan, other.lake)
        return other

    @property
    def dataset(self) -> str:
        return self.contract.dataset

    @property
    def folder(self) -> Path:
        return self.home / "published" / self.dataset

    def publish(self, at: int) -> bool:
        return publish_version(self.home, self.paper, self.contract, self.plan, self.lake, self.versions[at]).changed

    def served(self) -> set[str]:
        return {p.name.partition(".")[0] for p in self.folder.glob("[0-9]*")}

    def withdraw(self, version: str | None) -> str | None:
        return self.desk.withdraw(version, Tombstone.now(REASON, "so-xd")).version

    def index(self) -> dict:
        return read_index(self.folder / INDEX)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office") / "home")


@pytest.fixture
def office(furnished: Office, tmp_path: Path) -> Office:
    """An office of its own for each test: a copy, for making one anew takes longer than the test."""
    return furnished.copy(shutil.copytree(furnished.home, tmp_path / "home"))


def test_a_withdrawn_version_gives_way_to_the_newest_that_is_left(office: Office) -> None:
    first, second, third = office.ids
    before = {p.name: p.read_bytes() for p in office.folder.glob(f"{third}.*")}
    ids = [(r["name"], r["id"]) for r in office.paper.entries[office.dataset]["resources"]]
    assert office.withdraw(third) == second
    assert office.paper.seen(office.dataset) == second
    assert office.served() == {first, second}
    require_whole(office.home, office.paper, office.dataset)
    gone = office.index()["versions"][0]
    assert (gone["id"], gone["files"]) == (third, [])
    assert gone["withdrawn"]["reason"] == REASON.model_dump()
    assert (gone["withdrawn"]["by"], gone["withdrawn"]["successor"]) == ("so-xd", f"{office.dataset}@{second}")
    assert [v["withdrawn"] for v in office.index()["versions"][1:]] == [None, None]
    # Whoever keeps the lake tidy still knows that it was published, and a run that finds the same data shows it not again.
    assert third in (Publications(office.home, office.dataset).known() or ())
    assert not office.publish(-1)
    assert office.served() == {first, second}

    assert office.desk.restore(third).version == third
    assert {p.name: p.read_bytes() for p in office.folder.glob(f"{third}.*")} == before
    assert [(r["name"], r["id"]) for r in office.paper.entries[office.dataset]["resources"]] == ids
    assert [v["withdrawn"] for v in office.index()["versions"]] == [None] * 3


def test_an_older_version_goes_without_a_change_of_the_entry(office: Office) -> None:
    office.paper.asked.clear()
    assert office.withdraw(office.ids[0]) == office.ids[2]
    assert office.paper.changes == []
    assert office.served() == set(office.ids[1:])


def test_a_withdrawn_dataset_is_out_of_sight_until_it_is_restored(office: Office) -> None:
    entry = copy.deepcopy(office.paper.entries[office.dataset])
    assert office.withdraw(None) is None
    assert office.paper.seen(office.dataset) is None
    assert office.served() == set()
    index = office.index()
    assert index["withdrawn"]["reason"] == REASON.model_dump()
    assert {v["withdrawn"]["reason"]["en"] for v in index["versions"]} == {"Wrong unit"}
    # New data come into the lake meanwhile; readers do not see them.
    office.versions.append(committed(office.home, office.contract, office.plan, text="bốn"))
    assert not office.publish(-1)
    assert office.served() == set()

    assert office.desk.restore(None).version == office.ids[2]
    assert office.paper.seen(office.dataset) == office.ids[2]
    assert office.paper.entries[office.dataset] == entry
    assert office.publish(-1)


def test_the_last_version_takes_the_dataset_with_it(office: Office) -> None:
    for version in office.ids:
        office.withdraw(version)
    assert office.paper.seen(office.dataset) is None
    assert office.index()["withdrawn"] is None
    office.versions.append(committed(office.home, office.contract, office.plan, text="bốn"))
    assert office.publish(-1)
    assert office.paper.seen(office.dataset) == office.versions[-1].id


def test_files_are_gone_at_once_though_the_catalogue_does_not_answer(office: Office) -> None:
    def silent(moment: str) -> None:
        raise CatalogueDown("không trả lời", "does not answer")

    office.paper.at = silent
    with pytest.raises(CatalogueDown):
        office.withdraw(office.ids[2])
    assert office.served() == set(office.ids[:2])
    assert office.index()["versions"][0]["withdrawn"]
    office.paper.at = lambda moment: None
    first = office.index()["versions"][0]["withdrawn"]["at"]
    assert office.withdraw(office.ids[2]) == office.ids[1]
    assert office.index()["versions"][0]["withdrawn"]["at"] == first
    assert office.paper.seen(office.dataset) == office.ids[1]


def test_nothing_that_is_set_aside_is_open_to_others(office: Office) -> None:
    held = office.home / "ckan" / "tables" / office.dataset
    held.mkdir(parents=True)
    for version in office.ids[1:]:
        (held / f"{version}.held-1.duckdb").touch()
    office.withdraw(office.ids[2])
    assert [p.name.partition(".")[0] for p in held.iterdir()] == [office.ids[1]]
    inside = [*(office.home / "publications").rglob("*"), *office.folder.rglob("*")]
    assert [str(p) for p in inside if p.stat().st_mode & 0o077] == []


def test_what_was_never_published_and_what_is_not_withdrawn_are_refused(office: Office) -> None:
    with pytest.raises(NeverPublished, match="version 9-00000000 was ever published"):
        office.withdraw("9-00000000")
    with pytest.raises(NothingWithdrawn, match="not withdrawn"):
        office.desk.restore(office.ids[0])
    with pytest.raises(NothingWithdrawn, match="not withdrawn"):
        office.desk.restore(None)
    never = Desk(office.home / "other", office.paper, office.contract, office.plan, Lake(office.home / "other"))
    with pytest.raises(NeverPublished):
        never.withdraw(None, Tombstone.now(REASON, "so-xd"))
    assert Publications(office.home / "other", office.dataset).known() is None
