"""The quality result as DQV: whole RDF that says of the version what was measured, by stable IRIs."""

import json
import warnings

import pytest

from blueprint.errors import HanoiError
from quality.report import QualityResult, dqv, unreadable
from quality.report.model import Fresh, Marks
from tests.quality.defects import CONTRACT
from tests.quality.reports import ATTACK, Delivered, workbook_result

BASE = "https://data.example.vn"
PREFIXES = """
PREFIX dqv: <http://www.w3.org/ns/dqv#> PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> QualityResult:
    found = workbook_result(tmp_path_factory.mktemp("workbook"))
    fresh = Fresh(state="fresh", groups=8, groups_late=2, vi="Đúng hạn.", en="On time.")
    marks = Marks(validity=found.marks.validity, freshness=fresh)
    return found.model_copy(update={"version": "3-0a1b2c3d", "marks": marks})


def graph(result: QualityResult):
    rdflib = pytest.importorskip("rdflib")
    with warnings.catch_warnings():
        # The parser of rdflib 7 uses a class of its own that rdflib 8 removes.
        warnings.simplefilter("ignore", DeprecationWarning)
        return rdflib.Graph().parse(data=json.dumps(dqv(result, BASE)), format="json-ld")


def ask(of, query: str) -> list:
    return [tuple(map(str, row)) for row in of.query(PREFIXES + query)]


def test_each_measurement_is_of_a_metric_with_a_dimension_and_computed_on_the_version(result: QualityResult) -> None:
    of = graph(result)
    version = f"{BASE}/dataset/clinic-days#version-3-0a1b2c3d"
    found = ask(
        of,
        """SELECT ?on ?metric ?value WHERE { ?m a dqv:QualityMeasurement; dqv:computedOn ?on; dqv:isMeasurementOf ?metric;
        dqv:value ?value; prov:generatedAtTime ?at . ?on dqv:hasQualityMeasurement ?m . ?metric a dqv:Metric;
        dqv:expectedDataType xsd:double . FILTER(datatype(?value) = xsd:double && datatype(?at) = xsd:dateTime) }""",
    )
    assert {on for on, _, _ in found} == {version}
    values = {metric.rpartition("#quality-")[2]: float(value) for _, metric, value in found}
    expected = {m.dimension: m.share for m in result.score.measures}
    expected |= {"score": result.score.value, "timeliness": 0.75}
    expected["quarantined"] = result.rows.quarantined / result.rows.received
    assert values == expected
    dimensions = ask(of, "SELECT DISTINCT ?m ?d WHERE { ?m a dqv:Metric; dqv:inDimension ?d }")
    assert {m for m, _ in dimensions} == {m for _, m, _ in found}
    assert all(d.startswith("http://www.w3.org/2016/05/ldqd#") for _, d in dimensions)
    languages = ask(of, "SELECT ?m (lang(?t) AS ?l) WHERE { ?m a dqv:Metric; skos:definition ?t }")
    assert len(languages) == 2 * len(values)


def test_the_version_is_a_dataset_with_its_distributions_and_its_verdict(result: QualityResult) -> None:
    of = graph(result)
    assert ask(
        of,
        """SELECT ?url ?type WHERE { ?d dcat:hasVersion ?v . ?v a dcat:Dataset; dcat:isVersionOf ?d; dcat:distribution ?f .
        ?f a dcat:Distribution; dcat:downloadURL ?url; dcat:mediaType ?type; dqv:hasQualityMeasurement ?m } ORDER BY ?url""",
    ) == [
        (f"{BASE}/data/clinic-days/3-0a1b2c3d.csv", "https://www.iana.org/assignments/media-types/text/csv"),
        (
            f"{BASE}/data/clinic-days/3-0a1b2c3d.parquet",
            "https://www.iana.org/assignments/media-types/application/vnd.apache.parquet",
        ),
    ]
    (verdict,) = ask(
        of,
        """SELECT ?state WHERE { ?v dqv:hasQualityAnnotation ?a . ?a a dqv:QualityAnnotation; oa:hasTarget ?v; oa:hasBody ?b;
        oa:motivatedBy dqv:qualityAssessment . ?b skos:notation ?state }""",
    )
    assert verdict == ("refused",)


def test_iris_are_stable_and_no_value_of_the_data_is_told(result: QualityResult) -> None:
    document = dqv(result, BASE + "/")
    assert document == dqv(QualityResult.from_json(result.to_json()), BASE)
    text = json.dumps(document, ensure_ascii=False)
    for value in (ATTACK, "Tuyến tỉnh", "31/13/2026"):
        assert value not in text
    ids = [node["@id"] for node in document["@graph"]]
    assert len(set(ids)) == len(ids)
    assert all(i.startswith(BASE) for i in ids)
    own = dqv(result, BASE, dataset=f"{BASE}/dataset/0f3c")
    assert own["@graph"][0]["@id"] == f"{BASE}/dataset/0f3c#version-3-0a1b2c3d"


def test_a_delivery_that_became_no_version_is_measured_itself(result: QualityResult) -> None:
    of = graph(unreadable(CONTRACT, Delivered(), HanoiError("Hỏng.", "Damaged.")))
    assert ask(of, "SELECT ?on ?value WHERE { ?m dqv:computedOn ?on; dqv:value ?value }") == [
        (f"{BASE}/dataset/clinic-days#delivery-{'a' * 16}", "0.0")
    ]
    assert ask(of, "SELECT ?v WHERE { ?v a dcat:Dataset }") == []
