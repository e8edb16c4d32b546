"""``hanoi indicator`` and the verbs of ``hanoi blueprint`` over indicators."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from lake import Lake
from ops.blueprint_commands import blueprint
from ops.indicator_commands import indicator
from tests.lake.made_rows import commit

NAME = "competitiveness-rank"
ROWS = [
    {"year": 2012, "province_code": "01", "score": 53.4, "rank": 51},
    {"year": 2013, "province_code": "01", "score": 57.7, "rank": 33},
]


def run(group: click.Group, *arguments: str) -> Result:
    found = CliRunner().invoke(group, arguments, env={"COLUMNS": "200"})
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    commit(Lake(folder), "pci", ROWS)
    return folder


def test_figures_are_told_with_what_they_were_computed_from(home: Path) -> None:
    shown = run(indicator, "compute", NAME, "--home", str(home))
    assert shown.exit_code == 0
    assert "Thứ hạng năng lực cạnh tranh cấp tỉnh" in shown.stdout
    assert "computed from: pci 1-" in shown.stdout
    content = json.loads(run(indicator, "compute", f"{NAME}@1.0.0", "--home", str(home), "--json").stdout)
    assert [(f["period"], f["until"], f["value"]) for f in content["figures"]] == [
        ("2012-01-01", "2012-12-31", 51),
        ("2013-01-01", "2013-12-31", 33),
    ]
    assert content["computed_from"][0]["contract"] == "pci@1.0.0"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("competitiveness", "Close to it: competitiveness-rank"),
        (f"{NAME}@9.9.9", "its versions: 1.0.0"),
        ("ward-population-density", "hanoi ingest wards"),
    ],
)
def test_what_cannot_be_computed_is_told_in_both_languages(home: Path, name: str, told: str) -> None:
    found = run(indicator, "compute", name, "--home", str(home))
    assert found.exit_code == 1
    assert told in " ".join(found.stderr.split())
    assert "Lỗi" in found.stderr


def test_the_verbs_of_the_blueprint_know_indicators() -> None:
    listed = json.loads(run(blueprint, "list", "indicators", "--json").stdout)
    assert f"indicator:{NAME}" in {one["subject"] for one in listed}
    shown = run(blueprint, "show", NAME)
    assert f"indicator:{NAME}@1.0.0" in shown.stdout
    assert "pci@1: year, province_code, rank" in shown.stdout
    assert "FROM pci" in shown.stdout
    told = json.loads(run(blueprint, "impact", "rank@1", "--json").stdout)
    assert f"{NAME}@1.0.0" in told["indicators"]
    same = json.loads(run(blueprint, "diff", f"indicator:{NAME}@1.0.0", f"indicator:{NAME}", "--json").stdout)
    assert same["findings"] == []
