"""How a run is told: by its record, and never better than Airflow says."""

from pathlib import Path

from dags.steps.records import RunRecord
from ops.results import result_of


def test_an_old_success_does_not_hide_a_run_that_airflow_calls_failed(tmp_path: Path) -> None:
    record = RunRecord(tmp_path, "wards")
    record.start("run-1")
    record.note("publish", version="1-aaaaaaaa", catalogue_url="http://x/dataset/wards")
    found = result_of(tmp_path, "wards")
    assert found.ok
    assert found.confirmed("success") is found
    refused = found.confirmed("failed")
    assert not refused.ok
    assert refused.error is not None
    assert "failed" in refused.error["en"]


def test_the_record_of_a_failure_keeps_what_was_found_before_it(tmp_path: Path) -> None:
    record = RunRecord(tmp_path, "wards")
    record.start("run-1")
    record.note("conform", rows_in=3, rows_accepted=1, rows_quarantined=2)
    record.fail("gate", RuntimeError("x"))
    found = result_of(tmp_path, "wards")
    assert (found.rows_in, found.rows_quarantined, found.state, found.version) == (3, 2, "failed", None)
    assert found.confirmed("failed") is found


def test_a_dataset_that_never_ran(tmp_path: Path) -> None:
    assert result_of(tmp_path, "wards").state == "never run"
