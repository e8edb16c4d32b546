"""One corpus of rows gets one verdict: that of the row rules in DuckDB, in every target that can execute."""

from functools import cache
from typing import Any

import duckdb
import pytest

from blueprint import Blueprint, Contract, blueprint
from blueprint.compile import TARGETS, table_schema
from blueprint.compile.duckdb import create_table
from blueprint.rules import row_rules
from tests.conformance import kitchen_sink
from tests.conformance.corpus import Case, cell, corpus
from tests.conformance.executors import BY_ROW, by_json_schema, suite_counts

# One good row of each real dataset that is tried.
GOOD: dict[str, dict[str, Any]] = {
    "air-quality-hourly": {
        "station_id": "1583",
        "station_name": "Hà Nội",
        "observed_at": "2025-03-06T01:00:00+07:00",
        "latitude": 21.0491,
        "longitude": 105.8831,
        "aqi": 155,
        "pm25": 155,
        "pm10": None,
        "o3": 12.5,
        "no2": None,
        "co": None,
        "temperature": 21,
        "pressure": 1012,
        "humidity": 80,
        "wind_speed": 1.5,
    },
    "air-quality-us-embassy-hourly": {
        "observed_at": "2015-01-01T01:00:00+07:00",
        "site": "Hanoi",
        "aqi": 65,
        "quality": "valid",
        "category": "moderate",
    },
    "bus-stops": {
        "stop_id": "1_1_S1",
        "stop_name": "Bến xe Mỹ Đình",
        "latitude": 21.028,
        "longitude": 105.778,
    },
    "pci": {"year": 2012, "province_code": "01", "score": 53.4, "rank": 51},
    "wards": {
        "ward_code": "00004",
        "name": "Ba Đình",
        "level": "phường",
        "area_km2": 2.97,
        "population": 65023,
        "seat": "Số 2, phố Trúc Bạch",
        "latitude": 21.0386,
        "longitude": 105.838,
    },
}


@cache
def cases_of(dataset: str) -> tuple[Contract, Blueprint, tuple[Case, ...]]:
    if dataset == "kitchen-sink":
        contract, plan, good = kitchen_sink.SINK, kitchen_sink.PLAN, kitchen_sink.GOOD
        return contract, plan, tuple(corpus(contract, plan, good, extra=400))
    plan = blueprint()
    contract = plan.contract(dataset)
    return contract, plan, tuple(corpus(contract, plan, GOOD[dataset]))


DATASETS = ["kitchen-sink", *GOOD]
BY_ROW_KINDS = {"range", "length", "pattern", "code", "dated-code", "contract", "identifier", "name"}
BY_ROW_KINDS |= {"fraction", "empty-text", "final-line-break", "calendar"}


@pytest.mark.parametrize("target", BY_ROW)
@pytest.mark.parametrize("dataset", DATASETS)
def test_same_verdict(dataset: str, target: str) -> None:
    contract, plan, cases = cases_of(dataset)
    verdicts = BY_ROW[target](contract, plan, [case.row for case in cases])
    assert len(verdicts) == len(cases)
    for case, accepted in zip(cases, verdicts, strict=True):
        binding = {kind for kind in case.broken if not TARGETS[target].lets_pass(kind)}
        changed = {n: v for n, v in case.row.items() if case.broken and v != cases[0].row.get(n)}
        if not case.broken:
            assert accepted, f"{target} refuses a good row: {case.row}"
        elif binding:
            assert not accepted, f"{target} lets pass what breaks {binding} ({case.rules}): {changed}"


def test_the_corpus_is_worth_its_name() -> None:
    rows = {d: cases_of(d)[2] for d in DATASETS}
    assert sum(map(len, rows.values())) > 1500
    assert sum(not c.broken for cases in rows.values() for c in cases) > 300
    broken = set().union(*(c.broken for cases in rows.values() for c in cases))
    assert broken >= {
        "type",
        "columns",
        "required",
        "range",
        "length",
        "pattern",
        "code",
        "dated-code",
        "identifier",
        "name",
        "contract",
        "final-line-break",
        "calendar",
        "fraction",
    }


@pytest.mark.parametrize(
    ("target", "kind"),
    [(t, kind) for t in BY_ROW for limit in TARGETS[t].limits for kind in sorted(limit.covers & BY_ROW_KINDS)],
)
def test_a_declared_limit_is_real(target: str, kind: str) -> None:
    contract, plan, cases = cases_of("kitchen-sink")
    alone = [case.row for case in cases if case.broken == {kind}]
    assert alone, f"no row breaks {kind} alone"
    run = BY_ROW[target]
    if (target, kind) == ("jsonschema", "calendar"):
        assert any(by_json_schema(contract, plan, alone, formats=False))
    else:
        assert any(run(contract, plan, alone)), f"{target} refuses every row that breaks {kind}; the limit is none"


@pytest.mark.parametrize("dataset", ["kitchen-sink", "wards"])
def test_the_suite_finds_the_same_rows(dataset: str) -> None:
    contract, plan, cases = cases_of(dataset)
    typed = [case for case in cases if not case.broken & {"type", "columns", "fraction", "calendar"}]
    assert len(typed) > 150
    counts = suite_counts(contract, plan, [case.row for case in typed])
    rules = {r.id: r for r in row_rules(contract, plan) if r.severity == "error"}
    found = {rule: count for rule, count in counts.items() if rule in rules}
    assert found == {rule: sum(rule in case.rules for case in typed) for rule in rules}


UNIQUE = kitchen_sink.contract(
    kitchen_sink.column("id", "whole", required=True),
    kitchen_sink.column("date", "day", required=True),
    kitchen_sink.column("note", "note"),
    dataset="unique",
    key=("id", "date"),
    unique=(("note",),),
)


@pytest.mark.parametrize(
    ("second", "alike"),
    [
        ({"id": 1, "date": "2026-01-01", "note": "b"}, True),
        ({"id": 1, "date": "2026-01-02", "note": "a"}, True),
        ({"id": 2, "date": "2026-01-01", "note": None}, False),
    ],
)
def test_a_table_refuses_a_second_row_that_is_alike(second: dict[str, Any], alike: bool) -> None:
    first = {"id": 1, "date": "2026-01-01", "note": "a"}
    with duckdb.connect() as db:
        db.execute(create_table(UNIQUE, kitchen_sink.PLAN, name="t"))
        db.execute("INSERT INTO t VALUES (?, ?, ?)", list(first.values()))
        if alike:
            with pytest.raises(duckdb.ConstraintException):
                db.execute("INSERT INTO t VALUES (?, ?, ?)", list(second.values()))
        else:
            db.execute("INSERT INTO t VALUES (?, ?, ?)", list(second.values()))


def test_a_key_that_may_be_empty_stays_empty() -> None:
    contract = kitchen_sink.contract(kitchen_sink.column("id", "whole"), dataset="unique", key=("id",))
    with duckdb.connect() as db:
        db.execute(create_table(contract, kitchen_sink.PLAN, name="t"))
        db.execute("INSERT INTO t VALUES (NULL), (NULL), (1)")
        with pytest.raises(duckdb.ConstraintException):
            db.execute("INSERT INTO t VALUES (1)")


def test_the_suite_tells_rows_that_are_alike_and_empty_cells() -> None:
    plan = kitchen_sink.PLAN
    contract = UNIQUE.model_copy(
        update={
            "unique": (("note",), ("note", "day2")),
            "gate": UNIQUE.gate.model_copy(update={"complete": {"note": 0.9}}),
        }
    )
    contract = contract.model_copy(update={"columns": (*UNIQUE.columns, kitchen_sink.column("day2", "day"))})
    row = {"id": 1, "date": "2026-01-01", "note": "a", "day2": None}
    rows = [row, {**row, "id": 2}, {**row, "id": 2, "note": None}, {**row, "id": 3, "note": None}]
    counts = suite_counts(contract, plan, rows)
    assert counts["key-duplicate"] == 1
    assert counts["unique-note"] == 1
    assert counts["unique-note-day2"] == 0, "an empty cell makes no two rows alike"
    assert counts["note-complete"] == 2


def test_frictionless_tells_two_rows_of_one_key() -> None:
    from frictionless import Resource, Schema

    contract, plan = kitchen_sink.SINK, kitchen_sink.PLAN
    names = [c.name for c in contract.columns]
    row = [cell(kitchen_sink.GOOD[n]) for n in names]
    schema = Schema.from_descriptor(table_schema.schema(contract, plan))
    report = Resource(data=[names, row, row], schema=schema).validate()
    assert [e.type for t in report.tasks for e in t.errors] == ["primary-key"]
