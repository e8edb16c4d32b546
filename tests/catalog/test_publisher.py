"""What leaves the platform: open columns only, and bytes that never change under one address."""

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
from catalog.publisher import Catalogue, CatalogueDown, CatalogueError, published
from catalog.publisher.catalogue import SIMULATED_SOURCE, package
from lake import CommitRecord, Lake, Version
from tests.dags.builders import column, concept, contract

CLASSES = ("open", "shared", "restricted", "personal")


def declared(classes: list[str]) -> tuple[Contract, Blueprint]:
    concepts = {c.ref: c for c in (concept(f"c-{k}", "string", classification=k) for k in CLASSES)}
    made = contract(columns=[column(f"col_{i}", f"c-{k}") for i, k in enumerate(classes)], key=["col_0"], rules=())
    return made, Blueprint(Path(), concepts, {}, {made.dataset: made})


def committed(home: Path, made: Contract, plan: Blueprint, *, simulated: bool = False) -> Version:
    home.mkdir(exist_ok=True)
    accepted = home / "accepted.parquet"
    values = ", ".join(f"'bí mật {c.name}' AS {c.name}" for c in made.columns)
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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
