"""Publishing, withdrawing and restoring in a running catalogue: what readers, programs and the search find of it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blueprint import Bilingual, Blueprint
from catalog.publisher import Catalogue as Publisher
from catalog.publisher import Desk, Tombstone, publish_version
from lake import Lake
from tests.catalog.test_publisher import committed
from tests.dags.builders import column, concept, contract

from .conftest import Catalogue

REASON = Bilingual(vi="Đơn vị đo bị ghi sai", en="The unit was wrong")
NAME = "withdrawn-test"


class Office:
    """A dataset with three versions in the running catalogue."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self.catalogue = catalogue
        self.contract = contract(
            columns=[column("col_0", "c-open"), column("col_1", "c-personal")],
            key=["col_0"],
            dataset=NAME,
            agency="so-nn-mt",
            title={"vi": "Bộ dữ liệu bị thu hồi", "en": "A withdrawn dataset"},
        )
        concepts = [concept("c-open", "string"), concept("c-personal", "string", classification="personal")]
        self.plan = Blueprint(Path(), {c.ref: c for c in concepts}, {}, {NAME: self.contract})
        self.lake = Lake(folder)
        self.publisher = Publisher(catalogue.url, catalogue.home / "ckan" / "api_token")
        self.desk = Desk(catalogue.home, self.publisher, self.contract, self.plan, self.lake)
        self.versions: list[str] = []
        self.ids: list[list[tuple[str, str]]] = []
        for text in ("một", "hai", "ba"):
            version = committed(folder, self.contract, self.plan, text=text)
            publish_version(catalogue.home, self.publisher, self.contract, self.plan, self.lake, version)
            self.versions.append(version.id)
            self.ids.append(self.resources())

    def resources(self) -> list[tuple[str, str]]:
        return [(r["name"], r["id"]) for r in self.show()["resources"]]

    def show(self) -> dict[str, Any]:
        return dict(self.catalogue.action("package_show", id=NAME)["result"])

    def found(self) -> int:
        return int(
            self.catalogue.action("package_search", q="bo du lieu bi thu hoi", fq=f"name:{NAME}")["result"]["count"]
        )

    def get(self, path: str, accept: str = "*/*") -> Any:
        return self.catalogue.page(path, headers={"Accept": accept})


@pytest.fixture(scope="module")
def office(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    forget(catalogue)
    try:
        yield Office(catalogue, tmp_path_factory.mktemp("withdrawal") / "lake")
    finally:
        forget(catalogue)


def forget(catalogue: Catalogue) -> None:
    """Leave the catalogue as it was, for the tests that share it."""
    catalogue.action("dataset_purge", signed_in=True, id=NAME)
    for folder in ("published", "publications"):
        shutil.rmtree(catalogue.home / folder / NAME, ignore_errors=True)


def test_ids_of_files_stay_over_versions(office: Office) -> None:
    assert office.ids[0] == office.ids[1] == office.ids[2]
    assert office.found() == 1
    for version in office.versions:
        assert office.get(f"/data/{NAME}/{version}.csv").status_code == 200


def test_a_withdrawn_version_says_why_to_a_reader_and_to_a_program(office: Office) -> None:
    first, second, third = office.versions
    before = office.get(f"/data/{NAME}/{third}.parquet").content
    assert office.desk.withdraw(third, Tombstone.now(REASON, "so-nn-mt")).version == second
    for ending in ("csv", "parquet", "schema.json"):
        gone = office.get(f"/data/{NAME}/{third}.{ending}", "application/json")
        assert gone.status_code == 410
        assert gone.headers["Content-Type"] == "application/problem+json"
        told = gone.json()
        assert (told["status"], told["dataset"], told["version"]) == (410, NAME, third)
        assert told["withdrawn"]["reason"] == REASON.model_dump()
        assert told["withdrawn"]["successor"] == f"{NAME}@{second}"
        assert "immutable" not in gone.headers.get("Cache-Control", "")
    for path, words in ((f"/data/{NAME}/{third}.csv", (REASON.vi, "đã được thu hồi", "Sở Nông nghiệp")),
                        (f"/en/data/{NAME}/{third}.csv", (REASON.en, "was withdrawn", "Department of Agriculture"))):  # fmt: skip
        page = office.get(path, "text/html")
        assert page.status_code == 410
        assert all(word in page.text for word in (*words, second)), page.text
    assert office.show()["resources"][0]["url"].endswith(f"/data/{NAME}/{second}.csv")
    index = office.get(f"/data/{NAME}/versions.json").json()
    assert [bool(v["withdrawn"]) for v in index["versions"]] == [True, False, False]
    assert office.get(f"/data/{NAME}/{first}.csv").status_code == 200

    office.desk.restore(third)
    assert office.get(f"/data/{NAME}/{third}.parquet").content == before
    assert office.resources() == office.ids[0]


def test_a_withdrawn_dataset_is_found_by_nobody_and_says_why(office: Office) -> None:
    resource = office.resources()[0][1]
    assert office.desk.withdraw(None, Tombstone.now(REASON, "so-nn-mt", "air-quality-hourly")).version is None
    assert office.found() == 0
    assert NAME not in office.catalogue.action("package_list")["result"]
    assert not office.catalogue.action("datastore_search", resource_id=resource)["success"]
    for path in (f"/dataset/{NAME}", f"/en/dataset/{NAME}", f"/dataset/{NAME}/resource/{resource}"):
        page = office.get(path, "text/html")
        assert page.status_code == 410, path
        assert (REASON.en if path.startswith("/en") else REASON.vi) in page.text
        assert 'href="/dataset/air-quality-hourly"' in page.text.replace("/en/dataset/", "/dataset/")
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert re.search(r"/webassets/hanoi/[0-9a-f]+_hanoi.css", page.text)
    told = office.get(f"/dataset/{NAME}", "application/json")
    assert (told.status_code, told.json()["withdrawn"]["successor"]) == (410, "air-quality-hourly")
    for version in office.versions:
        assert office.get(f"/data/{NAME}/{version}.csv").status_code == 410
    index = office.get(f"/data/{NAME}/versions.json")
    assert index.status_code == 200
    assert index.json()["withdrawn"]["reason"] == REASON.model_dump()

    office.desk.restore(None)
    assert office.found() == 1
    assert office.get(f"/dataset/{NAME}").status_code == 200
    assert office.resources() == office.ids[0]


def test_of_a_private_dataset_nobody_is_told_that_it_was_withdrawn(office: Office) -> None:
    office.desk.withdraw(None, Tombstone.now(REASON, "so-nn-mt"))
    try:
        hidden = office.catalogue.action("package_patch", signed_in=True, id=NAME, private=True)
        assert hidden["success"], hidden
        for path in (f"/dataset/{NAME}", f"/data/{NAME}/versions.json", f"/data/{NAME}/{office.versions[0]}.csv"):
            assert office.get(path).status_code == 404, path
    finally:
        office.catalogue.action("package_patch", signed_in=True, id=NAME, private=False)
        office.desk.restore(None)
    assert office.get(f"/dataset/{NAME}").status_code == 200


def test_what_never_was_is_not_found(office: Office) -> None:
    for path in (f"/data/{NAME}/9-00000000.csv", "/dataset/never-was", "/data/never-was/versions.json"):
        assert office.get(path).status_code == 404
