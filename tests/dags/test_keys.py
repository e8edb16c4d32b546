"""Rows that share a key are found in flat memory, and only they."""

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from dags.steps import judging, keys
from dags.steps.conform import Conformed
from dags.steps.keys import KeyHashes
from tests.dags.builders import TEXT, Bench, column, contract

HEAD = "Mã trạm,Thời điểm,AQI\n"


def quarantined(result: Conformed) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return db.execute("SELECT file, row, rules, warnings FROM read_parquet(?)", [result.quarantined]).fetchall()


@pytest.mark.parametrize("at_once", [3, 100, 10_000])
def test_hashes_that_repeat_are_found_span_by_span(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(keys, "_AT_ONCE", at_once)
    monkeypatch.setattr(keys, "_PIECE", 7)
    random = np.random.default_rng(1)
    found = random.integers(0, 2**64, 400, dtype=np.uint64)
    ends = np.array([0, 0, 2**64 - 1, 2**64 - 1, 2**63], np.uint64)
    came = np.concatenate([found, found[:50], found[:10], ends])
    random.shuffle(came)
    hashes = KeyHashes(tmp_path / "hashes")
    for piece in np.array_split(came, 9):
        hashes.add(pa.array(piece))
    expected = sorted(h for h, times in Counter(came.tolist()).items() if times > 1)
    assert hashes.shared().tolist() == expected


def test_equal_hashes_of_different_keys_refuse_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_the_same(self: KeyHashes, hashes: pa.Array) -> None:
        one_hash(self, pa.array(np.zeros(len(hashes), np.uint64)))

    one_hash = KeyHashes.add
    monkeypatch.setattr(KeyHashes, "add", all_the_same)
    result = bench.conform(contract(), HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,5\nB,2025-01-01 00:00,5\n")
    assert [(row, rules) for _, row, rules, _ in quarantined(result)] == [(4, ["key-duplicate"])]
    assert result.rules == {"key-duplicate": 1}


def test_empty_parts_of_a_key_are_equal(bench: Bench) -> None:
    declared = contract(columns=(column("a", "station"), column("b", "aqi"), column("c", "aqi")), key=("a", "b"))
    result = bench.conform(declared, "a,b,c\n,1,1\n,1,2\nx,,1\nx,,1\n,,3\n")
    assert [(row, rules) for _, row, rules, _ in quarantined(result)] == [
        (2, ["key-conflict"]),
        (3, ["key-conflict"]),
        (5, ["key-duplicate"]),
    ]


def test_refused_rows_stay_in_the_order_of_the_file_with_their_warnings(bench: Bench) -> None:
    warning = {"id": "high", "sql": "aqi < 100", "columns": ["aqi"], "severity": "warning", "message": TEXT}
    text = HEAD + "A,2025-01-01 00:00,150\nB,2025-01-01 00:00\nA,2025-01-01 00:00,150\nC,x,7\nD,2025-01-01 00:00,1,1\n"
    result = bench.conform(contract(rules=[warning]), text + "A,2025-01-01 01:00,200\n")
    assert quarantined(result) == [
        ("air.csv", 3, ["row-width"], []),
        ("air.csv", 4, ["key-duplicate"], ["high"]),
        ("air.csv", 5, ["observed_at-type"], []),
        ("air.csv", 6, ["row-width"], []),
    ]
    assert (result.rows_in, result.rows_accepted) == (6, 2)


def test_many_shared_keys_in_many_batches(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dags.sources.texts.PIECE", 4096)
    monkeypatch.setattr(keys, "_AT_ONCE", 100)
    rows = [f"S{n % 500},2025-01-01 {n // 500 % 3:02d}:00:00,{n % 7 if n % 500 < 100 else 1}" for n in range(3000)]
    result = bench.conform(contract(), HEAD + "\n".join(rows) + "\n")
    # Each key comes twice. Stations below 100 are given two values for it: 1500 is no multiple of 7.
    assert result.rules == {"key-duplicate": 1200, "key-conflict": 600}
    assert result.rows_accepted == 1200
    order = [row for _, row, _, _ in quarantined(result)]
    assert order == sorted(order)


def test_memory_for_the_rows_that_are_read_does_not_grow(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are let go of one after the other: never more than a few are held, whatever the file's size."""
    monkeypatch.setattr("dags.sources.texts.PIECE", 10_000)
    sizes: list[int] = []
    labelled = judging.Judging._labelled

    def measured(self: judging.Judging, batch: Any) -> pa.Table:
        sizes.append(pa.total_allocated_bytes())
        return labelled(self, batch)

    monkeypatch.setattr(judging.Judging, "_labelled", measured)
    rows = (f"S{n},2025-01-01 00:00:00,1\n" for n in range(30_000))
    result = bench.conform(contract(), HEAD + "".join(rows))
    assert result.rows_accepted == 30_000
    assert len(sizes) > 50
    assert max(sizes[40:]) < 2 * max(sizes[:40])
