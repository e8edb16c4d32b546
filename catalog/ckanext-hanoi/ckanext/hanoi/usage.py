"""How often each dataset is read and downloaded: one number a dataset and day in Valkey, and nothing about who asked."""

from __future__ import annotations

import logging
import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ckan.lib.redis import connect_to_redis
from flask import request
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from flask import Flask, Response

log = logging.getLogger(__name__)

DAYS = 30
"""How many days, today among them, "most used" looks back."""
_KEPT = timedelta(days=DAYS + 10)
_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
# Programs that walk every page say nothing about what people use.
_ROBOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|monitor|headlesschrome-lighthouse", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_-]{2,100}")


def today() -> date:
    """Return the day it is in Hanoi."""
    return datetime.now(_HANOI).date()


def count(dataset: str, times: int = 1) -> None:
    """Count one use of a dataset today. Nothing happens where Valkey does not answer."""
    if not _NAME.fullmatch(dataset):
        return
    key = _key(today())
    try:
        line = connect_to_redis().pipeline(transaction=False)
        line.hincrby(key, dataset, times)
        line.expire(key, _KEPT)
        line.execute()
    except RedisError:
        log.warning("A use of a dataset could not be counted: Valkey does not answer")


def most_used() -> dict[str, int]:
    """Return how often each dataset was used in the last `DAYS` days, the most used first; nothing without Valkey."""
    days = [today() - timedelta(days=back) for back in range(DAYS)]
    try:
        line = connect_to_redis().pipeline(transaction=False)
        for day in days:
            line.hgetall(_key(day))
        found = line.execute()
    except RedisError:
        return {}
    total: dict[str, int] = {}
    for uses in found:
        for name, times in uses.items():
            total[name.decode()] = total.get(name.decode(), 0) + int(times)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def watch(app: Flask) -> None:
    """Count every page of a dataset that is shown and every file of one that is sent."""
    app.after_request(_counted)


def _counted(response: Response) -> Response:
    name = {"dataset.read": "id", "hanoi.data": "dataset"}.get(request.endpoint or "")
    if name is None or request.method != "GET" or response.status_code not in (200, 206):
        return response
    # A download in pieces is one download: its first piece.
    if response.status_code == 206 and not (response.headers.get("Content-Range", "").startswith("bytes 0-")):
        return response
    if not _ROBOT.search(request.user_agent.string) and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        count(str((request.view_args or {}).get(name, "")))
    return response


def _key(day: date) -> str:
    return f"hanoi:usage:{day.isoformat()}"
