"""The lock file of a project, and models of rows."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result

import hanoi_cloud as hc
from hanoi_cloud._commands import hanoi
from tests.sdk.helpers import ROWS, Catalogue


@pytest.fixture
def project(tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project" / "src"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HANOI_CLOUD_URL", catalogue.url)
    return folder.parent


def publish(catalogue: Catalogue, number: int, contract: str) -> None:
    catalogue.publish(
        "stops",
        ROWS.slice(0, number),
        version=f"{number}-{'abc'[number - 1] * 8}",
        told={"contract": f"stops@{contract}"},
    )


def run(*arguments: str) -> Result:
    return CliRunner().invoke(hanoi, arguments, env={"COLUMNS": "200"})


def test_a_project_reads_the_same_version_until_it_is_moved(catalogue: Catalogue, project: Path) -> None:
    publish(catalogue, 1, "1.0.0")
    assert run("lock", "add", "stops", "--file", str(project / "hanoi.lock")).exit_code == 0
    publish(catalogue, 2, "1.1.0")
    assert len(hc.dataset("stops").to_arrow()) == 1
    assert len(hc.dataset("stops", locked=False).to_arrow()) == 2
    assert len(hc.dataset("stops", version="2-bbbbbbbb").to_arrow()) == 2
    assert hc.sql("SELECT count(*) FROM stops").fetchall() == [(1,)]
    shown = run("lock")
    assert (shown.exit_code, "newer" in shown.stdout) == (0, True)
    done = run("lock", "update")
    assert done.stdout == "stops 1-aaaaaaaa → 2-bbbbbbbb\n", done.output
    assert len(hc.dataset("stops").to_arrow()) == 2
    publish(catalogue, 3, "2.0.0")
    shown = run("lock", "--json")
    [one] = json.loads(shown.stdout)["datasets"]
    assert (shown.exit_code, one["state"], one["newest"]) == (1, "breaking", "3-cccccccc")
    assert "breaking" in run("lock", "update").stderr
    assert len(hc.dataset("stops").to_arrow()) == 2
    assert run("lock", "update", "--breaking").stdout == "stops 2-bbbbbbbb → 3-cccccccc\n"
    assert run("lock", "remove", "stops").exit_code == 0
    assert json.loads((project / "hanoi.lock").read_text()) == {"format": 1, "datasets": {}}
    assert "hanoi lock add" in run("lock").stdout


def test_a_pinned_version_whose_file_is_another_is_refused(catalogue: Catalogue, project: Path) -> None:
    publish(catalogue, 1, "1.0.0")
    path = project / "hanoi.lock"
    run("lock", "add", "stops", "--file", str(path))
    said = json.loads(path.read_text())
    said["datasets"]["stops"]["sha256"] = "0" * 64
    path.write_text(json.dumps(said))
    publish(catalogue, 2, "1.0.0")
    with pytest.raises(hc.HashMismatch):
        hc.dataset("stops")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 9}', '{"format": 1, "datasets": {"stops": {}}}'])
def test_a_damaged_lock_is_never_passed_over(catalogue: Catalogue, project: Path, text: str) -> None:
    publish(catalogue, 1, "1.0.0")
    (project / "hanoi.lock").write_text(text)
    with pytest.raises(hc.LockUnreadable, match=r"hanoi\.lock"):
        hc.dataset("stops")
    assert "tệp khóa" in run("show", "stops").stderr


def test_a_pin_that_is_gone_is_told(catalogue: Catalogue, project: Path) -> None:
    publish(catalogue, 1, "1.0.0")
    run("lock", "add", "stops@1-aaaaaaaa", "--file", str(project / "hanoi.lock"))
    del catalogue.packages["stops"]
    shown = run("lock")
    assert (shown.exit_code, "gone" in shown.stdout) == (1, True)
    assert "Did you mean" in run("lock", "update", "stop").stderr


def loaded(source: str, tmp_path: Path, name: str) -> ModuleType:
    path = tmp_path / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["dataclass", "pydantic"])
def written(request: pytest.FixtureRequest, catalogue: Catalogue, project: Path, tmp_path: Path) -> Iterator[Any]:
    publish(catalogue, 3, "1.0.0")
    done = run("codegen", "stops", "--style", request.param, "-o", str(tmp_path / "model.py"))
    assert done.exit_code == 0, done.output
    name = f"model_{request.param}"
    yield loaded((tmp_path / "model.py").read_text(encoding="utf-8"), tmp_path, name).Stops
    del sys.modules[name]


def test_rows_come_as_instances_of_the_model_that_was_written(written: Any) -> None:
    assert (written.dataset, written.version) == ("stops", "3-cccccccc")
    rows = list(hc.dataset("stops").iter_rows(written))
    assert [{name: getattr(row, name) for name in ROWS.column_names} for row in rows] == ROWS.to_pylist()
    [one] = hc.dataset("stops").iter_rows(written, where=hc.col("level") > 1)
    assert (one.station, one.price) == ("Hàng Đậu", Decimal("1.500000"))


@dataclass
class Narrow:
    at: datetime
    level: float | None


@dataclass
class Wrong:
    at: str
    level: float
    colour: str


def test_a_model_may_want_fewer_columns_but_never_other_ones(catalogue: Catalogue, project: Path) -> None:
    publish(catalogue, 3, "1.0.0")
    stops = hc.dataset("stops")
    assert [row.level for row in stops.iter_rows(Narrow)] == [12.5, None, 0.1]
    with pytest.raises(hc.ModelMismatch) as error:
        stops.iter_rows(Wrong)
    for told in ("at: timestamp", "level: may be missing", "colour: no such column", "hanoi codegen stops"):
        assert told in str(error.value)
    with pytest.raises(TypeError, match="no dataclass"):
        stops.iter_rows(int)


def test_versions_differences_and_queries_are_shown(catalogue: Catalogue, project: Path, tmp_path: Path) -> None:
    publish(catalogue, 1, "1.0.0")
    publish(catalogue, 3, "1.1.0")
    assert "3-cccccccc" in run("versions", "stops").stdout
    assert [v["major"] for v in json.loads(run("versions", "stops", "--json").stdout)["versions"]] == [1, 1]
    assert "+2 −0 ~0" in run("diff", "stops", "1-aaaaaaaa").stdout
    said = json.loads(run("diff", "stops", "1-aaaaaaaa", "3-cccccccc", "--json", "--limit", "1").stdout)
    assert (said["added"]["rows"], len(said["added"]["first"]), said["key"]) == (2, 1, ["at"])
    assert "Hàng Đậu" in run("sql", "SELECT * FROM stops").stdout
    target = tmp_path / "out.csv"
    assert run("sql", "SELECT count(*) AS n FROM stops", "-o", str(target)).exit_code == 0
    assert target.read_text() == '"n"\n3\n'
    refused = run("sql", "SELECT 1", "-o", str(tmp_path / "out.xlsx"))
    assert (refused.exit_code, ".parquet" in refused.stderr) == (1, True)


def test_every_verb_that_writes_tells_it_as_json(catalogue: Catalogue, project: Path, tmp_path: Path) -> None:
    publish(catalogue, 1, "1.0.0")
    file = ("--file", str(project / "hanoi.lock"), "--json")
    added = json.loads(run("lock", "add", "stops", *file).stdout)
    assert added["added"]["stops"]["version"] == "1-aaaaaaaa"
    publish(catalogue, 2, "1.1.0")
    [moved] = json.loads(run("lock", "update", *file).stdout)["moved"]
    assert (moved["dataset"], moved["newest"]) == ("stops", "2-bbbbbbbb")
    publish(catalogue, 3, "2.0.0")
    [left] = json.loads(run("lock", "update", *file).stdout)["unmoved"]
    assert (left["state"], left["newest"]) == ("breaking", "3-cccccccc")
    assert json.loads(run("lock", "remove", "stops", *file).stdout)["removed"] == ["stops"]
    told = json.loads(run("get", "stops", "--format", "csv", "-o", str(tmp_path / "x.csv"), "--json").stdout)
    assert (told["version"], told["path"], len(told["sha256"])) == ("3-cccccccc", str(tmp_path / "x.csv"), 64)
    shown = json.loads(run("codegen", "stops", "--json").stdout)
    assert shown["source"] == run("codegen", "stops").stdout
    assert json.loads(run("codegen", "stops", "-o", str(tmp_path / "m.py"), "--json").stdout)["path"].endswith("m.py")
