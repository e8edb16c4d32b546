"""The DAG files as the scheduler reads them, and DAGs of contracts of every kind."""

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from blueprint import blueprint
from blueprint.load import ROOT
from dags.pools import POOLS, pool_of
from tests.conftest import REPOSITORY

STEPS = ["fetch", "conform", "gate", "commit", "publish"]
_KINDS = """
from tests.dags.builders import contract
DATED = [{"files": ["air-{date}.csv"], "reading": {"format": "csv"}}]
PROMISED = {"schedule": "30 6 * * *", "freshness": {"rhythm": "P1D", "grace": "PT6H"}}
KINDS = {
    "plain": contract(),
    "kept": contract(publish=False),
    "promised": contract(**PROMISED),
    "after": contract(after=["wards", "bus-stops"]),
    "both": contract(after=["wards"], schedule="0 7 * * mon"),
    "dated": contract(sources=DATED),
    "mapped": contract(sources=DATED, partition="observed_at", partition_by="day"),
}
"""
_PROBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
bag = DagBag(sys.argv[1])
heavy = {"great_expectations", "pandas", "pyarrow", "pyiceberg", "duckdb", "ckanapi", "python_calamine", "fsspec", "jinja2.ext"}
loaded = sorted(heavy & (set(sys.modules) - before))
from airflow.serialization.serialized_objects import DagSerialization
from dags.factory import dag_of
exec(sys.argv[2])
def told(dag):
    kept = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    return {
        "tasks": [t.task_id for t in dag.topological_sort()],
        "mapped": [t.task_id for t in dag.tasks if t.get_closest_mapped_task_group()],
        "outlets": {t.task_id: [a.uri for a in t.outlets] for t in dag.tasks},
        "inlets": {t.task_id: [a.uri for a in t.inlets] for t in dag.tasks},
        "retries": {t.task_id: t.retries for t in dag.tasks},
        "pools": {t.task_id: [t.pool, t.pool_slots] for t in dag.tasks},
        "tells": all(t.on_failure_callback for t in dag.tasks),
        "doc": dag.doc_md, "tags": sorted(dag.tags), "params": {name: kept.params.get_param(name).schema for name in kept.params},
        "schedule": getattr(kept.timetable, "_expression", None), "zone": str(getattr(kept.timetable, "_timezone", "")),
        "timetable": type(kept.timetable).__name__, "assets": sorted(a.uri for _, a in kept.timetable.asset_condition.iter_assets()),
        "any": type(kept.timetable.asset_condition).__name__,
        "deadline": [[d.interval.total_seconds(), d.callback.path, d.callback.kwargs] for d in dag.deadline or []],
    }
import os, runpy
import dags.steps.running as running
from types import SimpleNamespace
from dags.errors import DeliveryMissing, HeaderChanged
from dags.tasks import Step
def outcome(kind, error):
    def failing(call):
        raise error
    running.run_step = failing
    run = SimpleNamespace(run_type=kind, run_id="r", logical_date=None, run_after=None)
    try:
        Step.execute.__wrapped__(Step(step="fetch", dataset="wards", task_id="x"), {"dag_run": run, "params": {}})
    except Exception as raised:
        return type(raised).__name__
missing, changed, unforeseen = DeliveryMissing("a", "b"), HeaderChanged("a", "b"), ValueError("c")
outcomes = {kind: [outcome(kind, error) for error in (missing, changed, unforeseen)] for kind in ("manual", "scheduled", "asset_triggered")}
os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = "wards"
made = runpy.run_path(sys.argv[1] + "/datasets.py").values()
print(json.dumps({
    "outcomes": outcomes,
    "alone": sorted(made.dag_id for made in made if type(made).__name__ == "DAG"),
    "errors": bag.import_errors,
    "files": sorted({d.fileloc for d in bag.dags.values()}),
    "loaded": loaded,
    "dags": {name: told(dag) for name, dag in bag.dags.items()},
    "kinds": {name: told(dag_of(contract)) for name, contract in KINDS.items()},
}))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "HANOI_HOME": str(home),
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, str(REPOSITORY / "dags"), _KINDS],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def of_datasets(parsed: dict[str, Any]) -> dict[str, Any]:
    return {name: dag for name, dag in parsed["dags"].items() if not name.startswith("platform.")}


def test_there_is_one_dag_for_each_contract_and_each_family(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert set(of_datasets(parsed)) == set(blueprint().contracts)
    assert set(parsed["dags"]) - set(blueprint().contracts) == {
        "platform.maintain",
        "platform.publish",
        "platform.watch",
    }
    assert [Path(f).name for f in parsed["files"]] == ["datasets.py", "publish_dags.py", "upkeep_dags.py"]


def test_parsing_imports_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert parsed["loaded"] == []


def test_steps_follow_each_other_with_assets_between(parsed: dict[str, Any]) -> None:
    for name, dag in of_datasets(parsed).items():
        contract = blueprint().contract(name)
        steps = STEPS if contract.publish else STEPS[:-1]
        assert [task for task in dag["tasks"] if task != "slices"] == steps, name
        for before, after in itertools.pairwise(steps):
            assert dag["outlets"][before] == dag["inlets"][after] != [], name
        assert dag["outlets"]["commit"] == [f"hanoi://version/{name}"]
        assert contract.title.vi in dag["doc"]
        assert contract.ref in dag["doc"]
        assert contract.agency in dag["tags"]


def test_what_fails_is_tried_again_and_then_told(parsed: dict[str, Any]) -> None:
    for dag in parsed["dags"].values():
        assert dag["tells"]
    assert min(parsed["dags"]["platform.watch"]["retries"].values()) > 0
    for dag in of_datasets(parsed).values():
        assert dag["retries"]["fetch"] > dag["retries"]["conform"] > 0


def test_what_may_pass_is_waited_for_unless_somebody_waits(parsed: dict[str, Any]) -> None:
    final = "AirflowFailException"
    assert parsed["outcomes"] == {
        "manual": [final, final, final],
        "scheduled": ["DeliveryMissing", final, "ValueError"],
        "asset_triggered": ["DeliveryMissing", final, "ValueError"],
    }


def test_a_table_is_written_in_its_own_pool(parsed: dict[str, Any]) -> None:
    for name, dag in of_datasets(parsed).items():
        for task, (pool, slots) in dag["pools"].items():
            assert slots == 1
            assert pool == (pool_of(name) if task in ("commit", "publish") else "default_pool")
    assert len({pool_of(name) for name in blueprint().contracts}) > 1
    assert set(POOLS) >= {pool_of(f"dataset-{n}") for n in range(1000)}


def test_a_contract_says_when_its_dag_runs(parsed: dict[str, Any]) -> None:
    kinds = parsed["kinds"]
    assert (kinds["plain"]["schedule"], kinds["plain"]["assets"]) == (None, [])
    assert (kinds["promised"]["schedule"], kinds["promised"]["zone"]) == ("30 6 * * *", "Asia/Ho_Chi_Minh")
    assert parsed["dags"]["platform.watch"]["zone"] == "Asia/Ho_Chi_Minh"
    versions = ["hanoi://version/bus-stops", "hanoi://version/wards"]
    assert (kinds["after"]["assets"], kinds["after"]["any"]) == (versions, "SerializedAssetAny")
    assert kinds["both"]["assets"] == ["hanoi://version/wards"]
    assert kinds["both"]["timetable"] == "AssetOrTimeSchedule"


def test_a_promise_by_the_clock_has_a_deadline(parsed: dict[str, Any]) -> None:
    ((seconds, callback, given),) = parsed["kinds"]["promised"]["deadline"]
    assert (seconds, given) == (6 * 3600, {"dataset": "air-test"})
    assert callback == "dags.notices.callbacks.slow"
    assert parsed["kinds"]["plain"]["deadline"] == []


def test_a_run_is_asked_for_what_its_dataset_can_give(parsed: dict[str, Any]) -> None:
    params = {kind: dag["params"] for kind, dag in parsed["kinds"].items()}
    assert set(params["plain"]) == {"file"}
    assert set(params["dated"]) == {"file", "date"}
    assert set(params["mapped"]) == {"file", "date", "date_from", "date_to"}
    assert params["mapped"]["date_from"]["format"] == "date"
    assert "array" in params["mapped"]["file"]["type"]
    assert "array" not in params["dated"]["file"]["type"]


def test_deliveries_that_stand_by_themselves_are_mapped(parsed: dict[str, Any]) -> None:
    kinds = parsed["kinds"]
    assert sorted(kinds["mapped"]["mapped"]) == sorted(STEPS)
    assert kinds["mapped"]["tasks"][0] == "slices"
    assert kinds["dated"]["mapped"] == []
    assert kinds["kept"]["tasks"] == STEPS[:-1]


def test_a_worker_builds_the_dag_of_its_own_task_alone(parsed: dict[str, Any]) -> None:
    assert parsed["alone"] == ["wards"]


def test_dag_files_are_wiring_only() -> None:
    for path in (REPOSITORY / "dags").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "dag_of(" in text or ("with DAG(" in text and path.name != "factory.py"):
            assert path.name == "factory.py" or len(text.splitlines()) <= 60, path


def test_what_is_known_of_contracts_is_kept_until_a_declaration_changes(tmp_path: Path) -> None:
    """In a process of its own over a copy, since the declarations of this one must not change."""
    shutil.copytree(ROOT, tmp_path / "blueprint", ignore=shutil.ignore_patterns("__pycache__"))
    contract = next((tmp_path / "blueprint/contracts").glob("*/wards/*.yaml"))
    code = f"""
import json, pathlib, sys
sys.path.insert(0, {str(tmp_path)!r})
import dags.wiring as w
home = pathlib.Path({str(tmp_path)!r})
first = w.wirings(home)
import blueprint.load
blueprint.load.blueprint.cache_clear()
whole = blueprint.load.load
blueprint.load.load = None
assert w.wirings(home) == first, "from the cache"
blueprint.load.load = whole
path = pathlib.Path({str(contract)!r})
path.write_text(path.read_text() + "\\n# edited\\n")
kept = home / "cache/dags.json"
before = json.loads(kept.read_text())["of"]
w.wirings(home)
assert json.loads(kept.read_text())["of"] != before
kept.write_text("damaged")
blueprint.load.blueprint.cache_clear()
assert w.wirings(home) == first
print(len(first))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) == len(blueprint().contracts)
