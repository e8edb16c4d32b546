"""The catalogue in DCAT-AP 3, judged by SHACL shapes."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest

from . import versions
from .conftest import PRIVATE
from .judges import QUIET, faults

rdflib = pytest.importorskip("rdflib", reason="the group of test packages is not installed")

from rdflib import RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef  # noqa: E402
from rdflib.compare import isomorphic  # noqa: E402

pytestmark = [pytest.mark.platform, *QUIET]

FORMS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
TYPES = {"ttl": "text/turtle", "jsonld": "application/ld+json", "rdf": "application/rdf+xml"}
LEVELS = versions.DATASET["id"]
EU = "http://publications.europa.eu/resource/authority/"
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DCT = Namespace("http://purl.org/dc/terms/")
DQV = Namespace("http://www.w3.org/ns/dqv#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
PROV = Namespace("http://www.w3.org/ns/prov#")
SPDX = Namespace("http://spdx.org/rdf/terms#")


@pytest.fixture(scope="module")
def described(catalogue):
    """The catalogue with one more dataset, which has two versions."""
    with versions.two(catalogue) as filled:
        yield filled


def read(catalogue, path: str) -> Graph:
    """Return the document at a path as a graph."""
    answer = catalogue.page(path)
    form = path.partition("?")[0].rpartition(".")[2]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == TYPES[form]
    return Graph().parse(data=answer.content, format=FORMS[form])


@pytest.fixture(scope="module")
def document(described) -> Graph:
    """The document about the dataset with two versions."""
    return read(described, f"/dataset/{LEVELS}.ttl")


@pytest.fixture(scope="module")
def page(described) -> Graph:
    """The first page of the catalogue."""
    return read(described, "/catalog.ttl")


def node(catalogue, suffix: str = "") -> URIRef:
    return URIRef(f"{catalogue.url}/dataset/{LEVELS}{suffix}")


def test_every_document_keeps_the_shapes(described, document, page):
    assert faults(page) == ""
    assert faults(document) == ""
    for dataset in ("air-quality-hourly", "bus-stops"):
        assert (URIRef(f"{described.url}/dataset/{dataset}"), RDF.type, DCAT.Dataset) in page


def test_the_forms_of_a_document_say_the_same(described, document, page):
    for form in ("jsonld", "rdf"):
        assert isomorphic(read(described, f"/dataset/{LEVELS}.{form}"), document)
        assert isomorphic(_without_view(read(described, f"/catalog.{form}")), _without_view(Graph() + page))


def _without_view(graph: Graph) -> Graph:
    """Leave out the addresses of the catalogue's pages, which name the form."""
    for view in list(graph.objects(None, HYDRA.view)):
        graph.remove((view, None, None))
        graph.remove((None, HYDRA.view, view))
    return graph


def _without(predicate):
    return lambda graph, dataset: graph.remove((dataset, predicate, None))


def _instead(predicate, value):
    def change(graph, dataset):
        graph.remove((dataset, predicate, None))
        graph.add((dataset, predicate, value))

    return change


def _of_files(predicate, value=None):
    def change(graph, dataset):
        for file in list(graph.subjects(DCAT.downloadURL)):
            graph.remove((file, predicate, None))
            if value is not None:
                graph.add((file, predicate, value))

    return change


MUTATIONS = {
    "no title": _without(DCT.title),
    "a title in one language": _instead(DCT.title, Literal("Mực nước", lang="vi")),
    "no description": _without(DCT.description),
    "a theme of nobody's list": _instead(DCAT.theme, URIRef("urn:theme:water")),
    "a publisher that is no agent": _instead(DCT.publisher, BNode()),
    "a frequency in words": _instead(DCT.accrualPeriodicity, Literal("hourly")),
    "a frequency of no list": _instead(DCT.accrualPeriodicity, URIRef("urn:hourly")),
    "a day that is none": _instead(DCT.issued, Literal("yesterday")),
    "a size with a fraction": _of_files(DCAT.byteSize, Literal("12.5")),
    "no checksum": _of_files(SPDX.checksum),
    "no address of access": _of_files(DCAT.accessURL),
    "no licence": lambda graph, dataset: (_of_files(DCT.license)(graph, dataset), _of_files(DCT.rights)(graph, dataset)),
    "a media type that is none": _of_files(DCAT.mediaType, URIRef("http://www.iana.org/assignments/media-types/csv")),
    "no quality": _without(DQV.hasQualityMeasurement),
    "a measurement of nothing": lambda graph, _: graph.remove((None, DQV.isMeasurementOf, None)),
    "no origin": _without(PROV.wasGeneratedBy),
    "a run that used nothing": lambda graph, _: graph.remove((None, PROV.used, None)),
    "no versions": _without(DCAT.hasVersion),
    "a claim that the EU's law applies": lambda graph, dataset: graph.add(
        (dataset, DCATAP.applicableLegislation, URIRef("http://data.europa.eu/eli/reg_impl/2023/138/oj"))
    ),
}  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_shapes_find_a_fault(described, document, mutation):
    broken = Graph() + document
    MUTATIONS[mutation](broken, node(described))
    assert len(broken ^ document) > 0
    assert faults(broken) != ""


def test_a_withdrawn_version_says_so_and_offers_no_file(described):
    index = described.home / "published" / LEVELS / "versions.json"
    former = index.read_text("utf-8")
    content = json.loads(former)
    content["versions"][1] |= {
        "files": [],
        "withdrawn": {"at": "2026-11-23T08:00:00+00:00", "by": "so-nn-mt", "successor": f"{LEVELS}@2-{_digest()}",
                      "reason": {"vi": "Sai đơn vị đo", "en": "Wrong unit"}},
    }  # fmt: skip
    index.write_text(json.dumps(content), "utf-8")
    try:
        graph = read(described, f"/dataset/{LEVELS}.ttl")
    finally:
        index.write_text(former, "utf-8")
    assert faults(graph) == ""
    gone, present = (node(described, f"#{number}-{_digest()}") for number in (1, 2))
    assert graph.value(gone, DCT.isReplacedBy) == present
    assert (gone, DCAT.distribution, None) not in graph
    assert (present, DCAT.distribution, None) in graph
    assert (gone, RDFS.comment, Literal("Wrong unit", lang="en")) in graph


def test_what_is_said_is_what_is_known(described, document):
    dataset = node(described)

    def one(subject, predicate):
        (value,) = document.objects(subject, predicate)
        return value

    assert set(document.objects(dataset, DCT.title)) == {
        Literal(words, lang=lang) for lang, words in versions.DATASET["title"].items()
    }
    assert one(dataset, DCT.accrualPeriodicity) == URIRef(f"{EU}frequency/HOURLY")
    assert URIRef(f"{EU}data-theme/ENVI") in set(document.objects(dataset, DCAT.theme))
    assert one(dataset, DCT.publisher) == URIRef(f"{described.url}/organization/so-nn-mt")
    assert one(dataset, DCT.type) == URIRef(f"{EU}dataset-type/SYNTHETIC_DATA")
    assert URIRef("https://sws.geonames.org/1581130/") in set(document.objects(dataset, DCT.spatial))
    period = one(dataset, DCT.temporal)
    # 40 hours from midnight in Hanoi.
    assert str(one(period, DCAT.startDate)) == "2025-02-28T17:00:00+00:00"
    assert str(one(period, DCAT.endDate)) == "2025-03-02T08:00:00+00:00"
    (box,) = (b for area in document.objects(dataset, DCT.spatial) for b in document.objects(area, DCAT.bbox))
    assert str(box).startswith("POLYGON((105.8587 21.0435, 105.8626 21.0435,")
    newest, oldest = (node(described, f"#{number}-{_digest()}") for number in (2, 1))
    assert one(dataset, DCAT.hasCurrentVersion) == newest
    assert set(document.objects(dataset, DCAT.hasVersion)) == {newest, oldest}
    assert one(newest, DCAT.previousVersion) == one(newest, DCAT.prev) == oldest
    assert (oldest, DCAT.previousVersion, None) not in document
    measured = {
        str(one(m, DQV.isMeasurementOf)).rpartition("#metric-")[2]: one(m, DQV.value).toPython()
        for m in document.objects(dataset, DQV.hasQualityMeasurement)
    }
    assert {name: float(v) if name in ("score", "completeness") else v for name, v in measured.items()} == {
        "score": 97.4, "completeness": 0.98, "rows-accepted": 40, "rows-quarantined": 3, "mark": "passed-with-warnings",
        "freshness": "late",
    }  # fmt: skip
    (service,) = document.subjects(DCAT.servesDataset, dataset)
    assert one(service, DCAT.endpointURL) == URIRef(f"{described.url}/api/v1")
    assert described.page(f"/api/v1/datasets/{LEVELS}").status_code == 200
    delivery = one(dataset, PROV.wasDerivedFrom)
    assert str(one(delivery, DCT.identifier)) == f"sha256:{2:064x}"
    assert one(oldest, PROV.wasDerivedFrom) != delivery


def _digest() -> str:
    return hashlib.sha256(LEVELS.encode()).hexdigest()[:8]


def test_the_checksums_are_those_of_the_files_behind_the_addresses(document):
    found = 0
    for file, address in document.subject_objects(DCAT.downloadURL):
        content = httpx.get(str(address)).content
        (checksum,) = document.objects(file, SPDX.checksum)
        (value,) = document.objects(checksum, SPDX.checksumValue)
        assert str(value) == hashlib.sha256(content).hexdigest()
        (size,) = document.objects(file, DCAT.byteSize)
        assert size.toPython() == len(content)
        found += 1
    assert found == 9  # three of the dataset, three of each version


def test_the_catalogue_has_pages(described):
    seen, at, pages = set(), "/catalog.ttl?limit=1", 0
    while at:
        graph = read(described, at)
        (view,) = graph.subjects(RDF.type, HYDRA.PartialCollectionView)
        (catalogue,) = graph.subjects(HYDRA.view, view)
        found = set(graph.objects(catalogue, DCAT.dataset))
        assert len(found) == 1
        seen |= found
        pages += 1
        following = graph.value(view, HYDRA.next)
        at = str(following).removeprefix(described.url) if following else None
    (total,) = graph.objects(catalogue, HYDRA.totalItems)
    assert pages == len(seen) == int(total) >= 3
    assert 'rel="first"' in described.page("/catalog.ttl?limit=1&page=2").headers["link"]
    for wrong in ("page=0", "page=99", "page=x", "page=-1", "page=99999999999", "page=1&limit=0", "limit=x"):
        assert described.page(f"/catalog.ttl?{wrong}").status_code == 404, wrong


def test_only_public_datasets_are_described(described):
    for headers in ({}, {"Authorization": described.token}):
        for path in (f"/dataset/{PRIVATE}.ttl", f"/dataset/{PRIVATE}/croissant.jsonld"):
            assert described.page(path, headers=headers).status_code == 404
        for path in ("/catalog.jsonld", "/sitemap-1.xml"):
            said = described.page(path, headers=headers).text
            assert PRIVATE not in said
            assert "zebra" not in said.lower()
    assert described.page("/dataset/no-such-dataset.ttl").status_code == 404
    negotiated = described.page(f"/dataset/{PRIVATE}", headers={"Accept": "text/turtle"})
    assert negotiated.status_code == 404
    own = described.page(f"/dataset/{PRIVATE}", headers={"Authorization": described.token})
    assert own.status_code == 200
    assert "application/ld+json" not in own.text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/turtle", "text/turtle"), ("application/ld+json", "application/ld+json"), ("*/*", "text/html"), ("", "text/html"),
     ("application/rdf+xml;q=0.9, text/html;q=0.5", "application/rdf+xml"), ("text/turtle;q=0.2, text/html", "text/html"),
     ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"), ("application/json", "text/html")],
)  # fmt: skip
def test_a_page_is_a_document_for_whoever_prefers_one(described, accept, kind):
    for path in (f"/dataset/{LEVELS}", "/"):
        answer = described.page(path, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
        assert "accept" in answer.headers["vary"].lower()


def test_the_uri_of_the_catalogue_leads_to_it(described):
    for accept, ending in (("text/turtle", "/catalog.ttl"), ("text/html", "/")):
        answer = described.page("/catalog", headers={"Accept": accept})
        assert answer.status_code == 303
        assert answer.headers["location"].endswith(ending)


def test_a_copy_stays_good_until_something_changes(described):
    for path in (f"/dataset/{LEVELS}.ttl", "/catalog.jsonld"):
        first = described.page(path)
        again = described.page(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        described.action("package_patch", signed_in=True, id=LEVELS, url=f"https://example.org/{len(path)}")
        changed = described.page(path, headers={"If-None-Match": first.headers["etag"]})
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]
