"""The suite that is exported is the suite that the gate runs."""

from typing import Any

import pytest

from blueprint import Contract, blueprint
from blueprint.compile import gx
from tests.conformance.executors import quiet


def plain(value: Any) -> Any:
    return {k: v for k, v in value.items() if v is not None}


@pytest.mark.parametrize("contract", [pytest.param(c, id=c.ref) for c in blueprint().every_contract()])
def test_the_gate_runs_what_is_exported(contract: Contract) -> None:
    with quiet():
        from quality.suite import expectation_suite

        built = expectation_suite(contract, blueprint()).expectations
    ours = gx.expectations(contract, blueprint())
    assert [e["meta"]["rule"] for e in ours] == [e.meta["rule"] for e in built]
    for mine, theirs in zip(ours, built, strict=True):
        held = theirs.configuration
        assert mine["type"] == held.type
        kwargs = {k: v for k, v in held.kwargs.items() if k != "batch_id"}
        assert plain(mine["kwargs"]) == plain(kwargs), mine["meta"]["rule"]
        assert mine["meta"] == held.meta
        assert mine["severity"] == str(getattr(held.severity, "value", held.severity))
