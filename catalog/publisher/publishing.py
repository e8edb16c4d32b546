"""Publishing one version: its files, its entry in the catalogue, and the index of all versions."""

from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.changelog import changelog
from catalog.publisher.catalogue import Catalogue, Publication
from catalog.publisher.files import published
from catalog.publisher.index import write_index
from catalog.publisher.openness import announced, told_of
from catalog.publisher.withdrawals import Withdrawals, alone
from lake import Lake, Version


def publish_version(
    home: Path, catalogue: Catalogue, contract: Contract, plan: Blueprint, lake: Lake, version: Version
) -> Publication:
    """Publish ``version`` of the dataset of ``contract``; one that was withdrawn stays so, and nothing is sent.

    The files come first and the catalogue's entry makes them visible; the index follows, so that it names no version which
    the catalogue refused.

    Raises:
        CatalogueError: the version that was published before stays as it is.
    """
    with alone(home, contract.dataset):
        if Withdrawals(home, contract.dataset).of(version.id):
            return Publication(catalogue.page(contract.dataset), changed=False)
        return show(home, catalogue, contract, plan, lake, version)


def show(
    home: Path, catalogue: Catalogue, contract: Contract, plan: Blueprint, lake: Lake, version: Version
) -> Publication:
    """Publish ``version`` as ``publish_version`` does, for one who holds the lock of the dataset and knows its tombstones."""
    files = published(home, contract, plan, lake, version)
    notices = announced(contract, plan, changelog(plan.root))
    publication = catalogue.publish(contract, told_of(version, contract, plan), files, notices)
    write_index(home, contract, plan, lake, notices)
    return publication
