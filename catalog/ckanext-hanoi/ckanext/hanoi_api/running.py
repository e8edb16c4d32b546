"""Queries of an asynchronous server: few at once, each for a limited time, and none for a client that has gone."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from . import problems

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[Any]]

AT_ONCE = 2
WAITING = 48
PATIENCE = 10.0  # seconds in the queue
SECONDS = 20.0  # seconds of work
_AGAIN = 0.05

T = TypeVar("T")


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Client:
    """The other side of one request, and whether it has left.

    A server may take a second question of this kind, or one that was given up, for a departure: it is asked once.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._leaving: asyncio.Future[None] | None = None

    @property
    def leaving(self) -> asyncio.Future[None]:
        """What is done when the client has left."""
        if self._leaving is None:
            self._leaving = asyncio.ensure_future(self._left())
        return self._leaving

    def close(self) -> None:
        """Wait no longer: the request was answered."""
        if self._leaving is not None:
            self._leaving.cancel()

    async def _left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


class Runner:
    """Runs work with DuckDB in threads and ends it when its time is over or its client has left."""

    def __init__(
        self, at_once: int = AT_ONCE, waiting: int = WAITING, patience: float = PATIENCE, seconds: float = SECONDS
    ) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="hanoi-api")
        self._waiting, self._most = 0, waiting
        self._patience, self._seconds = patience, seconds

    async def run(
        self, client: Client, connection: duckdb.DuckDBPyConnection, work: Callable[[duckdb.DuckDBPyConnection], T]
    ) -> T:
        """Return what `work` does with the connection.

        :param client: who waits for the answer
        :raises Problem: the server is busy, or the query takes too long or too much
        :raises ClientGone: the client left
        """
        await self._enter()
        task = asyncio.get_running_loop().run_in_executor(self._threads, work, connection)
        # A thread that is still at it keeps its place, whatever becomes of the request.
        task.add_done_callback(lambda done: (self._slots.release(), done.cancelled() or done.exception()))
        try:
            await asyncio.wait({task, client.leaving}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.shield(self._end(connection, task))
                raise ClientGone if client.leaving.done() else problems.too_long(self._seconds)
            return task.result()
        except (duckdb.OutOfMemoryException, MemoryError):
            raise problems.too_big() from None
        except (duckdb.IOException, duckdb.PermissionException):
            raise problems.vanished() from None
        except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException):
            raise problems.beyond() from None
        finally:
            if not task.done():
                self._ending = asyncio.ensure_future(self._end(connection, task))

    async def _enter(self) -> None:
        if self._waiting >= self._most:
            raise problems.busy()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._slots.acquire(), self._patience)
        except asyncio.TimeoutError:
            raise problems.busy() from None
        finally:
            self._waiting -= 1

    @staticmethod
    async def _end(connection: duckdb.DuckDBPyConnection, task: asyncio.Future[Any]) -> None:
        # An interruption between two statements is forgotten by the next one.
        while not task.done():
            with suppress(duckdb.Error):
                connection.interrupt()
            await asyncio.wait({task}, timeout=_AGAIN)
