"""Where data come from (PROV) and how their versions follow one another (DCAT 3).

Each version is a dataset of its own that never changes, a member of the dataset's series and linked to the one before; the
dataset itself is what its newest version says.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS

from . import vocabularies
from .coverage import of_version
from .facts import file_of_version, site
from .graph import ADMS, DCAT, concept, covers, moment, place, say, typed

if TYPE_CHECKING:
    from rdflib import Graph

    from .facts import Facts, File


def named_hash(sha256: str) -> str:
    """Return the URI of bytes by their SHA-256 (RFC 6920), or nothing for what is no SHA-256.

    >>> named_hash("00" * 32)
    'ni:///sha-256;AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    """
    try:
        digest = bytes.fromhex(sha256)
    except ValueError:
        return ""
    return f"ni:///sha-256;{urlsafe_b64encode(digest).decode().rstrip('=')}" if len(digest) == 32 else ""


def standard(graph: Graph, subject: URIRef, known: Facts) -> None:
    """State the data contract that something keeps, by the data dictionary that is published with it."""
    dictionary = known.file("schema.json")
    if known.contract and dictionary:
        contract = typed(graph, subject, DCTERMS.conformsTo, dictionary.url, DCTERMS.Standard)
        say(graph, contract, DCTERMS.title, {"vi": f"Hợp đồng dữ liệu {known.contract}",
                                             "en": f"Data contract {known.contract}"})  # fmt: skip


def origin(graph: Graph, subject: URIRef, known: Facts, entry: dict[str, Any]) -> None:
    """State the run that made a version, and the delivered bytes that it used; by their hash where everybody may know it."""
    if not entry:
        return
    run = typed(graph, subject, PROV.wasGeneratedBy, f"{known.uri}#run-{entry['id']}", PROV.Activity)
    say(graph, run, RDFS.label, {"vi": f"Chuẩn hóa, kiểm tra và công bố phiên bản {entry['id']}",
                                 "en": f"Conforming, checking and publishing version {entry['id']}"})  # fmt: skip
    graph.add((run, PROV.endedAtTime, moment(entry["committed_at"])))
    if entry.get("run"):
        graph.add((run, DCTERMS.identifier, Literal(entry["run"])))
    if entry.get("code_version"):
        software = typed(graph, run, PROV.wasAssociatedWith, f"{known.uri}#platform", PROV.SoftwareAgent)
        graph.add((software, RDFS.label, Literal(f"Hà Nội Cloud {entry['code_version']}")))
    delivery = entry.get("delivery") or ""
    used = typed(graph, run, PROV.used, named_hash(delivery) or f"{known.uri}#delivery-{entry['id']}", PROV.Entity)
    graph.add((subject, PROV.wasDerivedFrom, used))
    say(graph, used, RDFS.label, {"vi": "Bộ dữ liệu đơn vị đã gửi", "en": "What the agency delivered"})
    if named_hash(delivery):
        graph.add((used, DCTERMS.identifier, Literal(f"sha256:{delivery}")))
    if known.agency:
        graph.add((used, PROV.wasAttributedTo, URIRef(known.agency.uri)))


def _uri(known: Facts, entry: dict[str, Any]) -> URIRef:
    return URIRef(f"{known.uri}#{entry['id']}")


def series(graph: Graph, dataset: URIRef, known: Facts) -> None:
    """State that the dataset has versions, and describe their series."""
    if not known.versions:
        return
    whole = typed(graph, dataset, DCAT.inSeries, f"{known.uri}#series", DCAT.DatasetSeries)
    title = {"vi": "{}: các phiên bản", "en": "{}: versions"}
    say(graph, whole, DCTERMS.title, {lang: title[lang].format(words) for lang, words in known.title.items()})
    say(graph, whole, DCTERMS.description, known.notes)
    graph.add((whole, DCTERMS.issued, moment(known.versions[-1]["committed_at"])))
    graph.add((whole, DCTERMS.modified, moment(known.versions[0]["committed_at"])))
    if known.frequency:
        typed(graph, whole, DCTERMS.accrualPeriodicity, known.frequency, DCTERMS.Frequency)
    if known.place:
        place(graph, whole, known.place)
    for predicate in (DCTERMS.publisher, DCAT.contactPoint):
        for agent in list(graph.objects(dataset, predicate)):
            graph.add((whole, predicate, agent))
    graph.add((whole, DCAT.first, _uri(known, known.versions[-1])))
    graph.add((whole, DCAT.last, _uri(known, known.versions[0])))
    for newer, older in zip(known.versions, known.versions[1:], strict=False):
        graph.add((_uri(known, newer), DCAT.prev, _uri(known, older)))
        graph.add((_uri(known, newer), DCAT.previousVersion, _uri(known, older)))
    for entry in known.versions:
        graph.add((dataset, DCAT.hasVersion, _uri(known, entry)))
    if known.current in known.versions:
        graph.add((dataset, DCAT.hasCurrentVersion, _uri(known, known.current)))


def version(graph: Graph, dataset: URIRef, known: Facts, entry: dict[str, Any]) -> URIRef:
    """Describe one version and return its URI."""
    subject = _uri(known, entry)
    graph.add((subject, RDF.type, DCAT.Dataset))
    graph.add((subject, DCAT.isVersionOf, dataset))
    graph.add((subject, DCAT.inSeries, URIRef(f"{known.uri}#series")))
    graph.add((subject, DCAT.version, Literal(entry["id"])))
    graph.add((subject, DCTERMS.identifier, Literal(f"{known.name}/{entry['id']}")))
    graph.add((subject, DCTERMS.issued, moment(entry["committed_at"])))
    title = {"vi": "{}, phiên bản {}", "en": "{}, version {}"}
    say(
        graph, subject, DCTERMS.title, {lang: title[lang].format(t, entry["number"]) for lang, t in known.title.items()}
    )
    say(graph, subject, DCTERMS.description, known.notes)
    say(graph, subject, ADMS.versionNotes, {"vi": f"{entry['rows']} dòng; hợp đồng {entry['contract']}",
                                            "en": f"{entry['rows']} rows; contract {entry['contract']}"})  # fmt: skip
    if entry.get("withdrawn"):
        _withdrawn(graph, subject, entry["withdrawn"])
    for predicate in (DCTERMS.publisher, DCAT.contactPoint, DCAT.theme, DCTERMS.accessRights):
        for thing in list(graph.objects(dataset, predicate)):
            graph.add((subject, predicate, thing))
    if entry.get("simulated"):
        concept(graph, subject, DCTERMS.type, vocabularies.SYNTHETIC)
    if known.place:
        place(graph, subject, known.place)
    covers(graph, subject, of_version(known.name, entry["id"]))
    return subject


def _withdrawn(graph: Graph, subject: URIRef, tombstone: dict[str, Any]) -> None:
    """State that a version was withdrawn, when and why, and what to use in its place."""
    concept(graph, subject, ADMS.status, vocabularies.WITHDRAWN)
    say(graph, subject, RDFS.comment, tombstone.get("reason") or {})
    if tombstone.get("at"):
        graph.add((subject, PROV.invalidatedAtTime, moment(tombstone["at"])))
    dataset, _, successor = (tombstone.get("successor") or "").partition("@")
    if dataset:
        instead = f"{site()}/dataset/{dataset}" + (f"#{successor}" if successor else "")
        graph.add((subject, DCTERMS.isReplacedBy, URIRef(instead)))


def files(known: Facts, entry: dict[str, Any]) -> list[File]:
    """Return the files of a version."""
    return [file_of_version(known.uri, file) for file in entry.get("files", [])]
