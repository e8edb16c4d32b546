# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportUnknownLambdaType=false
# pyarrow and pandas ship partial types or none, so strict checking ends at their door.
"""The same for asynchronous programs: each call runs in a worker thread, so that the event loop goes on meanwhile."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hanoi_cloud._city import City, Organisation, SearchResults, connect
from hanoi_cloud._codegen import Model
from hanoi_cloud._dataset import Column, Dataset, Format
from hanoi_cloud._duckdb import Difference
from hanoi_cloud._translation import Translation, Weight
from hanoi_cloud._versions import Freshness, Provenance, Quality, Version
from hanoi_cloud._where import Where

if TYPE_CHECKING:
    from types import TracebackType

    import duckdb
    import ibis
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Answer = TypeVar("Answer")
_AT_ONCE = 1_000
"""Rows that are brought from the worker thread at once."""


async def _in_thread(call: Callable[[], Answer]) -> Answer:
    # anyio comes with httpx, and serves asyncio and trio alike.
    import anyio.to_thread

    return await anyio.to_thread.run_sync(call)


class AsyncDataset:
    """A dataset whose rows are awaited, and what else the catalogue is asked for.

    ``dataset`` holds what is known already: its id, title, version, notices and the rest.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    async def to_arrow(self, columns: Sequence[str] | None = None, *, where: Where | None = None) -> "pa.Table":
        """As ``Dataset.to_arrow``."""
        return await _in_thread(partial(self.dataset.to_arrow, columns, where=where))

    async def to_pandas(self, columns: Sequence[str] | None = None, *, where: Where | None = None) -> "pd.DataFrame":
        """As ``Dataset.to_pandas``."""
        return await _in_thread(partial(self.dataset.to_pandas, columns, where=where))

    async def to_polars(self, columns: Sequence[str] | None = None, *, where: Where | None = None) -> "pl.DataFrame":
        """As ``Dataset.to_polars``."""
        return await _in_thread(partial(self.dataset.to_polars, columns, where=where))

    async def iter_rows(self, model: type[Model], *, where: Where | None = None) -> AsyncIterator[Model]:
        """As ``Dataset.iter_rows``: ``async for row in air.iter_rows(AirQuality): ...``."""
        rows = await _in_thread(partial(self.dataset.iter_rows, model, where=where))
        while some := await _in_thread(lambda: list(islice(rows, _AT_ONCE))):
            for row in some:
                yield row

    async def at(
        self, *, version: str | None = None, as_of: str | date | None = None, major: int | None = None
    ) -> "AsyncDataset":
        """As ``Dataset.at``."""
        return AsyncDataset(await _in_thread(partial(self.dataset.at, version=version, as_of=as_of, major=major)))

    async def path(self) -> Path:
        """As ``Dataset.path``."""
        return await _in_thread(self.dataset.path)

    async def to_duckdb(
        self,
        columns: Sequence[str] | None = None,
        *,
        where: Where | None = None,
        connection: "duckdb.DuckDBPyConnection | None" = None,
    ) -> "duckdb.DuckDBPyRelation":
        """As ``Dataset.to_duckdb``."""
        return await _in_thread(partial(self.dataset.to_duckdb, columns, where=where, connection=connection))

    async def table(self, *, backend: "ibis.BaseBackend | None" = None) -> "ibis.Table":
        """As ``Dataset.table``."""
        return await _in_thread(partial(self.dataset.table, backend=backend))

    async def schema(self) -> "pa.Schema":
        """As ``Dataset.schema``."""
        return await _in_thread(lambda: self.dataset.schema)

    async def columns(self) -> tuple[Column, ...]:
        """As ``Dataset.columns``."""
        return await _in_thread(lambda: self.dataset.columns)

    async def versions(self) -> tuple[Version, ...]:
        """As ``Dataset.versions``."""
        return await _in_thread(lambda: self.dataset.versions)

    async def quality(self) -> Quality | None:
        """As ``Dataset.quality``."""
        return await _in_thread(lambda: self.dataset.quality)

    async def freshness(self) -> Freshness | None:
        """As ``Dataset.freshness``."""
        return await _in_thread(lambda: self.dataset.freshness)

    async def provenance(self) -> Provenance | None:
        """As ``Dataset.provenance``."""
        return await _in_thread(lambda: self.dataset.provenance)

    async def diff(self, former: str, present: str | None = None) -> Difference:
        """As ``Dataset.diff``."""
        return await _in_thread(partial(self.dataset.diff, former, present))

    async def download(
        self,
        path: Path | str | None = None,
        format: Format = "parquet",  # noqa: A002 - the word that every frame library uses here
    ) -> Path:
        """As ``Dataset.download``."""
        return await _in_thread(partial(self.dataset.download, path, format))

    async def iter_batches(
        self, columns: Sequence[str] | None = None, *, where: Where | None = None, rows: int = 65_536
    ) -> "AsyncIterator[pa.RecordBatch]":
        """As ``Dataset.iter_batches``: ``async for batch in air.iter_batches(): ...``."""
        batches = await _in_thread(partial(self.dataset.iter_batches, columns, where=where, rows=rows))
        while (batch := await _in_thread(partial(next, batches, None))) is not None:
            yield batch

    def __repr__(self) -> str:
        return repr(self.dataset).replace("<Dataset", "<AsyncDataset", 1)


class AsyncCity:
    """A connection whose calls are awaited, made by ``connect_async``. Also an asynchronous context manager that closes it."""

    def __init__(self, city: City) -> None:
        self.city = city

    async def dataset(
        self,
        dataset_id: str,
        *,
        version: str | None = None,
        as_of: str | date | None = None,
        major: int | None = None,
        locked: bool = True,
    ) -> AsyncDataset:
        """As ``City.dataset``."""
        opened = partial(self.city.dataset, dataset_id, version=version, as_of=as_of, major=major, locked=locked)
        return AsyncDataset(await _in_thread(opened))

    async def search(self, query: str = "", limit: int = 20) -> SearchResults:
        """As ``City.search``."""
        return await _in_thread(partial(self.city.search, query, limit))

    async def sql(
        self, query: str, *, connection: "duckdb.DuckDBPyConnection | None" = None
    ) -> "duckdb.DuckDBPyRelation":
        """As ``City.sql``."""
        return await _in_thread(partial(self.city.sql, query, connection=connection))

    async def translate_units(
        self,
        table: Any,
        column: str,
        measures: Sequence[str] | None = None,
        *,
        on: str | date | None = None,
        on_column: str | None = None,
        to: str | date,
        weight: Weight = "population",
        keep_unknown: bool = False,
    ) -> Translation:
        """As ``City.translate_units``."""
        asked = partial(self.city.translate_units, on=on, on_column=on_column, to=to, weight=weight)
        return await _in_thread(partial(asked, table, column, measures, keep_unknown=keep_unknown))

    async def organisations(self) -> list[Organisation]:
        """As ``City.organisations``."""
        return await _in_thread(self.city.organisations)

    async def close(self) -> None:
        """Close the network connections."""
        self.city.close()

    async def __aenter__(self) -> "AsyncCity":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: "TracebackType | None"
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncCity {self.city.url}>"


def connect_async(url: str | None = None, *, timeout: float = 30) -> AsyncCity:
    """As ``connect``, for asynchronous programs: ``async with hc.connect_async(url) as city: ...``."""
    return AsyncCity(connect(url, timeout=timeout))
