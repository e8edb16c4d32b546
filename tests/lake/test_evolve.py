"""A table follows its contract by field id: what was renamed or widened keeps its values, older versions read as written."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from lake import Lake, SchemaRefused, Version
from lake.evolve import widens
from lake.read import schema_of
from lake.schema import read_fields
from lake.sql import parquet
from tests.lake.helpers import canonical, read_rows

Commit = Callable[..., Version]
OLD = {"name": "string", "count": "int32", "level": "float", "price": "decimal_9_2"}
ROWS = [("a", 1, 0.5, Decimal("1.25")), ("b", None, 0.25, Decimal("-2.00"))]


@pytest.fixture
def store(tmp_path):
    return Lake(tmp_path)


def test_a_renamed_column_keeps_its_values_in_old_partitions(store: Lake, commit: Commit) -> None:
    types = {"day": "date", "value": "integer"}
    first, second = date(2025, 1, 1), date(2025, 1, 2)
    old = commit(store, [(first, 1), (second, 2)], types, partition="day")
    renamed = {"day": "date", "passengers": "integer"}
    changes = {"version": "1.1.0", "partition": "day", "fields": {"passengers": "value"}}
    new = commit(store, [(second, 3)], renamed, **changes)
    assert read_rows(store, new, ["day", "passengers"]) == [(first, 1), (second, 3)]
    assert read_rows(store, old, ["day", "value"]) == [(first, 1), (second, 2)]
    again = commit(store, [(second, 3)], renamed, **changes)
    assert not again.new
    twice = {"day": "date", "riders": "integer"}
    third = commit(store, [(second, 4)], twice, **(changes | {"version": "1.2.0", "fields": {"riders": "value"}}))
    assert read_rows(store, third, ["day", "riders"]) == [(first, 1), (second, 4)]


def test_a_renamed_partition_column_goes_on_partitioning(store: Lake, commit: Commit) -> None:
    commit(store, [("x", 1), ("y", 2)], {"ward": "string", "value": "integer"}, partition="ward")
    new = commit(
        store,
        [("y", 3)],
        {"unit": "string", "value": "integer"},
        version="1.1.0",
        partition="unit",
        fields={"unit": "ward"},
    )
    assert canonical(read_rows(store, new, ["unit", "value"])) == canonical([("x", 1), ("y", 3)])


def test_widened_columns_read_old_partitions(store: Lake, commit: Commit) -> None:
    old = commit(store, ROWS, OLD, partition="name")
    wide = {"name": "string", "count": "integer", "level": "double", "price": "decimal_12_2"}
    row = ("b", 2**40, 0.1, Decimal("1234567890.12"))
    new = commit(store, [row], wide, version="2.0.0", partition="name")
    assert canonical(read_rows(store, new)) == canonical([ROWS[0], row])
    assert canonical(read_rows(store, old)) == canonical(ROWS)


def test_a_removed_column_needs_a_new_major_and_stays_in_old_versions(store: Lake, commit: Commit) -> None:
    old = commit(store, ROWS, OLD)
    less = {k: v for k, v in OLD.items() if k != "level"}
    rows = [(name, count, price) for name, count, _, price in ROWS]
    with pytest.raises(SchemaRefused, match="'level' \\(FLOAT\\) is missing"):
        commit(store, rows, less, version="1.1.0")
    new = commit(store, rows, less, version="2.0.0")
    assert canonical(read_rows(store, new)) == canonical(rows)
    assert canonical(read_rows(store, old)) == canonical(ROWS)


def test_a_column_of_another_type_needs_a_new_major_and_gets_a_new_field(store: Lake, commit: Commit) -> None:
    old = commit(store, [("7",)], {"name": "string"})
    with pytest.raises(SchemaRefused, match="turns from VARCHAR into BIGINT"):
        commit(store, [(7,)], {"name": "integer"}, version="1.1.0")
    new = commit(store, [(7,)], {"name": "integer"}, version="2.0.0")
    assert (read_rows(store, new), read_rows(store, old)) == ([(7,)], [("7",)])


def test_a_new_column_under_a_former_name_does_not_take_its_values(store: Lake, commit: Commit) -> None:
    commit(store, [("x", 1)], {"ward": "string", "value": "integer"}, partition="ward")
    new = commit(
        store,
        [("y", 2, 5)],
        {"ward": "string", "total": "integer", "value": "integer"},
        version="2.0.0",
        partition="ward",
        fields={"total": "value", "value": "value_2"},
    )
    found = {row[0]: row[1:] for row in read_rows(store, new, ["ward", "total", "value"])}
    assert found == {"x": (1, None), "y": (2, 5)}


def test_every_type_is_kept(store: Lake, commit: Commit) -> None:
    types = {"name": "string", "at": "timestamp_local", "count": "int32", "level": "float", "price": "decimal_9_2"}
    rows = [("a", datetime(2025, 7, 1, 8, 30), 1, 0.5, Decimal("1.25"))]
    assert read_rows(store, commit(store, rows, types)) == rows


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        ("INTEGER", "BIGINT", True),
        ("BIGINT", "INTEGER", False),
        ("FLOAT", "DOUBLE", True),
        ("INTEGER", "DOUBLE", False),
        ("DECIMAL(9,2)", "DECIMAL(10,2)", True),
        ("DECIMAL(9,2)", "DECIMAL(10,3)", False),
        ("DECIMAL(10,2)", "DECIMAL(9,2)", False),
        ("DATE", "TIMESTAMP", False),
    ],
)
def test_only_what_iceberg_reads_back_is_wider(old: str, new: str, wider: bool) -> None:
    assert widens(old, new) is wider


def test_a_table_that_never_changed_is_read_as_written_with_the_same_types(store: Lake, commit: Commit) -> None:
    version = commit(store, ROWS, OLD)
    as_written, files = store.select(version), store.files(version)
    assert "schema=MAP" not in as_written
    with store._catalogs.table(version.dataset) as table:
        assert table is not None
        by_id = f"SELECT * FROM {parquet(files, read_fields(schema_of(table, version)))}"
    with duckdb.connect() as db:
        described = [db.execute(f"DESCRIBE {query}").fetchall() for query in (as_written, by_id)]
        assert described[0] == described[1]
        assert db.execute(f"({as_written}) EXCEPT ({by_id})").fetchall() == []
    commit(store, [(*row, None) for row in ROWS], {**OLD, "more": "string"}, version="1.1.0")
    assert "schema=MAP" in store.select(version)
