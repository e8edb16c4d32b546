"""What leaves the platform: open columns only, and bytes that never change under one address."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, Contract
from catalog.publisher import (
    INDEX,
    Catalogue,
    CatalogueDown,
    CatalogueError,
    Publication,
    Publications,
    publish_version,
    published,
    read_index,
)
from catalog.publisher.catalogue import SIMULATED_SOURCE, package
from lake import CommitRecord, Lake, Version
from quality.report import QualityResult, ReportStore
from tests.dags.builders import column, concept, contract

CLASSES = ("open", "shared", "restricted", "personal")


def declared(classes: list[str]) -> tuple[Contract, Blueprint]:
    concepts = {c.ref: c for c in (concept(f"c-{k}", "string", classification=k) for k in CLASSES)}
    made = contract(columns=[column(f"col_{i}", f"c-{k}") for i, k in enumerate(classes)], key=["col_0"], rules=())
    return made, Blueprint(Path(), concepts, {}, {made.dataset: made})


def committed(home: Path, made: Contract, plan: Blueprint, *, simulated: bool = False, text: str = "bí mật") -> Version:
    home.mkdir(exist_ok=True)
    accepted = home / "accepted.parquet"
    values = ", ".join(f"'{text} {c.name}' AS {c.name}" for c in made.columns)
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT {values}) TO '{accepted}' (FORMAT parquet)")
    record = CommitRecord(
        delivery="d" * 64,
        run_id="r",
        gate="passed",
        rows_in=2,
        rows_quarantined=1,
        simulated=simulated,
        code_version="0",
    )
    return Lake(home).commit(made, plan.concept_of, accepted, record)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(classes=st.lists(st.sampled_from(CLASSES), min_size=1, max_size=6))
def test_only_columns_bound_to_an_open_concept_leave(
    tmp_path_factory: pytest.TempPathFactory, classes: list[str]
) -> None:
    home = tmp_path_factory.mktemp("publish")
    made, plan = declared(classes)
    version = committed(home, made, plan)
    open_columns = [f"col_{i}" for i, k in enumerate(classes) if k == "open"]
    if not open_columns:
        with pytest.raises(CatalogueError, match="may be published"):
            published(home, made, plan, Lake(home), version)
        assert not list((home / "published").rglob("*.*"))
        return
    published(home, made, plan, Lake(home), version)
    folder = home / "published" / made.dataset
    assert pq.read_schema(folder / f"{version.id}.parquet").names == open_columns
    for file in folder.iterdir():
        content = file.read_bytes()
        for i, kind in enumerate(classes):
            assert kind == "open" or f"bí mật col_{i}".encode() not in content, file.name
    dictionary = json.loads((folder / f"{version.id}.schema.json").read_text())
    assert [c["name"] for c in dictionary["columns"]] == open_columns


def test_published_files_are_never_written_again(tmp_path: Path) -> None:
    made, plan = declared(["open", "open"])
    version = committed(tmp_path, made, plan)
    first = published(tmp_path, made, plan, Lake(tmp_path), version)
    marks = {p: p.stat().st_mtime_ns for p in (tmp_path / "published" / made.dataset).iterdir()}
    assert published(tmp_path, made, plan, Lake(tmp_path), version) == first
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "published" / made.dataset).iterdir()} == marks
    assert [f.url for f in first] == [
        f"/data/{made.dataset}/{version.id}.{s}" for s in ("csv", "parquet", "schema.json")
    ]


@pytest.mark.parametrize("simulated", [False, True])
def test_the_entry_carries_one_version_and_the_mark_of_simulated_data(tmp_path: Path, simulated: bool) -> None:
    made, plan = declared(["open"])
    version = committed(tmp_path, made, plan, simulated=simulated)
    entry: dict[str, Any] = package(made, version, published(tmp_path, made, plan, Lake(tmp_path), version))
    extras = {e["key"]: e["value"] for e in entry["extras"]}
    assert extras["hanoi_version"] == version.id
    assert all(version.id in r["url"] for r in entry["resources"])
    assert extras["hanoi_simulated"] == str(simulated).lower()
    assert (extras["source_vi"] == SIMULATED_SOURCE.vi) is simulated
    assert entry["license_id"] == "cc-by-4.0"
    assert datetime.fromisoformat(extras["hanoi_committed_at"]).tzinfo in (UTC, datetime.now(UTC).tzinfo)


def test_a_catalogue_that_is_down_says_how_to_start_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    with pytest.raises(CatalogueDown, match="hanoi up") as caught:
        Catalogue("http://127.0.0.1:1", token).require()
    assert "secret" not in str(caught.value)


class Accepting(Catalogue):
    """A catalogue that takes every version, or refuses it."""

    refusing = False

    def publish(self, contract: Contract, version: Version, files: Any, notices: Any = ()) -> Publication:
        if self.refusing:
            raise CatalogueDown("không trả lời", "does not answer")
        return Publication(f"{self.url}/dataset/{contract.dataset}", changed=True)


def test_the_index_names_every_published_version_and_its_files(tmp_path: Path) -> None:
    made, plan = declared(["open", "personal"])
    catalogue = Accepting("http://127.0.0.1:1", tmp_path / "token")
    lake = Lake(tmp_path)
    first = committed(tmp_path, made, plan, text="một")
    publish_version(tmp_path, catalogue, made, plan, lake, first)
    second = committed(tmp_path, made, plan, text="hai")
    publish_version(tmp_path, catalogue, made, plan, lake, second)
    folder = tmp_path / "published" / made.dataset
    index = read_index(folder / INDEX)
    assert [v["id"] for v in index["versions"]] == [second.id, first.id]
    for version in index["versions"]:
        assert [f["format"] for f in version["files"]] == ["CSV", "Parquet", "JSON"]
        for file in version["files"]:
            content = (folder / file["url"].rpartition("/")[2]).read_bytes()
            assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert Publications(tmp_path, made.dataset).known() == {first.id, second.id}
    before = (folder / INDEX).read_bytes()
    publish_version(tmp_path, catalogue, made, plan, lake, second)
    assert (folder / INDEX).read_bytes() == before


def test_a_version_that_the_catalogue_refuses_is_not_in_the_index(tmp_path: Path) -> None:
    made, plan = declared(["open"])
    catalogue = Accepting("http://127.0.0.1:1", tmp_path / "token")
    first = committed(tmp_path, made, plan, text="một")
    publish_version(tmp_path, catalogue, made, plan, Lake(tmp_path), first)
    catalogue.refusing = True
    second = committed(tmp_path, made, plan, text="hai")
    with pytest.raises(CatalogueDown):
        publish_version(tmp_path, catalogue, made, plan, Lake(tmp_path), second)
    index = read_index(tmp_path / "published" / made.dataset / INDEX)
    assert [v["id"] for v in index["versions"]] == [first.id]


def test_the_index_tells_quality_and_never_a_value_that_came(tmp_path: Path) -> None:
    made, plan = declared(["open"])
    version = committed(tmp_path, made, plan, text="một")
    ReportStore(tmp_path).keep(judged(made, version))
    publish_version(tmp_path, Accepting("http://127.0.0.1:1", tmp_path / "token"), made, plan, Lake(tmp_path), version)
    path = tmp_path / "published" / made.dataset / INDEX
    [entry] = read_index(path)["versions"]
    assert entry["quality"]["validity"] == "passed"
    assert entry["quality"]["score"] == 99.5
    assert entry["quality"]["faults"] == [
        {"rule": "a-rule", "severity": "error", "rows": 1, "vi": "phải đúng", "en": "must be right"}
    ]
    assert "bí mật" not in path.read_text(encoding="utf-8")


def judged(made: Contract, version: Version) -> QualityResult:
    """A result of which one row broke a rule by a value that is not for everybody."""
    cause = {"file": "a.csv", "sheet": None, "column": 1, "came": "bí mật", "masked": False, "rows": 1}
    return QualityResult.from_json(
        {
            "dataset": made.dataset,
            "title": {"vi": "Bộ", "en": "Set"},
            "agency": made.agency,
            "contract": made.ref,
            "delivery": {"id": version.delivery, "files": []},
            "version": version.id,
            "judged_at": "2026-01-01T00:00:00+00:00",
            "rows": {"received": 2, "accepted": 1, "quarantined": 1},
            "marks": {"validity": "passed"},
            "score": {"value": 99.5, "measures": []},
            "verdict": None,
            "faults": [
                {
                    "rule": "a-rule",
                    "severity": "error",
                    "dimension": "validity",
                    "columns": [],
                    "vi": "phải đúng",
                    "en": "must be right",
                    "example": None,
                    "rows": 1,
                    "causes": [{**cause, "spans": [{"first": 2, "last": 2}], "last": 2}],
                }
            ],
        }
    )
