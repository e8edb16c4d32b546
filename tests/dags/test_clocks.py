"""Durations written as a clock shows them become seconds; other columns keep such texts."""

import doctest
from pathlib import Path

import pytest

from blueprint import Blueprint
from dags.sources import clocks
from dags.steps.conform import conform
from tests.dags.builders import CONCEPTS, UNITS, Bench, accepted_of, column, concept, contract, refused_of

FORM = contract(
    (column("trip", "station", required=True), column("at", "station"), column("lasts", "seconds")), ("trip",)
)
PLAN = Blueprint(
    Path(),
    CONCEPTS | {"seconds@1": concept("seconds", "double", unit="s", minimum=0)},
    {"units": UNITS},
    {FORM.dataset: FORM},
)


def test_examples() -> None:
    assert doctest.testmod(clocks).failed == 0


@pytest.mark.parametrize("more", ["", "T9,x,1.5\n"])
def test_times_after_midnight_are_seconds_or_text_as_the_concept_says(bench: Bench, more: str) -> None:
    delivery = bench.deliver(
        FORM,
        f"trip,at,lasts\nT1,25:35:00,25:35:00\nT2,7:05:09,7:05:09\nT3,,90\nT4,26:61:00,26:61:00\nT5,,00:10\n{more}".encode(),
    )
    result = conform(FORM, PLAN, delivery, bench.store, bench.folder / "out")
    rows = [("T1", "25:35:00", 92100.0), ("T2", "7:05:09", 25509.0), ("T3", None, 90.0)]
    assert accepted_of(result) == rows + [("T9", "x", 1.5)] * bool(more)
    assert refused_of(result) == {5: ["lasts-type"], 6: ["lasts-type"]}
