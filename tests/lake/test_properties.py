"""Whatever typed rows go in, the same multiset comes out, under a hash that sees every difference and no other."""

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lake import Lake, Version, accepted
from tests.lake.helpers import TYPES, Row, canonical, make_concept, make_contract, make_record, read_rows, write_parquet

VALUES = {
    "string": st.text(max_size=30),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "decimal": st.integers(-(10**18) + 1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-6)),
    "double": st.floats(),
    "boolean": st.booleans(),
    "date": st.dates(),
    "timestamp": st.datetimes(timezones=st.just(dt.UTC)),
}
rows = st.lists(st.tuples(*(st.none() | VALUES[kind] for kind in TYPES.values())), max_size=8)
slow = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def commit(home: Path, content: list[Row]) -> Version:
    path = write_parquet(home / "accepted.parquet", content)
    return Lake(home).commit(make_contract(), make_concept, path, make_record())


@slow
@given(rows, st.randoms(use_true_random=False))
def test_rows_come_back_whatever_their_order(content: list[Row], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first = commit(home, content)
        shuffled = random.sample(content, len(content))
        again = commit(home, shuffled)
        assert (again.id, again.new, first.rows) == (first.id, False, len(content))
        assert canonical(read_rows(Lake(home), first)) == canonical(content)


@slow
@given(rows, st.randoms(use_true_random=False), st.sampled_from(["name", "count", "level"]))
def test_many_rows_are_sorted_quickly_and_no_differently(content: list[Row], random: Any, key: str) -> None:
    """The way of large deliveries, taken by small ones: by the key alone, and by all columns where rows share a key."""
    contract = make_contract(key=(key,))
    content = [*content, ("a\0b", *[None] * (len(TYPES) - 1))] if len(content) % 2 else content
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        home = Path(folder)
        path = write_parquet(home / "accepted.parquet", content)
        slowly = Lake(home).commit(contract, make_concept, path, make_record())
        patch.setattr(accepted, "MANY", 0)
        path = write_parquet(home / "accepted.parquet", random.sample(content, len(content)))
        quickly = Lake(home / "other").commit(contract, make_concept, path, make_record())
        assert quickly.id == slowly.id
        assert repr(read_rows(Lake(home / "other"), quickly)) == repr(read_rows(Lake(home), slowly))
        assert [v.ok for v in Lake(home / "other").verify(contract.dataset)] == [True]


@slow
@given(rows, st.data())
def test_a_changed_cell_changes_the_hash(content: list[Row], data: st.DataObject) -> None:
    assume(content)
    row = data.draw(st.integers(0, len(content) - 1))
    cell = data.draw(st.integers(0, len(TYPES) - 1))
    value = data.draw(st.none() | VALUES[list(TYPES.values())[cell]])
    changed = [*content[:row], (*content[row][:cell], value, *content[row][cell + 1 :]), *content[row + 1 :]]
    assume(canonical(changed) != canonical(content))
    with tempfile.TemporaryDirectory() as folder:
        first, other = commit(Path(folder), content), commit(Path(folder), changed)
        assert other.new
        assert other.content_hash != first.content_hash


def test_nearly_equal_contents_differ(tmp_path: Path) -> None:
    blank: Row = (None,) * len(TYPES)
    contents: list[list[Row]] = [
        [],
        [blank],
        [blank, blank],
        [("", *blank[1:])],
        [("n", *blank[1:])],
        [("a", 1, *blank[2:])],
        [("a", 1, *blank[2:]), ("b", 2, *blank[2:])],
        [("a", 2, *blank[2:]), ("b", 1, *blank[2:])],
        [("é", *blank[1:])],
        [("e\u0301", *blank[1:])],
    ]
    hashes = set()
    for number, content in enumerate(contents):
        home = tmp_path / str(number)
        home.mkdir()
        hashes.add(commit(home, content).content_hash)
    assert len(hashes) == len(contents)


@pytest.mark.parametrize("letter", ["\ud7ff", "\U0010ffff"])
def test_text_whose_bounds_cannot_be_rounded_up_comes_back(tmp_path: Path, letter: str) -> None:
    content: list[Row] = [(letter * 20, *(None,) * (len(TYPES) - 1))]
    version = commit(tmp_path, content)
    assert canonical(read_rows(Lake(tmp_path), version)) == canonical(content)
