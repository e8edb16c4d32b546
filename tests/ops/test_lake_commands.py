"""The verbs of ``hanoi lake``, on a home that one dataset of the repository was ingested into."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from blueprint import blueprint
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import conform
from lake import CommitRecord, Lake
from ops.lake_commands import lake

DATASET = "ward-crosswalk"


def ingest(home: Path, *, without: int = 0) -> str:
    """Conform and commit the dataset as a run would, leaving out the first ``without`` rows; returns the version's id."""
    plan = blueprint()
    contract = plan.contract(DATASET)
    store = DeliveryStore(home, PipelineSettings().max_delivery_bytes)
    delivery = store.keep(contract, locate(contract, None, None), "test")
    result = conform(contract, plan, delivery, store, home / "staging")
    accepted = Path(result.accepted)
    if without:
        pq.write_table(
            pq.read_table(accepted).sort_by([("old_code", "ascending"), ("new_code", "ascending")]).slice(without),
            accepted,
        )
    record = CommitRecord(
        delivery=result.delivery,
        run_id="test",
        gate="passed",
        rows_in=result.rows_in,
        rows_quarantined=result.rows_quarantined,
        simulated=False,
        code_version="0.1.0",
    )
    return Lake(home).commit(contract, plan.concept_of, accepted, record).id


@pytest.fixture
def home(tmp_path):
    return tmp_path


def run(home, *arguments, code=0):
    result = CliRunner().invoke(lake, [*arguments, "--home", str(home)])
    assert result.exit_code == code, result.output
    return result


def as_json(home, *arguments, code=0):
    return json.loads(run(home, *arguments, "--json", code=code).stdout)


def test_versions_are_listed_oldest_first(home):
    ids = [ingest(home, without=2), ingest(home)]
    found = as_json(home, "versions", DATASET)
    assert [v["id"] for v in found] == ids
    assert {"rows", "committed_at", "contract", "delivery", "content_hash", "simulated"} < set(found[0])
    assert ids[1] in run(home, "versions", DATASET).stdout


def test_the_difference_of_two_versions_is_shown(home):
    old, new = ingest(home, without=2), ingest(home)
    found = as_json(home, "diff", DATASET, old, new)
    assert (found["added"], found["removed"], found["changed"], found["same"]) == (2, 0, 0, False)
    assert [c["change"] for c in found["changes"]] == ["added", "added"]
    shown = run(home, "diff", DATASET, old, new).stdout
    assert "+2" in shown
    assert "old_code=00001" in shown
    assert as_json(home, "diff", DATASET, new, new)["same"] is True
    assert "Known versions" in run(home, "diff", DATASET, old, "9-deadbeef", code=1).stderr


def test_a_whole_home_is_verified_and_damage_is_told(home):
    ingest(home)
    assert as_json(home, "verify")["ok"] is True
    raw = next((home / "deliveries" / "sha256").rglob("*/*"))
    raw.chmod(0o600)
    raw.write_bytes(raw.read_bytes() + b"\n")
    found = as_json(home, "verify", DATASET, code=1)
    assert [f["dataset"] for f in found["damaged_raw_files"]] == [DATASET]
    assert found["versions"][0]["ok"] is True
    assert "có hư hỏng" in run(home, "verify", code=1).stdout


def test_provenance_names_everything_and_replays_to_the_same_content(home):
    version = ingest(home)
    found = as_json(home, "provenance", f"{DATASET}@{version}", "--replay")
    assert found["replays"] is True
    assert found["contract"]["version"] == blueprint().contract(DATASET).ref
    assert found["contract"]["file"].endswith(f"{DATASET}/{blueprint().contract(DATASET).version}.yaml")
    assert len(found["contract"]["sha256"]) == len(found["delivery"]["files"][0]["sha256"]) == 64
    assert found["former"] is None
    assert "giống hệt" in run(home, "provenance", DATASET, "--replay").stdout


def test_a_version_that_the_raw_bytes_do_not_give_is_told(home):
    ingest(home, without=1)
    found = as_json(home, "provenance", DATASET, "--replay", code=1)
    assert found["replays"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["versions", "bus-stop"], "Did you mean 'bus-stops'"),
        (["provenance", "bus-stops"], "none yet"),
        (["verify", "nothing"], "There is no dataset"),
    ],
)
def test_a_wrong_name_is_told_in_both_languages(home, arguments, said):
    told = run(home, *arguments, code=1).stderr
    assert said in told
    assert "Lỗi:" in told
