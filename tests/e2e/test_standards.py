"""Every dataset of the served city is described as the standards want it: DCAT-AP, schema.org and Croissant."""

import httpx
import pytest

from tests.ckanext_hanoi.judges import QUIET, embedded, faults, google, issues

pytestmark = [pytest.mark.platform, *QUIET]


def test_every_dataset_keeps_the_standards(platform):
    rdflib = pytest.importorskip("rdflib", reason="the group of test packages is not installed")
    said = rdflib.Graph()
    with httpx.Client(base_url=platform.url, timeout=60) as reader:
        for path in ("/catalog.ttl", *(f"/dataset/{name}.ttl" for name in platform.results)):
            answer = reader.get(path)
            assert answer.status_code == 200, path
            said.parse(data=answer.content, format="turtle")
        assert faults(said) == ""
        for name in platform.results:
            assert issues(reader.get(f"/dataset/{name}/croissant.jsonld").json()) == [], name
            assert google(embedded(reader.get(f"/dataset/{name}").text)) == [], name
    described = set(said.subjects(rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/ns/dcat#Dataset")))
    assert {rdflib.URIRef(f"{platform.url}/dataset/{name}") for name in platform.results} <= described
