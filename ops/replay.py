"""Replaying a changed rule over what a home has stored: the rows of the newest versions, and the quarantine."""

from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.compat.replay import Direction, Outcome, ParquetReplay
from lake import Lake


class LakeReplay:
    """Stored rows of every dataset of ``home``: of its newest version in the lake, and those in quarantine."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lake = Lake(home)
        self._known: dict[str, ParquetReplay] = {}

    def rows(self, contract: str) -> int:
        """How many rows the newest version of the contract's dataset holds; 0 where it was never committed."""
        return self._of(contract.partition("@")[0]).rows(contract)

    def replay(
        self, rules: tuple[str, ...], old: Contract, new: Contract, plan: Blueprint, direction: Direction
    ) -> Outcome:
        """Try ``rules`` of ``new`` over the rows stored of ``old``'s dataset."""
        return self._of(old.dataset).replay(rules, old, new, plan, direction)

    def _of(self, dataset: str) -> ParquetReplay:
        if dataset not in self._known:
            current = self._lake.current(dataset)
            quarantined = sorted((self._home / "quarantine" / dataset).glob("*.parquet"))
            self._known[dataset] = ParquetReplay(self._lake.files(current) if current else (), quarantined)
        return self._known[dataset]
