"""The contract snippets of the guide are what the models take, one at least for every kind of place."""

import re
from typing import get_args

import pytest
import yaml

from blueprint.contract import Column
from blueprint.load import ROOT
from blueprint.sources import AnySource
from dags.sources.places import finding
from tests.dags.builders import column, contract

GUIDE = ROOT.parent / "docs" / "guides" / "get-deliveries.md"
SNIPPETS = [
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize(
    "snippet", SNIPPETS, ids=lambda s: "-".join(x.get("kind", "columns") for x in next(iter(s.values())))
)
def test_a_snippet_is_part_of_a_contract(snippet: dict) -> None:
    if columns := snippet.pop("columns", None):
        contract(columns=[*columns, column("n", "count")], key=["n"])
        assert Column.model_validate(columns[0]).from_file_name
    if sources := snippet.pop("sources", None):
        contract(sources=sources)
    assert not snippet


def test_the_guide_shows_every_kind_and_every_kind_is_found() -> None:
    models = [get_args(tagged)[0] for tagged in get_args(get_args(AnySource)[0])]
    kinds = {kind for model in models for kind in get_args(model.model_fields["kind"].annotation)}
    assert kinds == set(finding._FINDERS)
    shown = set(re.findall(r"^  - kind: (\S+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
    assert shown == kinds - {"agency", "repository"}
    assert all(callable(finding._finder(kind)) for kind in kinds)
