"""What a reader may rely on: versions, their content, and the one kind of change that a table takes."""

import doctest
import hashlib
import json
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

import lake as lake_package
import lake.store
from lake import (
    Lake,
    PartitionRefused,
    SchemaRefused,
    UnknownColumn,
    UnknownVersion,
    UnreadableVersion,
    Version,
    WrongAcceptedFile,
)
from lake.read import data_files
from tests.lake.helpers import (
    ROWS,
    TYPES,
    Row,
    canonical,
    make_concept,
    make_contract,
    make_record,
    read_rows,
    write_parquet,
)


def reference_hash(rows: Sequence[Row], types: dict[str, str] = TYPES, partition: str | None = None) -> str:
    """The content hash, written a second time in plain Python from its description."""
    from blueprint.types import DUCKDB_TYPES

    def value_bytes(value: Any, kind: str) -> bytes:
        match kind:
            case "string":
                return (value or "").encode()
            case "decimal":
                return int((value or 0) * 10**6).to_bytes(16, "little", signed=True)
            case "double" | "float":
                number = 0.0 if value is None or value == 0 else value
                return struct.pack("<d", float("nan") if number != number else number)
            case "date":
                return struct.pack("<q", 0 if value is None else (value - date(1970, 1, 1)).days)
            case "timestamp":
                since = timedelta() if value is None else value - datetime(1970, 1, 1, tzinfo=UTC)
                return struct.pack("<q", since // datetime.resolution)
            case _:
                return struct.pack("<q", int(value or 0))

    def part_hash(part: Sequence[Row]) -> str:
        said = []
        for name, cells in sorted(zip(types, zip(*part, strict=True), strict=True)):
            kind = types[name]
            text = kind == "string"
            shape = [-1 if v is None else len(v.encode()) if text else 0 for v in cells]
            digests = [
                hashlib.sha256(b"".join(pieces)).hexdigest()
                for pieces in ((struct.pack("<q", n) for n in shape), (value_bytes(v, kind) for v in cells))
            ]
            said.append([name, *digests])
        return sha256([len(part), said])

    def sha256(value: Any) -> str:
        return hashlib.sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

    at = list(types).index(partition) if partition else None
    parts: dict[Any, list[Row]] = {}
    for row in sorted(rows, key=lambda row: [(v is None, v != v, 0 if v is None or v != v else v) for v in row]):
        parts.setdefault(None if at is None else row[at], []).append(row)
    columns = sorted((name, DUCKDB_TYPES[kind]) for name, kind in types.items())
    return sha256([columns, len(rows), sorted(map(part_hash, parts.values()))])


def test_a_version_carries_where_it_comes_from(tmp_path: Path, commit: Callable[..., Version]) -> None:
    store = Lake(tmp_path)
    version = commit(store)
    assert version.new
    assert (version.id, version.number, version.rows) == (f"1-{version.content_hash[:8]}", 1, len(ROWS))
    assert (version.contract, version.rows_in, version.rows_quarantined) == ("test-data@1.0.0", 9, 1)
    assert (version.delivery, version.run_id, version.gate) == ("d" * 64, "run", "passed")
    assert version.committed_at.utcoffset() is not None
    assert store.current("test-data") == store.version("test-data", version.id)
    assert store.datasets() == ["test-data"]
    assert canonical(read_rows(store, version)) == canonical(ROWS)


def test_the_content_hash_is_what_its_description_says(tmp_path: Path, commit: Callable[..., Version]) -> None:
    assert commit(Lake(tmp_path)).content_hash == reference_hash(ROWS)


def test_the_same_inputs_give_the_same_id_and_the_same_bytes_on_a_fresh_home(
    tmp_path: Path, commit: Callable[..., Version]
) -> None:
    homes = [Lake(tmp_path / "a"), Lake(tmp_path / "b")]
    one, other = commit(homes[0]), commit(homes[1], list(reversed(ROWS)))
    assert one.id == other.id
    assert [f.read_bytes() for f in homes[0].files(one)] == [f.read_bytes() for f in homes[1].files(other)]


def test_committing_again_adds_nothing_but_a_new_contract_version_does(
    tmp_path: Path, commit: Callable[..., Version]
) -> None:
    store = Lake(tmp_path)
    first, again = commit(store), commit(store, list(reversed(ROWS)))
    assert (again.new, again.id) == (False, first.id)
    assert len(store.versions("test-data")) == 1
    newer = commit(store, version="1.0.1")
    assert (newer.new, newer.number, newer.content_hash) == (True, 2, first.content_hash)


def test_old_versions_stay_as_they_were(tmp_path: Path, commit: Callable[..., Version]) -> None:
    store = Lake(tmp_path)
    contents = [ROWS, ROWS[:1], [], ROWS[1:]]
    for rows in contents:
        commit(store, rows)
    found = store.versions("test-data")
    assert [v.number for v in found] == [1, 2, 3, 4]
    for version, rows in zip(found, contents, strict=True):
        assert version.rows == len(rows)
        assert reference_hash(read_rows(store, version)) == version.content_hash == reference_hash(rows)


def test_a_new_column_is_null_in_old_rows_and_absent_in_old_versions(
    tmp_path: Path, commit: Callable[..., Version]
) -> None:
    store = Lake(tmp_path)
    old = commit(store)
    types = {"extra": "integer", **TYPES}
    new = commit(store, [(7, *row) for row in ROWS], types, version="1.1.0")
    assert canonical(read_rows(store, old)) == canonical(ROWS)
    assert canonical(read_rows(store, new, list(types))) == canonical([(7, *row) for row in ROWS])
    with pytest.raises(UnknownColumn, match="extra"):
        store.select(old, ["extra"])


@pytest.mark.parametrize(
    ("types", "says"),
    [
        ({**TYPES, "count": "double"}, "'count' turns from BIGINT into DOUBLE"),
        ({k: v for k, v in TYPES.items() if k != "at"}, "'at' (TIMESTAMP WITH TIME ZONE) is missing"),
    ],
)
def test_other_changes_are_refused(
    tmp_path: Path, commit: Callable[..., Version], types: dict[str, str], says: str
) -> None:
    store = Lake(tmp_path)
    old = commit(store)
    with pytest.raises(SchemaRefused) as refused:
        commit(store, [], types, version="1.1.0")
    assert says in refused.value.en
    assert "số phiên bản chính mới" in refused.value.vi
    assert store.versions("test-data") == [store.version("test-data", old.id)]


def test_a_file_that_is_not_what_the_contract_promises_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "x.parquet", [("a",)], {"name": "string"})
    with pytest.raises(WrongAcceptedFile, match="name VARCHAR; the contract asks for name VARCHAR, count BIGINT"):
        Lake(tmp_path).commit(make_contract(), make_concept, path, make_record())
    assert Lake(tmp_path).datasets() == []


def test_a_partitioned_table_replaces_only_what_the_delivery_brings(
    tmp_path: Path, commit: Callable[..., Version]
) -> None:
    store = Lake(tmp_path)
    types = {"day": "date", "value": "integer"}
    first, second, third = date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3)
    rows = [(first, 1), (first, 2), (second, 3)]
    changes = {"types": types, "partition": "day"}
    commit(store, rows, **changes)
    version = commit(store, [(second, 30), (third, 4)], **changes)
    expected = [(first, 1), (first, 2), (second, 30), (third, 4)]
    assert canonical(read_rows(store, version)) == canonical(expected)
    assert version.content_hash == reference_hash(expected, types, "day")
    assert len(store.files(version)) == 3
    assert not commit(store, [(third, 4)], **changes).new
    assert not commit(store, [], **changes).new
    assert canonical(read_rows(store, store.versions("test-data")[0])) == canonical(rows)
    with pytest.raises(PartitionRefused, match=r"'day' is empty in 1 rows .* the first is row 2"):
        commit(store, [(third, 1), (None, 1)], **changes)
    with pytest.raises(SchemaRefused, match="turns from day into none"):
        commit(store, rows, types)


@pytest.mark.parametrize(
    ("kind", "values"), [("string", ["", "'a", "ý"]), ("integer", [-1, 0]), ("boolean", [True, False])]
)
def test_every_partition_type_comes_back(
    tmp_path: Path, commit: Callable[..., Version], kind: str, values: list[Any]
) -> None:
    store = Lake(tmp_path)
    types = {"part": kind, "value": "integer"}
    commit(store, [(v, 1) for v in values], types, partition="part")
    version = commit(store, [(values[0], 2)], types, partition="part")
    assert canonical(read_rows(store, version)) == canonical([(values[0], 2), *((v, 1) for v in values[1:])])


def test_unknown_versions_are_named(tmp_path: Path, commit: Callable[..., Version]) -> None:
    store = Lake(tmp_path)
    assert store.versions("test-data") == []
    assert store.current("test-data") is None
    version = commit(store)
    with pytest.raises(UnknownVersion, match=version.id):
        store.version("test-data", "9-00000000")
    with pytest.raises(UnknownVersion, match=commit(Lake(tmp_path / "other"), ROWS[:1]).id):
        Lake(tmp_path / "other").files(version)


def test_a_version_with_delete_files_is_refused(tmp_path: Path, commit: Callable[..., Version]) -> None:
    version = commit(Lake(tmp_path))
    task = SimpleNamespace(delete_files={"x"}, file=SimpleNamespace(file_path="x"))
    table: Any = SimpleNamespace(scan=lambda snapshot_id: SimpleNamespace(plan_files=lambda: [task]))
    with pytest.raises(UnreadableVersion, match="merge-on-read"):
        data_files(table, version, tmp_path)


def test_a_home_with_an_awkward_name_works_and_may_move_or_be_copied(
    tmp_path: Path, commit: Callable[..., Version]
) -> None:
    import shutil

    home = tmp_path / "Hà Nội's [home] a?b#c%20 *.x=y"
    version = commit(Lake(home))
    shutil.copytree(home, tmp_path / "copy")
    home.rename(tmp_path / "moved")
    copy, moved = Lake(tmp_path / "copy"), Lake(tmp_path / "moved")
    commit(copy, ROWS[:2])
    assert [len(v) for v in (copy.versions("test-data"), moved.versions("test-data"))] == [2, 1]
    assert not home.exists()
    for store in (copy, moved):
        assert all(file.is_relative_to(store.root) for file in store.files(version))
        assert canonical(read_rows(store, version)) == canonical(ROWS)


def test_folders_are_private(tmp_path: Path, commit: Callable[..., Version]) -> None:
    home = tmp_path / "state" / "home"
    commit(Lake(home))
    folders = [home, *(p for p in home.rglob("*") if p.is_dir())]
    assert len(folders) > 5
    assert {oct(p.stat().st_mode & 0o777) for p in folders} == {"0o700"}
    assert (home / "lake" / "catalog.sqlite").stat().st_mode & 0o077 == 0


def test_duckdb_reads_the_files_by_field_id(tmp_path: Path, commit: Callable[..., Version]) -> None:
    store = Lake(tmp_path)
    file = store.files(commit(store))[0]
    with duckdb.connect() as con:
        query = "SELECT name, field_id FROM parquet_schema(?) WHERE field_id IS NOT NULL ORDER BY field_id"
        found = con.execute(query, [str(file)]).fetchall()
    assert found == [(name, number) for number, name in enumerate(TYPES, 1)]


def test_importing_the_lake_stays_light() -> None:
    code = "import sys, lake; print([m for m in ('duckdb', 'pyiceberg', 'pyarrow', 'sqlalchemy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_examples_in_docstrings_run() -> None:
    results = [doctest.testmod(module) for module in (lake_package, lake.store)]
    assert all(r.attempted and not r.failed for r in results)
