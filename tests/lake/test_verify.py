"""Verifying reads everything again and tells which version is not what it was committed as."""

import pyarrow.parquet as pq
import pytest

from lake import Lake
from tests.lake.helpers import ROWS

DATASET = "test-data"


@pytest.fixture
def store(tmp_path, commit):
    lake = Lake(tmp_path)
    commit(lake, ROWS)
    commit(lake, ROWS[:2])
    commit(lake, [])
    return lake


def test_whole_versions_are_found_whole(store):
    found = store.verify(DATASET)
    assert [(v.ok, v.rows) for v in found] == [(True, len(ROWS)), (True, 2), (True, 0)]
    assert found[0].bytes > 0
    assert store.verify("no-such-data") == []
    assert not list((store.root / "spill").glob("*read*"))


def test_a_changed_value_is_told_for_its_version_alone(store):
    first, second, _ = store.versions(DATASET)
    (file,) = store.files(second)
    table = pq.read_table(file)
    pq.write_table(table.set_column(1, table.schema.field(1), [[5] * len(table)]), file)
    found = {v.version: v for v in store.verify(DATASET)}
    assert not found[second.id].ok
    assert "the content has changed" in found[second.id].problem_en
    assert "nội dung đã thay đổi" in found[second.id].problem_vi
    assert found[first.id].ok


@pytest.mark.parametrize("damage", ["cut", "gone", "noise"])
def test_a_damaged_or_missing_file_is_told(store, damage):
    first = store.versions(DATASET)[0]
    (file,) = store.files(first)
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"\xff" * len(content))
    found = {v.version: v for v in store.verify(DATASET)}
    assert not found[first.id].ok
    assert "cannot be read" in found[first.id].problem_en
    assert sum(v.ok for v in found.values()) == 2
