"""Maintenance changes how a table lies on disk and which old versions there are, and never what a version says."""

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyiceberg.table.update.snapshot import ExpireSnapshots

from lake import Lake, LakeBusy, UnknownVersion, UpkeepUnreadable, Version, compaction, maintain
from lake.compaction import planned
from lake.retention import Retention, judged
from lake.sweep import unreferenced
from lake.tidy import Rules
from lake.upkeep import Upkeep
from tests.lake.helpers import canonical, make_concept, make_contract, make_record, read_rows, write_parquet
from tests.lake.postgresql import Postgresql

DATASET = "test-data"
TYPES = {"number": "integer", "day": "date", "value": "double"}
NOW = dt.datetime.now(dt.UTC)
LATER = NOW + dt.timedelta(days=400)
MANY = Rules(target=1, retention=None)
"""A target of one byte: every row gets a file of its own."""
FEW = Rules(retention=None)
STRICT = Retention(versions=1, days=0)


def rows_of(number: int, days: int = 2, each: int = 6) -> list[tuple[object, ...]]:
    start = dt.date(2025, 3, 1)
    return [(i, start + dt.timedelta(days=d), i * number / 7) for d in range(days) for i in range(each)]


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., Version]:
    """Commits rows to a lake: ``add(lake, rows, partition="day", ...)``."""

    def run(lake: Lake, rows: list[tuple[object, ...]], **changes: object) -> Version:
        path = write_parquet(tmp_path / "accepted.parquet", rows, TYPES)
        contract = make_contract(TYPES, key=("number", "day"), **changes)
        return lake.commit(contract, make_concept, path, make_record())

    return run


def assert_whole(lake: Lake) -> None:
    found = lake.verify(DATASET)
    assert [v.problem_en for v in found if not v.ok] == []
    assert [v.version for v in found] == [v.id for v in lake.versions(DATASET)]


def on_disk(lake: Lake) -> list[Path]:
    return sorted((lake.warehouse / DATASET / "data").iterdir())


@pytest.mark.parametrize("parted", [{}, {"partition": "day"}, {"partition": "day", "partition_by": "month"}])
def test_small_files_become_few_and_the_version_stays_what_it_is(tmp_path: Path, add, parted) -> None:
    lake = Lake(tmp_path)
    former, version = add(lake, rows_of(1), **parted), add(lake, rows_of(2), **parted)
    before = lake.versions(DATASET)
    old_files, good = lake.files(former), len(lake.files(version))
    assert lake.maintain(DATASET, MANY).compacted.files == (good, len(rows_of(2)))
    assert len(lake.files(version)) == len(rows_of(2))
    assert_whole(lake)
    done = lake.maintain(DATASET, FEW).compacted
    assert (done.version, done.files) == (version.id, (len(rows_of(2)), good))
    present = lake.versions(DATASET)
    assert [(v.id, v.content_hash, v.committed_at, v.rows) for v in present] == [
        (v.id, v.content_hash, v.committed_at, v.rows) for v in before
    ]
    assert lake.files(former) == old_files
    assert canonical(read_rows(lake, version)) == canonical(rows_of(2))
    assert_whole(lake)
    assert lake.maintain(DATASET, FEW).compacted is None
    assert not add(lake, rows_of(2), **parted).new
    following = add(lake, rows_of(3, days=1), **parted)
    assert following.number == 3
    if parted == {"partition": "day"}:
        assert canonical(read_rows(lake, following)) == canonical(rows_of(3, days=1) + rows_of(2)[6:])
    assert_whole(lake)


def test_a_day_is_replaced_in_a_table_whose_partitions_have_many_files(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    add(lake, rows_of(1), partition="day")
    lake.maintain(DATASET, MANY)
    following = add(lake, rows_of(2, days=1), partition="day")
    assert canonical(read_rows(lake, following)) == canonical(rows_of(2, days=1) + rows_of(1)[6:])
    assert_whole(lake)


def test_files_from_before_a_change_of_the_contract_are_joined_under_the_new_columns(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    types = {"number": "integer", "day": "date", "amount": "double", "note": "string"}

    def commit(rows: list[tuple[object, ...]], types: dict[str, str], **changes: object) -> Version:
        path = write_parquet(tmp_path / "accepted.parquet", rows, types)
        return lake.commit(make_contract(types, partition="day", **changes), make_concept, path, make_record())

    former = commit(rows_of(1), TYPES)
    lake.maintain(DATASET, MANY)
    present = commit([(*row, "mới") for row in rows_of(2, days=1)], types, version="1.1.0", fields={"amount": "value"})
    assert lake.maintain(DATASET, FEW).compacted.files == (6, 1)
    wanted = [(*row, "mới") for row in rows_of(2, days=1)] + [(*row, None) for row in rows_of(1)[6:]]
    assert canonical(read_rows(lake, present)) == canonical(wanted)
    assert canonical(read_rows(lake, former)) == canonical(rows_of(1))
    assert_whole(lake)


def test_many_manifests_become_one(tmp_path: Path, add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "_MANIFESTS", 3)
    lake = Lake(tmp_path)
    for days in range(1, 4):
        add(lake, rows_of(1, days, each=1), partition="day")
    version = lake.current(DATASET)
    assert lake.maintain(DATASET, FEW).compacted.manifests == 3
    with lake._catalogs.table(DATASET) as table:
        assert len(table.current_snapshot().manifests(table.io)) == 1
    assert lake.current(DATASET).content_hash == version.content_hash
    assert lake.maintain(DATASET, FEW).compacted is None
    assert_whole(lake)


def test_a_reader_that_began_before_reads_to_its_end(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    dropped, version = add(lake, rows_of(1)), add(lake, rows_of(2))
    lake.maintain(DATASET, MANY, now=LATER)
    queries = {rows_of(1)[1]: lake.select(dropped), rows_of(2)[1]: lake.select(version)}
    held = lake.current(DATASET)
    rules = Rules(retention=STRICT)
    done = lake.maintain(DATASET, rules, published=set(), now=LATER)
    assert [d.id for d in done.dropped] == [dropped.id]
    assert all(orphan.resting for orphan in done.orphans)
    for row, query in queries.items():
        with duckdb.connect() as con:
            assert row in con.execute(query).fetchall()
    assert canonical(read_rows(lake, held)) == canonical(rows_of(2))
    add(lake, rows_of(2))  # a commit, even one that finds a leftover, leaves resting files alone
    (lake.warehouse / DATASET / "data" / "000009-0000-dead.parquet").write_bytes(b"half")
    newest = add(lake, rows_of(3))
    for query in queries.values():
        with duckdb.connect() as con:
            con.execute(query).fetchall()
    assert not (lake.warehouse / DATASET / "data" / "000009-0000-dead.parquet").exists()
    after = lake.maintain(DATASET, Rules(retention=None), now=LATER + rules.grace)
    assert after.removed > 0
    used = {*lake.files(newest), *lake.files(version)}
    assert set(on_disk(lake)) == used
    assert_whole(lake)


def test_a_dropped_version_is_told_with_the_day_on_which_it_went(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    first, second, third = (add(lake, rows_of(n)) for n in (1, 2, 3))
    lake.maintain(DATASET, Rules(retention=STRICT), published={first.id}, now=LATER)
    assert [v.id for v in lake.versions(DATASET)] == [first.id, third.id]
    day = LATER.date().isoformat()
    for ask in (
        lambda: lake.version(DATASET, second.id),
        lambda: lake.select(second),
        lambda: lake.files(second),
        lambda: lake.diff(DATASET, second.id, third.id),
        lambda: lake.as_of(DATASET, second.committed_at),
    ):
        with pytest.raises(UnknownVersion, match=rf"'{second.id}' any more: retention removed it on {day}") as told:
            ask()
        assert f"đã được bỏ ngày {day}" in told.value.vi
    assert lake.as_of(DATASET, first.committed_at).id == first.id
    assert lake.as_of(DATASET, third.committed_at).id == third.id
    with pytest.raises(UnknownVersion, match="Known versions") as unknown:
        lake.version(DATASET, "9-deadbeef")
    assert "retention" not in unknown.value.en
    assert add(lake, rows_of(4)).number == 4


@pytest.mark.parametrize("published", [None, "all"])
def test_nothing_goes_where_it_is_not_known_or_all_is_published(tmp_path: Path, add, published) -> None:
    lake = Lake(tmp_path)
    ids = [add(lake, rows_of(n)).id for n in (1, 2, 3)]
    done = lake.maintain(DATASET, Rules(retention=STRICT), published=ids if published else None, now=LATER)
    assert done.dropped == []
    assert [v.id for v in lake.versions(DATASET)] == ids
    assert done.kept == {
        **dict.fromkeys(ids[:2], "published" if published else "not known"),
        ids[2]: "newest",
    }


HISTORIES = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=4)


@settings(
    max_examples=int(os.environ.get("HANOI_TEST_HISTORIES", "6")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    history=HISTORIES,
    keep=st.integers(1, 3),
    days=st.sampled_from([0, 30, 500]),
    grace=st.sampled_from([0, 24]),
    target=st.sampled_from([1, 256 * 1024**2]),
)
def test_published_versions_read_back_equal_whatever_goes(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[int, bool]],
    keep: int,
    days: int,
    grace: int,
    target: int,
) -> None:
    """Random histories, each with a maintenance after every commit. ``HANOI_TEST_HISTORIES`` sets how many, 6 if absent."""
    home = tmp_path_factory.mktemp("history")
    lake, published, content = Lake(home), set[str](), dict[str, list[str]]()
    rules = Rules(retention=Retention(versions=keep, days=days), grace=dt.timedelta(hours=grace), target=target)
    for number, publish in history:
        path = write_parquet(home / "accepted.parquet", rows_of(number, each=2), TYPES)
        contract = make_contract(TYPES, key=("number", "day"), partition="day")
        version = lake.commit(contract, make_concept, path, make_record())
        content[version.id] = canonical(rows_of(number, each=2))
        published |= {version.id} if publish else set()
        done = lake.maintain(DATASET, rules, published=published, now=LATER)
        assert not published & {dropped.id for dropped in done.dropped}
        assert version.id in {v.id for v in lake.versions(DATASET)}
    present = {v.id: v for v in lake.versions(DATASET)}
    assert published <= set(present)
    assert len(present) >= min(keep, len(content))
    if days == 500:
        assert set(present) == set(content)
    for name, version in present.items():
        assert canonical(read_rows(lake, version)) == content[name]
    assert_whole(lake)


@given(
    ages=st.lists(st.integers(0, 900), min_size=1, max_size=12),
    keep=st.integers(1, 15),
    days=st.integers(0, 900),
    seed=st.randoms(use_true_random=False),
)
def test_what_may_go_is_old_superseded_unpublished_and_unnamed(ages, keep, days, seed) -> None:
    record = make_record()
    versions = [
        Version(
            **vars(record),
            dataset=DATASET,
            id=f"{i}",
            number=i,
            snapshot_id=i,
            committed_at=NOW - dt.timedelta(days=age),
            rows=1,
            content_hash="",
            contract="",
        )
        for i, age in enumerate(sorted(ages, reverse=True), 1)
    ]
    published, named = ({v.id for v in versions if seed.random() < share} for share in (0.4, 0.2))
    reasons = judged(versions, Retention(versions=keep, days=days), published, named, NOW)
    gone = {v.id for v in versions if not reasons[v.id]}
    assert gone == {
        v.id
        for v in versions[:-keep]
        if v.committed_at <= NOW - dt.timedelta(days=days) and v.id not in published | named
    }
    assert all(judged(versions, Retention(versions=keep, days=days), None, (), NOW)[name] for name in gone)


def test_orphans_are_listed_and_removed_and_raw_files_are_not(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    version = add(lake, rows_of(1))
    folder, spill = lake.warehouse / DATASET, lake.root / "spill"
    orphans = [folder / "data" / "000002-0000-dead.parquet", folder / "metadata" / "dead-m0.avro"]
    leftovers = [spill / DATASET / "dead" / "x.tmp", spill / f"{DATASET}--read-1" / "y.tmp"]
    raw = tmp_path / "deliveries" / "sha256" / "ab" / "abcd"
    for file in (*orphans, *leftovers, raw):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"half")
    listed = lake.maintain(DATASET, FEW, dry_run=True, now=LATER)
    assert listed.removed == 4 * 4
    assert {o.path for o in listed.orphans} == {
        *(file.relative_to(lake.root).as_posix() for file in orphans),
        f"spill/{DATASET}/dead",
        f"spill/{DATASET}--read-1",
    }
    assert all(file.exists() for file in (*orphans, *leftovers))
    young = lake.maintain(DATASET, FEW)
    assert [o.path for o in young.orphans if o.resting] == [f"spill/{DATASET}--read-1"]
    assert not any(file.exists() for file in (*orphans, leftovers[0]))
    assert lake.maintain(DATASET, FEW, now=LATER).removed == 4
    assert not leftovers[1].exists()
    assert raw.exists()
    assert on_disk(lake) == lake.files(version)
    assert_whole(lake)


def test_the_folder_of_a_table_that_was_never_made_goes_unless_it_holds_data(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    add(lake, rows_of(1))
    for name in ("begun", "elsewhere"):
        (lake.warehouse / name / "data").mkdir(parents=True)
        (lake.warehouse / name / "metadata").mkdir()
    (lake.warehouse / "elsewhere" / "data" / "1.parquet").write_bytes(b"rows that another catalog names")
    for name in ("begun", "elsewhere"):
        lake.maintain(name, now=LATER)
    assert not (lake.warehouse / "begun").exists()
    assert (lake.warehouse / "elsewhere" / "data" / "1.parquet").exists()


def test_a_dry_run_changes_nothing(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    add(lake, rows_of(1))
    version = add(lake, rows_of(2))
    lake.maintain(DATASET, MANY)
    before = {p: p.stat().st_mtime_ns for p in lake.root.rglob("*") if p.is_file() and p.suffix != ".lock"}
    found = lake.maintain(DATASET, Rules(retention=STRICT), published=(), dry_run=True, now=LATER)
    assert found.compacted.files == (len(rows_of(2)), 1)
    assert [d.number for d in found.dropped] == [1]
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert len(lake.files(version)) == len(rows_of(2))


def test_damaged_files_are_told_and_left_alone(tmp_path: Path, add, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    version = add(lake, rows_of(1))
    lake.maintain(DATASET, MANY)
    files = lake.files(version)
    real = compaction.content_hash
    told = iter(range(9))
    monkeypatch.setattr(compaction, "content_hash", lambda *a: (next(told), real(*a)))
    assert lake.maintain(DATASET, FEW).damaged
    assert lake.files(version) == files
    assert_whole(lake)


def test_a_commit_that_comes_in_between_is_kept_and_compacted(
    tmp_path: Path, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    add(lake, rows_of(1), partition="day")
    lake.maintain(DATASET, MANY)
    real, came = maintain.staged, []

    def staged_while_another_commits(*arguments):
        if not came:
            came.append(add(Lake(tmp_path), rows_of(2, days=1), partition="day"))
        return real(*arguments)

    monkeypatch.setattr(maintain, "staged", staged_while_another_commits)
    done = lake.maintain(DATASET, FEW)
    assert (done.postponed, done.compacted.version) == (False, came[0].id)
    assert canonical(read_rows(lake, came[0])) == canonical(rows_of(2, days=1) + rows_of(1)[6:])
    assert len(lake.files(came[0])) == 2
    assert_whole(lake)


def test_a_writer_that_knows_of_no_lock_is_not_overwritten(
    tmp_path: Path, add, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    add(lake, rows_of(1))
    add(lake, rows_of(2))
    real, came = Upkeep.write, []

    def write_while_another_commits(self):
        real(self)
        if not came:
            came.append(True)
            with lake._catalogs.table(DATASET) as table, table.transaction() as tx:
                tx.set_properties(theirs="yes")

    monkeypatch.setattr(Upkeep, "write", write_while_another_commits)
    done = lake.maintain(DATASET, Rules(retention=STRICT), published=(), now=LATER)
    assert [d.number for d in done.dropped] == [1]
    with lake._catalogs.table(DATASET) as table:
        assert table.properties["theirs"] == "yes"
    assert [v.number for v in lake.versions(DATASET)] == [2]
    assert_whole(lake)


def test_a_killed_retention_takes_back_what_it_wrote_down(tmp_path: Path, add, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    first = add(lake, rows_of(1))
    add(lake, rows_of(2))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ExpireSnapshots, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            lake.maintain(DATASET, Rules(retention=STRICT), published=(), now=LATER)
    assert Upkeep.of(lake.root, DATASET).when_dropped(first.id)
    assert lake.version(DATASET, first.id).id == first.id
    assert lake.as_of(DATASET, first.committed_at).id == first.id
    lake.maintain(DATASET, Rules(retention=None), now=LATER)
    assert Upkeep.of(lake.root, DATASET).dropped == []
    assert Upkeep.of(lake.root, DATASET).resting == {}
    assert_whole(lake)


def test_a_damaged_memory_hurts_no_version_and_removes_nothing(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    dropped = add(lake, rows_of(1))
    add(lake, rows_of(2))
    lake.maintain(DATASET, Rules(retention=STRICT), published=(), now=LATER)
    path = Upkeep.path_of(lake.root, DATASET)
    path.write_text("{half")
    before = set(on_disk(lake))
    newest = add(lake, rows_of(3))
    assert set(on_disk(lake)) > before
    with pytest.raises(UpkeepUnreadable, match=path.name):
        lake.maintain(DATASET, now=LATER)
    with pytest.raises(UnknownVersion, match=dropped.id):
        lake.version(DATASET, dropped.id)
    assert lake.as_of(DATASET, newest.committed_at).id == newest.id
    path.unlink()
    assert lake.maintain(DATASET, Rules(retention=None)).removed > 0
    assert_whole(lake)


def test_a_table_named_in_postgresql_is_maintained_alike(tmp_path: Path, add, postgresql: Postgresql) -> None:
    lake = Lake(tmp_path, catalog=postgresql.url)
    add(lake, rows_of(1), partition="day")
    version = add(lake, rows_of(2), partition="day")
    lake.maintain(DATASET, MANY)
    done = lake.maintain(DATASET, Rules(retention=STRICT, grace=dt.timedelta()), published=(), now=LATER)
    assert (done.compacted.files, len(done.dropped)) == ((12, 2), 1)
    assert on_disk(lake) == lake.files(version)
    assert canonical(read_rows(lake, version)) == canonical(rows_of(2))
    assert_whole(lake)


def test_a_table_that_stays_locked_is_named_and_left_as_it_is(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path, lock_timeout=0.1)
    version = add(lake, rows_of(1))
    with lake._catalogs.writing(DATASET), pytest.raises(LakeBusy, match=DATASET):
        Lake(tmp_path, lock_timeout=0.1).maintain(DATASET)
    assert [v.id for v in lake.versions(DATASET)] == [version.id]


def test_rows_that_another_tool_appended_are_no_version_and_are_not_compacted(tmp_path: Path, add) -> None:
    lake = Lake(tmp_path)
    version = add(lake, rows_of(1))
    with lake._catalogs.table(DATASET) as table:
        appended = lake.warehouse / DATASET / "data" / "theirs.parquet"
        shutil.copyfile(lake.files(version)[0], appended)
        table.add_files([str(appended)])
        assert planned(DATASET, table, lake.warehouse, 1) is None
    lake.maintain(DATASET, Rules(retention=STRICT), published=(), now=LATER)
    assert canonical(read_rows(lake, version)) == canonical(rows_of(1))
    with lake._catalogs.table(DATASET) as table:
        assert len(list(table.scan().plan_files())) == 2
        assert unreferenced(table, lake.warehouse) == []
