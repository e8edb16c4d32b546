"""How fresh each dataset is, from the history where it knows and from the lake where it does not."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from blueprint import Contract, blueprint
from dags.settings import PipelineSettings
from lake import Lake, Version
from quality.freshness import FreshnessMark, Newest, freshness, newest_in
from quality.history import History


@dataclass(frozen=True)
class DatasetFreshness:
    """One dataset: the version that held at the moment asked for, and how fresh it was."""

    dataset: str
    version: str | None
    mark: FreshnessMark

    def to_json(self) -> dict[str, Any]:
        return {"dataset": self.dataset, "version": self.version, **self.mark.to_json()}


def freshness_at(home: Path, at: datetime, dataset: str | None = None) -> list[DatasetFreshness]:
    """The freshness of one dataset, or of all, at the aware moment ``at``; changes nothing.

    For a moment in the past the version counts that was current then; the history tells of the last confirmation only.
    """
    plan = blueprint()
    lake, history = PipelineSettings(home=home).lake, History(home)
    contracts = [plan.contract(dataset)] if dataset else list(plan.contracts.values())
    found: list[DatasetFreshness] = []
    for contract in contracts:
        version = next((v for v in reversed(lake.versions(contract.dataset)) if v.committed_at <= at), None)
        newest = None if version is None else _newest(lake, history, contract, version, at)
        mark = freshness(contract, plan, newest, at)
        found.append(DatasetFreshness(contract.dataset, version.id if version else None, mark))
    return found


def rebuild(home: Path, dataset: str | None = None) -> int:
    """Make the history again from the versions in the lake; returns how many were read."""
    return History(home).rebuild(PipelineSettings(home=home).lake, blueprint(), dataset)


def _newest(lake: Lake, history: History, contract: Contract, version: Version, at: datetime) -> Newest:
    found = history.newest(contract, version) or newest_in(lake, contract, version)
    confirmed_later = found.groups is None and not found.whole_days and found.at > at
    return Newest(version.committed_at) if confirmed_later else found
