"""Atom feeds in the language of their address, at the addresses that CKAN gives its own and a few more.

CKAN's feeds are always marked as English, lead to its programming interface and call every change of an entry by the same
name, so that a reader of feeds never hears of a new version. Here each version is an entry of its own.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import ckan.plugins.toolkit as tk
from ckan.common import config
from ckan.lib.search import SearchError
from flask import Blueprint, Response, make_response, request
from lxml import etree

from . import localise, public_datasets, themes

feeds = Blueprint("hanoi_feeds", __name__, url_prefix="/feeds")

_ATOM = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_LISTED = 20
# A tag address (RFC 4151) names whoever held the host's name in this year.
_YEAR = "2026"
_NEVER = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass
class Entry:
    """What a feed says of one version or of one announced change."""

    key: str
    title: str
    url: str
    updated: datetime
    summary: str
    author: str = ""
    topic: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)


@feeds.route("/dataset.atom")
def datasets() -> Response:
    """Send the newest datasets and versions."""
    about = tk._("Newest datasets and versions")
    return _found(about, tk.h.url_for("dataset.search", _external=True))


@feeds.route("/organization/<name>.atom")
def organization(name: str) -> Response:
    """Send the newest datasets and versions of one agency."""
    agency = _shown("organization_show", name, tk._("There is no such agency."))
    title = localise.organization_title(agency)
    return _found(
        title, tk.h.url_for("organization.read", id=agency["name"], _external=True), f'organization:"{agency["name"]}"'
    )


@feeds.route("/group/<name>.atom")
def group(name: str) -> Response:
    """Send the newest datasets and versions of one group."""
    shown = _shown("group_show", name, tk._("There is no such group."))
    url = tk.h.url_for("group.read", id=shown["name"], _external=True)
    return _found(shown["display_name"], url, f'groups:"{shown["name"]}"')


@feeds.route("/theme/<code>.atom")
def theme(code: str) -> Response:
    """Send the newest datasets and versions of one topic, which is named by the last part of its address."""
    uri = themes.BASE + code
    if not themes.known(uri):
        return tk.abort(404, tk._("There is no such topic."))
    url = tk.h.url_for("dataset.search", theme=uri, _external=True)
    return _found(themes.label(uri, localise.language()), url, f'theme:"{uri}"')


@feeds.route("/tag/<name>.atom")
def tag(name: str) -> Response:
    """Send the newest datasets and versions with one keyword."""
    about = tk._("Keyword: {word}").format(word=name)
    return _found(about, tk.h.url_for("dataset.search", tags=name, _external=True), f"tags:{_quoted(name)}")


@feeds.route("/custom.atom")
def custom() -> Response:
    """Send what a search finds: the same parameters as on the search page."""
    kept = {
        name: value for name, value in request.args.items()
        if value and name not in ("q", "page", "sort") and name.isidentifier() and not name.startswith("_")
    }  # fmt: skip
    asked = request.args.get("q", "")
    about = tk._("Search: {words}").format(words=asked) if asked else tk._("Newest datasets and versions")
    url = tk.h.url_for("dataset.search", _external=True, **({"q": asked} if asked else {}), **kept)
    return _found(about, url, " ".join(f"+{name}:{_quoted(value)}" for name, value in kept.items()), asked)


@feeds.route("/dataset/<name>.atom")
def dataset(name: str) -> Response:
    """Send the versions of one dataset and the changes that were announced for it."""
    package = _shown("package_show", name, tk._("There is no such dataset."))
    index = public_datasets.index_of(package["name"])
    entries = [_of_package(package)]
    entries += [
        _of_version(package, version)
        for version in index.get("versions", [])
        if version.get("id") != localise.extra(package, "hanoi_version")
    ]
    entries += [_of_notice(notice, package["name"]) for notice in _notices(localise.extra(package, "hanoi_notices"))]
    entries.sort(key=lambda entry: entry.updated, reverse=True)
    return _send(
        package["title"], tk.h.url_for("dataset.read", id=package["name"], _external=True), entries[: 5 * _LISTED]
    )


@feeds.route("/changes.atom")
def changes() -> Response:
    """Send the breaking changes that were announced, whatever dataset they concern."""
    entries = {}
    for each in public_datasets.every().values():
        for notice in _notices(each.extras.get("hanoi_notices", "")):
            entry = _of_notice(notice, each.name)
            entries.setdefault(entry.key, entry)
    listed = sorted(entries.values(), key=lambda entry: (entry.updated, entry.key), reverse=True)
    return _send(
        tk._("Announced breaking changes"), tk.h.url_for("dataset.search", _external=True), listed[: 5 * _LISTED]
    )


def _found(about: str, url: str, only: str = "", asked: str = "") -> Response:
    page = tk.h.get_page_number(request.args)
    context: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user, "for_view": True}
    wanted = {
        "q": asked or "*:*", "fq": f"+dataset_type:dataset {f'+{only}' if only and only[0] != '+' else only}".strip(),
        "sort": "metadata_modified desc", "rows": _LISTED, "start": min((page - 1) * _LISTED, 10**6),
    }  # fmt: skip
    try:
        result = tk.get_action("package_search")(context, wanted)
    except SearchError:
        return tk.abort(400, tk._("This search cannot be understood."))
    pages = max(1, -(-result["count"] // _LISTED))
    return _send(about, url, [_of_package(package) for package in result["results"]], page, pages)


def _shown(action: str, name: str, missing: str) -> dict[str, Any]:
    context: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user, "for_view": True}
    more = {} if action == "package_show" else {"include_users": False, "include_followers": False}
    try:
        return tk.get_action(action)(context, {"id": name, **more})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return tk.abort(404, missing)


def _of_package(package: dict[str, Any]) -> Entry:
    version = localise.extra(package, "hanoi_version")
    number = localise.extra(package, "hanoi_version_number")
    said = localise.extra(package, "hanoi_committed_at") or package.get("metadata_modified")
    return Entry(
        key=f"/dataset/{package['id']}{f'/{version}' if version else ''}",
        title=_title(package, number, localise.extra(package, "hanoi_simulated") == "true"),
        url=tk.h.url_for("dataset.read", id=package["name"], _external=True),
        updated=public_datasets.moment(said) or _NEVER,
        summary=tk.h.markdown_extract(package.get("notes") or "", extract_length=400),
        author=(package.get("organization") or {}).get("title") or "",
        topic=localise.extra(package, "theme"),
        files=[
            {"url": each["url"], "bytes": each.get("size"), "media_type": each.get("mimetype")}
            for each in package.get("resources") or []
            if str(each.get("url", "")).startswith(("http://", "https://"))
        ],
    )


def _of_version(package: dict[str, Any], version: dict[str, Any]) -> Entry:
    rows = version.get("rows")
    site = config["ckan.site_url"].rstrip("/")
    said = tk.ungettext("{number} row", "{number} rows", rows or 0).format(number=tk.h.hanoi_number(rows))
    return Entry(
        key=f"/dataset/{package['id']}/{version.get('id')}",
        title=_title(package, str(version.get("number") or ""), bool(version.get("simulated"))),
        url=tk.h.url_for("dataset.read", id=package["name"], _external=True),
        updated=public_datasets.moment(version.get("committed_at")) or _NEVER,
        summary=said,
        author=(package.get("organization") or {}).get("title") or "",
        topic=localise.extra(package, "theme"),
        files=[{**file, "url": site + file["url"]} for file in version.get("files", [])],
    )


def _of_notice(notice: dict[str, Any], dataset: str) -> Entry:
    subject, version = notice.get("subject", ""), notice.get("version", "")
    days = {key: _day(notice.get(key, "")) for key in ("effective", "former_until")}
    term = tk._("In force from {effective}; the former version {former} is served until {former_until}.").format(
        former=notice.get("former", ""), **days
    )
    concerned = ", ".join(notice.get("columns") or ())
    columns = tk._("Columns concerned: {columns}.").format(columns=concerned) if concerned else ""
    text = notice.get(localise.language()) or notice.get("vi", "")
    return Entry(
        key=f"/notice/{subject}/{version}",
        title=tk._("Breaking change announced: {subject} {version}").format(subject=subject, version=version),
        url=tk.h.url_for("dataset.read", id=dataset, _external=True),
        updated=public_datasets.moment(notice.get("announced")) or _NEVER,
        summary=" ".join(filter(None, (text, term, columns))),
    )


def _send(about: str, url: str, entries: list[Entry], page: int = 1, pages: int = 1) -> Response:
    site = config["ckan.site_title"]
    feed = etree.Element(f"{{{_ATOM}}}feed", {_LANGUAGE: localise.language()}, nsmap={None: _ATOM})
    _put(feed, "id", _tag(_feed_path()))
    _put(feed, "title", f"{about} – {site}")
    _put(feed, "updated", max((entry.updated for entry in entries), default=_NEVER).isoformat())
    _put(_put(feed, "author"), "name", site)
    _put(feed, "link", rel="alternate", href=url, type="text/html")
    for rel, number in _pages(page, pages).items():
        _put(feed, "link", rel=rel, href=_here(number), type="application/atom+xml")
    for entry in entries:
        _add(feed, entry)
    response = make_response(etree.tostring(feed, encoding="utf-8", xml_declaration=True, pretty_print=True))
    response.headers["Content-Type"] = "application/atom+xml; charset=utf-8"
    response.add_etag()
    return response.make_conditional(request)


def _add(feed: Any, entry: Entry) -> None:
    made = _put(feed, "entry")
    _put(made, "id", _tag(entry.key))
    _put(made, "title", entry.title)
    _put(made, "updated", entry.updated.isoformat())
    _put(made, "published", entry.updated.isoformat())
    _put(made, "link", rel="alternate", href=entry.url, type="text/html")
    for file in entry.files:
        size = {"length": str(file["bytes"])} if file.get("bytes") else {}
        kind = file.get("media_type") or "application/octet-stream"
        _put(made, "link", rel="enclosure", href=file["url"], type=kind, **size)
    if entry.author:
        _put(_put(made, "author"), "name", entry.author)
    if entry.topic:
        _put(made, "category", term=entry.topic, label=themes.label(entry.topic, localise.language()))
    _put(made, "summary", entry.summary or entry.title)


def _put(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
    made = etree.SubElement(parent, f"{{{_ATOM}}}{name}", {key: _clean(value) for key, value in attributes.items()})
    made.text = _clean(text) or None
    return made


def _title(package: dict[str, Any], number: str, simulated: bool) -> str:
    title = package.get("title") or package["name"]
    if number:
        title = tk._("{title}, version {number}").format(title=title, number=number)
    return f"{title} ({localise.simulated_label(True, localise.language()).lower()})" if simulated else title


def _notices(text: str) -> list[dict[str, Any]]:
    try:
        notices = json.loads(text or "[]")
    except ValueError:
        return []
    return [notice for notice in notices if isinstance(notice, dict)] if isinstance(notices, list) else []


def _pages(page: int, pages: int) -> dict[str, int]:
    linked = {"self": page, "first": 1, "last": pages}
    if page > 1:
        linked["prev"] = page - 1
    if page < pages:
        linked["next"] = page + 1
    return linked


def _here(page: int) -> str:
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page"}
    if page > 1:
        kept["page"] = page
    return tk.h.url_for(request.endpoint, _external=True, **(request.view_args or {}), **kept)


def _feed_path() -> str:
    """Return what names the feed whatever page of it is shown: path, language and question."""
    asked = urlencode(sorted((name, value) for name, value in request.args.items() if name != "page"))
    path = request.path if localise.language() == "vi" else f"/en{request.path}"
    return f"{path}?{asked}" if asked else path


def _tag(path: str) -> str:
    return f"tag:{urlsplit(config['ckan.site_url']).hostname},{_YEAR}:{quote(path)}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "").replace('"', "") + '"'


def _day(text: str) -> str:
    moment = public_datasets.moment(text)
    return f"{moment:%d/%m/%Y}" if moment else text


def _clean(text: str) -> str:
    # XML bears no control characters at all.
    return "".join(
        " " if char in "\n\t\r" else char for char in text if unicodedata.category(char)[0] != "C" or char in "\n\t\r"
    )
