"""The quality result as linked data: the W3C's Data Quality Vocabulary over the catalogue's DCAT, as JSON-LD.

Dimensions are those of the W3C's Linked Data Quality Dimensions. Nothing here holds a value from the data.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from quality.report.model import QualityResult

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "ldqd": "http://www.w3.org/2016/05/ldqd#",
    "oa": "http://www.w3.org/ns/oa#",
    "prov": "http://www.w3.org/ns/prov#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_DIMENSIONS = {
    "validity": ("ldqd:syntacticValidity",),
    "completeness": ("ldqd:completeness",),
    "uniqueness": ("ldqd:conciseness",),
    "consistency": ("ldqd:consistency",),
    "timeliness": ("ldqd:timeliness",),
    "quarantined": ("ldqd:syntacticValidity", "ldqd:completeness", "ldqd:conciseness", "ldqd:consistency"),
    "score": ("ldqd:syntacticValidity", "ldqd:completeness", "ldqd:conciseness", "ldqd:consistency"),
}
_METRICS = {
    "score": (
        "Điểm chất lượng từ 0 đến 100: tích các tỷ lệ hợp lệ, đầy đủ, không trùng và nhất quán.",
        "Quality score from 0 to 100: the product of the shares of validity, completeness, uniqueness and consistency.",
    ),
    "validity": (
        "Tỷ lệ dòng có giá trị đúng kiểu, đúng khoảng, đúng dạng và đúng danh mục.",
        "Share of rows whose values have the type, range, form and code that the contract allows.",
    ),
    "completeness": (
        "Tỷ lệ dòng có đủ giá trị bắt buộc, trên số dòng nhận được và số dòng phải có.",
        "Share of rows with every required value, of the rows that came and those that had to come.",
    ),
    "uniqueness": ("Tỷ lệ dòng không lặp lại dòng khác.", "Share of rows that repeat no other row."),
    "consistency": (
        "Tỷ lệ dòng không mâu thuẫn trong dòng, với dòng khác hay với bộ dữ liệu khác.",
        "Share of rows that contradict neither themselves nor another row nor another dataset.",
    ),
    "timeliness": (
        "Tỷ lệ nhóm có dữ liệu đúng nhịp đã hứa; không tính vào điểm.",
        "Share of groups whose data are as recent as promised; no part of the score.",
    ),
    "quarantined": (
        "Tỷ lệ dòng nhận được phải cách ly, không vào phiên bản.",
        "Share of the received rows that were quarantined and are not in the version.",
    ),
}
_FILES = (("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet"))
Node = dict[str, Any]


def dqv(result: QualityResult, base: str, dataset: str | None = None) -> Node:
    """The result as a JSON-LD document.

    Args:
        result: the result.
        base: address of the catalogue, such as ``https://data.example.vn``; every IRI begins with it.
        dataset: the IRI that the catalogue's own DCAT gives the dataset; its page where absent.

    The measurements are of the version, and of its distributions through it; of the delivery where it became no version.
    The same result gives the same IRIs and the same document.
    """
    base = base.rstrip("/")
    dataset = dataset or f"{base}/dataset/{quote(result.dataset)}"
    about = f"{dataset}#version-{result.version}" if result.version else f"{dataset}#delivery-{result.delivery.id[:16]}"
    values = dict(_values(result))
    measurements = [_measurement(result, about, base, metric, value) for metric, value in values.items()]
    subject: Node = {
        "@id": about,
        "@type": "dcat:Dataset" if result.version else "prov:Entity",
        "dct:title": _both(result.title.vi, result.title.en),
        "dct:conformsTo": {"@id": f"{base}/#contract-{quote(result.contract)}"},
        "dqv:hasQualityMeasurement": [{"@id": m["@id"]} for m in measurements],
        "dqv:hasQualityAnnotation": {"@id": f"{about}-gate"},
    }
    graph = [subject, _annotation(result, about), *measurements, *(_metric(base, metric) for metric in values)]
    if result.version:
        files = [_distribution(result, about, base, *kind) for kind in _FILES]
        subject |= {
            "dcat:version": result.version,
            "dcat:isVersionOf": {"@id": dataset},
            "dcat:distribution": [{"@id": f["@id"]} for f in files],
            "prov:wasDerivedFrom": {"@id": f"{dataset}#delivery-{result.delivery.id[:16]}"},
        }
        graph += [*files, {"@id": dataset, "@type": "dcat:Dataset", "dcat:hasVersion": {"@id": about}}]
    return {"@context": CONTEXT, "@graph": graph}


def _values(result: QualityResult) -> Iterator[tuple[str, float]]:
    yield "score", result.score.value
    yield from ((m.dimension, m.share) for m in result.score.measures)
    if result.rows.received:
        yield "quarantined", result.rows.quarantined / result.rows.received
    fresh = result.marks.freshness
    if fresh is not None and fresh.share is not None:
        yield "timeliness", fresh.share


def _measurement(result: QualityResult, about: str, base: str, metric: str, value: float) -> Node:
    return {
        "@id": f"{about}-{metric}",
        "@type": "dqv:QualityMeasurement",
        "dqv:computedOn": {"@id": about},
        "dqv:isMeasurementOf": {"@id": _iri(base, metric)},
        "dqv:value": {"@type": "xsd:double", "@value": repr(float(value))},
        "prov:generatedAtTime": _instant(result),
    }


def _metric(base: str, metric: str) -> Node:
    return {
        "@id": _iri(base, metric),
        "@type": "dqv:Metric",
        "skos:definition": _both(*_METRICS[metric]),
        "dqv:expectedDataType": {"@id": "xsd:double"},
        "dqv:inDimension": [{"@id": d} for d in _DIMENSIONS[metric]],
    }


def _annotation(result: QualityResult, about: str) -> Node:
    """The verdict, as a statement on the data."""
    if result.verdict is not None:
        words = _both(result.verdict.summary("vi"), result.verdict.summary("en"))
    else:
        words = _both("không đọc được bộ dữ liệu gửi", "the delivery could not be read")
    return {
        "@id": f"{about}-gate",
        "@type": "dqv:QualityAnnotation",
        "oa:motivatedBy": {"@id": "dqv:qualityAssessment"},
        "oa:hasTarget": {"@id": about},
        "oa:hasBody": {"@id": f"{about}-verdict", "skos:notation": result.marks.validity, "skos:prefLabel": words},
        "dqv:inDimension": [{"@id": d} for d in _DIMENSIONS["score"]],
        "prov:generatedAtTime": _instant(result),
    }


def _distribution(result: QualityResult, about: str, base: str, suffix: str, media_type: str) -> Node:
    return {
        "@id": f"{about}-{suffix}",
        "@type": "dcat:Distribution",
        "dcat:downloadURL": {"@id": f"{base}/data/{quote(result.dataset)}/{result.version}.{suffix}"},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media_type}"},
        "dqv:hasQualityMeasurement": [{"@id": f"{about}-score"}],
    }


def _both(vi: str, en: str) -> list[Node]:
    return [{"@language": "vi", "@value": vi}, {"@language": "en", "@value": en}]


def _instant(result: QualityResult) -> Node:
    return {"@type": "xsd:dateTime", "@value": result.judged_at.isoformat()}


def _iri(base: str, metric: str) -> str:
    return f"{base}/#quality-{metric}"
