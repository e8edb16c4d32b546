"""What was published and is not any more: answers 410 with the reason, for a reader and for a program."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from flask import Flask, Response, g, make_response, request

from . import localise, published

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAGE = re.compile(r"/dataset/(?:[a-z]+/)?([a-z0-9-]+)(\.[a-z0-9]+)?(?:/.*)?")
_JSON = ("application/problem+json", "application/json", "application/ld+json")
Tombstone = dict[str, Any]


def of_version(dataset: str, version: str) -> Tombstone | None:
    """Return the tombstone of a version, or None where it was not withdrawn."""
    for entry in _index(dataset).get("versions") or []:
        if entry.get("id") == version:
            return _sound(entry.get("withdrawn"))
    return None


def of_dataset(dataset: str) -> Tombstone | None:
    """Return the tombstone of a dataset: its own, or that of its newest version where every version was withdrawn."""
    index = _index(dataset)
    if found := _sound(index.get("withdrawn")):
        return found
    found = [_sound(entry.get("withdrawn")) for entry in index.get("versions") or []]
    return found[0] if found and all(found) else None


def public(dataset: str) -> bool:
    """Say whether a dataset that is not to be seen now was for everybody; of a private one nobody is told that it was there."""
    package = model.Package.get(dataset)
    return package is not None and package.name == dataset and not package.private


def answer(dataset: str, version: str | None, tombstone: Tombstone, as_json: bool = False) -> Response:
    """Return the answer of an address whose content was withdrawn: problem details by RFC 9457, or a page for a reader."""
    best = request.accept_mimetypes.best_match(["text/html", *_JSON])
    if as_json or best in _JSON:
        body = json.dumps(_problem(dataset, version, tombstone), ensure_ascii=False)
        response = make_response(body)
        response.headers["Content-Type"] = "application/problem+json"
    else:
        # An error page may have been made in this request already; this one needs style sheets of its own.
        g.pop("_webassets", None)
        response = make_response(tk.render("withdrawn.html", _shown(dataset, version, tombstone)))
    response.status_code = 410
    response.headers["X-Robots-Tag"] = "noindex"
    # It may be restored at any time.
    response.cache_control.clear()
    response.cache_control.no_cache = True
    return response


def watch(app: Flask) -> None:
    """Say 410 and why, instead of 404, at the pages of a dataset that was withdrawn."""

    @app.after_request
    def gone(response: Response) -> Response:
        asked = _PAGE.fullmatch(request.path) if response.status_code in (403, 404) else None
        if asked is None or request.method not in ("GET", "HEAD"):
            return response
        tombstone = of_dataset(asked[1])
        if tombstone is None or not public(asked[1]):
            return response
        return answer(asked[1], None, tombstone, as_json=asked[2] is not None)


def _problem(dataset: str, version: str | None, tombstone: Tombstone) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": f"{tombstone['reason']['vi']} / {tombstone['reason']['en']}",
        "dataset": dataset,
        "version": version,
        "withdrawn": tombstone,
        "versions": f"{_site()}/data/{dataset}/versions.json",
    }


def _shown(dataset: str, version: str | None, tombstone: Tombstone) -> Mapping[str, Any]:
    package, lang = model.Package.get(dataset), localise.language()
    title = package.title if package is not None else dataset
    if lang == "en" and package is not None:
        title = package.extras.get("title_en") or title
    agency = model.Group.get(tombstone.get("by") or "")
    successor, _, successor_version = str(tombstone.get("successor") or "").partition("@")
    return {
        "gone": {
            "title": title,
            "version": version,
            "reason": tombstone["reason"].get(lang) or tombstone["reason"].get("vi"),
            "at": tombstone.get("at", ""),
            "agency": localise.organization_title({"name": agency.name, "title": agency.title, **agency.extras})
            if agency
            else tombstone.get("by", ""),
            "agency_name": agency.name if agency else "",
            "successor": successor,
            "successor_version": successor_version,
        }
    }


def _site() -> str:
    return str(tk.config["ckan.site_url"]).rstrip("/")


def _index(dataset: str) -> dict[str, Any]:
    path = published.index(dataset)
    try:
        return _read(str(path), path.stat().st_mtime_ns) if path else {}
    except OSError:
        return {}


@lru_cache(maxsize=512)
def _read(path: str, _changed: int) -> dict[str, Any]:
    try:
        content = json.loads(Path(path).read_text("utf-8"))
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {}


def _sound(tombstone: Any) -> Tombstone | None:
    return tombstone if isinstance(tombstone, dict) and isinstance(tombstone.get("reason"), dict) else None
