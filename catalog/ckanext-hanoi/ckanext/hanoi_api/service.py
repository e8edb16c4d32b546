"""What the routes share: who asks and what they may see, the rooms that are read in, and answers that were given before."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ckanext.hanoi.limits import client

from . import parameters, versions
from .access import Caller, Catalogue
from .problems import Problem
from .rooms import Rooms
from .running import Runner
from .tiers import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb
    from starlette.requests import Request

    from .parameters import Parameters
    from .versions import Version

_THREADS = 4
_KEPT, _LARGEST = 32_000_000, 1_000_000  # bytes of all, and of one

T = TypeVar("T")


@dataclass(frozen=True)
class Visit:
    """A call of somebody who may make it."""

    request: Request
    caller: Caller
    package: dict[str, Any]

    @property
    def dataset(self) -> str:
        return str(self.package.get("name") or "")


class Service:
    """One process of the data API."""

    def __init__(self, application: Any, settings: Mapping[str, Any]) -> None:
        self.catalogue = Catalogue(application)
        self.limits = Limits(str(settings.get("ckan.redis.url") or ""), str(settings.get("SECRET_KEY") or ""))
        self.site = str(settings.get("ckan.site_url") or "").rstrip("/")
        self._hops = int(settings.get("hanoi.trusted_proxies") or 0)
        self.rooms = Rooms()
        self.runner = Runner()
        self.exporting = asyncio.Semaphore(4)
        self.kept = Kept()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="hanoi-api-ckan")

    async def visit(self, request: Request, dataset: str | None = None, kind: str = "calls") -> Visit:
        """Count a call and find the dataset that it is about.

        :param kind: calls or exports, which have limits of their own
        :raises Problem: the key is not valid, the limit is reached, or there is no such dataset for the caller
        """
        return await self.aside(partial(self._visit, request, dataset, kind))

    async def aside(self, work: Callable[[], T]) -> T:
        """Do what asks CKAN or the disk in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _visit(self, request: Request, dataset: str | None, kind: str) -> Visit:
        peer = request.client.host if request.client else ""
        forwarded = request.headers.get("x-forwarded-for")
        address = client({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, self._hops)
        try:
            name = self.catalogue.name_of(request.headers.get("authorization"))
        except Problem:
            self.limits.count(Caller("", address), kind)  # so that keys cannot be tried out
            raise
        caller = Caller(name, address)
        request.state.limits = self.limits.count(caller, kind)
        package = self.catalogue.package(dataset, caller.name) if dataset is not None else {}
        return Visit(request, caller, package)

    async def version(self, visit: Visit, asked: Parameters) -> Version:
        """Return the version that a call means."""
        return await self.aside(partial(versions.choose, visit.dataset, visit.package, asked))

    async def run(self, visit: Visit, files: Sequence[Path], work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Do what reads some files in a room of their own."""
        connection = await self.aside(partial(self.rooms.cursor, *files))
        return await self.runner.run(visit.request.state.client, connection, work)


def version_of(request: Request, allowed: Iterable[str]) -> Parameters:
    """Return which version a call asks for; every other parameter is still to be read, with that version's columns."""
    chosen = {}
    for name, value in parameters.pairs_of(request.url.query):
        if name in parameters.VERSIONS and name in allowed:
            chosen.setdefault(name, value)
    return parameters.Parameters(chosen)


class Kept:
    """Answers about versions, which never change; the last used stay, up to some megabytes."""

    def __init__(self, most: int = _KEPT, largest: int = _LARGEST) -> None:
        self._answers: OrderedDict[Any, tuple[bytes, Any]] = OrderedDict()
        self._bytes, self._most, self._largest = 0, most, largest
        self._changing = threading.Lock()

    def get(self, question: Any) -> tuple[bytes, Any] | None:
        """Return an answer that was kept, with what was kept beside it."""
        with self._changing, suppress(KeyError):
            self._answers.move_to_end(question)
            return self._answers[question]
        return None

    def put(self, question: Any, body: bytes, beside: Any = None) -> None:
        """Keep an answer, when it is not too large."""
        if len(body) > self._largest:
            return
        with self._changing:
            if question not in self._answers:
                self._answers[question] = (body, beside)
                self._bytes += len(body)
            while self._bytes > self._most:
                _, (gone, _) = self._answers.popitem(last=False)
                self._bytes -= len(gone)
