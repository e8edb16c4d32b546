"""What pages of other origins may read: the open API and the published files, by GET, as somebody who has not signed in.

A browser never sends cookies where the answer is for `*`, and this lets no page send a token along.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OPEN = re.compile(
    r"/(?:(?:vi|en)/)?(?:api/[0-9]/.*|api/action/.*|data/.*|datastore/dump/.*|feeds/.*|catalog\.[a-z]+|"
    r"dataset/[a-z0-9-]+\.[a-z]+|dataset/[a-z0-9-]+/croissant.*|sitemap.*)"
)
_EXPOSED = "ETag, Content-Length, Content-Range, Content-Disposition, Link, Retry-After"
_ORIGIN = ("Access-Control-Allow-Origin", "*")
_PREFLIGHT = [
    _ORIGIN,
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Headers", "Accept, Accept-Language, Content-Type, If-None-Match, Range"),
    ("Access-Control-Max-Age", "86400"),
    ("Content-Length", "0"),
]


class Shared:
    """Puts the headers on answers that pages of any origin may read."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer the question whether it may be asked, or hand the request on and mark its answer."""
        method = environ.get("REQUEST_METHOD")
        if not is_open(environ.get("PATH_INFO", "")):
            return self._app(environ, start_response)
        if method == "OPTIONS" and environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD"):
            start_response("204 No Content", _PREFLIGHT)
            return [b""]
        if method not in ("GET", "HEAD"):
            return self._app(environ, start_response)

        def marked(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            added = [_ORIGIN, ("Access-Control-Expose-Headers", _EXPOSED)]
            return start_response(status, [*headers, *(h for h in added if h[0].lower() not in given)], *more)

        return self._app(environ, marked)


def is_open(path: str) -> bool:
    """Say whether pages of other origins may read what is at a path.

    >>> is_open("/api/3/action/package_search"), is_open("/data/bus-stops/versions.json"), is_open("/user/login")
    (True, True, False)
    """
    return _OPEN.fullmatch(path) is not None


def watch(app: Any) -> None:
    """Let pages of other origins read what an application serves to everybody."""
    app.wsgi_app = Shared(app.wsgi_app)
