"""The score and the finding of defects, through the real conform and the real gate."""

import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, Contract, blueprint
from dags.errors import DeliveryError
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import conform
from quality.gate import gate
from quality.report import QualityResult, judged, unreadable
from quality.report.score import Dimensions, Score, score
from quality.verdict import Check
from tests.quality.builders import text
from tests.quality.defects import CONTRACT, DEFECTS, Delivery, clean, plan_with
from tests.quality.reports import check, verdict

SEEDS = int(os.environ.get("HANOI_TEST_DEFECT_SEEDS", "1"))
"""Seeds of each class of defect; 5 gives the whole table."""
REACH = 0.95
PLAN = plan_with(blueprint())
DIMENSIONS = Dimensions(CONTRACT, PLAN)


@dataclass(frozen=True)
class Clinic:
    """Judges deliveries of the register in a folder, as a run does."""

    folder: Path
    plan: Blueprint

    def judge(self, delivery: Delivery, contract=CONTRACT) -> QualityResult:
        file = self.folder / "clinics.csv"
        file.write_bytes(delivery.content())
        store = DeliveryStore(self.folder, 10_000_000)
        kept = store.keep(contract, locate(contract, None, file), "test")
        try:
            conformed = conform(contract, self.plan, kept, store, self.folder / "out")
        except DeliveryError as error:
            return unreadable(contract, kept, error)
        verdict = gate(
            contract,
            self.plan,
            Path(conformed.accepted),
            rows_in=conformed.rows_in,
            rows_quarantined=conformed.rows_quarantined,
            refused=conformed.rules,
        )
        return judged(contract, self.plan, kept, conformed, verdict)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory) -> Clinic:
    return Clinic(tmp_path_factory.mktemp("clinic"), PLAN)


def located(result: QualityResult) -> set[int]:
    """Every row that the report names."""
    spans = [s for fault in result.faults for cause in fault.causes for s in cause.spans]
    return {row for s in spans for row in range(s.first, s.last + 1)}


def test_defects_are_found_at_their_rows_and_lower_the_score(clinic: Clinic) -> None:
    """Environment: ``HANOI_TEST_DEFECT_SEEDS=5`` judges every class with five seeds (a minute or two) and prints the table."""
    assert len(DEFECTS) >= 12
    found = dict.fromkeys(DEFECTS, 0)
    falls: dict[str, list[float]] = {name: [] for name in DEFECTS}
    for seed in range(SEEDS):
        whole = clean(seed, clinic.plan)
        before = clinic.judge(whole)
        assert before.score.value == 100, "clean data raise no alarm"
        assert before.faults == ()
        assert before.set_faults == ()
        assert before.marks.validity == "passed"
        for name, spoil in DEFECTS.items():
            spoilt = spoil(whole, Random(f"{name} {seed}"), clinic.plan)  # noqa: S311 - it only makes up defects
            after = clinic.judge(spoilt)
            caught = not after.passed if spoilt.whole else located(after) == spoilt.wrong
            found[name] += caught
            falls[name].append(before.score.value - after.score.value)
            assert (after.title, after.agency, after.contract) == (before.title, before.agency, before.contract)
            assert after.score.value < before.score.value or not caught, name
    print()
    for name in DEFECTS:
        print(f"{name:28} {found[name]}/{SEEDS}   score falls by {min(falls[name]):.3f} to {max(falls[name]):.3f}")
    total = sum(found.values())
    print(f"{'all':28} {total}/{SEEDS * len(DEFECTS)}")
    assert total >= REACH * SEEDS * len(DEFECTS), found


def scored(*checks: Check, rows_in: int = 1000, contract: Contract = CONTRACT) -> Score:
    found = verdict(*checks, rows_in=rows_in)
    return score(contract, DIMENSIONS if contract is CONTRACT else Dimensions(contract, PLAN), found, {})


def share(of: Score, dimension: str) -> float:
    return next(m.share for m in of.measures if m.dimension == dimension)


def test_the_score_is_the_product_of_its_shares() -> None:
    found = scored(check("unique-tax_code", unexpected=100), check("patients-per-bed", "warning", 200))
    assert (share(found, "uniqueness"), share(found, "consistency")) == (0.9, 0.9)
    assert (share(found, "validity"), share(found, "completeness")) == (1, 1)
    assert found.value == pytest.approx(81)


def test_a_tolerated_warning_still_lowers_the_score_and_an_unmet_share_of_an_error_counts_once() -> None:
    assert share(scored(check("patients-per-bed", "warning", 20, passed=True)), "consistency") == 0.99
    declared = CONTRACT.model_copy(update={"gate": CONTRACT.gate.model_copy(update={"mostly": {"beds-range": 0.9}})})
    assert scored(check("beds-range-mostly", unexpected=500), contract=declared).value == 100


def test_missing_rows_and_checks_of_the_whole_set_count() -> None:
    promised = CONTRACT.gate.min_rows
    assert share(scored(check("row-count", unexpected=None), rows_in=promised // 2), "completeness") == 0.5
    assert scored(check("drift-of-patients", "warning", None)).value == pytest.approx(90)
    assert scored(check("drift-of-patients", "error", None)).value == 0
    assert scored(check("quarantine-share", unexpected=None)).value == 100


@settings(deadline=None, max_examples=40)
@given(faulty=st.integers(0, 2000), doubtful=st.integers(0, 2000), more=st.integers(1, 50))
def test_more_faults_never_raise_the_score(faulty: int, doubtful: int, more: int) -> None:
    def of(faulty: int, doubtful: int) -> float:
        return scored(check("unique-x", unexpected=faulty), check("on-the-hour", "warning", doubtful)).value

    found = of(faulty, doubtful)
    assert 0 <= found <= 100
    assert of(faulty + more, doubtful) <= found
    assert of(faulty, doubtful + more) <= found
    assert (found == 100) == (faulty == doubtful == 0)


def test_metadata_change_nothing_in_the_score(tmp_path: Path) -> None:
    poor = CONTRACT.model_copy(
        update={
            "title": text("?"),
            "description": text("?"),
            "licence": "not-stated",
            "keywords": {"vi": (), "en": ()},
            "source_note": text("?"),
            "theme": "x",
            "frequency": "UNKNOWN",
        }
    )
    spoilt = DEFECTS["out of range"](clean(3, PLAN), Random(3), PLAN)  # noqa: S311 - it makes up a defect
    clinic = Clinic(tmp_path, PLAN)
    rich, bare = clinic.judge(spoilt), clinic.judge(spoilt, poor)
    assert rich.score == bare.score
    assert rich.score.value < 100
    assert rich.title != bare.title


def test_the_shown_score_is_100_only_where_nothing_is_wrong() -> None:
    assert Score(value=100, measures=()).shown == 100
    assert Score(value=99.9999999, measures=()).shown == 99.9
    assert Score(value=70.06, measures=()).shown == 70.0
