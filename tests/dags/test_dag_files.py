"""The DAG files as the scheduler reads them."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blueprint import blueprint
from tests.conftest import REPOSITORY

_PROBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
bag = DagBag(sys.argv[1])
heavy = {"great_expectations", "pandas", "pyarrow", "pyiceberg", "duckdb", "ckanapi", "python_calamine"}
print(json.dumps({
    "errors": bag.import_errors,
    "files": sorted({d.fileloc for d in bag.dags.values()}),
    "loaded": sorted(heavy & (set(sys.modules) - before)),
    "dags": {
        name: {
            "tasks": [t.task_id for t in dag.topological_sort()],
            "outlets": {t.task_id: [a.uri for a in t.outlets] for t in dag.tasks},
            "inlets": {t.task_id: [a.uri for a in t.inlets] for t in dag.tasks},
            "doc": dag.doc_md, "tags": sorted(dag.tags), "retries": {t.retries for t in dag.tasks}.pop(),
        } for name, dag in bag.dags.items()
    },
}))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    home = tmp_path_factory.mktemp("airflow")
    found = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    python = [sys.executable, "-c", _PROBE, str(REPOSITORY / "dags")]
    database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}
    done = subprocess.run(
        python, env=os.environ | found | database, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_there_is_one_dag_for_each_contract(parsed: dict) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == set(blueprint().contracts)
    assert [Path(f).name for f in parsed["files"]] == ["datasets.py"]


def test_parsing_imports_nothing_heavy(parsed: dict) -> None:
    assert parsed["loaded"] == []


def test_steps_follow_each_other_with_assets_between(parsed: dict) -> None:
    steps = ["fetch", "conform", "gate", "commit", "publish"]
    for name, dag in parsed["dags"].items():
        assert dag["tasks"] == steps, name
        for before, after in itertools.pairwise(steps):
            assert dag["outlets"][before] == dag["inlets"][after] != [], name
        assert dag["outlets"]["commit"] == [f"hanoi://version/{name}"]
        assert blueprint().contract(name).title.vi in dag["doc"]
        assert blueprint().contract(name).agency in dag["tags"]
        assert dag["retries"] == 2


def test_dag_files_are_wiring_only() -> None:
    for path in (REPOSITORY / "dags").glob("*.py"):
        if "dag_of(" in path.read_text(encoding="utf-8"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, path
