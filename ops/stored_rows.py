"""The rows that the platform has stored, over which an edited rule is tried before a version is judged."""

from functools import lru_cache
from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.compat.replay import Direction, Outcome, ParquetReplay
from ops.settings import lake_of


class StoredRows:
    """Replay over the newest version of each dataset in the lake under ``home``, and the rows quarantined so far."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._of = lru_cache(maxsize=None)(self._found)

    def rows(self, contract: str) -> int:
        """How many accepted rows are stored of the dataset of ``contract``."""
        return self._of(contract.partition("@")[0]).rows(contract)

    def replay(
        self, rules: tuple[str, ...], old: Contract, new: Contract, plan: Blueprint, direction: Direction
    ) -> Outcome:
        """Try ``rules`` of ``new`` over the stored rows of ``old``."""
        return self._of(old.dataset).replay(rules, old, new, plan, direction)

    def _found(self, dataset: str) -> ParquetReplay:
        lake = lake_of(self._home)
        version = lake.current(dataset)
        quarantined = sorted((self._home / "quarantine" / dataset).glob("*.parquet"))
        return ParquetReplay(lake.files(version) if version else (), quarantined)
