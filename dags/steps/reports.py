"""The quality report of a run: written where the gate judges, and where a delivery cannot be read."""

from pathlib import Path
from typing import TYPE_CHECKING

from blueprint import Blueprint, Contract
from blueprint.errors import HanoiError
from dags.sources.deliveries import Delivery
from dags.steps.conform import Conformed
from quality.verdict import Verdict

if TYPE_CHECKING:
    from quality.freshness import FreshnessMark


def keep_judged(
    home: Path,
    contract: Contract,
    plan: Blueprint,
    delivery: Delivery,
    conformed: Conformed,
    verdict: Verdict,
) -> Path:
    """Keep the quality result of a delivery that was judged, whatever the verdict; returns its file."""
    from quality.report import ReportStore, judged

    return ReportStore(home).keep(judged(contract, plan, delivery, conformed, verdict))


def keep_unreadable(home: Path, contract: Contract, delivery: Delivery, error: HanoiError) -> Path:
    """Keep the quality result of a delivery that could not be read; returns its file."""
    from quality.report import ReportStore, unreadable

    return ReportStore(home).keep(unreadable(contract, delivery, error))


def add_version(home: Path, conformed: Conformed, version: str, mark: "FreshnessMark | None" = None) -> None:
    """Say in the kept result that the accepted rows became ``version``, and how fresh it was then."""
    from quality.report import ReportStore

    ReportStore(home).committed(conformed.dataset, conformed.delivery, conformed.contract, version, mark)
