"""Partitions by day and month: a delivery replaces whole ones, versions stay, and readers open the files they need."""

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake import Lake, LakeWriteFailed, PartitionRefused, SchemaRefused, UnknownColumn, Version, WrongCondition
from lake.staging import DataFile
from lake.tidy import Rules
from tests.lake.helpers import Row, canonical, make_concept, make_contract, make_record, read_rows, write_parquet

Make = Callable[..., Version]
TYPES = {"station": "string", "at": "timestamp", "value": "integer"}
DAYS = {"types": TYPES, "partition": "at", "partition_by": "day"}
MONTHS = {**DAYS, "partition_by": "month"}


def at(month: int, day: int, hour: int = 0, year: int = 2025) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=dt.UTC)


ROWS: list[Row] = [
    ("a", at(3, 1), 1),
    ("b", at(3, 1, 23).replace(minute=59, second=59, microsecond=999_999), 2),
    ("a", at(3, 2), 3),
    ("a", at(4, 1), 4),
    ("a", at(12, 31, 23, year=1969), 5),
]


def of_pyiceberg(store: Lake, version: Version) -> list[Row]:
    """The rows of a version as pyiceberg itself reads them."""
    with store._catalogs.table(version.dataset) as table:
        assert table
        found = table.scan(snapshot_id=version.snapshot_id).to_arrow()
    return [tuple(row.values()) for row in found.to_pylist()]


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_local", "date"])
@pytest.mark.parametrize(("by", "files"), [("day", 4), ("month", 3)])
def test_each_day_or_month_is_one_file(tmp_path: Path, commit: Make, kind: str, by: str, files: int) -> None:
    store = Lake(tmp_path)
    told: dict[str, Callable[[dt.datetime], Any]] = {
        "timestamp": lambda moment: moment,
        "timestamp_local": lambda moment: moment.replace(tzinfo=None),
        "date": lambda moment: moment.date(),
    }
    rows = [(station, told[kind](moment), value) for station, moment, value in ROWS]
    version = commit(store, rows, {**TYPES, "at": kind}, partition="at", partition_by=by)
    assert len(store.files(version)) == files
    assert canonical(read_rows(store, version)) == canonical(rows) == canonical(of_pyiceberg(store, version))


def test_days_and_months_of_the_same_rows_have_one_content_hash(tmp_path: Path, commit: Make) -> None:
    days, months = commit(Lake(tmp_path / "d"), ROWS, **DAYS), commit(Lake(tmp_path / "m"), ROWS[::-1], **MONTHS)
    assert days.id == months.id


def test_a_delivery_replaces_whole_partitions(tmp_path: Path, commit: Make) -> None:
    store = Lake(tmp_path)
    first = commit(store, ROWS, **DAYS)
    late = commit(store, [("b", at(3, 1, 12), 20)], **DAYS)  # the rest of that day is gone with it
    assert canonical(read_rows(store, late)) == canonical([("b", at(3, 1, 12), 20), *ROWS[2:]])
    untouched = set(store.files(first)) & set(store.files(late))
    assert len(untouched) == 3
    assert not commit(store, [("b", at(3, 1, 12), 20)], **DAYS).new
    assert not commit(store, [], **DAYS).new
    found = store.diff("test-data", first.id, late.id, ["station", "at"])
    assert (found.added, found.removed, found.changed) == (1, 2, 0)
    assert [v.id for v in store.versions("test-data")] == [first.id, late.id]
    with store._catalogs.table("test-data") as table:
        assert table
        assert len(table.snapshots()) == 2  # one step each: no snapshot ever lacks the replaced rows


moments = st.datetimes(dt.datetime(2024, 12, 30), dt.datetime(2025, 2, 2), timezones=st.just(dt.UTC))
deliveries = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), moments, st.integers(0, 3)), max_size=6), min_size=1, max_size=4
)
UNIT = {
    "day": lambda moment: moment.date(),
    "month": lambda moment: (moment.year, moment.month),
}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["day", "month"]), deliveries)
def test_a_table_is_its_newest_partitions(by: str, came: list[list[Row]]) -> None:
    unit = UNIT[by]
    contract = make_contract(TYPES, partition="at", partition_by=by)
    with tempfile.TemporaryDirectory() as folder:
        store = Lake(Path(folder))
        model: dict[Any, list[Row]] = {}
        said: list[tuple[Version, list[Row]]] = []
        for rows in came:
            fresh: dict[Any, list[Row]] = {}
            for row in rows:
                fresh.setdefault(unit(row[1]), []).append(row)
            same = all(canonical(model.get(key, [])) == canonical(each) for key, each in fresh.items())
            model |= fresh
            path = write_parquet(Path(folder) / "accepted.parquet", rows, TYPES)
            version = store.commit(contract, make_concept, path, make_record())
            assert version.new == (not said or not same)
            assert len(store.files(version)) == len(model)
            if version.new:
                said.append((version, [row for each in model.values() for row in each]))
        for version, rows in said:
            assert canonical(read_rows(store, version)) == canonical(rows)
            assert store.version("test-data", version.id).content_hash == version.content_hash
        moments = [v.committed_at for v, _ in said]
        assert [store.as_of("test-data", moment).id for moment in moments] == [
            max((v for v, _ in said if v.committed_at <= moment), key=lambda v: v.number).id for moment in moments
        ]
        assert all(found.ok for found in store.verify("test-data"))


def test_thirty_ingests_make_one_version_and_ten_more_leave_the_first_as_it_was(tmp_path: Path, commit: Make) -> None:
    store = Lake(tmp_path)
    said = {commit(store, ROWS if i % 2 else ROWS[::-1], **DAYS).id for i in range(30)}
    first = store.current("test-data")
    assert first
    assert said == {first.id}
    for i in range(10):
        commit(store, [("a", at(3, 1 + i % 3, i), i)], **DAYS)
    assert len(store.versions("test-data")) == 11
    assert canonical(read_rows(store, first)) == canonical(ROWS)
    found = {v.version: v for v in store.verify("test-data")}
    assert len(found) == 11
    assert found[first.id].ok
    assert store.as_of("test-data", first.committed_at).id == first.id


def test_a_commit_that_breaks_off_half_way_changes_nothing(
    tmp_path: Path, commit: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Lake(tmp_path)
    first = commit(store, ROWS, **DAYS)
    made = DataFile.__init__

    def failing(self: DataFile, path: Path, *more: Any) -> None:
        if path.name == "0001.parquet":
            raise duckdb.IOException("broken")
        made(self, path, *more)

    monkeypatch.setattr(DataFile, "__init__", failing)
    with pytest.raises(LakeWriteFailed, match="broken"):
        commit(store, [("z", at(3, 1), 0), ("z", at(3, 2), 0)], **DAYS)
    assert store.versions("test-data") == [store.version("test-data", first.id)]
    assert canonical(read_rows(store, first)) == canonical(ROWS)
    assert set((store.warehouse / "test-data" / "data").iterdir()) == set(store.files(first))
    monkeypatch.undo()
    assert commit(store, [("z", at(3, 1), 0)], **DAYS).number == 2


@pytest.mark.parametrize(("rows", "row"), [([("a", at(3, 1), 1), ("a", None, 2)], 2), ([("a", None, 1)], 1)])
def test_a_row_without_a_partition_is_refused(tmp_path: Path, commit: Make, rows: Sequence[Row], row: int) -> None:
    store = Lake(tmp_path)
    with pytest.raises(PartitionRefused) as refused:
        commit(store, rows, **DAYS)
    assert "'at' is empty in 1 rows" in refused.value.en
    assert f"the first is row {row}" in refused.value.en
    assert f"dòng đầu tiên là dòng {row}" in refused.value.vi
    assert store.datasets() == []


@pytest.mark.parametrize(
    ("column", "by", "says"),
    [("station", "day", "VARCHAR, which is not parted by day"), ("at", "value", "is not parted by value")],
)
def test_a_column_that_makes_no_such_partitions_is_refused(
    tmp_path: Path, commit: Make, column: str, by: str, says: str
) -> None:
    with pytest.raises(PartitionRefused) as refused:
        commit(Lake(tmp_path), ROWS, TYPES, partition=column, partition_by=by)
    assert says in refused.value.en


def test_a_table_is_cut_anew_where_its_contract_says_so(tmp_path: Path, commit: Make) -> None:
    store = Lake(tmp_path)
    days = commit(store, ROWS, **DAYS)
    same = commit(store, [ROWS[3]], version="1.0.1", **MONTHS)
    assert (same.new, same.content_hash) == (True, days.content_hash)
    assert [len(store.files(v)) for v in (days, same)] == [4, 3]
    march = commit(store, [("c", at(3, 9), 9)], version="1.0.1", **MONTHS)
    expected = [("c", at(3, 9), 9), *ROWS[3:]]
    back = commit(store, [], version="1.0.2", **DAYS)
    for version, rows in ((days, ROWS), (same, ROWS), (march, expected), (back, expected)):
        assert canonical(read_rows(store, version)) == canonical(rows) == canonical(of_pyiceberg(store, version))
    assert all(found.ok for found in store.verify("test-data"))
    found = store.diff("test-data", days.id, back.id, ["station", "at"])
    assert (found.added, found.removed) == (1, 3)
    with pytest.raises(SchemaRefused, match="the partition turns from at into station"):
        commit(store, ROWS, TYPES, version="1.0.3", partition="station")


def test_dates_that_were_parted_by_value_turn_into_months(tmp_path: Path, commit: Make) -> None:
    store = Lake(tmp_path)
    types = {"day": "date", "value": "integer"}
    rows = [(dt.date(2025, 3, 1), 1), (dt.date(2025, 3, 2), 2), (dt.date(2025, 4, 1), 3)]
    days = commit(store, rows, types, partition="day")
    months = commit(store, rows[:2], types, version="1.0.1", partition="day", partition_by="month")
    assert months.content_hash == days.content_hash
    assert [len(store.files(v)) for v in (days, months)] == [3, 2]


def test_a_renamed_and_widened_table_goes_on_by_day(tmp_path: Path, commit: Make) -> None:
    store = Lake(tmp_path)
    old = commit(store, [("a", at(3, 1), 1), ("a", at(3, 2), 2)], {**TYPES, "value": "int32"}, **_but(DAYS))
    types = {"station": "string", "measured_at": "timestamp", "value": "integer", "at_day": "integer"}
    new = commit(
        store,
        [("b", at(3, 2, 5), 2**40, 7)],
        types,
        version="2.0.0",
        partition="measured_at",
        partition_by="day",
        fields={"measured_at": "at"},
    )
    assert canonical(read_rows(store, new)) == canonical([("a", at(3, 1), 1, None), ("b", at(3, 2, 5), 2**40, 7)])
    assert canonical(read_rows(store, old)) == canonical([("a", at(3, 1), 1), ("a", at(3, 2), 2)])
    assert canonical(of_pyiceberg(store, new)) == canonical(read_rows(store, new))
    day = {"measured_at": (dt.date(2025, 3, 1), dt.date(2025, 3, 2))}
    assert len(store.files(new, day)) == 1
    assert canonical(_asked(store, new, day)) == canonical([("a", at(3, 1), 1, None)])
    assert all(found.ok for found in store.verify("test-data"))


def _but(changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in changes.items() if key != "types"}


def _asked(store: Lake, version: Version, where: Any) -> list[Row]:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'Asia/Ho_Chi_Minh'")
        table = con.execute(store.select(version, where=where)).to_arrow_table()
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("by", ["day", "month"])
@pytest.mark.parametrize(
    ("where", "rows", "days"),
    [
        ({"at": (dt.date(2025, 3, 1), dt.date(2025, 3, 2))}, [0, 1], 1),
        ({"at": (at(3, 2), None)}, [2, 3], 2),
        ({"at": (None, dt.date(1970, 1, 1)), "value": (5, None)}, [4], 1),
        ({"at": at(4, 1), "station": "a"}, [3], 1),
        ({"at": (dt.date(2030, 1, 1), None)}, [], 0),
        ({"value": 3}, [2], 1),
    ],
)
def test_a_condition_opens_only_the_files_that_may_hold_such_rows(
    tmp_path: Path, commit: Make, by: str, where: Any, rows: list[int], days: int
) -> None:
    store = Lake(tmp_path)
    version = commit(store, ROWS, **{**DAYS, "partition_by": by})
    assert canonical(_asked(store, version, where)) == canonical([ROWS[i] for i in rows])
    assert len(store.files(version, where)) <= days
    assert set(store.files(version, where)) <= set(store.files(version))


def test_a_condition_keeps_a_nan_that_no_bound_tells_of(tmp_path: Path, commit: Make) -> None:
    store = Lake(tmp_path)
    version = commit(store, [("a", 1.0), ("b", float("nan"))], {"name": "string", "level": "double"})
    assert [row[0] for row in _asked(store, version, {"level": (5, None)})] == ["b"]


@pytest.mark.parametrize("value", ["2025-03-01", 5, dt.datetime(2025, 3, 1), (dt.datetime(2025, 3, 1), None), True])
def test_a_condition_of_another_type_is_refused(tmp_path: Path, commit: Make, value: Any) -> None:
    store = Lake(tmp_path)
    version = commit(store, ROWS, **DAYS)
    with pytest.raises(WrongCondition, match="'at'"):
        store.select(version, where={"at": value})
    with pytest.raises(UnknownColumn, match="nowhere"):
        store.files(version, where={"nowhere": 1})


def test_a_month_in_several_files_keeps_its_hash_through_later_commits(tmp_path: Path, commit: Make) -> None:
    store = Lake(tmp_path)
    rows: list[Row] = [(f"s{i}", at(3, 1 + i % 20, i % 24), i) for i in range(2000)]
    commit(store, rows, **MONTHS)
    store.maintain("test-data", Rules(target=2_000))
    assert len(store.files(store.versions("test-data")[0])) > 3
    april = [("z", at(4, 1), 1)]
    later, days = commit(store, april, **MONTHS), commit(store, [], version="1.0.1", **DAYS)
    assert days.content_hash == later.content_hash
    assert all(found.ok for found in store.verify("test-data"))
    assert canonical(read_rows(store, days)) == canonical([*rows, *april])
