"""A stranger tries every door: no byte of what is private, deleted, a draft, withdrawn or not open is found behind any.

Everything hidden bears a mark that is never sent. Questions are asked by names, ids and words that stand beside the mark.
``HANOI_PROBE_PAGES`` says how many pages are walked from the home page (15).
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
import pytest

from blueprint import Bilingual, Blueprint
from catalog.publisher import Catalogue as Publisher
from catalog.publisher import Desk, Tombstone, publish_version
from lake import Lake
from tests.catalog.test_publisher import committed
from tests.dags.builders import column, concept, contract

from . import samples
from .conftest import SERVER_PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .conftest import Catalogue

PAGES = int(os.environ.get("HANOI_PROBE_PAGES", "15"))
MARK = "qzxhidden7391"
WORD = "khuongphong"
"""A word that stands beside every mark, for asking."""
NUMBER = 739_173_917_391
SECRET_SQL = f"SELECT '{WORD} {MARK}' AS name, {NUMBER} AS amount, 21.0 AS lat, 105.8 AS lon FROM range(3)"


@dataclass
class Planted:
    """What is hidden: names, ids and addresses that a stranger may have learned, and what may not be found by them."""

    catalogue: Catalogue
    user: str = field(default_factory=lambda: f"probe-user-{uuid.uuid4().hex[:8]}")
    names: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    owner: dict[str, str] = field(default_factory=dict)
    views: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def found_in(self, answer: httpx.Response) -> list[str]:
        """The hidden things that an answer holds, in its head or its body, whatever it is written in."""
        body = answer.content
        if body[:4] == b"PAR1":
            import pyarrow.parquet as pq

            body += str(pq.read_table(io.BytesIO(body)).to_pylist()).encode()
        text = (str(answer.headers) + body.decode("utf-8", "replace") + json.dumps(str(answer.url))).lower()
        return [hidden for hidden in (MARK, str(NUMBER), *self.secrets) if hidden.lower() in text]


def sample(name: str) -> dict[str, Any]:
    """A dataset all of whose words are marked."""
    both = samples.text(f"{WORD} {MARK}", f"{WORD} {MARK} in English")
    columns = [samples._column(c, f"{WORD} {MARK}", MARK, "string") for c in ("name", "amount", "lat", "lon")]
    return {**samples.DATASETS[1], "id": name, "sql": SECRET_SQL, "title": both, "notes": both, "tags": [f"{WORD} {MARK}"],
            "flaws": [both], "columns": columns, "key": ["name"]}  # fmt: skip


def put(planted: Planted, name: str, **more: Any) -> None:
    """Make a marked dataset with its files; ``more`` says how it is hidden."""
    catalogue = planted.catalogue
    package = samples.publish(sample(name), catalogue.home / "published", private=bool(more.get("private")))
    version = re.search(r"[0-9]+-[0-9a-f]{8}", package["resources"][0]["url"])[0]  # type: ignore[index]
    index = {"format": 1, "dataset": name, "versions": [{"id": version, "number": 1, "rows": NUMBER, "files": []}],
             "notices": [{"vi": MARK, "en": MARK}]}  # fmt: skip
    (catalogue.home / "published" / name / "versions.json").write_text(json.dumps(index), "utf-8")
    package["extras"].append({"key": "marked", "value": f"{WORD} {MARK}"})
    package |= {"author": f"{WORD} {MARK}", "author_email": f"{MARK}@example.org", "url": f"https://example.org/{MARK}"}
    made = catalogue.action("package_create", signed_in=True, **{**package, **more})
    assert made["success"], made
    planted.names.append(name)
    planted.ids.append(made["result"]["id"])
    planted.versions[name] = version
    for resource in made["result"]["resources"]:
        planted.resources.append(resource["id"])
        planted.owner[resource["id"]] = name
        views = catalogue.action("resource_view_list", signed_in=True, id=resource["id"])["result"]
        planted.views += [f"/dataset/{name}/resource/{resource['id']}/view/{view['id']}" for view in views]


def partly_open(planted: Planted, folder: Path) -> None:
    """A public dataset, made by the publisher, one of whose columns is not open, and whose second version was withdrawn."""
    name, catalogue = "probe-partly-open", planted.catalogue
    closed = f"c_{MARK}"
    made = contract(
        columns=[column("open_name", "c-open"), {**column(closed, "c-personal"), "title": {"vi": MARK, "en": MARK}}],
        key=["open_name", closed],
        dataset=name,
        agency="so-nn-mt",
    )
    concepts = [concept("c-open", "string"), concept("c-personal", "string", classification="personal")]
    plan = Blueprint(folder, {c.ref: c for c in concepts}, {}, {name: made})
    lake, publisher = Lake(folder), Publisher(catalogue.url, catalogue.home / "ckan" / "api_token")
    shown = committed(folder, made, plan, text="ai cũng đọc được")
    publish_version(catalogue.home, publisher, made, plan, lake, shown)
    gone = committed(folder, made, plan, text=MARK)
    publish_version(catalogue.home, publisher, made, plan, lake, gone)
    reason = Bilingual(vi="Đã công bố nhầm", en="Published by mistake")
    Desk(catalogue.home, publisher, made, plan, lake).withdraw(gone.id, Tombstone.now(reason, "so-nn-mt"))
    planted.names.append(name)
    planted.versions[name] = gone.id
    entry = catalogue.action("package_show", id=name)["result"]
    planted.resources += [r["id"] for r in entry["resources"]]
    planted.owner |= {r["id"]: name for r in entry["resources"]}


@pytest.fixture(scope="module")
def planted(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    found = Planted(catalogue)
    forget(catalogue)
    try:
        put(found, "probe-private", private=True)
        put(found, "probe-draft", state="draft")
        put(found, "probe-deleted")
        catalogue.action("package_delete", signed_in=True, id="probe-deleted")
        partly_open(found, tmp_path_factory.mktemp("probes") / "lake")
        user = {"name": found.user, "email": f"{MARK}@example.org", "password": MARK * 2, "fullname": "Biên tập"}
        assert catalogue.action("user_create", signed_in=True, **user)["success"]
        hide(found)
        yield found
    finally:
        forget(catalogue)
        catalogue.action("user_delete", signed_in=True, id=found.user)


def hide(planted: Planted) -> None:
    """Put beside what is served what may lie about in a home: a link out of it, a file that was never finished, raw rows."""
    home = planted.catalogue.home
    known = json.loads((home / "ckan" / "secrets.json").read_text("utf-8"))
    planted.secrets = [value for name, value in known.items() if name != "home_id"]
    planted.secrets += [(home / "ckan" / name).read_text("ascii").strip() for name in ("api_token", "admin_password")]
    served = home / "published" / "probe-partly-open"
    (served / "7-00000000.csv").symlink_to(home / "ckan" / "secrets.json")
    (served / ".8-00000000.csv.4711").write_text(MARK)
    (home / "quarantine").mkdir(exist_ok=True)
    (home / "quarantine" / "rows.csv").write_text(MARK)


def forget(catalogue: Catalogue) -> None:
    for name in ("probe-private", "probe-draft", "probe-deleted", "probe-partly-open"):
        catalogue.action("dataset_purge", signed_in=True, id=name)
        for folder in ("published", "publications"):
            shutil.rmtree(catalogue.home / folder / name, ignore_errors=True)


def asked(planted: Planted, requests: Iterable[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
    """Ask all of it as somebody who has not signed in, and find nothing hidden in any answer."""
    with httpx.Client(base_url=planted.catalogue.url, timeout=60) as client, ThreadPoolExecutor(4) as pool:

        def ask(request: tuple[str, str, dict[str, Any]]) -> httpx.Response:
            method, path, more = request
            answer = client.request(method, path, **more)
            assert planted.found_in(answer) == [], (method, path, more, answer.text[:500])
            return answer

        return list(pool.map(ask, requests))


def get(paths: Iterable[str]) -> list[tuple[str, str, dict[str, Any]]]:
    return [("GET", path, {}) for path in dict.fromkeys(paths)]


def actions() -> list[str]:
    """The names of CKAN's own reading actions, as its code has them, and those of its DataStore."""
    [site] = (SERVER_PYTHON.parent.parent / "lib").glob("python3*/site-packages")
    found = []
    for path in (site / "ckan/logic/action/get.py", site / "ckanext/datastore/logic/action.py"):
        tree = ast.parse(path.read_text("utf-8"))
        found += [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    return found


def test_no_action_tells_what_is_hidden(planted: Planted) -> None:
    names = [n for n in actions() if n not in ("datastore_create", "datastore_upsert", "datastore_delete")]
    assert len(names) > 70
    seen = {"include_private": True, "include_drafts": True, "include_deleted": True}
    targets = [*planted.names, planted.ids[0], *planted.resources[:9:3], planted.user]
    calls: list[tuple[str, dict[str, Any]]] = []
    for name in names:
        calls += [(name, {"id": target}) for target in targets]
        calls += [(name, {}), (name, {"q": WORD}), (name, {"query": f"name:{WORD}"}), (name, {"all_fields": True})]
    for target in planted.resources:
        calls += [
            (name, {"resource_id": target}) for name in ("datastore_search", "datastore_info", "resource_view_list")
        ]
        calls += [("datastore_search", {"resource_id": target, **more}) for more in (
            {"q": WORD}, {"filters": {f"c_{MARK[:3]}": WORD}}, {"sort": "name"}, {"fields": "name", "distinct": True},
            {"records_format": "csv"}, {"include_total": True, "limit": 0})]  # fmt: skip
        calls.append(("datastore_search_sql", {"sql": f'SELECT * FROM "{target}"'}))
    for more in ({**seen, "q": WORD}, {**seen, "fq": "private:true"}, {**seen, "fq": "state:draft"}, {**seen, "fq": "+state:deleted"},
                 {"q": "private:true OR name:probe*", **seen}, {"q": f"title:{WORD}*"}, {"fq": "capacity:private"},
                 {"facet.field": '["tags","organization","author","marked"]', "rows": 0, "facet.limit": -1},
                 {"q": "*:*", "fl": "name,title,notes,data_dict", **seen}, {"sort": "title_string asc", "rows": 1000},
                 {"fq": 'permission_labels:("public" OR "creator-x")'}, {"fq_list": ["state:*", "capacity:*"]}):  # fmt: skip
        calls.append(("package_search", more))
    for name, key in (("package_autocomplete", "q"), ("tag_autocomplete", "query"), ("tag_search", "query"), ("user_autocomplete", "q"),
                      ("format_autocomplete", "q"), ("resource_search", "query")):  # fmt: skip
        calls += [(name, {key: value}) for value in (WORD, f"name:{WORD}", f"description:{WORD}", "probe", "", "%")]
    asked(planted, [("POST", f"/api/3/action/{name}", {"json": data}) for name, data in calls])


def test_the_search_counts_and_completes_nothing_hidden(planted: Planted) -> None:
    seen = {"include_private": True, "include_drafts": True, "include_deleted": True}
    for more in ({}, seen):
        answer = planted.catalogue.action("package_search", q=WORD, **more)["result"]
        assert (answer["count"], answer["results"]) == (0, [])
    assert planted.catalogue.action("package_autocomplete", q="probe-")["result"][0]["name"] == "probe-partly-open"
    assert len(planted.catalogue.action("package_autocomplete", q="probe-")["result"]) == 1


def addresses(planted: Planted) -> Iterator[str]:
    """Every address that a stranger may guess of what is hidden."""
    yield from planted.views
    for entry in planted.ids:
        yield from (
            f"/dataset/{entry}",
            f"/dataset/{entry}.jsonld",
            f"/api/v1/datasets/{entry}",
            f"/data/{entry}/versions.json",
        )
    for name in planted.names:
        for path in ("/dataset/{}", "/en/dataset/{}", "/dataset/{}.ttl", "/dataset/{}.jsonld", "/dataset/{}.xml", "/dataset/{}.rdf",
                     "/dataset/{}/croissant.jsonld", "/dataset/{}.atom", "/feeds/dataset/{}.atom", "/dataset/activity/{}",
                     "/dataset/groups/{}", "/dataset/history/{}", "/dataset/{}/quality", "/dataset/{}/map.svg",
                     "/dataset/{}/places.geojson", "/dataset/{}/areas.geojson", "/dataset/edit/{}", "/dataset/collaborators/{}",
                     "/api/3/action/package_show?id={}", "/api/v1/datasets/{}", "/api/v1/datasets/{}/rows",
                     "/api/v1/datasets/{}/rows.csv", "/api/v1/datasets/{}/versions", "/api/v1/datasets/{}/columns",
                     "/api/v1/datasets/{}/export", "/api/v1/datasets/{}/aggregate", "/data/{}/versions.json",
                     "/api/util/dataset/munge_name?name={}"):  # fmt: skip
            yield path.format(name)
    for name, version in planted.versions.items():
        for ending in ("csv", "parquet", "schema.json", "held-1.duckdb", "json"):
            yield f"/data/{name}/{version}.{ending}"
            yield f"/en/data/{name}/{version}.{ending}"
        yield f"/api/v1/datasets/{name}/rows?version={version}"
        yield f"/dataset/{name}?version={version}"
        yield f"/dataset/{name}?v={version}&page=1&sort=name"
    for resource in planted.resources:
        for path in ("/datastore/dump/{}", "/datastore/dump/{}?format=parquet", "/datastore/dump/{}?format=json",
                     "/api/3/action/resource_show?id={}", "/api/3/action/datastore_search?resource_id={}",
                     "/datatables/ajax/{}", "/datatables/filtered-download/{}", "/dataviewer/{}"):  # fmt: skip
            yield path.format(resource)
        for path in ("/dataset/{}/resource/{}", "/dataset/{}/resource/{}/download", "/dataset/{}/dictionary/{}"):
            yield path.format(planted.owner[resource], resource)
    for word in (
        WORD,
        "probe",
        quote(f'"{WORD}"'),
        "private%3Atrue",
        "state%3Adraft",
        f"author%3A{WORD}",
        f"tags%3A{WORD}*",
    ):
        for path in ("/dataset?q={}", "/en/dataset?q={}", "/organization/so-nn-mt?q={}", "/feeds/custom.atom?q={}",
                     "/api/2/util/dataset/autocomplete?incomplete={}", "/api/util/tag/autocomplete?incomplete={}",
                     "/api/2/util/user/autocomplete?q={}", "/api/v1/datasets?q={}", "/user/?q={}", "/dataset?tags={}"):  # fmt: skip
            yield path.format(word)
    yield from (f"/user/{planted.user}", "/user/", "/dashboard/", "/ckan-admin/", "/ckan-admin/trash", "/tag/x", "/sitemap.xml",
                "/sitemap-1.xml", "/catalog.jsonld", "/catalog.ttl?page=1", "/feeds/dataset.atom", "/feeds/changes.atom",
                "/feeds/organization/so-nn-mt.atom", "/organization/so-nn-mt", "/api/v1/datasets", "/quality", "/robots.txt")  # fmt: skip


def test_no_address_of_what_is_hidden_shows_it(planted: Planted) -> None:
    answers = asked(planted, get(addresses(planted)))
    assert [str(a.url) for a in answers if a.status_code >= 500] == []
    shown = [a for a in answers if "probe-private" in str(a.url) and "/data/" in str(a.url)]
    assert {a.status_code for a in shown} == {404}
    assert planted.catalogue.page("/data/probe-partly-open/7-00000000.csv").status_code == 404


def test_no_trick_with_a_path_leads_out_of_what_is_served(planted: Planted) -> None:
    outside = (
        "ckan/secrets.json",
        "ckan/api_token",
        "ckan/ckan.ini",
        "quarantine/rows.csv",
        "publications",
        "lake/catalog.db",
    )
    up = ("../", "..%2f", "%2e%2e/", "..%252f", "..%5c", "....//", "%c0%ae%c0%ae/", "..;/")
    roots = ("/data/", "/data/probe-partly-open/", "/en/data/", "/uploads/", "/webassets/", "/base/", "/api/v1/datasets/",
             "/datastore/dump/", "/")  # fmt: skip
    paths = [f"{root}{step * times}{file}" for root in roots for step in up for times in (1, 2) for file in outside[:1]]
    paths += [f"/data/{p}" for p in (".8-00000000.csv.4711", "probe-partly-open/.8-00000000.csv.4711", "probe-partly-open/7-00000000.csv",
                                     "probe-partly-open/7-00000000.csv%00.csv", "probe-partly-open/", "probe-private/",
                                     "probe-private%2fversions.json", "Probe-Private/versions.json", "probe-private/versions.json/",
                                     "probe-private//versions.json", "probe-partly-open/../probe-private/versions.json",
                                     *(f"probe-partly-open/..%2f..%2f{file}" for file in outside))]  # fmt: skip
    # A client mends such paths before it sends them, so they are sent as they are.
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda path: raw(planted.catalogue.url, path), paths))
    for path, (status, text) in zip(paths, answers, strict=True):
        hidden = [
            word for word in (MARK, str(NUMBER), *planted.secrets, "sqlalchemy.url") if word.lower() in text.lower()
        ]
        assert hidden == [], path
        assert status < 500, (path, text[:300])


def raw(url: str, path: str) -> tuple[int, str]:
    from http.client import HTTPConnection

    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=60)
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text


def test_other_methods_and_made_up_headers_open_nothing(planted: Planted) -> None:
    doors = [f"/data/probe-private/{planted.versions['probe-private']}.csv", "/dataset/probe-private",
             "/api/3/action/package_show?id=probe-private", f"/datastore/dump/{planted.resources[0]}"]  # fmt: skip
    heads = [{"X-Forwarded-User": "hanoi-admin"}, {"Authorization": "x" * 40}, {"X-CKAN-API-Key": "hanoi-admin"}, {"X-Original-URL": "/"},
             {"X-HTTP-Method-Override": "GET"}, {"Cookie": "hanoi=hanoi-admin"}, {"Range": "bytes=0-99"}, {"X-Forwarded-For": "127.0.0.1"},
             {"Accept": "application/ld+json"}, {"Accept": "text/turtle"}, {"Accept-Language": MARK[:3]}]  # fmt: skip
    wanted = [("GET", door, {"headers": head}) for door in doors for head in heads]
    wanted += [(method, door, {}) for door in doors for method in ("HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH")]
    answers = asked(planted, wanted)
    assert not [a for a in answers if a.request.method == "GET" and a.status_code == 200]


def test_who_walks_the_whole_site_meets_nothing_hidden(planted: Planted) -> None:
    """From the home pages along every link, the public dataset with a column that is not open among them."""
    url = planted.catalogue.url
    waiting, done = ["/", "/en/", "/dataset/probe-partly-open", "/en/dataset/probe-partly-open", "/dataset"], set()
    while waiting and len(done) < PAGES:
        batch = [path for path in dict.fromkeys(waiting) if path not in done][:8]
        waiting = waiting[8:]
        done.update(batch)
        for answer in asked(planted, get(batch)):
            if "html" in answer.headers.get("content-type", ""):
                links = (
                    urljoin(str(answer.url), link) for link in re.findall(r'(?:href|src|action)="([^"#]+)', answer.text)
                )
                waiting += [link.removeprefix(url) for link in links if link.startswith(url) and "logout" not in link]
        waiting = [path for path in dict.fromkeys(waiting) if path not in done]
    assert len(done) >= PAGES
