"""A dataset in DCAT-AP 3: what ckanext-dcat's profile says of it, and what that leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ckanext.dcat.profiles import EuropeanDCATAP3Profile
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, RDFS, XSD

from . import lineage, quality, services, vocabularies
from .graph import DCAT, DCATAP, SPDX, VCARD, agent, concept, covers, place, say, typed

if TYPE_CHECKING:
    from .facts import Agency, Facts, File


def describe(graph: Graph, known: Facts, *, versions: bool) -> URIRef:
    """Add a dataset to the graph: our facts as ckanext-dcat's profile says them, then what that says wrongly or not at all,
    which is names in two languages, licences, places, checksums with their algorithm, quality, versions and origin.

    :param versions: with the series of its versions, for a document about this dataset alone
    """
    dataset = URIRef(known.uri)
    # The profile goes through the whole graph for some of its statements, so it gets one of its own.
    said = Graph(store="SimpleMemory", bind_namespaces="none")
    EuropeanDCATAP3Profile(said).graph_from_dataset(_fields(known), dataset)
    for statement in said:
        graph.add(statement)
    _dataset(graph, dataset, known)
    for file in known.files:
        distribution(graph, URIRef(file.uri), file, known)
    services.distribution(graph, dataset, known)
    quality.measurements(graph, dataset, known, known.current)
    quality.annotations(graph, dataset, known)
    lineage.origin(graph, dataset, known, known.current)
    if versions:
        lineage.series(graph, dataset, known)
        for entry in known.versions:
            _version(graph, dataset, known, entry)
    return dataset


def _version(graph: Graph, dataset: URIRef, known: Facts, entry: dict[str, Any]) -> None:
    version = lineage.version(graph, dataset, known, entry)
    quality.measurements(graph, version, known, entry)
    lineage.origin(graph, version, known, entry)
    for file in lineage.files(known, entry):
        graph.add((version, DCAT.distribution, URIRef(file.uri)))
        distribution(graph, URIRef(file.uri), file, known)


def _fields(known: Facts) -> dict[str, Any]:
    """Return a dataset in the field names of ckanext-dcat, for what its profile says as it should be said."""
    return {
        "type": "dataset",
        "name": known.name,
        "title_translated": known.title,
        "notes_translated": known.notes,
        "url": known.uri,
        "identifier": known.name,
        "version": known.version,
        "issued": known.issued,
        "modified": known.modified,
        "frequency": known.frequency,
        "language": list(vocabularies.LANGUAGES.values()),
        "access_rights": vocabularies.PUBLIC,
        "tags": [{"name": word} for word in known.keywords],
        "resources": [{"uri": file.uri, "url": file.access} for file in known.files],
    }


def _dataset(graph: Graph, dataset: URIRef, known: Facts) -> None:
    if known.agency:
        agent(graph, dataset, known.agency.uri, known.agency.name)
        contact(graph, dataset, known.agency)
    for topic in known.topics:
        concept(graph, dataset, DCAT.theme, topic)
    if known.simulated:
        concept(graph, dataset, DCTERMS.type, vocabularies.SYNTHETIC)
    if known.place:
        place(graph, dataset, known.place)
    covers(graph, dataset, known.covers)
    if known.source:
        statement = BNode()
        graph.add((dataset, DCTERMS.provenance, statement))
        graph.add((statement, RDF.type, DCTERMS.ProvenanceStatement))
        say(graph, statement, RDFS.label, known.source)
    lineage.standard(graph, dataset, known)


def contact(graph: Graph, subject: URIRef, known: Agency) -> None:
    """State whom to ask: the agency, by its page."""
    card = typed(graph, subject, DCAT.contactPoint, f"{known.uri}#contact", VCARD.Organization, VCARD.Kind)
    say(graph, card, VCARD.fn, known.name)
    graph.add((card, VCARD.hasURL, URIRef(known.uri)))


def distribution(graph: Graph, subject: URIRef, file: File, known: Facts) -> None:
    """Describe one file."""
    graph.add((subject, RDF.type, DCAT.Distribution))
    say(graph, subject, DCTERMS.title, file.title)
    say(graph, subject, DCTERMS.description, file.about)
    graph.add((subject, DCAT.accessURL, URIRef(file.access)))
    licence(graph, subject, known)
    if not file.kind:
        return
    graph.add((subject, DCAT.downloadURL, URIRef(file.url)))
    concept(graph, subject, DCATAP.availability, vocabularies.STABLE)
    if uri := vocabularies.media_type(file.media_type):
        typed(graph, subject, DCAT.mediaType, uri, DCTERMS.MediaType)
    if uri := vocabularies.file_type(file.format):
        typed(graph, subject, DCTERMS.format, uri, DCTERMS.MediaTypeOrExtent)
    if file.bytes is not None:
        graph.add((subject, DCAT.byteSize, Literal(file.bytes, datatype=XSD.nonNegativeInteger)))
    if file.sha256:
        checksum = URIRef(f"{subject}#checksum" if "#" not in subject else f"{subject}-checksum")
        graph.add((subject, SPDX.checksum, checksum))
        graph.add((checksum, RDF.type, SPDX.Checksum))
        graph.add((checksum, SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary)))
        typed(graph, checksum, SPDX.algorithm, vocabularies.SHA256, SPDX.ChecksumAlgorithm)


def licence(graph: Graph, subject: URIRef, known: Facts) -> None:
    """State the licence by its URI, or in words where it has none."""
    if known.licence_uri:
        document = typed(graph, subject, DCTERMS.license, known.licence_uri, DCTERMS.LicenseDocument)
        say(graph, document, RDFS.label, known.licence)
    elif any(known.licence.values()):
        statement = URIRef(f"{known.uri}#rights")
        graph.add((subject, DCTERMS.rights, statement))
        graph.add((statement, RDF.type, DCTERMS.RightsStatement))
        say(graph, statement, RDFS.label, known.licence)
