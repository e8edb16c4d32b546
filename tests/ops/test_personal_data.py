"""A value of a personal column leaves by no way: not by a file, a report, a sample, an export or an error."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from rich.console import Console

import ops.check
import ops.show
from blueprint import Classification
from blueprint.compile import TARGETS, export
from blueprint.errors import HanoiError
from blueprint.load import ROOT, load
from catalog.publisher import published
from catalog.publisher.catalogue import package
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import conform
from lake import CommitRecord, Lake
from quality.gate import gate

DATASET = "residents"
GOOD = {"person": "001299012345", "name": "Nguyễn Thị Bí Mật", "phone": "0912345678", "ward": "00004", "people": "4"}
BAD = {"person": "999", "name": "Trần Văn Giấu Kín", "phone": "12345", "ward": "99999", "people": "-3"}
SECRETS = [GOOD["person"], "Bí Mật", GOOD["phone"], "Giấu Kín"]
PRIVATE = {"deliveries", "quarantine", "staging", "lake"}
"""Folders of a home that only its owner can read and that hold the data itself."""


def declared() -> dict:
    def column(name: str, concept: str, **more: object) -> dict:
        return {"name": name, "concept": concept, "title": {"vi": f"Cột {name}", "en": f"Column {name}"}, **more}

    base = yaml.safe_load((ROOT / "contracts/so-noi-vu/wards/1.0.0.yaml").read_text(encoding="utf-8"))
    kept = ("agency", "title", "description", "theme", "licence", "source_note", "frequency", "keywords")
    return {
        **{k: base[k] for k in kept},
        "dataset": DATASET,
        "version": "1.0.0",
        "key": ["person"],
        "sources": [{"files": ["residents.csv"], "reading": {"format": "csv"}}],
        "columns": [
            column("person", "personal-id@1", required=True),
            column("name", "person-name@1"),
            column("phone", "phone-number@1"),
            column("ward", "administrative-unit-code@1", as_of="2026-01-01"),
            column("people", "population@1"),
        ],
        "gate": {"max_quarantined": 0.9},
    }


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    root = tmp_path_factory.mktemp("blueprint")
    for folder in ("concepts", "codelists", "contracts", "crosswalks"):
        shutil.copytree(ROOT / folder, root / folder)
    path = root / "contracts/so-noi-vu" / DATASET / "1.0.0.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(declared(), allow_unicode=True), encoding="utf-8")
    return load(root)


@pytest.fixture
def file(tmp_path):
    lines = [",".join(GOOD), ",".join(GOOD.values()), ",".join(BAD.values())]
    path = tmp_path / "residents.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def shows_nothing(text: str) -> None:
    assert text
    for secret in SECRETS:
        assert secret not in text


def test_the_columns_inherit_from_their_concepts(plan):
    contract = plan.contract(DATASET)
    assert plan.classification(contract) is Classification.PERSONAL
    assert [c.name for c in plan.open_columns(contract)] == ["ward", "people"]


def test_no_file_outside_of_the_private_folders_holds_a_personal_value(plan, file, tmp_path):
    home = tmp_path / "home"
    contract = plan.contract(DATASET)
    store = DeliveryStore(home, PipelineSettings().max_delivery_bytes)
    delivery = store.keep(contract, locate(contract, None, file), "test")
    found = conform(contract, plan, delivery, store, home / "staging")
    assert (found.rows_accepted, found.rows_quarantined) == (1, 1)
    verdict = gate(contract, plan, Path(found.accepted), rows_in=2, rows_quarantined=1)
    record = CommitRecord(
        delivery=found.delivery,
        run_id="test",
        gate="passed",
        rows_in=2,
        rows_quarantined=1,
        simulated=False,
        code_version="0.1.0",
    )
    lake = Lake(home)
    version = lake.commit(contract, plan.concept_of, Path(found.accepted), record)
    files = published(home, contract, plan, lake, version)
    shows_nothing(json.dumps([verdict.to_json(), asdict(found), asdict(delivery), asdict(version)], default=str))
    shows_nothing(json.dumps(package(contract, version, files), ensure_ascii=False))
    outside = [p for p in home.rglob("*") if p.is_file() and p.relative_to(home).parts[0] not in PRIVATE]
    assert len(outside) >= len(files) == 3
    for path in outside:
        content = path.read_bytes()
        for secret in SECRETS:
            assert secret.encode() not in content, path.name
    (csv,) = (p for p in outside if p.suffix == ".csv")
    assert csv.read_text(encoding="utf-8") == "ward,people\n00004,4\n"


def test_the_agencys_check_names_places_and_no_personal_value(plan, file, monkeypatch, capsys):
    monkeypatch.setattr(ops.check, "blueprint", lambda: plan)
    result = ops.check.check(file, DATASET)
    assert {f.column for f in result.faults} >= {"person", "phone", "ward", "people"}
    shows_nothing(json.dumps(result.to_json(), ensure_ascii=False))
    monkeypatch.setattr(ops.show, "Console", lambda **_: Console(width=400))
    ops.show.show_check(result)
    shows_nothing(capsys.readouterr().out)


def test_a_delivery_that_cannot_be_read_is_told_without_its_content(plan, tmp_path):
    wrong = tmp_path / "residents.csv"
    wrong.write_text(f"{GOOD['person']},{GOOD['name']}\n{GOOD['person']},{GOOD['phone']}\n", encoding="utf-8")
    contract = plan.contract(DATASET)
    store = DeliveryStore(tmp_path / "home", PipelineSettings().max_delivery_bytes)
    delivery = store.keep(contract, locate(contract, None, wrong), "test")
    with pytest.raises(HanoiError) as caught:
        conform(contract, plan, delivery, store, tmp_path / "out")
    assert "person" in caught.value.en


@pytest.mark.parametrize("target", TARGETS)
def test_no_form_of_the_contract_makes_up_a_personal_value(plan, target):
    said = export(plan.contract(DATASET), plan, target)
    for ref in ("personal-id@1", "person-name@1", "phone-number@1"):
        for example in plan.concept(ref).examples:
            assert example not in said
    if target in ("odcs", "jsonschema", "table-schema"):
        assert "personal" in said
    if target == "ckan":
        assert "phone" not in said
