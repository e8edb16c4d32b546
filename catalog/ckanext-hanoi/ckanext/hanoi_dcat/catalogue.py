"""The catalogue in DCAT-AP 3, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ckan.common import config
from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, SKOS, XSD

from . import profile, services, vocabularies
from .facts import site
from .graph import DCAT, HYDRA, agent, languages, moment, place, say, typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rdflib import Graph

    from .facts import Facts
    from .vocabularies import Text

PLACE = vocabularies.HANOI
ABOUT = {
    "vi": "Dữ liệu mở của thành phố Hà Nội: bảng, từ điển dữ liệu, chất lượng và nguồn gốc của từng phiên bản.",
    "en": "Open data of the city of Hanoi: tables, data dictionaries, quality and origin of every version.",
}


@dataclass(frozen=True)
class Page:
    """Page `number`, from 1, of `pages` with `size` datasets each and `total` in all; `path` leads to the catalogue."""

    path: str
    number: int
    pages: int
    size: int
    total: int

    def url(self, number: int) -> str:
        """The address of a page."""
        return f"{site()}{self.path}?limit={self.size}&page={number}"

    def neighbours(self) -> dict[str, str]:
        """The addresses of the other pages by how they stand to this one, as HTTP and Hydra name it."""
        found = {"first": 1, "last": self.pages}
        if self.number > 1:
            found["previous"] = self.number - 1
        if self.number < self.pages:
            found["next"] = self.number + 1
        return {relation: self.url(number) for relation, number in found.items()}


def name() -> Text:
    """Return what the catalogue is called."""
    title = config["ckan.site_title"]
    return {"vi": f"{title}: cổng dữ liệu mở", "en": f"{title}: open data catalogue"}


def uri() -> URIRef:
    """Return the catalogue's URI."""
    return URIRef(f"{site()}/catalog")


def describe(graph: Graph, datasets: Sequence[Facts], page: Page) -> None:
    """Describe the catalogue and one page of its datasets."""
    catalogue = uri()
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    say(graph, catalogue, DCTERMS.title, name())
    say(graph, catalogue, DCTERMS.description, ABOUT)
    languages(graph, catalogue)
    place(graph, catalogue, PLACE)
    typed(graph, catalogue, FOAF.homepage, f"{site()}/", FOAF.Document)
    agent(graph, catalogue, f"{site()}/about", services.CITY)
    taxonomy = typed(graph, catalogue, DCAT.themeTaxonomy, vocabularies.THEMES, SKOS.ConceptScheme)
    say(graph, taxonomy, DCTERMS.title, {"vi": "Chủ đề dữ liệu của EU", "en": "Data theme"})
    if datasets:
        graph.add((catalogue, DCTERMS.modified, moment(max(known.modified for known in datasets))))
    for service in services.available():
        graph.add((catalogue, DCAT.service, services.describe(graph, service)))
    for known in datasets:
        graph.add((catalogue, DCAT.dataset, profile.describe(graph, known, versions=False)))
    _view(graph, catalogue, page)


def _view(graph: Graph, catalogue: URIRef, page: Page) -> None:
    view = URIRef(page.url(page.number))
    graph.add((catalogue, HYDRA.view, view))
    graph.add((catalogue, RDF.type, HYDRA.Collection))
    graph.add((catalogue, HYDRA.totalItems, Literal(page.total, datatype=XSD.integer)))
    graph.add((view, RDF.type, HYDRA.PartialCollectionView))
    for relation, url in page.neighbours().items():
        graph.add((view, HYDRA[relation], URIRef(url)))
