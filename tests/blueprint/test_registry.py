"""The Registry's pages and machine-readable forms, over a Blueprint with several versions of one dataset."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import feedparser  # pyright: ignore[reportMissingTypeStubs]
import pytest
import yaml
from starlette.testclient import TestClient

from blueprint import Blueprint, released
from blueprint import compile as compiled
from blueprint.registry.app import create_app
from blueprint.registry.language import preferred
from blueprint.registry.negotiation import choose
from blueprint.registry.serve import PortTaken, serve
from blueprint.registry.site import HERE
from tests.blueprint.registry_service import NOTICE_EN, NOTICE_VI, evolved, running
from tests.conftest import REPOSITORY

LANGUAGES = ("vi", "en")
HTML = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    return evolved(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def client(plan: Blueprint) -> Iterator[TestClient]:
    with TestClient(create_app(plan), follow_redirects=False) as client:
        yield client


class Reader(HTMLParser):
    """The links, ids, headings and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.attributes.append((tag, found))
        if tag in ("a", "link") and (link := found.get("href")):
            self.links.append(link)
        if name := found.get("id"):
            self.ids.append(name)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_every_internal_link_of_every_page_leads_somewhere(client: TestClient) -> None:
    waiting, seen, anchors = ["/vi/", "/en/"], {"/vi/", "/en/"}, dict[str, list[str]]()
    pages: dict[str, Reader] = {}
    while waiting:
        path = waiting.pop()
        answer = client.get(path, headers=HTML if path.startswith(("/vi", "/en")) else {})
        assert answer.status_code in (200, 303), f"{path}: {answer.status_code}"
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = pages[path] = Reader(answer.text)
        assert len(page.ids) == len(set(page.ids)), f"{path}: an id repeats"
        assert page.tags.count("h1") == 1, path
        assert "script" not in page.tags, path
        assert not any("style" in a for _, a in page.attributes), path
        for link in page.links:
            assert link.startswith(("/", "#")), f"{path} links to another origin: {link}"
            target, _, anchor = (path + link if link.startswith("#") else link).partition("#")
            if anchor:
                anchors.setdefault(target, []).append(anchor)
            bare = target.partition("?")[0]
            # One page of a table and one code looked up stand for the hundreds of others like them.
            if "?" in target and (bare.endswith("/units") or "as_of=" in target or "page=" in target):
                if f"{bare}?" in seen:
                    continue
                seen.add(f"{bare}?")
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    assert len(pages) > 300
    missing = [f"{t}#{a}" for t, listed in anchors.items() for a in listed if t in pages and a not in pages[t].ids]
    assert missing == []


@pytest.mark.parametrize("template", sorted((HERE / "templates").glob("*")), ids=lambda p: p.name)
def test_every_word_of_a_template_stands_in_both_languages(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", text, flags=re.S)
    if template.suffix == ".html":
        for attribute in ("aria-label", "placeholder", "title", "alt"):
            assert not re.search(rf'\b{attribute}="[^"]*[A-Za-zÀ-ỹ]', bare), f"{attribute} is not translated"
        words = [w.replace("( ,  ) ", "") for w in Reader(bare).texts if re.search(r"[A-Za-zÀ-ỹ]{2}", w)]
        allowed = {"API", "JSON Schema", "OpenAPI", "openapi.json", "Atom", ", DuckDB"}
        left = [w.strip() for w in words if w.strip() not in allowed]
        assert [w for w in left if not w.startswith(("curl ", "from confluent_kafka"))] == []
    for call in re.findall(r'\bt\("((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"', text):
        vi, en = call
        assert vi
        assert en
        assert vi != en or vi in ("Atom", "API"), f"{vi!r} is not translated"
        assert not re.search("[à-ỹđ]", en.replace("Hà Nội", "").replace("Tiếng Việt", "").replace("Cua", "")), en


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_its_language_and_links_to_the_other(client: TestClient, language: str) -> None:
    other = "en" if language == "vi" else "vi"
    answer = client.get(f"/{language}/codelists/ha-noi-wards?as_of=2025-06-30&q=ba+dinh")
    assert answer.headers["content-language"] == language
    page = Reader(answer.text)
    assert page.attributes[0] == ("html", {"lang": language})
    assert f"/{other}/codelists/ha-noi-wards?as_of=2025-06-30&q=ba+dinh" in page.links
    assert ("Vào ngày" in answer.text) == (language == "vi")
    assert ("As of" in answer.text) == (language == "en")


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "vi"),
        ("fr", "vi"),
        ("en-GB,en;q=0.9", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en;q=0,vi;q=0.1", "vi"),
        ("en;q=x", "vi"),
    ],
)
def test_the_front_door_opens_in_the_readers_language(client: TestClient, asked: str | None, language: str) -> None:
    assert preferred(asked) == language
    answer = client.get("/", headers={"accept-language": asked or ""})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{language}/")


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("khong khi", "/contracts/air-quality-hourly"),
        ("CHẤT LƯỢNG không khi", "/contracts/air-quality-hourly"),
        ("Cửa Nam", "00082"),
        ("ward_code", "#column-ward_code"),
    ],
)
def test_search_finds_with_and_without_accents(client: TestClient, question: str, path: str) -> None:
    found = client.get("/api/search", params={"q": question, "limit": 200}).json()
    assert found["total"] >= 1
    assert any(path in h["path"] for h in found["hits"])
    assert client.get("/vi/search", params={"q": question}).status_code == 200


def test_search_for_nothing_and_for_what_is_not_there(client: TestClient) -> None:
    assert client.get("/api/search", params={"q": " "}).json() == {"total": 0, "hits": []}
    assert "Không có gì khớp" in client.get("/vi/search?q=zzzzqq").text


def test_a_code_means_another_unit_in_another_era(client: TestClient) -> None:
    before = client.get("/units/00004", params={"as_of": "2025-06-30"}).json()
    after = client.get("/units/00004", params={"as_of": "2025-07-01"}).json()
    assert (before["vi"], after["vi"]) == ("Phường Trúc Bạch", "Phường Ba Đình")
    assert {m["direction"] for m in after["moves"]} >= {"from"}
    refused = client.get("/units/00004")
    assert refused.status_code == 422
    assert "as_of" in refused.json()["vi"]
    gone = client.get("/units/00001", params={"as_of": "2026-01-01"})
    assert gone.status_code == 404
    assert "2025-06-30" in gone.json()["en"]


def test_a_code_list_as_of_a_day(client: TestClient) -> None:
    old = client.get("/codelists/ha-noi-wards", params={"as_of": "2025-06-30"}).json()
    new = client.get("/codelists/ha-noi-wards", params={"as_of": "2025-07-01", "format": "json"}).json()
    assert (old["count"], new["count"]) == (526, 126)
    page = client.get("/vi/codelists/ha-noi-wards", params={"as_of": "2025-07-01"}).text
    assert "126 mã có hiệu lực ngày 01/07/2025" in page
    retired = client.get(
        "/vi/codelists/ha-noi-wards", params={"as_of": "2025-07-01", "show": "retired", "q": "phuc xa"}
    ).text
    assert "Phường Phúc Xá" in retired
    assert "00097" in retired, "the successor follows from the crosswalk"
    pages = [client.get(f"/vi/codelists/ha-noi-wards?show=all&page={n}").text for n in (1, 2, 99)]
    rows = [page.count("<tr") - 1 for page in pages]
    assert rows[:2] == [100, 100]
    assert "Trang 99 /" not in pages[2]


@pytest.mark.parametrize("day", ["2025-13-01", "20250701", "yesterday", "'><script>alert(1)</script>"])
def test_a_wrong_day_is_told_and_never_echoed_raw(client: TestClient, day: str) -> None:
    page = client.get("/vi/codelists/ha-noi-wards", params={"as_of": day})
    assert page.status_code == 422
    assert "không phải một ngày" in page.text
    assert "<script" not in page.text
    answer = client.get("/codelists/ha-noi-wards", params={"as_of": day})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("target", compiled.TARGETS)
def test_every_target_by_its_address_and_by_format(client: TestClient, plan: Blueprint, target: str) -> None:
    if target == "gx":
        pytest.importorskip("great_expectations")
    wanted = compiled.export(plan.contract_versions["bus-routes"][0], plan, target)
    for path in (f"/contracts/bus-routes/1.0.0/{target}", f"/contracts/bus-routes/1.0.0?format={target}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.text == wanted
        assert answer.headers["content-type"].partition(";")[0] == compiled.TARGETS[target].media_type


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("application/schema+json", "application/schema+json"),
        ("application/yaml", "application/yaml"),
        ("text/csv, application/sql;q=0.4", "application/sql"),
        ("application/json;q=0.2, application/schema+json;q=0.9", "application/schema+json"),
        ("text/markdown;q=0.1, */*;q=0.1, application/json;q=0", "application/sql"),
    ],
)
def test_a_contract_in_the_form_that_accept_asks_for(client: TestClient, accept: str, media: str) -> None:
    answer = client.get("/contracts/bus-routes/1.0.0", headers={"accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media
    assert "Accept" in answer.headers["vary"]


def test_a_browser_is_sent_to_the_page_and_odd_forms_are_refused(client: TestClient) -> None:
    sent = client.get("/contracts/bus-routes/1.0.0", headers={**HTML, "accept-language": "en"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/en/contracts/bus-routes/1.0.0")
    for path, headers in (("/contracts/bus-routes", {"accept": "image/png"}), ("/contracts/bus-routes?format=xml", {})):
        refused = client.get(path, headers=headers)
        assert refused.status_code == 406
        assert {"vi", "en", "status"} <= refused.json().keys()
    assert choose("application/*;q=0.5", ["text/html", "application/json"]) == "application/json"


def test_answers_are_kept_and_asked_for_again(client: TestClient) -> None:
    for path, forever in (
        ("/contracts/bus-routes/1.0.0/source", True),
        ("/contracts/bus-stops/1.0.0/jsonschema", True),
        ("/contracts/wards/1.0.0/jsonschema", False),  # it holds codes of a list that grows
        ("/contracts/bus-routes/2.1.0/source", False),  # a draft
        ("/contracts/bus-routes", False),
        ("/concepts/instant/1", True),
        ("/codelists/licences/1?format=csv", True),
        ("/changelog.atom", False),
    ):
        first = client.get(path)
        assert first.status_code == 200, path
        assert ("immutable" in first.headers["cache-control"]) is forever, path
        again = client.get(path, headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        head = client.head(path)
        assert head.status_code == 200


def test_the_declaration_is_the_released_file(client: TestClient, plan: Blueprint) -> None:
    path = next(plan.root.glob("contracts/*/bus-routes/1.0.0.yaml"))
    assert client.get("/contracts/bus-routes/1.0.0/source").content == path.read_bytes()
    described = client.get("/contracts/bus-routes/2.0.0").json()
    assert {c["name"]: c["required"] for c in described["columns"]}["note"] is True
    assert "sources" not in described


def test_a_draft_is_shown_as_one_and_stands_for_nothing(client: TestClient) -> None:
    assert client.get("/contracts/bus-routes").json()["version"] == "2.0.0"
    page = client.get("/vi/contracts/bus-routes/2.1.0").text
    assert "bản nháp" in page
    assert client.get("/vi/contracts/bus-routes").text.count("bản nháp") == 1


def test_code_lists_and_crosswalks_as_tables(client: TestClient, plan: Blueprint) -> None:
    text = client.get("/codelists/ha-noi-wards/1?format=csv").text
    with (plan.root / "codelists/ha-noi-wards/1.csv").open(encoding="utf-8", newline="") as file:
        declared = list(csv.DictReader(file))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [{k: v for k, v in row.items() if k in declared[0]} for row in rows] == declared
    assert {"code", "vi", "en", "valid_from", "valid_to", "legal_basis", "successor", "area_km2"} <= rows[0].keys()
    walk = plan.crosswalk("ha-noi-wards-2025-07")
    pairs = list(csv.DictReader(io.StringIO(client.get(f"/crosswalks/{walk.crosswalk}?format=csv").text)))
    assert len(pairs) == len(walk.pairs) >= 794
    concepts = list(csv.DictReader(io.StringIO(client.get("/concepts?format=csv").text)))
    assert len(concepts) == len(plan.concepts)


def test_skos_in_json_ld(client: TestClient) -> None:
    found = client.get("/codelists/ha-noi-wards?format=jsonld").json()
    assert found["@type"] == "skos:ConceptScheme"
    ids = [m["@id"] for m in found["@included"]]
    assert len(ids) == len(set(ids)), "codes that are used again have ids of their own"
    concept = client.get("/concepts/instant/1", headers={"accept": "application/ld+json"}).json()
    assert {label["@language"] for label in concept["skos:prefLabel"]} == {"vi", "en"}


def test_the_differences_of_any_two_versions(client: TestClient, plan: Blueprint) -> None:
    step = client.get("/api/compare", params={"old": "bus-routes@1.0.0", "new": "bus-routes@1.1.0"}).json()
    assert (step["compatible"], step["breaking"], step["bump"]) == (True, False, "minor")
    leap = client.get("/api/compare", params={"old": "bus-routes@1.0.0", "new": "bus-routes@2.0.0"}).json()
    assert leap["breaking"] is True
    page = client.get("/en/compare?old=bus-routes@1.0.0&new=bus-routes@2.0.0").text
    assert "Breaks compatibility" in page
    assert "columns.note" in page
    versions = [c.ref for c in plan.codelist_versions["ha-noi-wards"]]
    for old, new in pairwise(versions):
        long = client.get(f"/vi/compare?old=codelist:{old}&new=codelist:{new}").text
        assert long.count("<tr") <= 101, "hundreds of codes come a page at a time"
    for wrong, status in (
        ("old=bus-routes@1.0.0&new=bus-stops@1.0.0", 422),
        ("old=bus-routes@9.0.0&new=bus-routes@1.0.0", 404),
        ("old=bus-routes@1.0.0&new=bus-routes@1.1.0&mode=SIDEWAYS", 422),
        ("old=&new=", 404),
    ):
        refused = client.get(f"/en/compare?{wrong}")
        assert refused.status_code == status, wrong
        assert refused.headers["content-type"].startswith("text/html")


def test_a_concept_page_says_who_uses_it(client: TestClient) -> None:
    page = client.get("/en/concepts/administrative-unit-code").text
    for needed in ("ward_code", "Commune-level unit code", "^[0-9]{5}$", "VARCHAR", "open", "124/2004", "JSON Schema"):
        assert needed in page
    unknown = client.get("/en/concepts/instnt")
    assert unknown.status_code == 404
    assert "instant" in unknown.text, "what is close to it is told"


def test_a_contract_page_tells_the_notice_flaws_rules_and_gate(client: TestClient) -> None:
    page = client.get("/vi/contracts/bus-routes").text
    assert NOTICE_VI in page
    assert "31/12/2099" in page
    assert "Sở Xây dựng" in page
    flawed = client.get("/vi/contracts/air-quality-hourly").text
    assert "Hạn chế đã biết" in flawed
    assert "on-the-hour" in flawed
    assert "32 %" in flawed
    assert NOTICE_EN in client.get("/en/notices").text


def parsed(content: bytes) -> Any:
    return feedparser.parse(content)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def test_the_feed_is_valid_atom(client: TestClient) -> None:
    for language in LANGUAGES:
        answer = client.get(f"/changelog.atom?lang={language}", headers={"host": "registry.example"})
        assert answer.headers["content-type"] == "application/atom+xml"
        feed = parsed(answer.content)
        assert not feed.bozo, feed.get("bozo_exception")
        assert feed.version == "atom10"
        assert feed.feed.id.startswith("urn:uuid:")
        assert feed.feed.author
        assert feed.feed.updated_parsed
        ids = [e.id for e in feed.entries]
        assert len(ids) == len(set(ids)) > 1
        broken = next(e for e in feed.entries if "bus-routes@2.0.0" in e.title)
        assert NOTICE_VI in broken.content[0].value
        assert NOTICE_EN in broken.content[0].value
        assert broken.link == f"http://registry.example/{language}/contracts/bus-routes/2.0.0"
        assert {t.term for t in broken.tags} == {"major", "notice"}


def test_errors_are_problem_details_for_machines_and_pages_for_people(client: TestClient) -> None:
    machine = client.get("/contracts/nothing", headers={"accept-language": "en"})
    assert (machine.status_code, machine.headers["content-type"]) == (404, "application/problem+json")
    told = machine.json()
    assert told["detail"] == told["en"] != told["vi"]
    person = client.get("/contracts/nothing", headers=HTML)
    assert person.headers["content-type"].startswith("text/html")
    for path in ("/vi/nothing", "/en/contracts/bus-routes/7.7.7", "/vi/units?as_of=1", "/vix"):
        assert client.get(path).status_code in (404, 422)
    shaped = client.get("/subjects/none/versions")
    assert shaped.json()["error_code"] == 40401


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/vi/", "/vi/nothing", "/openapi.json", "/static/registry.css", "/subjects", "/changelog.atom"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers


def test_no_page_repeats_what_came_unescaped(client: TestClient) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    for path in (
        "/vi/search",
        "/vi/units",
        "/vi/codelists/licences",
        "/vi/crosswalks/ha-noi-wards-2025-07",
        "/vi/compare",
    ):
        for name in ("q", "code", "old", "new", "mode", "list", "show", "page"):
            assert "<img" not in client.get(path, params={name: evil}).text


def test_a_large_body_is_refused_before_it_is_read(client: TestClient) -> None:
    for path in ("/api/proposals", "/subjects/bus-routes"):
        answer = client.post(path, content=b"x" * 1_000_001, headers={"content-type": "application/json"})
        assert answer.status_code == 413, path


def test_it_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from blueprint import blueprint\nfrom blueprint.registry.app import create_app\n"
        "app = create_app(blueprint())\n"
        "heavy = {'great_expectations', 'airflow', 'pandas', 'duckdb', 'pyarrow', 'ckanapi'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_serving_on_a_port_that_is_taken_is_told(plan: Blueprint) -> None:
    with running(plan.root) as address, pytest.raises(PortTaken, match="--port"):
        serve(int(address.rpartition(":")[2]), plan.root)
    with pytest.raises(PortTaken):
        serve(70_000, plan.root)


def test_serving_tells_its_address_and_stops_when_told(plan: Blueprint) -> None:
    program = (
        "import sys; from pathlib import Path\nfrom blueprint.registry.serve import serve\n"
        "serve(0, Path(sys.argv[1]), ready=lambda url: print(url, flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(plan.root)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().strip()
            import httpx

            assert httpx.get(f"{address}/subjects", timeout=20).json()[0] == "administrative-procedures"
        finally:
            process.terminate()
        assert process.wait(20) in (0, -15)


def test_a_plan_without_a_changelog_and_without_releases_is_served(tmp_path: Path) -> None:
    plan = evolved(tmp_path)
    (tmp_path / released.LOCK).write_text(json.dumps({}), encoding="utf-8")
    with TestClient(create_app(plan)) as client:
        assert client.get("/subjects").json() == []
        assert client.get("/vi/changelog").status_code == 200
        assert not parsed(client.get("/changelog.atom").content).bozo
        assert yaml.safe_load(client.get("/contracts/bus-routes?format=odcs").text)
