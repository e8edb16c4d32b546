"""Impact: every column, dataset, list and crosswalk that rests on a declaration, by versions that are served or drafted."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from blueprint import BlueprintError, blueprint, releases
from blueprint.impact import impact
from blueprint.load import ROOT, load
from tests.blueprint.drafts import DAY, ROUTES, copy, draft, terms


@pytest.fixture
def root(tmp_path):
    return copy(tmp_path)


def test_every_column_that_is_bound_to_the_concept_is_found():
    plan = blueprint()
    found = impact("instant", plan)
    wanted = {
        f"{c.ref}.{column.name}"
        for c in plan.contracts.values()
        for column in c.columns
        if column.concept.startswith("instant@")
    }
    assert {f"{u.contract}.{u.column}" for u in found.columns} == wanted
    assert wanted
    assert set(found.datasets) == {name.partition("@")[0] for name in wanted}


def test_the_classification_of_each_output_is_told():
    (use,) = (u for u in impact("route-id@1", blueprint()).columns if u.dataset == "bus-routes")
    assert (use.classification, use.published, use.agency, use.via) == ("open", True, "so-xay-dung", "bound")


def test_code_lists_crosswalks_and_agencies_are_linked(root):
    found = impact("administrative-unit-code", blueprint())
    assert found.codelists == ("ha-noi-wards",)
    assert set(found.crosswalks) == {n for n, w in blueprint().crosswalks.items() if w.codelist == "ha-noi-wards"}
    assert ("so-noi-vu", "Sở Nội vụ Hà Nội", "Hanoi Department of Home Affairs") in found.organisations
    by_list = impact("codelist:ha-noi-wards", blueprint())
    assert {u.column for u in found.columns} <= {u.column for u in by_list.columns}


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("instant@1", {"air-quality-unhealthy-hours", "air-quality-unhealthy-hours-half-yearly"}),  # a column they read
        ("population-density", {"ward-population-density"}),  # the concept of the figures
        ("route-id@1", {"bus-trips-by-route"}),  # what tells the figures apart
        ("codelist:ha-noi-wards", {"ward-population-density", "bus-stops-by-ward"}),
        ("bus-service-days", {"bus-trips-by-route"}),
        ("bus-trips@1.0.0", {"bus-trips-by-route"}),
        ("indicator:competitiveness-rank", {"competitiveness-rank"}),
        ("concept:birth-date", set()),
        ("communes", set()),
    ],
)
def test_indicators_that_rest_on_it_are_named(target, wanted):
    assert {ref.partition("@")[0] for ref in impact(target, load(ROOT)).indicators} == wanted


def test_an_indicator_rests_on_concepts_of_the_same_meaning():
    plan = load(ROOT)
    twin = plan.concept("population-density@1").model_copy(
        update={"concept": "crowding", "same_as": ("population-density@1",)}
    )
    grown = replace(plan, concepts={**plan.concepts, twin.ref: twin})
    assert impact("crowding@1", grown).indicators == ("ward-population-density@1.0.0",)


def test_a_version_is_told_from_the_concept(root):
    draft(root, "concepts/area/1.yaml", "2", ("en: Land area", "en: Area of land"))
    draft(root, "contracts/so-noi-vu/wards/1.0.0.yaml", "1.0.1", ("concept: area@1", "concept: area@2"))
    plan = load(root)
    assert impact("area@2", plan).contracts == ("wards@1.0.1",)
    assert "wards@1.0.0" in impact("area@1", plan).contracts
    assert {"wards@1.0.0", "wards@1.0.1"} <= set(impact("concept:area", plan).contracts)


def test_concepts_of_the_same_meaning_are_followed_both_ways(root):
    draft(root, "concepts/stop-name/1.yaml", "2", ("type: string\n", "type: string\nsame_as: [route-name@1]\n"))
    plan = load(root)
    found = impact("stop-name@2", plan)
    assert found.same_as == ("route-name@1",)
    assert {(u.column, u.via) for u in found.columns} == {
        ("route_short_name", "same_as"),
        ("route_long_name", "same_as"),
    }
    assert impact("route-name@1", plan).same_as == ("stop-name@2",)


def test_a_former_major_counts_until_it_ends(root):
    long_name = (
        "  - {name: route_long_name, concept: route-name@1, title: {vi: Tên dài, en: Long name}, required: true}\n"
    )
    draft(root, ROUTES, "2.0.0", (long_name, ""))
    releases.release("bus-routes", root, terms(former_until=DAY + dt.timedelta(days=30)))
    plan = load(root)
    living, later = (impact("route-id", plan, day).contracts for day in (DAY, DAY + dt.timedelta(days=31)))
    assert [c for c in living if c.startswith("bus-routes@")] == ["bus-routes@1.0.0", "bus-routes@2.0.0"]
    assert [c for c in later if c.startswith("bus-routes@")] == ["bus-routes@2.0.0"]


def test_datasets_that_refer_to_a_dataset_are_concerned(root):
    reference = "references:\n  - {columns: [stop_id], dataset: bus-routes, to: [route_id]}\ngate:\n"
    draft(root, "contracts/so-xay-dung/bus-stops/1.0.0.yaml", "2.0.0", ("gate:\n", reference))
    found = impact("bus-routes", load(root))
    assert (found.datasets, found.referring) == (("bus-routes",), ("bus-stops", "bus-trips"))
    assert {u.dataset for u in found.columns} == {"bus-routes"}


def test_it_is_written_as_json_and_an_unknown_name_is_refused():
    content = json.loads(json.dumps(impact("route-id@1", blueprint()).to_json()))
    assert content["columns"][0]["column"] == "route_id"
    for name in ("no-such-concept", "instant@99"):
        with pytest.raises(BlueprintError):
            impact(name, blueprint())
