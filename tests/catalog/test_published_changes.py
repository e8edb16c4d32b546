"""What the index says of the difference between two published versions, and the dictionary of its columns."""

import json
from pathlib import Path

import duckdb
import pytest

from blueprint import blueprint
from catalog.publisher import INDEX, publish_version, read_index
from catalog.publisher.changes import changed
from catalog.publisher.described import CODES, described
from lake import Lake
from tests.catalog.test_publisher import Accepting, committed, declared


def write(folder: Path, version: str, rows: str, key: list[str]) -> None:
    """Write the files of a version that the comparison reads."""
    folder.mkdir(exist_ok=True)
    with duckdb.connect() as db:
        db.execute(f"COPY ({rows}) TO '{folder / version}.parquet' (FORMAT parquet)")
    (folder / f"{version}.schema.json").write_text(json.dumps({"key": key}), "utf-8")


def test_rows_and_columns_are_counted_by_key(tmp_path: Path) -> None:
    write(tmp_path, "1-00000000", "SELECT i AS id, i % 7 AS value, 'x' AS former FROM range(100) t(i)", ["id"])
    later = "SELECT i AS id, CASE WHEN i IN (20, 30, 40) THEN 99 ELSE i % 7 END AS value, 1 AS present FROM range(10, 105) t(i)"
    write(tmp_path, "2-00000000", later, ["id"])
    assert changed(tmp_path, "1-00000000", "2-00000000") == {
        "from": "1-00000000",
        "key": ["id"],
        "added": 5,
        "removed": 10,
        "changed": 3,
        "per_column": {"value": 3},
        "columns_added": ["present"],
        "columns_removed": ["former"],
    }


@pytest.mark.parametrize("keys", [([], []), (["id"], ["value"]), (["value"], ["value"]), (["closed"], ["closed"])])
def test_without_one_key_that_is_unique_a_changed_row_is_one_removed_and_one_added(tmp_path: Path, keys: tuple) -> None:
    write(tmp_path, "1-00000000", "SELECT i AS id, i % 7 AS value FROM range(100) t(i)", keys[0])
    write(
        tmp_path,
        "2-00000000",
        "SELECT i AS id, CASE i WHEN 5 THEN 70 ELSE i % 7 END AS value FROM range(100) t(i)",
        keys[1],
    )
    found = changed(tmp_path, "1-00000000", "2-00000000")
    assert found is not None
    assert (found["key"], found["added"], found["removed"], found["changed"]) == ([], 1, 1, 0)


def test_files_that_are_missing_or_too_large_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("1-00000000", "2-00000000"):
        write(tmp_path, version, "SELECT i AS id FROM range(11) t(i)", ["id"])
    assert changed(tmp_path, "1-00000000", "3-00000000") is None
    monkeypatch.setattr("catalog.publisher.changes.MOST_ROWS", 10)
    assert changed(tmp_path, "1-00000000", "2-00000000") is None


def test_the_index_tells_what_changed_and_counts_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, plan = declared(["open", "personal"])
    catalogue, lake = Accepting("http://127.0.0.1:1", tmp_path / "token"), Lake(tmp_path)
    for text in ("một", "hai"):
        version = committed(tmp_path, made, plan, text=text)
        publish_version(tmp_path, catalogue, made, plan, lake, version)
    path = tmp_path / "published" / made.dataset / INDEX
    newest, oldest = read_index(path)["versions"]
    assert oldest["changes"] is None
    assert newest["changes"]["from"] == oldest["id"]
    assert (newest["changes"]["added"], newest["changes"]["removed"]) == (1, 1)
    assert "col_1" not in path.read_text("utf-8"), "a column that is not open is not compared"

    def never(*_: object) -> None:
        pytest.fail("two files that were compared are compared again")

    monkeypatch.setattr("catalog.publisher.index.changed", never)
    publish_version(tmp_path, catalogue, made, plan, lake, version)
    assert read_index(path)["versions"][0]["changes"] == newest["changes"]


def test_the_dictionary_labels_codes_as_of_the_day_they_are_read_on() -> None:
    plan = blueprint()
    said = described(plan.contract("wards").column("ward_code"), plan)
    assert said["classification"] == "open"
    assert said["codelist"].startswith("ha-noi-wards@")
    assert len(said["codes"]) == 126
    former = described(plan.contract("wards-before-2025").column("ward_code"), plan)
    shared = said["codes"].keys() & former["codes"].keys()
    assert any(said["codes"][code] != former["codes"][code] for code in shared), "one code, two eras, two names"


def test_every_published_column_has_an_example_or_a_reason_and_short_labels() -> None:
    plan = blueprint()
    for contract in (c for c in plan.contracts.values() if c.publish):
        for column in plan.open_columns(contract):
            said = described(column, plan)
            assert said["classification"] == "open"
            assert len(said["codes"] or {}) <= CODES
            if plan.concept_of(column).type != "string":
                assert said["example"], f"{contract.dataset}.{column.name}"
