"""Judging an accepted set, and remembering what became of it: the same way for a run and for a replay."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Blueprint, Contract
from dags.settings import PipelineSettings
from dags.steps import reports
from dags.steps.conform import Conformed
from lake import Version

if TYPE_CHECKING:
    from quality.verdict import Verdict


def judge(settings: PipelineSettings, plan: Blueprint, contract: Contract, conformed: Conformed) -> "Verdict":
    """The verdict on the accepted rows: the contract's own checks, its references, and the versions before."""
    from quality.drift import judge_history
    from quality.gate import gate
    from quality.history import History
    from quality.references import judge_references

    accepted = Path(conformed.accepted)
    verdict = gate(
        contract,
        plan,
        accepted,
        rows_in=conformed.rows_in,
        rows_quarantined=conformed.rows_quarantined,
        refused=conformed.rules,
    )
    checks = list(verdict.checks)
    if verdict.passed:  # a set of wrong columns or types can be held against nothing
        checks += judge_references(contract, plan, accepted, settings.lake)
        checks += judge_history(contract, plan, accepted, History(settings.home), simulated=conformed.simulated)
    return replace(verdict, checks=tuple(checks), passed=all(c.passed or c.severity == "warning" for c in checks))


def remember(
    settings: PipelineSettings, plan: Blueprint, contract: Contract, conformed: Conformed, version: Version
) -> dict[str, Any]:
    """Take a committed version into the history that later ones are held against, and name it in the report.

    A version that is there already is only confirmed, so a run that was killed before this is made good by the next.
    Returns what the run's record should say beside: nothing, or why the history could not be written, for that keeps no
    version from being published.
    """
    from quality.freshness import freshness, newest_in
    from quality.history import History, HistoryError

    history, told = History(settings.home), dict[str, Any]()
    try:
        history.add(contract, plan, version, Path(conformed.accepted))
        newest = history.newest(contract, version)
    except HistoryError as error:
        newest, told = None, {"history": {"vi": error.vi, "en": error.en}}
    mark = freshness(contract, plan, newest or newest_in(settings.lake, contract, version), datetime.now(UTC))
    reports.add_version(settings.home, conformed, version.id, mark)
    return told
