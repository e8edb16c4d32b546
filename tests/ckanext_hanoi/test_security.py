"""The headers of every answer, and pages without inline scripts and styles."""

import base64
import hashlib
import re
from html import unescape

import httpx
import pytest

from .walk import with_a_file
from .ward_samples import wards  # noqa: F401

pytestmark = pytest.mark.platform

EVERYWHERE = {
    "x-content-type-options": "nosniff", "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
}  # fmt: skip


def rules(policy: str) -> dict[str, list[str]]:
    """Return the sources of each directive of a policy."""
    return {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}


def test_every_answer_carries_the_headers_whatever_it_is(catalogue):
    csv = catalogue.action("package_show", id="bus-stops")["result"]["resources"][0]["url"].removeprefix(catalogue.url)
    kinds = {
        "/": "text/html", "/no-such-page": "text/html", "/user/register": "text/html", csv: "text/csv",
        "/api/3/action/package_list": "application/json", "/feeds/dataset.atom": "application/atom+xml",
        "/hanoi/logo.svg": "image/svg+xml", "/api/3/action/package_show?id=none": "application/json",
    }  # fmt: skip
    for path, kind in kinds.items():
        answer = catalogue.page(path)
        assert answer.headers["content-type"].split(";")[0] == kind, path
        assert EVERYWHERE.items() <= dict(answer.headers).items(), path
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert "strict-transport-security" not in answer.headers, "the test server speaks http only"
        policy = rules(answer.headers["content-security-policy"])
        if kind == "text/html":
            assert policy["script-src"] == ["'self'"], path
            assert policy["style-src"] == ["'self'"], path
            assert policy["default-src"] == ["'self'"]
            assert policy["object-src"] == ["'none'"]
            assert policy["frame-ancestors"] == ["'self'"]
        elif "svg" not in kind:
            assert policy["default-src"] == ["'none'"], path
            assert "sandbox" in policy, path


def test_no_page_has_an_inline_script_or_style(wards):  # noqa: F811
    for path in with_a_file(wards):
        html = wards.page(path).text
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL):
            assert "src=" in attributes or "application/" in attributes, (path, body[:80])
        assert not re.search(r"<style", html), path
        assert not re.search(r"<[a-z][^>]*\son[a-z]+=", html), path
        assert not re.search(r"<[a-z][^>]*\sstyle=", html), path
        assert "javascript:" not in html, path


def test_what_the_pages_of_staff_do_inline_is_named_in_their_policy(catalogue):
    """Whatever CKAN writes in attributes of its forms must run, and nothing else: each is allowed by its own hash."""
    csv = catalogue.action("package_show", id="bus-stops")["result"]["resources"][0]["id"]
    shown = catalogue.action(
        "resource_view_create", signed_in=True, resource_id=csv, title="T", view_type="datatables_view"
    )
    view = shown["result"]["id"]
    found = 0
    for path in [
        "/dataset/bus-stops/resource/new", f"/dataset/bus-stops/resource/{csv}/edit", "/user/hanoi-admin/api-tokens",
        f"/dataset/bus-stops/resource/{csv}/view/{view}", "/dataset/new", "/dataset/edit/bus-stops", "/ckan-admin/config",
    ]:  # fmt: skip
        answer = catalogue.page(path, headers={"Authorization": catalogue.token}, follow_redirects=True)
        assert answer.status_code == 200, path
        policy = rules(answer.headers["content-security-policy"])
        for handler in re.findall(r'<[a-z][^<>]*?\son[a-z]+="([^"]*)"', answer.text):
            digest = base64.b64encode(hashlib.sha256(unescape(handler).encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy["script-src-attr"], (path, handler)
            assert "'unsafe-hashes'" in policy["script-src-attr"]
            found += 1
        for word in re.findall(r"<script([^>]*)>", answer.text):
            nonce = re.search(r'nonce="([^"]+)"', word)
            assert "src=" in word or "application/" in word or f"'nonce-{nonce[1]}'" in policy["script-src"], (
                path,
                word,
            )
        assert "'unsafe-inline'" not in policy["script-src"]
        assert "'unsafe-eval'" not in policy["script-src"]
    catalogue.action("resource_view_delete", signed_in=True, id=view)
    assert found >= 9


def test_other_origins_may_read_the_api_as_before(catalogue):
    answer = httpx.get(f"{catalogue.url}/api/3/action/package_list", headers={"Origin": "https://example.org"})
    plain = httpx.get(f"{catalogue.url}/api/3/action/package_list")
    assert answer.headers.get("access-control-allow-origin") == plain.headers.get("access-control-allow-origin")
    assert answer.status_code == 200
    assert "cross-origin-resource-policy" not in answer.headers
