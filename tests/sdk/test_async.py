"""The same calls awaited: the event loop goes on, and errors are those of the plain calls."""

import asyncio
from pathlib import Path

import pytest

import hanoi_cloud as hc
from tests.sdk.helpers import ROWS, Catalogue, Fault


def test_rows_are_awaited(catalogue: Catalogue, tmp_path: Path) -> None:
    async def walk() -> None:
        async with hc.connect_async(catalogue.url) as city:
            [found] = await city.search("air")
            air = await city.dataset(found.id)
            assert air.dataset.rows == 3
            frames = await asyncio.gather(
                air.to_arrow(), air.to_pandas(["at"]), air.to_polars(where=hc.col("level") > 1)
            )
            assert [len(frame) for frame in frames] == [3, 3, 1]
            assert frames[0].equals(ROWS)
            assert sum([batch.num_rows async for batch in air.iter_batches(rows=2)]) == 3
            assert (await air.download(tmp_path, "csv")).exists()
            assert await city.organisations() == []

    asyncio.run(walk())


def test_the_loop_goes_on_while_a_slow_catalogue_is_asked(catalogue: Catalogue) -> None:
    catalogue.fail("/api/3/action/package_show", Fault(503, {"Retry-After": "1"}))

    async def walk() -> int:
        ticks = 0
        async with hc.connect_async(catalogue.url) as city:
            asked = asyncio.ensure_future(city.dataset("air-quality-hourly"))
            while not asked.done():
                ticks += 1
                await asyncio.sleep(0.01)
            assert (await asked).dataset.id == "air-quality-hourly"
        return ticks

    assert asyncio.run(walk()) > 5


def test_errors_are_those_of_the_plain_calls(catalogue: Catalogue) -> None:
    async def walk() -> None:
        async with hc.connect_async(catalogue.url) as city:
            await city.dataset("air")

    with pytest.raises(hc.DatasetNotFound):
        asyncio.run(walk())
