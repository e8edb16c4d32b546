"""The descriptions over HTTP: documents, content negotiation on the pages, the sitemap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
from ckan.common import config
from flask import Blueprint, Response

from . import croissant, documents, public, sitemap
from .catalogue import Page
from .facts import facts, names_en

if TYPE_CHECKING:
    from collections.abc import Callable

dcat = Blueprint("hanoi_dcat", __name__)

_FORM = f"<any({', '.join(documents.FORMS)}):form>"
_BY_MEDIA_TYPE = {kind.partition(";")[0]: form for form, (kind, _) in documents.FORMS.items()}
_NEGOTIATED = ("dataset.read", "home.index")
# The sitemap is made anew at most this often for one reader, in seconds.
_HOUR = 3600


def page_size() -> int:
    """Return how many datasets a page of the catalogue has."""
    return int(config["hanoi_dcat.datasets_per_page"])


@dcat.route(f"/dataset/<name>.{_FORM}", methods=["GET", "HEAD"])
def dataset(name: str, form: str) -> Response:
    """Send the description of a public dataset with all of its versions."""
    package = public.dataset(name)
    if package is None:
        return _missing()
    mark = documents.fingerprint([package], "dataset", form)
    return _send(documents.FORMS[form][0], mark, lambda: documents.dataset(package, form, mark))


@dcat.route("/dataset/<name>/croissant.jsonld", methods=["GET", "HEAD"])
def croissant_of(name: str) -> Response:
    """Send the Croissant description of a public dataset that has a published table."""
    package = public.dataset(name)
    content = croissant.dataset(facts(package, names_en())) if package else None
    if package is None or content is None:
        return _missing()
    body = json.dumps(content, ensure_ascii=False, indent=1).encode()
    return _send("application/ld+json", documents.fingerprint([package], "croissant"), lambda: body)


@dcat.route(f"/catalog.{_FORM}", methods=["GET", "HEAD"])
def catalogue(form: str) -> Response:
    """Send one page of the catalogue; `limit` asks for fewer datasets in a page."""
    size, number = _asked("limit", page_size()), _asked("page", 1)
    if not 1 <= size <= page_size() or number < 1:
        return _missing()
    packages, total = public.datasets(number, size)
    shown = Page(f"/catalog.{form}", number, max(1, -(-total // size)), size, total)
    if number > shown.pages:
        return _missing()
    mark = documents.fingerprint(packages, "catalogue", form, shown)
    response = _send(documents.FORMS[form][0], mark, lambda: documents.page(packages, shown, form, mark))
    links = [
        f'<{url}>; rel="{"prev" if relation == "previous" else relation}"'
        for relation, url in shown.neighbours().items()
    ]
    response.headers["Link"] = ", ".join(links)
    return response


@dcat.route("/catalog", methods=["GET", "HEAD"])
def catalogue_itself() -> Response:
    """Lead from the catalogue's own address to its description, or to its first page for people."""
    form = _wanted()
    to = tk.url_for("hanoi_dcat.catalogue", form=form) if form else tk.url_for("home.index")
    response = tk.redirect_to(to)
    response.status_code = 303
    response.vary.add("Accept")
    return response


@dcat.route("/sitemap.xml", methods=["GET", "HEAD"])
def sitemap_index() -> Response:
    """Send the sitemap that names the parts."""
    return _xml(sitemap.index())


@dcat.route("/sitemap-pages.xml", methods=["GET", "HEAD"])
def sitemap_pages() -> Response:
    """Send the part of the sitemap with the pages that are no datasets."""
    return _xml(sitemap.pages())


@dcat.route("/sitemap-<int:number>.xml", methods=["GET", "HEAD"])
def sitemap_part(number: int) -> Response:
    """Send one part of the sitemap with datasets."""
    body = sitemap.datasets(number) if 0 < number < 1000 else None
    return _xml(body) if body else _missing()


@dcat.before_app_request
def negotiate() -> Response | None:
    """Send a description instead of a page to whoever prefers one."""
    if tk.request.method not in ("GET", "HEAD") or tk.request.endpoint not in _NEGOTIATED:
        return None
    form = _wanted()
    if form is None:
        return None
    if tk.request.endpoint == "home.index":
        return catalogue(form)
    return dataset(tk.request.view_args["id"], form)


@dcat.after_app_request
def vary(response: Response) -> Response:
    """Say of a page that there is more than one form of it."""
    if tk.request.endpoint in _NEGOTIATED:
        response.vary.add("Accept")
    return response


def _asked(name: str, otherwise: int) -> int:
    """Return a whole number that the address asks for, or 0 for what is none."""
    text = tk.request.args.get(name, str(otherwise))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _wanted() -> str | None:
    """Return the form that the reader prefers to a page, or None."""
    accepted = tk.request.accept_mimetypes
    if not any(accepted[kind] and kind in dict(accepted) for kind in _BY_MEDIA_TYPE):
        return None
    best = accepted.best_match(["text/html", *_BY_MEDIA_TYPE])
    return _BY_MEDIA_TYPE.get(best or "")


def _send(kind: str, mark: str, write: Callable[[], bytes]) -> Response:
    """Send a document, or say that the reader's copy is still good without writing it."""
    response = Response(content_type=kind)
    response.set_etag(mark)
    response.vary.add("Accept")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.cache_control.public = True
    # The next version may come at any time.
    response.cache_control.no_cache = True
    if not tk.request.if_none_match.contains(mark):
        response.set_data(write())
    return response.make_conditional(tk.request.environ)


def _xml(body: bytes) -> Response:
    response = Response(body, content_type="application/xml; charset=utf-8")
    response.cache_control.public = True
    response.cache_control.max_age = _HOUR
    response.add_etag()
    return response.make_conditional(tk.request.environ)


def _missing() -> Any:
    return tk.abort(404, tk._("There is no such description."))
