"""A changed rule is settled by the rows that the home has stored."""

import pytest

from blueprint import Mode, blueprint
from blueprint.compat import diff
from ops.stored_rows import StoredRows
from tests.ops.test_lake_commands import DATASET, ingest


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    ingest(folder)
    return folder


def edited(sql):
    """The contract with another rule on pairs, as a draft of the next minor version."""
    contract = blueprint().contract(DATASET)
    rule = next(r for r in contract.rules if r.id == "whole-takes-all-people")
    rules = tuple(r.model_copy(update={"sql": sql}) if r is rule else r for r in contract.rules)
    major, minor, _ = contract.number
    return contract, contract.model_copy(update={"rules": rules, "version": f"{major}.{minor + 1}.0"})


@pytest.mark.parametrize(
    ("sql", "allowed"), [("population IN ('all', 'part', 'rest', 'none')", True), ("population = 'all'", False)]
)
def test_stored_rows_settle_an_edited_rule(home, sql, allowed):
    old, new = edited(sql)
    replay = StoredRows(home)
    assert replay.rows(old.ref) == 795
    report = diff(old, new, blueprint(), Mode.BACKWARD, replay)
    (found,) = [f for f in report.findings if f.number == 17]
    assert found.settled == "replay"
    assert (not report.breaking) is allowed
    if not allowed:
        assert found.outcomes[0].failing > 0
        assert found.outcomes[0].examples


def test_without_stored_rows_an_edited_rule_is_refused(tmp_path):
    old, new = edited("population = 'all'")
    replay = StoredRows(tmp_path)
    assert replay.rows(old.ref) == 0
    assert diff(old, new, blueprint(), Mode.BACKWARD, replay).breaking
