"""The difference of two versions is exact: applied to the former it gives the present one."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake import Lake, UnknownVersion
from tests.lake.helpers import make_concept, make_contract, make_record, write_parquet

TYPES = {"name": "string", "count": "integer", "level": "double"}
DATASET = "test-data"


@pytest.fixture
def store(tmp_path):
    return Lake(tmp_path)


def test_each_kind_of_change_is_counted(store, commit):
    old = commit(store, [("a", 1, 0.5), ("b", 2, 0.5), ("c", 3, None)], TYPES)
    new = commit(store, [("a", 1, 0.5), ("b", 7, 0.25), ("d", 4, None)], TYPES)
    found = store.diff(DATASET, old.id, new.id, ["name"])
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    assert found.per_column == {"count": 1, "level": 1}
    assert (found.rows, found.key, found.same) == ((3, 3), ("name",), False)
    rows = store.changes(DATASET, old.id, new.id, ["name"]).to_pylist()
    assert [(r["change"], r["name"]) for r in rows] == [("changed", "b"), ("removed", "c"), ("added", "d")]
    assert (rows[0]["count__old"], rows[0]["count__new"]) == (2, 7)
    assert store.diff(DATASET, new.id, old.id, ["name"]).removed == 1
    assert store.diff(DATASET, old.id, old.id, ["name"]).same


def test_columns_that_come_and_go_are_named(store, commit):
    old = commit(store, [("a", 1, 0.5)], TYPES)
    new = commit(store, [("a", 1, True)], {"name": "string", "count": "integer", "valid": "boolean"}, version="2.0.0")
    found = store.diff(DATASET, old.id, new.id, ["name"])
    assert (found.columns_added, found.columns_removed) == (("valid",), ("level",))
    assert (found.added, found.removed, found.changed, found.same) == (0, 0, 0, False)


def test_rows_without_a_unique_key_are_removed_and_added(store, commit):
    old = commit(store, [("a", 1, 0.5), ("a", 1, 0.5)], TYPES)
    new = commit(store, [("a", 1, 0.5), ("a", 2, 0.5)], TYPES)
    found = store.diff(DATASET, old.id, new.id, ["name"])
    assert (found.key, found.added, found.removed, found.changed) == ((), 1, 1, 0)
    rows = store.changes(DATASET, old.id, new.id, ["name"], limit=1).to_pylist()
    assert len(rows) == 1


def test_a_version_is_found_by_date(store, commit):
    first = commit(store, [("a", 1, 0.5)], TYPES)
    second = commit(store, [("a", 2, 0.5)], TYPES)
    assert store.as_of(DATASET, first.committed_at).id == first.id
    assert store.as_of(DATASET, datetime.now(UTC)).id == second.id
    with pytest.raises(UnknownVersion, match="has no version"):
        store.as_of(DATASET, first.committed_at - timedelta(seconds=1))


ROW = st.tuples(
    st.sampled_from(["a", "b", "ă", ""]),
    st.one_of(st.none(), st.integers(0, 2)),
    st.one_of(st.none(), st.sampled_from([0.0, 0.5, float("nan"), float("inf")])),
)
ROWS = st.lists(ROW, max_size=6)
PLAIN = ["change", "name", "count", "level"]


def plain(row):
    return tuple("nan" if isinstance(v, float) and v != v else v for v in row)


@given(ROWS, ROWS, st.sampled_from([(), ("name",), ("name", "count")]))
@settings(max_examples=40, deadline=None)
def test_the_difference_applied_to_the_former_version_gives_the_present(tmp_path_factory, old, new, key):
    folder = tmp_path_factory.mktemp("lake")
    store = Lake(folder)
    ids = []
    for rows in (old, new):
        path = write_parquet(folder / "accepted.parquet", rows, TYPES)
        ids.append(store.commit(make_contract(TYPES), make_concept, path, make_record()).id)
    found = store.diff(DATASET, *ids, key)
    rows = Counter(map(plain, old))
    for change in store.changes(DATASET, *ids, key).to_pylist():
        kind = change["change"]
        if kind in ("removed", "changed"):
            rows[plain([change[c] if c in change else change[f"{c}__old"] for c in TYPES])] -= 1
        if kind in ("added", "changed"):
            rows[plain([change[c] if c in change else change[f"{c}__new"] for c in TYPES])] += 1
    assert min(rows.values(), default=0) >= 0
    assert +rows == Counter(map(plain, new))
    assert found.rows == (len(old), len(new))
    assert len(new) - len(old) == found.added - found.removed
