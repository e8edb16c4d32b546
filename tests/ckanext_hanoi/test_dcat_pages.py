"""What search engines and machine learners read: schema.org in pages, Croissant, the sitemap and robots.txt."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ET
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from . import versions
from .conftest import PRIVATE
from .judges import QUIET, croissant, embedded, google, issues

pytestmark = [pytest.mark.platform, *QUIET]

LEVELS = versions.DATASET["id"]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def described(catalogue):
    """The catalogue with one more dataset, which has two versions."""
    with versions.two(catalogue) as filled:
        yield filled


@pytest.mark.parametrize("dataset", [LEVELS, "air-quality-hourly", "bus-stops"])
def test_a_dataset_s_page_has_what_google_asks_for(described, dataset):
    for path, lang in ((f"/dataset/{dataset}", "vi"), (f"/en/dataset/{dataset}", "en")):
        content = embedded(described.page(path).text)
        assert google(content) == []
        assert content["url"] == f"{described.url}/dataset/{dataset}"
        if dataset == LEVELS:
            assert content["name"] == versions.DATASET["title"][lang]
            assert content["creativeWorkStatus"] == ("Simulated data" if lang == "en" else "Dữ liệu mô phỏng")
            assert {file["encodingFormat"] for file in content["distribution"]} == {
                "text/csv",
                "application/vnd.apache.parquet",
            }
            assert content["spatialCoverage"][1]["geo"]["box"] == "21.0435 105.8587 21.0435 105.8626"


def test_the_check_finds_what_is_missing(described):
    content = embedded(described.page(f"/dataset/{LEVELS}").text)
    for name in ("description", "license", "distribution", "creator"):
        assert google({key: value for key, value in content.items() if key != name}) != []
    assert google({**content, "description": "short"}) != []
    assert google({**content, "temporalCoverage": "last week"}) != []


def test_no_text_of_a_dataset_leaves_its_element(described):
    html = described.page(f"/dataset/{LEVELS}").text
    assert "</script> & sông" not in html
    assert embedded(html)["name"] == "Mực nước </script> & sông"


def test_the_home_page_describes_the_catalogue_and_leads_to_its_other_forms(described):
    for path in ("/", "/en/"):
        html = described.page(path, follow_redirects=True).text
        content = embedded(html)
        assert content["@type"] == "DataCatalog"
        assert content["name"]
        assert content["url"] == f"{described.url}/"
        links = dict(re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]*catalog\.[a-z]+)"', html))
        assert set(links) == {"text/turtle", "application/ld+json", "application/rdf+xml"}
        for kind, address in links.items():
            assert described.page(urlsplit(address).path).headers["content-type"].startswith(kind)
    html = described.page(f"/en/dataset/{LEVELS}").text
    assert f'href="/dataset/{LEVELS}.ttl"' in html.replace(described.url, "")


def _urls(described, path: str) -> list[ET.Element]:
    answer = described.page(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert len(answer.content) < 50 * 2**20
    root = ET.fromstring(answer.content)  # noqa: S314 - our own server wrote it
    assert root.tag in (f"{SITEMAP}urlset", f"{SITEMAP}sitemapindex")
    child = "url" if root.tag.endswith("urlset") else "sitemap"
    assert 0 < len(root) <= 50_000
    for entry in root:
        assert entry.tag == f"{SITEMAP}{child}"
        (loc,) = entry.findall(f"{SITEMAP}loc")
        assert loc.text.startswith(f"{described.url}/")
        assert len(loc.text) < 2048
        for changed in entry.findall(f"{SITEMAP}lastmod"):
            assert datetime.fromisoformat(changed.text).tzinfo is not None
        assert {node.tag for node in entry} <= {f"{SITEMAP}loc", f"{SITEMAP}lastmod", f"{XHTML}link"}
    return list(root)


def test_the_sitemap_keeps_its_rules_and_leads_to_every_public_page(described):
    assert f"Sitemap: {described.url}/sitemap.xml" in described.page("/robots.txt").text
    parts = [entry.findtext(f"{SITEMAP}loc") for entry in _urls(described, "/sitemap.xml")]
    entries = [entry for part in parts for entry in _urls(described, urlsplit(part).path)]
    addresses = [entry.findtext(f"{SITEMAP}loc") for entry in entries]
    assert len(addresses) == len(set(addresses))
    public = described.action("package_search", rows=0)["result"]["count"]
    datasets = [
        urlsplit(address).path for address in addresses if "/dataset/" in address and not address.endswith("/dataset/")
    ]
    assert len(datasets) == 2 * public
    assert {f"/dataset/{LEVELS}", f"/en/dataset/{LEVELS}"} <= set(datasets)
    for address in addresses[:3] + [f"{described.url}{path}" for path in datasets[-2:]]:
        assert described.page(urlsplit(address).path, follow_redirects=True).status_code == 200
    for entry in entries:
        others = {link.get("hreflang"): link.get("href") for link in entry.findall(f"{XHTML}link")}
        assert set(others) == {"vi", "en"}
        assert set(others.values()) <= set(addresses)
    assert described.page("/sitemap-99.xml").status_code == 404
    assert described.page("/sitemap-0.xml").status_code == 404


@pytest.mark.parametrize("dataset", [LEVELS, "air-quality-hourly", "bus-stops"])
def test_the_croissant_of_a_dataset_is_valid_and_loads_its_rows(described, dataset):
    content = described.page(f"/dataset/{dataset}/croissant.jsonld").json()
    assert issues(content) == []
    # The specification requires these, and its validator does not miss them.
    assert {"name", "description", "url", "license", "creator", "datePublished", "conformsTo"} <= set(content)
    files = {
        resource["format"]: resource["hash"]
        for resource in described.action("package_show", id=dataset)["result"]["resources"]
    }
    assert {file["sha256"] for file in content["distribution"]} == {files["CSV"], files["Parquet"]}
    schema = next(
        r["url"] for r in described.action("package_show", id=dataset)["result"]["resources"] if r["format"] == "JSON"
    )
    columns = [column["name"] for column in described.page(urlsplit(schema).path).json()["columns"]]
    assert [field["@id"] for field in content["recordSet"][0]["field"]] == [f"rows/{name}" for name in columns]
    rows = list(croissant().Dataset(jsonld=content).records("rows"))
    shown = described.action("package_show", id=dataset)["result"]["extras"]
    assert len(rows) == next(int(extra["value"]) for extra in shown if extra["key"] == "hanoi_rows")
    assert list(rows[0]) == [f"rows/{name}" for name in columns]


def _without_hash(content):
    for file in content["distribution"]:
        del file["sha256"]


BROKEN = {
    "no hash": _without_hash,
    "no licence": lambda content: content.pop("license"),
    "no date": lambda content: content.pop("datePublished"),
    "no type": lambda content: content.update({"@type": "Thing"}),
    "a column of no file": lambda content: content["recordSet"][0]["field"][0]["source"]["fileObject"].update({"@id": "nothing"}),
    "a version in words": lambda content: content.update(version="the newest"),
    "no address": lambda content: content["distribution"][0].pop("contentUrl"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_the_validator_of_croissant_finds_a_fault(described, fault):
    content = copy.deepcopy(described.page(f"/dataset/{LEVELS}/croissant.jsonld").json())
    assert issues(copy.deepcopy(content)) == []
    BROKEN[fault](content)
    assert issues(content) != []


def test_a_dataset_without_a_table_has_no_croissant_and_a_page_all_the_same(described):
    package = described.action(
        "package_create", signed_in=True, name="no-table", title="Không bảng", owner_org="so-xay-dung"
    )
    assert package["success"], package
    try:
        assert described.page("/dataset/no-table/croissant.jsonld").status_code == 404
        assert described.page("/dataset/no-table.ttl").status_code == 200
        assert embedded(described.page("/dataset/no-table").text)["name"] == "Không bảng"
    finally:
        described.action("dataset_purge", signed_in=True, id="no-table")
    assert described.page("/dataset/no-table.ttl").status_code == 404
    assert PRIVATE not in described.page("/sitemap-1.xml").text
