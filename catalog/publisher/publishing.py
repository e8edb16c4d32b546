"""Publishing one version: its files, its entry in the catalogue, and the index of all versions."""

from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.changelog import changelog
from catalog.publisher.catalogue import Catalogue, Publication
from catalog.publisher.files import published
from catalog.publisher.index import announced, write_index
from lake import Lake, Version


def publish_version(
    home: Path, catalogue: Catalogue, contract: Contract, plan: Blueprint, lake: Lake, version: Version
) -> Publication:
    """Publish ``version`` of the dataset of ``contract``.

    The files come first and the catalogue's entry makes them visible; the index follows, so that it names no version which
    the catalogue refused.

    Raises:
        CatalogueError: the version that was published before stays as it is.
    """
    files = published(home, contract, plan, lake, version)
    notices = announced(contract, changelog(plan.root))
    publication = catalogue.publish(contract, version, files, notices)
    write_index(home, contract, lake, notices)
    return publication
