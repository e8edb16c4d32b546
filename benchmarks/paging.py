"""A whole table to pandas from a running catalogue: through the SDK, and page by page from the stock DataStore."""

from pathlib import Path
from typing import Any

from benchmarks import datastore
from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians, run
from benchmarks.served import AGENCY, Catalogue, catalogue_at

ROWS = 1_000_000
_HERE = "benchmarks.paging"
_DATASET = "readings"
_PAGE = 32_000
"""Rows of a page: the most that CKAN gives."""
_ASKED = 8
"""Pages that the stock table has and that are asked for; their time stands for those of all rows, later ones take longer."""


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """The table by the SDK with an empty cache, and by ckanapi in pages, scaled from the first of them to all."""
    number = rows or ROWS
    datastore.write(folder / "home", _DATASET, number)
    loaded = min(number, _ASKED * _PAGE)
    csv = datastore._as_csv(folder, loaded)
    with catalogue_at(folder / "home") as catalogue:
        _publish(catalogue)
        table = datastore._load(catalogue, csv)
        peer = run(f"{_HERE}:paged", url=catalogue.url, table=table, rows=loaded)
        caches = {"cache": str(folder / "cache")}
        mine = medians([f"{_HERE}:whole"], times, url=catalogue.url, rows=number, **caches)[f"{_HERE}:whole"]
    against = f"ckanapi datastore_search on stock CKAN, pages of {_PAGE:,} rows"
    against += f", {loaded:,} rows scaled to all" if loaded < number else ""
    work = f"{number:,} rows to pandas from a running server"
    return [at_most(work, against, mine.seconds, peer.seconds * number / loaded, "s", 0.05)]


def whole(url: str, rows: int, cache: str) -> Timed:
    """The table through the SDK, with nothing in the cache."""
    import os
    import tempfile

    import httpcore  # noqa: F401 - neither side's time counts an import
    import httpx  # noqa: F401
    import pandas as pd  # noqa: F401
    import pyarrow.dataset  # noqa: F401

    import hanoi_cloud as hc

    with tempfile.TemporaryDirectory(prefix="sdk-", dir=Path(cache).parent) as empty:
        os.environ["HANOI_CLOUD_CACHE"] = empty
        with Stopwatch() as watch, hc.connect(url) as city:
            frame = city.dataset(_DATASET).to_pandas()
    if len(frame) != rows:
        raise RuntimeError(f"{len(frame)} rows came, {rows} were published")
    return watch.timed(len(frame))


def paged(url: str, table: str, rows: int) -> Timed:
    """The stock table, page by page, as one frame."""
    import ckanapi
    import pandas as pd

    found: list[Any] = []
    with Stopwatch() as watch, ckanapi.RemoteCKAN(url) as catalogue:
        for offset in range(0, rows, _PAGE):
            asked = {"resource_id": table, "limit": _PAGE, "offset": offset}
            found += catalogue.action.datastore_search(**asked)["records"]
        frame = pd.DataFrame.from_records(found)
    if len(frame) != rows:
        raise RuntimeError(f"{len(frame)} rows came in pages, {rows} were loaded")
    return watch.timed(len(frame))


def _publish(catalogue: Catalogue) -> None:
    """Name the file in the catalogue, with its hash, as the publisher does."""
    from catalog.publisher.files import sha256_of

    [file] = (catalogue.home / "published" / _DATASET).glob("*.parquet")
    resource = {
        "name": "Parquet",
        "format": "Parquet",
        "url": f"/data/{_DATASET}/{file.name}",
        "size": file.stat().st_size,
        "hash": sha256_of(file),
    }
    owner = AGENCY
    asked: dict[str, Any] = {"name": _DATASET, "title": "Số đo", "owner_org": owner, "private": False}
    catalogue.action("package_create", signed_in=True, **asked, resources=[resource])
