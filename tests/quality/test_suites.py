"""Expectations that are written by hand, beside those of the contract."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from quality.gate import _quiet, gate
from quality.unsupported import NotOnDuckDB
from tests.quality.builders import BLUEPRINT, STOCK, good_rows, write

GUIDE = Path(__file__).resolve().parents[2] / "docs/guides/add-an-expectation.md"


@pytest.fixture
def by_hand(monkeypatch):
    """Gives the dataset of the tests a module of expectations: ``by_hand(lambda gxe: [...])``."""

    def add(made):
        with _quiet():
            import great_expectations.expectations as gxe
        module = ModuleType("quality.suites.tiny")
        module.expectations = lambda _contract: made(gxe)
        monkeypatch.setitem(sys.modules, "quality.suites.tiny", module)

    return add


def judged(tmp_path, rows):
    return gate(STOCK, BLUEPRINT, write(tmp_path / "x.parquet", rows), rows_in=len(rows), rows_quarantined=0)


def test_an_added_expectation_is_a_check_of_the_verdict(tmp_path, by_hand):
    by_hand(lambda gxe: [gxe.ExpectColumnMeanToBeBetween(column="level", min_value=100)])
    verdict = judged(tmp_path, good_rows(3))
    assert [c.id for c in verdict.failed] == ["level-mean-to-be-between"]
    (check,) = verdict.failed
    assert (check.column, check.severity) == ("level", "error")
    assert check.vi.startswith("Kiểm tra thêm: expect_column_mean_to_be_between(column='level', min_value=100")
    assert check.en.startswith("Added check: ")


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_an_added_expectation_can_only_mark(tmp_path, by_hand, severity):
    said = {"rule": "mean", "vi": "Trung bình.", "en": "Mean."}
    by_hand(lambda gxe: [gxe.ExpectColumnMeanToBeBetween(column="level", min_value=100, severity=severity, meta=said)])
    verdict = judged(tmp_path, good_rows(3))
    assert verdict.passed
    assert [(c.id, c.vi, c.en) for c in verdict.warnings] == [("mean", "Trung bình.", "Mean.")]


def test_a_rule_id_is_used_once(tmp_path, by_hand):
    by_hand(lambda gxe: [gxe.ExpectColumnValuesToNotBeNull(column="note", meta={"rule": "id-required"})])
    from quality.suite import RuleRepeats

    with pytest.raises(RuleRepeats, match="'id-required' repeats"):
        judged(tmp_path, good_rows(1))


def test_what_cannot_run_is_refused_before_the_data_are_read(tmp_path, by_hand):
    by_hand(lambda gxe: [gxe.ExpectColumnValuesToBeIncreasing(column="id")])
    with pytest.raises(NotOnDuckDB, match="the rows of a table have no order; use UnexpectedRowsExpectation"):
        judged(tmp_path, good_rows(1))


def test_a_module_that_fails_to_import_something_is_an_error(monkeypatch):
    with _quiet():
        from quality import suite

    def missing(_):
        raise ModuleNotFoundError("No module named 'numbers_of_ours'", name="numbers_of_ours")

    monkeypatch.setattr(suite.importlib, "import_module", missing)
    with pytest.raises(ModuleNotFoundError, match="numbers_of_ours"):
        suite.expectations_of(STOCK)


def test_the_example_of_the_guide_runs():
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names: dict = {}
    with _quiet():
        exec(code, names)  # noqa: S102
    (expectation,) = names["expectations"](STOCK)
    assert (expectation.column, expectation.severity) == ("pm25", "warning")
    from quality.suite import _with_meta

    assert _with_meta(expectation).meta["rule"] == "pm25-mean-to-be-between"
