"""The build: the whole Blueprint resolved, the same bytes every time."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from blueprint import BlueprintError, blueprint
from blueprint.build import build, sha256_of
from blueprint.load import ROOT, load
from tests.blueprint.drafts import ROUTES, copy, draft

CODE = "import sys; from blueprint.load import load; from blueprint.build import build; sys.stdout.buffer.write(build(load()))"


def test_two_builds_in_two_processes_are_the_same_bytes():
    built = [
        subprocess.run(
            [sys.executable, "-c", CODE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT.parent,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    ]
    assert hashlib.sha256(built[0]).digest() == hashlib.sha256(built[1]).digest()
    assert built[0] == build(blueprint())


def test_a_copy_at_another_place_gives_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert build(load(copy(tmp_path / "a"))) == build(load(copy(tmp_path / "b")))


def test_every_column_is_bound_and_resolved_by_hash():
    plan = blueprint()
    document = json.loads(build(plan))
    columns = 0
    for contract in plan.every_contract():
        built = document["contracts"][contract.dataset][contract.version]
        assert set(built["columns"]) == {c.name for c in contract.columns}
        for column in contract.columns:
            entry, concept = built["columns"][column.name], plan.concept_of(column)
            assert entry["concept"] == concept.ref
            assert entry["concept_sha256"] == document["concepts"][concept.concept][str(concept.version)]["sha256"]
            assert entry["classification"] == concept.classification.value
            if concept.codelist:
                newest = plan.codelist(concept.codelist)
                assert entry["codelist"] == newest.ref
                assert entry["codelist_sha256"] == sha256_of(newest)
            columns += 1
    assert columns == sum(len(c.columns) for c in plan.every_contract())


def test_it_is_canonical_and_holds_everything():
    plan = blueprint()
    text = build(plan).decode()
    document = json.loads(text)
    assert text == json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
    assert sum(map(len, document["concepts"].values())) == len(plan.concepts)
    assert sum(map(len, document["codelists"].values())) == sum(map(len, plan.codelist_versions.values()))
    assert set(document["crosswalks"]) == set(plan.crosswalks)
    wards = document["codelists"]["ha-noi-wards"]["1"]["content"]["entries"]
    assert len(wards) == 652


def test_a_changed_code_changes_the_hash_of_the_list_and_of_what_rests_on_it(tmp_path):
    root = copy(tmp_path)
    before = json.loads(build(load(root)))
    table = root / "codelists/unit-levels/1.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Commune", "Village"), encoding="utf-8")
    after = json.loads(build(load(root)))
    changed = [
        c
        for c in before["contracts"]["wards"]["1.0.0"]["columns"].items()
        if c[1] != after["contracts"]["wards"]["1.0.0"]["columns"][c[0]]
    ]
    assert [name for name, _ in changed] == ["level"]
    assert before["concepts"] == after["concepts"]


def test_a_draft_is_marked_and_a_comment_changes_nothing(tmp_path):
    root = copy(tmp_path)
    before = build(load(root))
    path = root / ROUTES
    path.write_text("# a remark\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert build(load(root)) == before
    draft(root, ROUTES, "1.0.1")
    routes = json.loads(build(load(root)))["contracts"]["bus-routes"]
    assert [routes[v]["released"] for v in ("1.0.0", "1.0.1")] == [True, False]


def test_a_blueprint_that_points_at_nothing_is_not_built():
    plan = blueprint()
    contract = plan.contract("bus-routes")
    wrong = contract.model_copy(update={"licence": "public"})
    from dataclasses import replace

    with pytest.raises(BlueprintError, match="'public' is not declared"):
        build(replace(plan, contracts={**plan.contracts, "bus-routes": wrong}, contract_versions={}))
