"""Headers that tell a browser what a page may do: run our own scripts, show our own files, and nothing else.

There is no inline script and no inline style on a public page. What CKAN's own pages still have of both is named in
`_HANDLERS` and `_AT`, each with the pages that need it; `nonce` marks an inline script or style that a template writes on
purpose.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from ckan.common import config
from flask import g, has_request_context, request
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask, Response

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_YEAR = 365 * 24 * 3600
TRANSPORT = {"Strict-Transport-Security": f"max-age={_YEAR}; includeSubDomains"}

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""For an answer that is data and no page, even if a browser is made to show it as one."""

_PAGE: dict[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    # Bootstrap draws its arrows and crosses from data: addresses in its style sheet.
    "img-src": ("'self'", "data:"),
    "object-src": ("'none'",),
    "base-uri": ("'self'",),
    "form-action": ("'self'",),
    # The page of a file shows its views in frames of our own.
    "frame-src": ("'self'",),
    "frame-ancestors": ("'self'",),
}
_SCRIPTS = ("text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml")


def policy(endpoint: str, nonce: str = "") -> str:
    """Return the Content-Security-Policy of the page that `endpoint` shows.

    >>> policy("home.index").split("; ")[:2]
    ["default-src 'self'", "script-src 'self'"]
    """
    rules = {name: list(sources) for name, sources in _PAGE.items()}
    for name, sources in _AT.get(endpoint, {}).items():
        rules[name] = [*rules.get(name, []), *(source for source in sources if source not in rules.get(name, []))]
    if nonce:
        for name in ("script-src", "style-src"):
            rules[name].append(f"'nonce-{nonce}'")
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def nonce() -> str:
    """Return the word that lets this one answer's own inline script or style run, the same for the whole answer."""
    if not g.get("hanoi_nonce"):
        g.hanoi_nonce = secrets.token_urlsafe(16)
    return str(g.hanoi_nonce)


def with_nonce(html: str) -> Markup:
    """Let the first inline script of a template of CKAN's run; what comes after it may hold texts of others."""
    return Markup(re.sub(r"<script(?: type=text/javascript)?>", f'<script nonce="{nonce()}">', str(html), count=1))  # noqa: S704


def guard(app: Flask) -> None:
    """Put the headers on every answer of the application, and on those that are given before it is asked."""
    app.after_request(add_headers)
    app.wsgi_app = _Guarded(app.wsgi_app)


class _Guarded:
    """Puts the headers on answers of the layers around the application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def marked(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            given = {name.lower(): value for name, value in headers}
            is_page = given.get("content-type", "").startswith("text/html")
            wanted = {**_plain_headers(), "Content-Security-Policy": policy("") if is_page else DATA_POLICY}
            missing = [(name, value) for name, value in wanted.items() if name.lower() not in given]
            return start_response(status, [*headers, *missing], *more)

        return self._app(environ, marked)


def add_headers(response: Response) -> Response:
    """Put the headers on one answer; what the page's own code has set already stays."""
    for name, value in _plain_headers().items():
        response.headers.setdefault(name, value)
    is_page = response.mimetype in _SCRIPTS and has_request_context()
    wanted = policy(request.endpoint or "", g.get("hanoi_nonce") or "") if is_page else DATA_POLICY
    response.headers.setdefault("Content-Security-Policy", wanted)
    return response


def _plain_headers() -> dict[str, str]:
    encrypted = str(config.get("ckan.site_url", "")).startswith("https://")
    return {**HEADERS, **TRANSPORT} if encrypted else HEADERS


# What CKAN's own pages do in attributes of their elements, by the hash of the attribute's text.
_FIT_COLUMNS = "'sha256-wxQy3Q0+3LBbbcjXxmudkJvjIP94hyg+J7fZh9AZ2R0='"
_CHOOSE_TOKENS = "'sha256-ZrVI5vUZG/f325B6NP6JIyXK7PKkA2jqxWw2C6+RnuI='"
# DataTables lays its table out by attributes of the elements that it makes.
_TABLE = {"script-src-attr": ("'unsafe-hashes'", _FIT_COLUMNS), "style-src-attr": ("'unsafe-inline'",)}
_CHOOSE_UPLOAD = "'sha256-FpdWAiA3RBpWuddjFnLcugxP42R6qjqK+gdZjxtwOv4='"
_CHOOSE_LINK = "'sha256-F6LaVvkpYli724gUpw3eUsTe6Z+buGZAsXZSXh5E58U='"
_FORGET_UPLOAD = "'sha256-Z/m4LROcm/+b7adlxILx/HCly4VB4OqflMrYBAq48dI='"
_FORGET_LINK = "'sha256-unVzTsKuavdHA12GppEm/hbjTT3zhyL+xbRDzK9UnXw='"
_CLEAR_UPLOAD = "'sha256-zvptZW5rX9uRlqMnxEvQ6iVm0wLi7xPmIcqW2y1JvZc='"
_FILE = {
    "script-src-attr": (
        "'unsafe-hashes'",
        *(_CHOOSE_UPLOAD, _CHOOSE_LINK, _FORGET_UPLOAD, _FORGET_LINK, _CLEAR_UPLOAD),
    )
}
_TOKENS = {"script-src-attr": ("'unsafe-hashes'", _CHOOSE_TOKENS)}
# A map draws in a worker that it makes from its own text.
_MAP = {"worker-src": ("'self'", "blob:"), "child-src": ("'self'", "blob:"), "img-src": ("blob:",)}
_AT: dict[str, dict[str, tuple[str, ...]]] = {
    "dataset.read": _MAP,
    "dataset_resource.view": _TABLE,
    "resource.view": _TABLE,
    "dataset_resource.new": _FILE,
    "dataset_resource.edit": _FILE,
    "resource.new": _FILE,
    "resource.edit": _FILE,
    "user.api_tokens": _TOKENS,
}
