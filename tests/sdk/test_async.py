"""The same calls awaited: the event loop goes on, and errors are those of the plain calls."""

import asyncio
import inspect
from dataclasses import dataclass
from pathlib import Path

import pytest

import hanoi_cloud as hc
from tests.sdk.helpers import ROWS, Catalogue, Fault


@dataclass
class Level:
    level: float | None


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
            assert (await air.columns()) == air.dataset.columns
            assert (await air.schema()).names == ROWS.column_names
            assert [version.id for version in await air.versions()] == ["1-aaaaaaaa"]
            assert (await air.quality(), await air.freshness()) == (None, None)
            assert (await air.provenance()) == air.dataset.provenance
            assert (await air.diff("1-aaaaaaaa")).same
            assert (await air.at(version="1-aaaaaaaa")).dataset == air.dataset
            assert (await air.path()).exists()
            assert [row.level async for row in air.iter_rows(Level)] == [12.5, None, 0.1]
            assert (await air.to_duckdb(["level"])).fetchall() == [(12.5,), (None,), (0.1,)]
            assert (await air.table()).count().to_pyarrow().as_py() == 3
            assert (await city.sql("SELECT count(*) FROM air_quality_hourly")).fetchall() == [(3,)]

    asyncio.run(walk())


def test_every_call_can_be_awaited() -> None:
    for plain, awaited in ((hc.City, hc.AsyncCity), (hc.Dataset, hc.AsyncDataset)):
        calls = [name for name in dir(plain) if inspect.isfunction(getattr(plain, name)) and not name.startswith("_")]
        for name in calls:
            asked = inspect.signature(getattr(plain, name)).parameters.keys() - {"progress"}
            assert inspect.signature(getattr(awaited, name)).parameters.keys() == asked, name


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
