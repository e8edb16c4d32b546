"""No value of an agency's file is read as another value in silence, whatever its encoding and its habit of writing numbers."""

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.agency_files import LEAST_ACCEPTED, WRONG, judge, write

EXAMPLES = int(os.environ.get("HANOI_AGENCY_FILES", "10"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_what_is_accepted_is_what_was_meant(seed: int) -> None:
    """``HANOI_AGENCY_FILES`` takes more files."""
    with TemporaryDirectory() as folder:
        tally = judge([write(seed, 40)], Path(folder))
    assert tally.wrong == []


def test_most_rows_are_understood_and_few_files_refused(tmp_path: Path) -> None:
    tally = judge([write(seed, 40) for seed in range(10)], tmp_path)
    assert (tally.files, tally.refused) == (10, 0)
    assert tally.accepted >= LEAST_ACCEPTED * tally.rows


def test_a_value_that_was_meant_otherwise_is_told(tmp_path: Path) -> None:
    file = write(2, 40)
    code, meant = next((c, m) for c, m in file.truth.items() if None not in m.values() and WRONG not in m.values())
    other = replace(file, truth={**file.truth, code: {**meant, "amount": meant["amount"] * 1000}})
    (wrong,) = judge([other], tmp_path).wrong
    assert wrong.startswith(f"{file.name}, {code}, amount: ")
