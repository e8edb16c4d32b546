"""Statements in RDF: the namespaces, and what several descriptions say in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, RDFS, SKOS, XSD

from . import vocabularies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rdflib.term import Node

    from .coverage import Coverage
    from .vocabularies import Concept

ADMS = Namespace("http://www.w3.org/ns/adms#")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DQV = Namespace("http://www.w3.org/ns/dqv#")
GSP = Namespace("http://www.opengis.net/ont/geosparql#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
OA = Namespace("http://www.w3.org/ns/oa#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")

PREFIXES = {
    "adms": ADMS, "dcat": DCAT, "dcatap": DCATAP, "dct": DCTERMS, "dqv": DQV, "foaf": FOAF, "gsp": GSP, "hydra": HYDRA,
    "oa": OA, "prov": PROV, "rdf": RDF, "rdfs": RDFS, "skos": SKOS, "spdx": SPDX, "vcard": VCARD, "xsd": XSD,
}  # fmt: skip


def empty() -> Graph:
    """Return a graph without statements in which the prefixes are bound."""
    graph = Graph(store="SimpleMemory", bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def say(graph: Graph, subject: Node, predicate: URIRef, text: Mapping[str, str]) -> None:
    """State a text in each of its languages."""
    for lang, words in text.items():
        graph.add((subject, predicate, Literal(words, lang=lang)))


def moment(text: str) -> Literal:
    """Return a day or a moment in ISO 8601 as a literal of its type."""
    return Literal(text, datatype=XSD.dateTime if "T" in text else XSD.date)


def typed(graph: Graph, subject: Node, predicate: URIRef, uri: str, *kinds: URIRef) -> URIRef:
    """State that something has another thing of these kinds, and return that."""
    thing = URIRef(uri)
    graph.add((subject, predicate, thing))
    for kind in kinds:
        graph.add((thing, RDF.type, kind))
    return thing


def concept(graph: Graph, subject: Node, predicate: URIRef, term: Concept) -> None:
    """State that something has a term of a list, and what the term is called."""
    thing = typed(graph, subject, predicate, term.uri, SKOS.Concept)
    say(graph, thing, SKOS.prefLabel, {"vi": term.vi, "en": term.en})


def place(graph: Graph, subject: Node, term: Concept) -> None:
    """State which place something is about."""
    thing = typed(graph, subject, DCTERMS.spatial, term.uri, DCTERMS.Location)
    say(graph, thing, SKOS.prefLabel, {"vi": term.vi, "en": term.en})


def agent(graph: Graph, subject: Node, uri: str, name: Mapping[str, str]) -> None:
    """State who publishes something."""
    say(graph, typed(graph, subject, DCTERMS.publisher, uri, FOAF.Agent), FOAF.name, name)


def covers(graph: Graph, subject: Node, known: Coverage) -> None:
    """State what time and which box something covers."""
    if known.period:
        time = BNode()
        graph.add((subject, DCTERMS.temporal, time))
        graph.add((time, RDF.type, DCTERMS.PeriodOfTime))
        for predicate, text in zip((DCAT.startDate, DCAT.endDate), known.period, strict=True):
            if text:
                graph.add((time, predicate, moment(text)))
    if known.box:
        west, south, east, north = known.box
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        shape = f"POLYGON(({', '.join(f'{x} {y}' for x, y in corners)}))"
        area = BNode()
        graph.add((subject, DCTERMS.spatial, area))
        graph.add((area, RDF.type, DCTERMS.Location))
        graph.add((area, DCAT.bbox, Literal(shape, datatype=GSP.wktLiteral)))


def languages(graph: Graph, subject: Node) -> None:
    """State that something is in Vietnamese and in English."""
    for uri in vocabularies.LANGUAGES.values():
        typed(graph, subject, DCTERMS.language, uri, DCTERMS.LinguisticSystem)


def public(graph: Graph, subject: Node) -> None:
    """State that everybody may have it."""
    typed(graph, subject, DCTERMS.accessRights, vocabularies.PUBLIC, DCTERMS.RightsStatement)
