"""Publishing lake versions to the catalogue: data, dictionary and metadata under one version id, in one visible step."""

from catalog.publisher.catalogue import Catalogue, Publication
from catalog.publisher.errors import CatalogueDown, CatalogueError, CatalogueRefused
from catalog.publisher.files import PublishedFile, published
from catalog.publisher.publications import Publications

__all__ = [
    "Catalogue",
    "CatalogueDown",
    "CatalogueError",
    "CatalogueRefused",
    "Publication",
    "Publications",
    "PublishedFile",
    "published",
]
