"""datacontract-cli 1.2.8 reads every export, and our verdict on a change is never laxer than its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from blueprint import Mode, blueprint
from blueprint.compat import diff
from blueprint.compile import export
from tests.conformance import kitchen_sink, pairs
from tests.conformance.executors import parquet

PROJECT = Path(__file__).parent / "datacontract"
MODES = {"producer": Mode.BACKWARD, "consumer": Mode.FORWARD}

# Where it refuses in one direction and we allow, on purpose. Published datasets are under FULL, which asks for both
# directions: there only the first is left.
_WIDER = (
    "it takes every new physical type for a break in both directions; a wider type holds every value of the narrower"
)
ALLOWED = {
    ("add-optional", "producer"): "its tests demand that the column is there; we read a missing optional one as empty",
    ("remove-optional", "consumer"): "it takes every column as promised; we promise no value of an optional one",
    **{
        (wider, "producer"): _WIDER
        for wider in ("int32-to-int64", "float-to-double", "date-to-timestamp", "more-digits")
    },
    **{(narrower, "consumer"): _WIDER for narrower in ("int64-to-int32", "double-to-float", "fewer-digits")},
}


ROWS = [{**kitchen_sink.GOOD, "id": i, "note": f"n{i}", "short": f"a{i}"} for i in range(5)]
WRONG = {
    **ROWS[0],
    "id": 9,
    "note": "n9",
    "short": "b",
    "level": 0.1,
    "copy": "x",
    "ward": "00070",
    "date": "2024-01-01",
}
DATA = {"good": ROWS, "bad": [*ROWS, WRONG], "twice": [*ROWS, ROWS[0]]}


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What datacontract-cli says of every export and pair; one start of it for all, for that takes seconds."""
    if (uv := shutil.which("uv")) is None:
        pytest.skip("datacontract-cli needs an environment of its own, and uv is not here to make it")
    environment = {**os.environ, "VIRTUAL_ENV": ""}
    synced = subprocess.run(
        [uv, "sync", "--frozen", "--quiet", "--project", PROJECT], env=environment, capture_output=True, text=True
    )
    if synced.returncode:
        pytest.skip(f"datacontract-cli cannot be installed here: {synced.stderr.strip()[-300:]}")
    folder = tmp_path_factory.mktemp("datacontract")
    (folder / "lint").mkdir()
    plan = blueprint()
    for contract in plan.every_contract():
        (folder / "lint" / f"{contract.ref}.yaml").write_text(export(contract, plan, "odcs"), encoding="utf-8")
    sink = export(kitchen_sink.SINK, kitchen_sink.PLAN, "odcs")
    (folder / "lint" / f"{kitchen_sink.SINK.ref}.yaml").write_text(sink, encoding="utf-8")
    broken = sink.replace("logicalType: object", "logicalType: tabel")
    (folder / "lint" / "broken.yaml").write_text(broken, encoding="utf-8")
    for name, versions in pairs.PAIRS.items():
        (folder / "pairs" / name).mkdir(parents=True)
        for which, contract in zip(("old", "new"), versions, strict=True):
            text = export(contract, pairs.PLAN, "odcs")
            (folder / "pairs" / name / f"{which}.yaml").write_text(text, encoding="utf-8")
    for name, rows in DATA.items():
        (folder / "data" / name).mkdir(parents=True)
        (folder / "data" / name / "contract.yaml").write_text(sink, encoding="utf-8")
        parquet(folder / "data" / name / "kitchen-sink.parquet", kitchen_sink.SINK, kitchen_sink.PLAN, rows)
    run = [uv, "run", "--frozen", "--no-sync", "--project", PROJECT, "python", PROJECT / "judge.py", folder]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))


def test_every_export_passes_its_lint(verdicts: dict[str, Any]) -> None:
    lint = verdicts["lint"]
    assert lint.pop("broken"), "its lint lets a wrong type pass, so it proves nothing"
    assert set(lint) == {c.ref for c in blueprint().every_contract()} | {kitchen_sink.SINK.ref}
    assert {name: told for name, told in lint.items() if told} == {}


@pytest.mark.parametrize("name", pairs.PAIRS)
def test_what_it_calls_breaking_is_refused_for_published_datasets(verdicts: dict[str, Any], name: str) -> None:
    theirs = verdicts["breaking"][name]
    report = diff(*pairs.PAIRS[name], pairs.PLAN, Mode.FULL_TRANSITIVE)
    if name == "add-optional":
        assert theirs["producer"]["error"]
        assert not report.breaking
    elif any(told.get("error") or told.get("warning") for told in theirs.values()):
        assert report.breaking, f"it says {theirs}; we found {[(f.rule, f.verdict.value) for f in report.findings]}"


@pytest.mark.parametrize("perspective", MODES)
@pytest.mark.parametrize("name", pairs.PAIRS)
def test_we_are_never_laxer_in_one_direction(verdicts: dict[str, Any], name: str, perspective: str) -> None:
    theirs = verdicts["breaking"][name][perspective]
    report = diff(*pairs.PAIRS[name], pairs.PLAN, MODES[perspective])
    if (name, perspective) in ALLOWED:
        assert theirs.get("error"), "it allows this as well; the exception is none"
        assert not report.breaking
    elif theirs.get("error") or theirs.get("warning"):
        assert report.breaking, f"it says {theirs}; we found {[(f.rule, f.verdict.value) for f in report.findings]}"


def test_the_pairs_are_worth_comparing(verdicts: dict[str, Any]) -> None:
    refused = {n: [p for p in MODES if told[p].get("error")] for n, told in verdicts["breaking"].items()}
    assert sum(bool(p) for p in refused.values()) >= 25
    assert not refused["same"]
    assert not refused["other-title"]


def test_it_finds_in_data_what_the_contract_forbids(verdicts: dict[str, Any]) -> None:
    data = verdicts["data"]
    assert data["good"] == []
    assert {told for told in data["bad"] if "quality_sql" not in told} == {"field_enum copy", "field_min_length short"}
    of_rows = [told for told in data["bad"] if "quality_sql" in told]
    assert len(of_rows) == 3, "the code of another day, its name then, and the rule that ends in a comment"
    assert {told.split()[0] for told in data["twice"]} >= {"primary_key_unique"}
