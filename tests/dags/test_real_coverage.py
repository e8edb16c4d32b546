"""No real file is left over: each belongs to a contract, and each contract of real files to a test that counts its rows."""

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from blueprint import blueprint
from blueprint.load import ROOT
from tests.conftest import REPOSITORY, SHARED

pytestmark = pytest.mark.real_data

DATA = SHARED / "data"
NOT_DELIVERIES = {"perf", "catalogue"}
"""Folders of files for measuring and for search, which no agency would deliver."""
FILES = sorted(
    path.relative_to(DATA).as_posix()
    for path in DATA.rglob("*")
    if path.is_file()
    and len(path.relative_to(DATA).parts) > 1
    and path.relative_to(DATA).parts[0] not in NOT_DELIVERIES
)


@cache
def claims() -> dict[str, set[str]]:
    """Real file -> the datasets whose contracts read it."""
    found: dict[str, set[str]] = defaultdict(set)
    for dataset, contract in blueprint().contracts.items():
        for source in contract.sources:
            for pattern in source.files if source.kind == "agency" else ():
                for path in DATA.glob(pattern):
                    found[path.relative_to(DATA).as_posix()].add(dataset)
    return found


@pytest.mark.parametrize("file", FILES)
def test_a_real_file_belongs_to_a_contract(file: str) -> None:
    assert claims().get(file), f"no contract reads {file}"


def test_the_rows_of_every_real_dataset_are_counted_by_a_test(real_data: Path) -> None:
    tests = [*REPOSITORY.glob("tests/*/test_real_*.py")]
    named = {name for test in tests for name in re.findall(r'"([a-z0-9-]+)"', test.read_text(encoding="utf-8"))}
    assert {dataset for datasets in claims().values() for dataset in datasets} <= named


def test_every_dataset_has_a_source_whose_files_are_all_there(real_data: Path) -> None:
    without = [
        dataset
        for dataset, contract in blueprint().contracts.items()
        if not any(
            all(any((real_data if source.kind == "agency" else ROOT).glob(pattern)) for pattern in source.files)
            for source in contract.sources
        )
    ]
    assert without == []
