"""The services that answer questions about the data: the data API and CKAN's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ckan.common import config
from rdflib import URIRef
from rdflib.namespace import DCTERMS, RDF

from . import vocabularies
from .facts import site
from .graph import DCAT, DCATAP, agent, concept, public, say, typed

if TYPE_CHECKING:
    from rdflib import Graph

    from .facts import Facts
    from .vocabularies import Text


CITY = {"vi": "Thành phố Hà Nội", "en": "City of Hanoi"}
"""Who runs the catalogue and its services."""


@dataclass(frozen=True)
class Service:
    """One service: where it answers, where it is described, and the standard of that description."""

    uri: str
    endpoint: str
    described: str
    title: Text
    about: Text
    standard: str = ""


def data_api() -> Service | None:
    """Return the data API where one is served."""
    path = config.get("hanoi_dcat.data_api")
    if not path:
        return None
    endpoint = f"{site()}{path}"
    return Service(
        uri=f"{endpoint}#service",
        endpoint=endpoint,
        described=f"{endpoint}/openapi.json",
        title={"vi": "API dữ liệu Hà Nội Cloud", "en": "Data API of Hà Nội Cloud"},
        about={"vi": "Chọn cột, lọc, sắp xếp và tải các dòng của mọi bộ dữ liệu mở; không cần đăng ký.",
               "en": "Choose columns, filter, sort and fetch the rows of every open dataset; no registration."},
        standard="https://spec.openapis.org/oas/v3.1.0",
    )  # fmt: skip


def ckan_api() -> Service:
    """Return CKAN's own service."""
    return Service(
        uri=f"{site()}/api/3#service",
        endpoint=f"{site()}/api/3/action",
        described="https://docs.ckan.org/en/2.12/api/",
        title={"vi": "API của CKAN", "en": "API of CKAN"},
        about={"vi": "Tìm bộ dữ liệu, đọc mô tả và các dòng của bảng bằng API chuẩn của CKAN.",
               "en": "Find datasets, read descriptions and the rows of tables by CKAN's standard API."},
    )  # fmt: skip


def available() -> list[Service]:
    """Return the services that run here."""
    return [service for service in (data_api(), ckan_api()) if service]


def describe(graph: Graph, service: Service) -> URIRef:
    """Describe a service and return its URI."""
    subject = URIRef(service.uri)
    graph.add((subject, RDF.type, DCAT.DataService))
    say(graph, subject, DCTERMS.title, service.title)
    say(graph, subject, DCTERMS.description, service.about)
    graph.add((subject, DCAT.endpointURL, URIRef(service.endpoint)))
    graph.add((subject, DCAT.endpointDescription, URIRef(service.described)))
    if service.standard:
        typed(graph, subject, DCTERMS.conformsTo, service.standard, DCTERMS.Standard)
    public(graph, subject)
    agent(graph, subject, f"{site()}/about", CITY)
    return subject


def distribution(graph: Graph, dataset: URIRef, known: Facts) -> None:
    """State that a published dataset can be had from the data API."""
    service = data_api()
    if service is None or known.file("parquet") is None:
        return
    access = f"{service.endpoint}/datasets/{known.name}"
    answer = typed(graph, dataset, DCAT.distribution, f"{known.uri}#api", DCAT.Distribution)
    say(graph, answer, DCTERMS.title, {"vi": "API dữ liệu", "en": "Data API"})
    graph.add((answer, DCAT.accessURL, URIRef(access)))
    graph.add((answer, DCAT.accessService, describe(graph, service)))
    graph.add((URIRef(service.uri), DCAT.servesDataset, dataset))
    typed(graph, answer, DCTERMS.format, f"{vocabularies.EU}file-type/JSON", DCTERMS.MediaTypeOrExtent)
    concept(graph, answer, DCATAP.availability, vocabularies.STABLE)
