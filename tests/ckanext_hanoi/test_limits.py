"""How much one reader may ask for, by whose address that is told, and what is kept of the address: nothing that names it."""

from __future__ import annotations

import configparser
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import SERVER, SERVER_PYTHON

if TYPE_CHECKING:
    from .conftest import Catalogue

# Run by the server's Python, with the Valkey of the running catalogue: an application of two lines behind the limits.
ASKING = """
import json, sys, types
from ckan.common import config
from ckanext.hanoi import limits

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]

def served(hops, page="3/minute", api="2/minute"):
    config.update({"ckan.redis.url": sys.argv[1], "hanoi.limit_page": page, "hanoi.limit_api": api,
                   "hanoi.trusted_proxies": hops})
    holder = types.SimpleNamespace(wsgi_app=app)
    limits.watch(holder)
    return holder.wsgi_app

def ask(served, path, address="127.0.0.1", forwarded=None):
    said = {}
    environ = {"PATH_INFO": path, "REMOTE_ADDR": address, "REQUEST_METHOD": "GET"}
    if forwarded:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    body = b"".join(served(environ, lambda status, headers: said.update(status=int(status[:3]), headers=dict(headers))))
    return {**said, "body": body.decode()}

def statuses(served, times, path, *more):
    return [ask(served, path, *more)["status"] for _ in range(times)]

direct, proxied = served(0), served(1)
found = {
    "page": statuses(direct, 5, "/dataset", "203.0.113.1"),
    "another process": statuses(served(0), 1, "/dataset", "203.0.113.1"),
    "api": statuses(direct, 4, "/api/3/action/package_search", "203.0.113.1"),
    "another reader": statuses(direct, 1, "/dataset", "203.0.113.2"),
    "parts of pages": statuses(direct, 9, "/webassets/hanoi.css", "203.0.113.3"),
    "health": statuses(direct, 9, "/-/health/ready", "203.0.113.3"),
    "this machine": statuses(direct, 9, "/dataset", "127.0.0.1", "6.6.6.6"),
    "made-up addresses": [s for i in range(5) for s in statuses(proxied, 1, "/dataset", "127.0.0.1", f"6.6.6.{i}, 203.0.113.9")],
    "one network": [s for i in range(5) for s in statuses(direct, 1, "/dataset", f"2001:db8:1:2::{i}")],
    "no limit": statuses(served(0, "", ""), 9, "/dataset", "203.0.113.4"),
    "refused page": ask(direct, "/dataset", "203.0.113.1"),
    "refused call": ask(direct, "/api/3/action/package_search", "203.0.113.1"),
}
storage = direct._storage.storage
keys = [key.decode() for key in storage.scan_iter("*hanoi:limits*")]
found["keys"] = keys
found["lives"] = [storage.ttl(key) for key in keys]
for key in keys:
    storage.delete(key)
config["ckan.redis.url"] = "unix:///nowhere/valkey.sock?db=0"
config["hanoi.limit_page"] = "1/minute"
silent = types.SimpleNamespace(wsgi_app=app)
limits.watch(silent)
found["without Valkey"] = statuses(silent.wsgi_app, 3, "/dataset", "203.0.113.1")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def asked(catalogue: Catalogue) -> dict[str, Any]:
    ini = configparser.RawConfigParser()
    ini.optionxform = str  # type: ignore[assignment, method-assign]
    ini.read(catalogue.home / "ckan" / "ckan.ini")
    url = ini["app:main"]["ckan.redis.url"].replace("%%", "%")
    command = [str(SERVER_PYTHON), "-c", ASKING, url]
    done = subprocess.run(command, cwd=SERVER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_pages_and_calls_are_counted_apart_and_each_reader_by_itself(asked: dict[str, Any]) -> None:
    assert asked["page"] == [200, 200, 200, 429, 429]
    assert asked["another process"] == [429]
    assert asked["api"] == [200, 200, 429, 429]
    assert asked["another reader"] == [200]


def test_parts_of_pages_health_and_this_machine_are_not_counted(asked: dict[str, Any]) -> None:
    for kind in ("parts of pages", "health", "this machine", "no limit"):
        assert asked[kind] == [200] * 9, kind


def test_only_a_trusted_proxy_says_where_a_request_comes_from(asked: dict[str, Any]) -> None:
    assert asked["made-up addresses"] == [200, 200, 200, 429, 429]
    assert asked["one network"] == [200, 200, 200, 429, 429]


def test_a_refusal_says_in_both_languages_when_to_come_again(asked: dict[str, Any]) -> None:
    for kind in ("refused page", "refused call"):
        refusal = asked[kind]
        assert refusal["status"] == 429
        wait = refusal["headers"]["Retry-After"]
        assert 1 <= int(wait) <= 120
        assert f"sau {wait} giây" in refusal["body"]
        assert f"in {wait} seconds" in refusal["body"]
    assert json.loads(asked["refused call"]["body"])["error"]["__type"] == "Too Many Requests"


def test_no_address_is_kept_and_nothing_for_long(asked: dict[str, Any]) -> None:
    assert len(asked["keys"]) > 5
    for part in ("203.0.113", "2001", "127.0.0", "6.6.6"):
        assert not [key for key in asked["keys"] if part in key]
    assert all(0 < life <= 2 * 24 * 3600 for life in asked["lives"])


def test_nobody_waits_for_a_valkey_that_is_silent(asked: dict[str, Any]) -> None:
    assert asked["without Valkey"] == [200, 200, 200]


def test_pages_of_other_origins_may_read_the_open_api_and_send_nothing(catalogue: Catalogue) -> None:
    origin = {"Origin": "https://example.org"}
    for path in ("/api/3/action/package_search", "/data/bus-stops/versions.json", "/en/api/3/action/status_show"):
        answer = catalogue.page(path, headers=origin)
        assert answer.headers["access-control-allow-origin"] == "*", path
        assert "access-control-allow-credentials" not in answer.headers
    for path in ("/user/login", "/dataset/bus-stops", "/"):
        assert "access-control-allow-origin" not in catalogue.page(path, headers=origin).headers, path
    import httpx

    asking = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = httpx.options(f"{catalogue.url}/api/3/action/package_create", headers=asking, timeout=30)
    assert allowed.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "authorization" not in allowed.headers["access-control-allow-headers"].lower()
    sent = httpx.post(f"{catalogue.url}/api/3/action/package_search", json={}, headers=origin, timeout=30)
    assert "access-control-allow-origin" not in sent.headers
