"""Queries of the data API end when their time is over or nobody waits for them any more, without CKAN and without a server."""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "catalog/ckanext-hanoi"))

from ckanext.hanoi_api.problems import Problem
from ckanext.hanoi_api.running import Client, ClientGone, Runner

# Minutes of work, in pieces between which it can be interrupted.
ENDLESS = "SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) % 7 = 3"


@pytest.fixture
def room() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1, "memory_limit": "50MB", "temp_directory": ""}) as connection:
        yield connection


def stays() -> Client:
    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    return Client(receive)


def leaves(after: float) -> Client:
    messages = iter(["http.request", "http.disconnect"])

    async def receive() -> dict[str, Any]:
        kind = next(messages)
        if kind == "http.disconnect":
            await asyncio.sleep(after)
        return {"type": kind}

    return Client(receive)


def endless(connection: duckdb.DuckDBPyConnection) -> object:
    return connection.execute(ENDLESS).fetchall()


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 30))


def test_a_query_whose_client_left_is_ended(room: duckdb.DuckDBPyConnection) -> None:
    async def work() -> None:
        runner, client = Runner(at_once=1), leaves(0.2)
        with pytest.raises(ClientGone):
            await runner.run(client, room, endless)
        # The place is free again, and the connection still answers.
        assert await runner.run(stays(), room, lambda c: c.execute("SELECT 1").fetchone()) == (1,)
        client.close()

    run(work)


def test_a_query_that_takes_too_long_is_ended(room: duckdb.DuckDBPyConnection) -> None:
    async def work() -> None:
        runner = Runner(at_once=1, seconds=0.2)
        with pytest.raises(Problem) as refused:
            await runner.run(stays(), room, endless)
        assert refused.value.code == "too-long"

    run(work)


def test_a_query_that_needs_too_much_memory_is_refused(room: duckdb.DuckDBPyConnection) -> None:
    async def work() -> None:
        with pytest.raises(Problem) as refused:
            await Runner().run(
                stays(), room, lambda c: c.execute("SELECT list(i) FROM range(20000000) t(i)").fetchall()
            )
        assert refused.value.code == "too-big"

    run(work)


@pytest.mark.parametrize(
    ("sql", "code"),
    [("SELECT * FROM read_parquet('/nowhere/x.parquet')", "no-rows"), ("SELECT CAST('x' AS INTEGER)", "bad-value")],
)
def test_what_goes_wrong_in_a_query_is_told(room: duckdb.DuckDBPyConnection, sql: str, code: str) -> None:
    async def work() -> None:
        with pytest.raises(Problem) as refused:
            await Runner().run(stays(), room, lambda c: c.execute(sql).fetchall())
        assert refused.value.code == code

    run(work)


def test_more_than_can_wait_are_sent_away(room: duckdb.DuckDBPyConnection) -> None:
    async def work() -> None:
        runner = Runner(at_once=1, waiting=1, patience=0.3)
        held = threading.Event()
        first = asyncio.ensure_future(runner.run(stays(), room, lambda _: held.wait(20)))
        await asyncio.sleep(0.05)
        second = asyncio.ensure_future(runner.run(stays(), room, lambda _: True))
        await asyncio.sleep(0.05)
        with pytest.raises(Problem) as refused:  # no place to wait
            await runner.run(stays(), room, lambda _: True)
        assert refused.value.code == "busy"
        with pytest.raises(Problem) as refused:  # waited long enough
            await second
        assert refused.value.headers["Retry-After"]
        held.set()
        assert await first
        assert await runner.run(stays(), room, lambda _: "served")

    run(work)


def test_a_request_that_is_given_up_ends_its_query(room: duckdb.DuckDBPyConnection) -> None:
    async def work() -> None:
        runner = Runner(at_once=1)
        task = asyncio.ensure_future(runner.run(stays(), room, endless))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await runner.run(stays(), room, lambda c: c.execute("SELECT 1").fetchone()) == (1,)

    run(work)
