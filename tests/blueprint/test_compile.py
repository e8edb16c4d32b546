"""Compiling: the same text every time, one that its readers read, and nothing personal in it."""

import doctest
import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.resources import files
from typing import Any

import pytest
import yaml

from blueprint import Blueprint, BlueprintError, Classification, Contract, blueprint
from blueprint.compile import TARGETS, UnknownTarget, arrow, ckan, docs, export, json_schema, odcs, pydantic_model
from blueprint.compile.fields import fields
from blueprint.compile.odcs_import import OdcsRefused, declaration, from_odcs
from blueprint.compile.regex import PatternNotShared, anchored, bare, shared
from tests.conformance import kitchen_sink
from tests.conformance.kitchen_sink import PLAN, SINK, column, concept, contract

CONTRACTS = [*blueprint().every_contract(), SINK]
EACH = pytest.mark.parametrize("contract", [pytest.param(c, id=c.ref) for c in CONTRACTS])


def plan_of(of: Contract) -> Blueprint:
    return PLAN if of is SINK else blueprint()


def test_the_nine_targets() -> None:
    assert list(TARGETS) == ["arrow", "duckdb", "pydantic", "jsonschema", "gx", "odcs", "table-schema", "ckan", "docs"]
    assert {n for n, t in TARGETS.items() if t.executable} == set(TARGETS) - {"odcs", "ckan", "docs"}
    assert len({t.suffix for t in TARGETS.values()}) == len(TARGETS)


def test_an_unknown_target_names_those_there_are() -> None:
    with pytest.raises(UnknownTarget, match="jsonschema") as error:
        export(SINK, PLAN, "json-schema")
    assert "Did you mean" in error.value.en or "Close to it: jsonschema" in error.value.en
    assert error.value.vi != error.value.en


@EACH
def test_each_export_is_text_that_ends_in_one_line_break(contract: Contract) -> None:
    for name in TARGETS:
        text = export(contract, plan_of(contract), name)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert export(contract, plan_of(contract), name) == text


def test_two_builds_are_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib, sys\n"
        "from blueprint.compile import TARGETS, export\n"
        "from tests.conformance.kitchen_sink import PLAN, SINK\n"
        "told = [f'{n} {hashlib.sha256(export(SINK, PLAN, n).encode()).hexdigest()}' for n in TARGETS]\n"
        "sys.stdout.write(chr(10).join(told))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(told) == 1
    assert len(told.pop().splitlines()) == len(TARGETS)


def test_compiling_imports_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from blueprint.compile import TARGETS, export\n"
        "from tests.conformance.kitchen_sink import PLAN, SINK\n"
        "[export(SINK, PLAN, n) for n in TARGETS]\n"
        "sys.stdout.write(' '.join({'great_expectations', 'pyarrow', 'duckdb', 'pandas', 'jsonschema'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


@EACH
def test_the_json_form_of_arrow_is_the_schema(contract: Contract) -> None:
    import pyarrow as pa

    def type_of(of: dict[str, Any]) -> pa.DataType:
        match of:
            case {"name": "int", "bitWidth": bits}:
                return pa.int64() if bits == 64 else pa.int32()
            case {"name": "floatingpoint", "precision": precision}:
                return pa.float64() if precision == "DOUBLE" else pa.float32()
            case {"name": "timestamp"}:
                return pa.timestamp("us", of.get("timezone"))
            case {"name": "decimal", "precision": precision, "scale": scale}:
                return pa.decimal128(precision, scale)
            case {"name": name}:
                return {"utf8": pa.string(), "bool": pa.bool_(), "date": pa.date32()}[name]
        raise AssertionError(of)

    def pairs(of: dict[str, Any]) -> dict[str, str]:
        return {p["key"]: p["value"] for p in of["metadata"]}

    held = json.loads(export(contract, plan_of(contract), "arrow"))["schema"]
    read = pa.schema(
        [pa.field(f["name"], type_of(f["type"]), f["nullable"], pairs(f)) for f in held["fields"]], pairs(held)
    )
    assert read.equals(arrow.schema(contract, plan_of(contract)), check_metadata=True)


def test_names_that_python_keeps_for_itself() -> None:
    model = pydantic_model.model(SINK, PLAN)
    kept = {"int", "dt", "model_plate", "copy", "class"}
    assert {n.removesuffix("_") for n in model.model_fields if n.endswith("_")} == kept
    row = model.model_validate_json(json.dumps(kitchen_sink.GOOD))
    assert set(row.model_dump(by_alias=True)) == {c.name for c in SINK.columns}
    assert model.model_validate(row.model_dump(by_alias=True)) == row


def test_the_pydantic_module_says_what_it_does_not_check() -> None:
    source = pydantic_model.source(SINK, PLAN)
    head = source[: source.index('"""', 3)]
    for limit in TARGETS["pydantic"].limits:
        assert " ".join(limit.en.split()[:4]) in head
    assert "- level-over-share (error)" in head
    assert "- calm (warning)" in head


def test_a_pydantic_error_names_column_and_list() -> None:
    from pydantic import ValidationError

    model = pydantic_model.model(SINK, PLAN)
    with pytest.raises(ValidationError, match="ward must be a code that holds on 2025-06-30") as error:
        model.model_validate_json(json.dumps({**kitchen_sink.GOOD, "ward": "00070", "date": "2025-06-30"}))
    assert "001099000001" not in str(error.value), "a row with a personal column is not quoted"


@pytest.mark.parametrize("of", [pytest.param(c, id=c.ref) for c in CONTRACTS])
def test_every_column_carries_concept_and_classification(of: Contract) -> None:
    plan = plan_of(of)
    arrow_fields = arrow.schema(of, plan)
    properties = json_schema.schema(of, plan)["properties"]
    model = pydantic_model.model(of, plan)
    by_alias = {f.alias or n: f for n, f in model.model_fields.items()}
    standard = {p["name"]: p for p in odcs.contract_standard(of, plan)["schema"][0]["properties"]}
    table = {f["name"]: f for f in json.loads(export(of, plan, "table-schema"))["fields"]}
    sql, page = export(of, plan, "duckdb"), export(of, plan, "docs")
    for field in fields(of, plan):
        kind, name = field.classification.value, field.name
        assert arrow_fields.field(name).metadata[b"classification"].decode() == kind
        assert arrow_fields.field(name).metadata[b"concept"].decode() == field.column.concept
        assert properties[name]["x-hanoi"]["classification"] == kind
        assert by_alias[name].json_schema_extra == {
            "concept": field.column.concept,
            "classification": kind,
            **field.meaning,
        }
        assert standard[name]["classification"] == kind
        assert standard[name]["authoritativeDefinitions"][0]["url"] == f"urn:hanoi:concept:{field.column.concept}"
        assert table[name]["hanoi:classification"] == kind
        comment = next(line for line in sql.splitlines() if line.startswith("COMMENT") and f'."{name}" IS' in line)
        assert comment.endswith(f"; {kind}';")
        assert field.column.concept in comment
        assert any(line.startswith(f"| `{name}` ") and f"| {kind} |" in line for line in page.splitlines())


def test_a_personal_column_has_no_example_anywhere() -> None:
    value = PLAN.concept("person@1").examples[0]
    assert next(f for f in fields(SINK, PLAN) if f.name == "class").classification is Classification.PERSONAL
    for name in TARGETS:
        assert value not in export(SINK, PLAN, name)
    # The same concept, were it open, would show its example: the test above can fail.
    open_plan = Blueprint(
        PLAN.root,
        {
            **PLAN.concepts,
            "person@1": PLAN.concept("person@1").model_copy(update={"classification": Classification.OPEN}),
        },
        PLAN.codelists,
        {},
    )
    assert value in export(SINK, open_plan, "jsonschema")


def test_ckan_holds_open_columns_alone() -> None:
    closed = {"class", "secret"}
    names = {c.name for c in SINK.columns}
    assert {f["id"] for f in ckan.datastore_fields(SINK, PLAN)} == names - closed
    assert {f["name"] for f in ckan.dictionary(SINK, PLAN)} == names - closed
    ids = {f["id"]: f["type"] for f in ckan.datastore_fields(SINK, PLAN)}
    assert (ids["id"], ids["int"], ids["share"], ids["dt"], ids["clock"]) == (
        "int8",
        "int4",
        "numeric",
        "timestamptz",
        "timestamp",
    )
    assert ckan.datastore_fields(SINK, PLAN)[0]["info"]["label_en"] == "Column id"


@EACH
def test_odcs_keeps_its_schema_and_comes_back_whole(contract: Contract) -> None:
    from jsonschema import Draft201909Validator
    from open_data_contract_standard.model import OpenDataContractStandard

    text = export(contract, plan_of(contract), "odcs")
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    wrong = [e.message for e in Draft201909Validator(schema).iter_errors(yaml.safe_load(text))]
    assert wrong == []
    assert OpenDataContractStandard.from_string(text).version == contract.version
    assert from_odcs(text) == contract


def test_what_is_edited_in_odcs_itself_is_read() -> None:
    content = yaml.safe_load(export(SINK, PLAN, "odcs"))
    properties = content["schema"][0]["properties"]
    content["version"] = "1.1.0"
    properties[0]["required"] = False
    properties[1]["authoritativeDefinitions"][0]["url"] = "urn:hanoi:concept:whole-bounded@2"
    del properties[4]
    properties[0].pop("primaryKey")
    back = from_odcs(yaml.safe_dump(content))
    assert back.version == "1.1.0"
    assert not back.columns[0].required
    assert back.columns[1].concept == "whole-bounded@2"
    assert len(back.columns) == len(SINK.columns) - 1
    assert back.key == ("date",)


def test_a_contract_of_another_tool_becomes_a_draft_that_names_what_it_lacks() -> None:
    other = """
kind: DataContract
apiVersion: v3.1.0
id: orders
version: 1.0.0
name: Orders
description: {purpose: All orders}
schema:
- name: orders
  properties:
  - {name: order_id, logicalType: string, required: true, primaryKey: true}
  - {name: amount, logicalType: number, businessName: Amount}
"""
    draft = declaration(other)
    assert draft["key"] == ["order_id"]
    assert draft["columns"][0] == {
        "name": "order_id",
        "title": {"vi": "order_id", "en": "order_id"},
        "required": True,
    }
    with pytest.raises(OdcsRefused, match=r"columns\.0\.concept: Field required") as error:
        from_odcs(other)
    assert "agency" in error.value.vi


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "cannot be read|no ODCS data contract"),
        ("- 1", "list"),
        ("kind: Other", "kind: 'Other'"),
        ("kind: DataContract\nschema: [{name: a}, {name: b}]", "2 tables"),
        ("kind: DataContract", "0 tables"),
    ],
)
def test_what_is_no_odcs_contract_is_refused(text: str, told: str) -> None:
    with pytest.raises(OdcsRefused, match=told):
        declaration(text)


def test_the_page_is_vietnamese_first_and_escapes_markup() -> None:
    page = export(SINK, PLAN, "docs")
    vi, en = page.split("\n---\n")
    assert "## Các cột" in vi
    assert "## Columns" in en
    assert "tiny \\| table" in page
    assert "none \\| known \\<b>" in page
    head, rule, *rows = [line for line in docs.page(SINK, PLAN, "en").splitlines() if line.startswith("|")]
    bars = head.count("|")
    assert rule.count("---") == bars - 1
    first = rows[: len(SINK.columns)]
    assert all(line.replace("\\|", "").count("|") == bars for line in first)


def test_the_page_tells_rules_deprecations_and_references() -> None:
    gone = {"since": "2026-01-01", "use": "id", "vi": "lý do", "en": "reason"}
    held = contract(
        column("id", "whole", required=True),
        column("old", "note", deprecated=gone),
        dataset="told",
        key=("id",),
        references=({"columns": ("id",), "dataset": "other", "to": ("key",)},),
    )
    page = docs.page(held, PLAN, "en")
    assert "note Deprecated since 2026-01-01: reason → id |" in page
    assert "- `key-duplicate`: No two rows may share the key (id)." in page
    assert "- `id-required`: " in page
    assert "- `id` → `other` (`key`)" in page
    assert "- `old-type`" not in page
    assert json_schema.schema(held, PLAN)["properties"]["old"]["deprecated"] is True


@pytest.mark.parametrize("name", [*(t.module for t in TARGETS.values()), "regex"])
def test_the_examples_of_each_module_run(name: str) -> None:
    told = doctest.testmod(import_module(f"blueprint.compile.{name}"))
    assert told.attempted
    assert not told.failed


def test_the_page_lists_versions_newest_first() -> None:
    newer = SINK.model_copy(update={"version": "1.1.0"})
    plan = Blueprint(PLAN.root, PLAN.concepts, PLAN.codelists, {}, contract_versions={SINK.dataset: (SINK, newer)})
    assert "- 1.1.0\n- 1.0.0" in docs.page(newer, plan, "en")


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (r"^\d{3}[\w-]*$", "^[0-9]{3}[0-9A-Za-z_-]*$"),
        (r"\D\S", r"[^0-9][^\t\n\f\r ]"),
        (r"a\-b\'c", "a-b'c"),
        (r"[\-x]\++", r"[\-x]\++"),
        (r"(?:a|b)+?", r"(?:a|b)+?"),
    ],
)
def test_patterns_are_written_for_all(pattern: str, written: str) -> None:
    assert shared(pattern) == written


@pytest.mark.parametrize(
    "pattern", [r"(?i)a", r"a(?=b)", r"(a)\1", r"a\b", r"a++", r"[\D]", r"[]a]", r"(?P<n>a)", r"a\Z"]
)
def test_patterns_that_are_read_differently_are_refused(pattern: str) -> None:
    with pytest.raises(PatternNotShared) as error:
        shared(pattern)
    assert repr(pattern) in error.value.vi
    held = contract(column("c", "odd"), dataset="odd")
    plan = Blueprint(PLAN.root, {"odd@1": concept("odd", "string", pattern=pattern)}, {}, {})
    with pytest.raises(BlueprintError):
        export(held, plan, "jsonschema")


def test_anchors_are_not_doubled_and_alternatives_are_held_together() -> None:
    assert anchored("^[0-9]{5}$") == "^[0-9]{5}$"
    assert anchored("a|b") == "^(?:a|b)$"
    assert bare(r"^a\$") == r"a\$"
    assert bare("^a$|b") == "(?:^a$|b)"


def test_every_pattern_of_the_blueprint_is_shared() -> None:
    found = {p for c in CONTRACTS for f in fields(c, plan_of(c)) for p in f.patterns}
    found |= {c.pattern for c in blueprint().concepts.values() if c.pattern}
    assert len(found) > 5
    for pattern in found:
        shared(pattern)
