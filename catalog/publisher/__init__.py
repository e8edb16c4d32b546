"""Publishing lake versions to the catalogue: data, dictionary and metadata under one version id, in one visible step."""

from catalog.publisher.catalogue import Catalogue, Publication
from catalog.publisher.errors import CatalogueDown, CatalogueError, CatalogueRefused, NeverPublished, NothingWithdrawn
from catalog.publisher.files import PublishedFile, published
from catalog.publisher.index import INDEX, read_index, write_index
from catalog.publisher.publications import Publications
from catalog.publisher.publishing import publish_version
from catalog.publisher.withdrawals import Tombstone, Withdrawals
from catalog.publisher.withdrawing import Desk, Shown

__all__ = [
    "INDEX",
    "Catalogue",
    "CatalogueDown",
    "CatalogueError",
    "CatalogueRefused",
    "Desk",
    "NeverPublished",
    "NothingWithdrawn",
    "Publication",
    "Publications",
    "PublishedFile",
    "Shown",
    "Tombstone",
    "Withdrawals",
    "publish_version",
    "published",
    "read_index",
    "write_index",
]
