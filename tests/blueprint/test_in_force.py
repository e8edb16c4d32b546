"""What the platform works by: released declarations, and a new major once its day has come."""

import datetime as dt

import pytest

from blueprint import releases
from blueprint.changelog import in_force
from blueprint.load import load
from tests.blueprint.drafts import DAY, ROUTES, copy, draft, terms

LEVELS = "codelists/unit-levels/1"


@pytest.fixture
def root(tmp_path):
    return copy(tmp_path)


def holding(root, day=DAY):
    return in_force(load(root), day)


def test_a_draft_of_a_released_dataset_stands_aside(root):
    draft(root, ROUTES, "1.0.1", ("en: Mode}", "en: Mode of transport}"))
    assert load(root).contract("bus-routes").version == "1.0.1"
    assert holding(root).contract("bus-routes").version == "1.0.0"
    releases.release("bus-routes", root, terms())
    assert holding(root).contract("bus-routes").version == "1.0.1"


def test_a_draft_of_a_list_stands_aside(root):
    for suffix in ("yaml", "csv"):
        text = (root / f"{LEVELS}.{suffix}").read_text(encoding="utf-8")
        (root / f"codelists/unit-levels/2.{suffix}").write_text(
            text.replace("version: 1", "version: 2"), encoding="utf-8"
        )
    assert load(root).codelist("unit-levels").version == 2
    assert holding(root).codelist("unit-levels").version == 1


def test_a_dataset_that_was_never_released_can_be_tried(root):
    text = (root / ROUTES).read_text(encoding="utf-8").replace("dataset: bus-routes", "dataset: tram-routes", 1)
    path = root / ROUTES.replace("bus-routes", "tram-routes")
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert holding(root).contract("tram-routes").version == "1.0.0"


def test_a_new_major_waits_for_its_day(root):
    lines = (root / ROUTES).read_text(encoding="utf-8").splitlines(keepends=True)
    column = next(line for line in lines if "name: route_long_name" in line)
    draft(root, ROUTES, "2.0.0", (column, ""))
    effective = DAY + dt.timedelta(days=30)
    releases.release("bus-routes", root, terms(effective=effective))
    assert holding(root, effective - dt.timedelta(days=1)).contract("bus-routes").version == "1.0.0"
    assert holding(root, effective).contract("bus-routes").version == "2.0.0"
    assert [c.version for c in holding(root).contract_versions["bus-routes"]] == ["1.0.0", "2.0.0"]
