"""Whether the catalogue lives (`/-/health`) and whether it can serve readers (`/-/health/ready`).

Everybody is told one word: `ok`, `degraded` (it serves, but somebody should look) or `failed`. Which part it is stands in the
log, and in the answer for an administrator's API token.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

from ckan.common import config

from . import published

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

LIVE, READY = "/-/health", "/-/health/ready"
_KEPT = 2.0
"""Seconds for which one finding answers everybody, so that nobody can keep the database busy by asking."""
_lock = threading.Lock()
_found: tuple[float, dict[str, str]] = (-_KEPT, {})


class Health:
    """Answers the two addresses before anything else of the catalogue is asked."""

    def __init__(self, app: Any) -> None:
        self._flask, self._app = app, app.wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or hand the request on."""
        path = environ.get("PATH_INFO", "")
        if path not in (LIVE, READY) or environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        parts = state() if path == READY else {}
        body: dict[str, Any] = {"status": summary(parts)}
        if parts and (token := environ.get("HTTP_AUTHORIZATION", "")):
            with self._flask.app_context():
                body |= {"parts": parts} if _is_administrator(token) else {}
        content = json.dumps(body).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response("503 Service Unavailable" if body["status"] == "failed" else "200 OK", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else content]


def watch(app: Any) -> None:
    """Let an application answer the two addresses."""
    app.wsgi_app = Health(app)


def summary(parts: dict[str, str]) -> str:
    """Return one word for the states of all parts.

    >>> summary({}), summary({"database": "ok", "disk": "degraded"}), summary({"database": "failed", "disk": "degraded"})
    ('ok', 'degraded', 'failed')
    """
    return next((word for word in ("failed", "degraded") if word in parts.values()), "ok")


def state() -> dict[str, str]:
    """Return `ok`, `degraded` or `failed` for the database, the search, Valkey, the published files and the disk."""
    global _found
    with _lock:
        at, parts = _found
        if time.monotonic() - at < _KEPT:
            return parts
        now = {name: _tried(name, check) for name, check in _CHECKS.items()}
        if now != parts and summary(now) != "ok":
            log.warning("Not everything is well: %s", now)
        _found = (time.monotonic(), now)
        return now


def _tried(name: str, check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else _OTHERWISE.get(name, "failed")
    except Exception as error:
        log.warning("%s does not answer: %s", name, type(error).__name__)
        return "failed"


def _database() -> bool:
    from ckan.model.meta import engine
    from sqlalchemy import text

    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT 1")).scalar() == 1)


def _search() -> bool:
    from ckan.lib import search

    return bool(search.is_available())


def _valkey() -> bool:
    from ckan.lib.redis import connect_to_redis

    return bool(connect_to_redis().ping())


def _published() -> bool:
    # Before the first publication there is no folder, and nothing that could not be served.
    root = published.folder()
    return root is None or not root.exists() or os.access(root, os.R_OK | os.X_OK)


def _disk() -> bool:
    root = published.folder()
    place = next((p for p in (root, *root.parents) if p.exists()), None) if root else None
    return place is None or shutil.disk_usage(place).free >= int(config.get("hanoi.least_free_mb") or 0) * 1_000_000


_CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "search": _search,
    "valkey": _valkey,
    "published": _published,
    "disk": _disk,
}
_OTHERWISE = {"disk": "degraded"}


def _is_administrator(token: str) -> bool:
    from ckan import model
    from ckan.lib.api_token import get_user_from_token

    try:
        user = get_user_from_token(token, update_access_time=False)
        return bool(user and user.sysadmin and user.state == model.State.ACTIVE)
    except Exception:
        return False
    finally:
        model.Session.remove()
