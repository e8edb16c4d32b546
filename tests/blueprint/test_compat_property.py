"""Verdicts against data: what a mode allows must hold for every set of rows, told by two evaluators of their own."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from blueprint import Contract, Rule
from blueprint.compat import Mode, compare, diff
from blueprint.contract import Deprecation
from tests.blueprint.compat_builders import (
    TODAY,
    column,
    text,
)
from tests.blueprint.compat_rows import KNOWN, counterexample, mutate, random_contract, seeded, with_column


def allowed(old: Contract, new: Contract, mode: Mode) -> bool:
    return not any(f.number for f in diff(old, new, KNOWN, mode, today=TODAY).refused)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_what_is_allowed_holds_for_random_rows(seed, changes):
    rng = seeded(seed)
    old = random_contract(rng)
    new = old
    for _ in range(changes):
        new = mutate(new, rng)
    note(f"{compare(old, new, KNOWN, TODAY)}")
    if allowed(old, new, Mode.BACKWARD):
        assert not counterexample(old, new, rng, forward=False)
    if allowed(old, new, Mode.FORWARD):
        assert not counterexample(new, old, rng, forward=True)
    if allowed(old, new, Mode.FULL):
        assert not counterexample(old, new, rng, forward=False)
        assert not counterexample(new, old, rng, forward=True)


def test_the_random_changes_are_of_many_kinds():
    rng = seeded(7)
    kinds: set[int] = set()
    for _ in range(1500):
        old = random_contract(rng)
        kinds |= {c.kind.number for c in compare(old, mutate(mutate(old, rng), rng), KNOWN, TODAY)}
    assert {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 23, 24, 25, 26, 27, 28, 29, 30} <= kinds


def test_refusals_are_borne_out_by_rows():
    """A property over cases that are all refused would tell nothing, and so would refusals that no rows speak for."""
    rng = seeded(7)
    verdicts: dict[Mode, set[bool]] = {Mode.BACKWARD: set(), Mode.FORWARD: set(), Mode.FULL: set()}
    refused = refuted = 0
    for _ in range(200):
        old = random_contract(rng)
        new = mutate(old, rng)
        if not compare(old, new, KNOWN, TODAY):
            continue
        for mode, told in verdicts.items():
            told.add(allowed(old, new, mode))
        if not allowed(old, new, Mode.BACKWARD):
            refused += 1
            refuted += bool(counterexample(old, new, rng, forward=False, tries=30))
    assert all(told == {True, False} for told in verdicts.values())
    assert refuted > refused / 3


HARMLESS: dict[str, Callable[[Contract], Contract]] = {
    "title": lambda old: old.model_copy(update={"title": text("other"), "description": text("other")}),
    "column titles": lambda old: with_column(old, 0, title=text("other"), description=text("other")),
    "reading": lambda old: with_column(old, 0, header="A", synonyms=("â",), flatten=True),
    "order": lambda old: old.model_copy(update={"columns": tuple(reversed(old.columns))}),
    "optional column": lambda old: old.model_copy(update={"columns": (*old.columns, column("new", "word@1"))}),
    "default": lambda old: old.model_copy(
        update={"columns": (*old.columns, column("new", "count@1", required=True, default=3))}
    ),
    "deprecation": lambda old: with_column(old, 0, deprecated=Deprecation(since=TODAY, vi="bỏ", en="goes")),
    "alias": lambda old: with_column(old, 0, aliases=("former",)),
    "order of the key": lambda old: old.model_copy(update={"key": tuple(reversed(old.key))}),
    "flaws": lambda old: old.model_copy(update={"known_flaws": (text("flaw"),)}),
    "warning": lambda old: old.model_copy(update={"rules": (*old.rules, Rule(
        id="only-told", sql="true", columns=("a",), severity="warning", message=text("told")))}),
    "message": lambda old: old.model_copy(
        update={"rules": tuple(r.model_copy(update={"message": text("said better")}) for r in old.rules)}
    ),
    "definition of a concept": lambda old: with_column(old, 0, concept="word@5")
    if old.columns[0].concept == "word@1"
    else old,
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_no_false_alarm_for_what_is_harmless(name, seed):
    rng = seeded(seed)
    old = random_contract(rng)
    new = Contract.model_validate(HARMLESS[name](old).model_dump())
    for mode in Mode:
        assert allowed(old, new, mode)
    assert not counterexample(old, new, rng, forward=False)
    assert not counterexample(new, old, rng, forward=True)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_modes_imply_each_other(seed):
    rng = seeded(seed)
    old = random_contract(rng)
    new = mutate(mutate(old, rng), rng)
    assert allowed(old, new, Mode.NONE)
    if allowed(old, new, Mode.FULL):
        assert allowed(old, new, Mode.BACKWARD)
        assert allowed(old, new, Mode.FORWARD)
    assert not compare(old, old, KNOWN, TODAY)
