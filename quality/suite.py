"""The expectation suite of a contract. Importing this module imports Great Expectations (seconds)."""

import importlib
from collections import Counter
from typing import Any

from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import get_expectation_impl

import quality.metrics  # noqa: F401 - defines the expectation that runs a rule of SQL
from blueprint.compile.gx import expectations
from blueprint.contract import Contract
from blueprint.errors import HanoiError
from blueprint.load import Blueprint
from quality.unsupported import UNSUPPORTED, NotOnDuckDB

_PACKAGE = "quality.suites"
_COLUMN_KEYS = ("column", "column_A", "column_B", "column_list")


class RuleRepeats(HanoiError):
    """Two expectations of one suite bear the same rule id."""

    def __init__(self, contract: Contract, rule: str) -> None:
        module = _module_name(contract)
        super().__init__(
            f"{contract.ref}: mã quy tắc {rule!r} bị trùng trong bộ kiểm tra; hãy đổi meta['rule'] ở {module}.",
            f"{contract.ref}: rule id {rule!r} repeats in the suite; give another meta['rule'] in {module}.",
        )


def expectation_suite(contract: Contract, blueprint: Blueprint) -> ExpectationSuite:
    """Everything ``contract`` promises of an accepted set, as expectations, and those that are written by hand.

    The ``meta`` of each holds ``rule`` (the id of ``blueprint.rules``), ``column``, ``vi`` and ``en``. Raises BlueprintError
    where the declarations contradict themselves, RuleRepeats where two rules bear one id, NotOnDuckDB for an expectation
    that cannot run.
    """
    promised = list(map(_expectation, expectations(contract, blueprint)))
    suite = ExpectationSuite(name=contract.ref, expectations=[*promised, *expectations_of(contract)])
    for rule, times in Counter(e.meta["rule"] for e in suite.expectations if e.meta).items():
        if times > 1:
            raise RuleRepeats(contract, rule)
    return suite


def expectations_of(contract: Contract) -> list[Expectation]:
    """The expectations written by hand for the contract's dataset, in ``quality.suites``; none where there is no module.

    What their ``meta`` leaves out is filled: ``rule`` from the expectation and its column, ``column``, and as ``vi`` and
    ``en`` the description, or the expectation with its arguments.
    """
    name = _module_name(contract)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name:  # something that the module imports
            raise
        return []
    return [_with_meta(e) for e in module.expectations(contract)]


def _module_name(contract: Contract) -> str:
    return f"{_PACKAGE}.{contract.dataset.replace('-', '_')}"


def _expectation(said: dict[str, Any]) -> Expectation:
    kind = get_expectation_impl(said["type"])
    return kind(**said["kwargs"], meta=said["meta"], severity=said["severity"])


def _with_meta(expectation: Expectation) -> Expectation:
    said = expectation.configuration
    if said.type in UNSUPPORTED:
        raise NotOnDuckDB(said.type)
    columns = [said.kwargs[k] for k in _COLUMN_KEYS if k in said.kwargs]
    names = [n for c in columns for n in (c if isinstance(c, list | tuple) else [c])]
    arguments = ", ".join(f"{k}={v!r}" for k, v in said.kwargs.items())
    text = expectation.description or f"{said.type}({arguments})"
    meta = {
        "rule": "-".join([*names, *said.type.removeprefix("expect_").removeprefix("column_").split("_")]),
        "column": names[0] if len(names) == 1 else None,
        "vi": f"Kiểm tra thêm: {text}",
        "en": f"Added check: {text}",
        **(expectation.meta or {}),
    }
    return expectation.copy(update={"meta": meta})
