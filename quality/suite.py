"""The expectation suite of a contract. Importing this module imports Great Expectations (seconds)."""

from typing import Any

from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import get_expectation_impl

import quality.metrics  # noqa: F401 - defines the expectation that runs a rule of SQL
from blueprint.compile.gx import expectations
from blueprint.contract import Contract
from blueprint.load import Blueprint


def expectation_suite(contract: Contract, blueprint: Blueprint) -> ExpectationSuite:
    """Everything ``contract`` promises of an accepted set, as expectations.

    The ``meta`` of each holds ``rule`` (the id of ``blueprint.rules``), ``column``, ``vi`` and ``en``. Raises BlueprintError
    where the declarations contradict themselves.
    """
    return ExpectationSuite(name=contract.ref, expectations=list(map(_expectation, expectations(contract, blueprint))))


def _expectation(said: dict[str, Any]) -> Expectation:
    kind = get_expectation_impl(said["type"])
    return kind(**said["kwargs"], meta=said["meta"], severity=said["severity"])
