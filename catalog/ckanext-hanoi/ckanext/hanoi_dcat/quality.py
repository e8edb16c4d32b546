"""How good the data are, in the Data Quality Vocabulary of W3C (https://www.w3.org/TR/vocab-dqv/)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD

from .facts import site
from .graph import DQV, OA, say, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib import Graph

    from .facts import Facts
    from .vocabularies import Text


@dataclass(frozen=True)
class Metric:
    """What is measured: its dimensions, the type of its values and what they mean."""

    dimensions: tuple[str, ...]
    datatype: URIRef
    meaning: Text


_DIMENSIONS = {
    "validity": {"vi": "tính hợp lệ", "en": "validity"},
    "completeness": {"vi": "tính đầy đủ", "en": "completeness"},
    "uniqueness": {"vi": "tính duy nhất", "en": "uniqueness"},
    "consistency": {"vi": "tính nhất quán", "en": "consistency"},
    "timeliness": {"vi": "tính kịp thời", "en": "timeliness"},
}
_JUDGED = ("validity", "completeness", "uniqueness", "consistency")
_SHARE = {"vi": "Tỷ lệ dòng đạt, từ 0 đến 1: {}", "en": "Share of rows that are good, from 0 to 1: {}"}
METRICS = {
    "score": Metric(_JUDGED, XSD.decimal, {
        "vi": "Điểm chất lượng từ 0 đến 100: 100 lần tích của bốn tỷ lệ hợp lệ, đầy đủ, duy nhất và nhất quán",
        "en": "Quality score from 0 to 100: 100 times the product of the shares of validity, completeness, uniqueness and "
              "consistency"}),
    "rows-accepted": Metric(("completeness",), XSD.nonNegativeInteger, {
        "vi": "Số dòng được nhận vào phiên bản", "en": "Rows that were accepted into the version"}),
    "rows-quarantined": Metric(("validity",), XSD.nonNegativeInteger, {
        "vi": "Số dòng bị cách ly vì trái quy tắc của hợp đồng dữ liệu",
        "en": "Rows that were set aside because they break a rule of the data contract"}),
    "mark": Metric(("validity",), XSD.string, {
        "vi": "Dấu kiểm tra chất lượng: đạt, đạt có cảnh báo hay không đạt",
        "en": "Mark of the quality gate: passed, passed-with-warnings or failed"}),
    "freshness": Metric(("timeliness",), XSD.string, {
        "vi": "Dữ liệu có mới như đã hứa không, vào lúc kiểm tra", "en": "Whether the data were as recent as promised when judged"}),
    **{name: Metric((name,), XSD.decimal, {lang: _SHARE[lang].format(word) for lang, word in _DIMENSIONS[name].items()})
       for name in _JUDGED},
}  # fmt: skip


def _values(entry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "rows-accepted", entry.get("rows")
    yield "rows-quarantined", entry.get("rows_quarantined")
    found = entry.get("quality") or {}
    yield "mark", found.get("validity") or entry.get("gate")
    yield "score", found.get("score")
    yield "freshness", (found.get("freshness") or {}).get("state")
    for measure in found.get("measures") or []:
        yield measure.get("dimension"), measure.get("share")


def measurements(graph: Graph, subject: URIRef, known: Facts, entry: dict[str, Any]) -> None:
    """State what was measured of a version: of the version itself, or of the dataset that shows it."""
    for name, value in _values(entry):
        if value is None or name not in METRICS:
            continue
        metric = METRICS[name]
        measured = typed(graph, subject, DQV.hasQualityMeasurement, f"{known.uri}#{entry['id']}-{name}",
                         DQV.QualityMeasurement)  # fmt: skip
        graph.add((measured, DQV.isMeasurementOf, describe(graph, name)))
        graph.add((measured, DQV.computedOn, subject))
        graph.add((measured, DQV.value, _literal(value, metric.datatype)))


def _literal(value: Any, datatype: URIRef) -> Literal:
    # In RDF 1.1 a text without language is an xsd:string already, and not every reader takes the two for one.
    if datatype == XSD.string:
        return Literal(value)
    return Literal(Decimal(str(value)) if datatype == XSD.decimal else value, datatype=datatype)


def describe(graph: Graph, name: str) -> URIRef:
    """Describe a metric, once in a graph, and return its URI."""
    metric, uri = METRICS[name], URIRef(f"{site()}/catalog#metric-{name}")
    if (uri, RDF.type, DQV.Metric) in graph:
        return uri
    graph.add((uri, RDF.type, DQV.Metric))
    say(graph, uri, SKOS.definition, metric.meaning)
    graph.add((uri, DQV.expectedDataType, metric.datatype))
    for dimension in metric.dimensions:
        node = typed(graph, uri, DQV.inDimension, f"{site()}/catalog#dimension-{dimension}", DQV.Dimension)
        say(graph, node, SKOS.prefLabel, _DIMENSIONS[dimension])
    return uri


def annotations(graph: Graph, dataset: URIRef, known: Facts) -> None:
    """State the flaws that are known of a dataset."""
    for number, flaw in enumerate(known.flaws, 1):
        note = typed(graph, dataset, DQV.hasQualityAnnotation, f"{known.uri}#flaw-{number}", DQV.QualityAnnotation)
        graph.add((note, OA.motivatedBy, DQV.qualityAssessment))
        graph.add((note, OA.hasTarget, dataset))
        body = typed(graph, note, OA.hasBody, f"{known.uri}#flaw-{number}-text", OA.TextualBody)
        say(graph, body, RDF.value, flaw)
        graph.add((body, DCTERMS.format, Literal("text/plain")))
