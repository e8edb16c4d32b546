"""Withdrawing what was published, and taking that back. Files stop being served at once, whether the catalogue answers or not."""

from dataclasses import dataclass
from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.changelog import changelog
from catalog.publisher.catalogue import Catalogue
from catalog.publisher.errors import NeverPublished, NothingWithdrawn
from catalog.publisher.index import write_index
from catalog.publisher.openness import announced
from catalog.publisher.publications import Publications
from catalog.publisher.publishing import show
from catalog.publisher.withdrawals import Tombstone, Withdrawals, alone
from lake import Lake, Version


@dataclass(frozen=True)
class Shown:
    """What the catalogue shows of a dataset after a change: the version, None where the dataset is not to be seen any more."""

    dataset: str
    version: str | None
    url: str


@dataclass(frozen=True)
class Desk:
    """Where one dataset is published: its home, catalogue, contract and lake."""

    home: Path
    catalogue: Catalogue
    contract: Contract
    plan: Blueprint
    lake: Lake

    @property
    def withdrawals(self) -> Withdrawals:
        return Withdrawals(self.home, self.contract.dataset)

    def withdraw(self, version: str | None, tombstone: Tombstone) -> Shown:
        """Withdraw ``version``, or the whole dataset where it is None.

        The files stay in the lake and are set aside; their addresses answer that they are gone, with the reason. The newest
        version that is left takes the place of a withdrawn one; where none is left, the dataset goes out of the search.
        Withdrawing again does what a broken-off withdrawal left undone.

        Raises:
            NeverPublished: nothing of that name was ever published.
            CatalogueError: the files are not served any more, but the entry is still to be changed: withdraw again.
        """
        dataset = self.contract.dataset
        with alone(self.home, dataset):
            known = Publications(self.home, dataset).known() or frozenset()
            if not known or (version is not None and version not in known):
                raise NeverPublished(dataset, version, known)
            self.withdrawals.record(version, tombstone)
            return self._settle()

    def restore(self, version: str | None) -> Shown:
        """Take the withdrawal of ``version``, or of the dataset, back: the same addresses serve the same bytes again.

        Raises:
            NothingWithdrawn: it is not withdrawn.
            CatalogueError: the files are served again, but the entry is still to be changed: publish the dataset.
        """
        dataset = self.contract.dataset
        with alone(self.home, dataset):
            if self.withdrawals.lift(version) is None:
                raise NothingWithdrawn(dataset, version, self.withdrawals.of_versions())
            return self._settle()

    def left(self) -> Version | None:
        """The newest version whose files are served."""
        folder = self.home / "published" / self.contract.dataset
        served = (v for v in self.lake.versions(self.contract.dataset) if (folder / f"{v.id}.parquet").is_file())
        return max(served, key=lambda v: v.number, default=None)

    def _settle(self) -> Shown:
        """Bring files, index and entry to what the tombstones say; each step may be done again."""
        dataset = self.contract.dataset
        self.withdrawals.sort_files()
        notices = announced(self.contract, self.plan, changelog(self.plan.root))
        write_index(self.home, self.contract, self.plan, self.lake, notices)
        left = self.left()
        if left is None:
            self.catalogue.withdraw(dataset)
        else:
            show(self.home, self.catalogue, self.contract, self.plan, self.lake, left)
        return Shown(dataset, left.id if left else None, self.catalogue.page(dataset))
