"""The way in: a connection to one city's catalogue."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import urlsplit

from hanoi_cloud import _repr
from hanoi_cloud._cache import Cache, cache_folder
from hanoi_cloud._dataset import Dataset, read_dataset
from hanoi_cloud._duckdb import answer
from hanoi_cloud._exceptions import (
    CatalogueUnavailable,
    ConfigurationError,
    DatasetNotFound,
    HanoiCloudError,
    HashMismatch,
    NotFound,
    OfflineWarning,
    UnexpectedAnswer,
)
from hanoi_cloud._files import Files
from hanoi_cloud._http import Http
from hanoi_cloud._json import integer, items, mapping, text
from hanoi_cloud._lock import lock_file, pin_of, read_lock
from hanoi_cloud._translation import Translation, Weight
from hanoi_cloud._warn import warn

if TYPE_CHECKING:
    from types import TracebackType

    import duckdb

VARIABLE = "HANOI_CLOUD_URL"
_PAGE = 25
"""Organisations per answer; catalogues give no more at once."""


@dataclass(frozen=True)
class Organisation:
    """An agency that publishes, with the number of its open datasets."""

    id: str
    title: str
    description: str
    datasets: int


class SearchResults(Sequence[Dataset]):
    """The datasets that a search found, best first; ``total`` counts those beyond ``limit`` as well."""

    def __init__(self, query: str, total: int, found: Sequence[Dataset]) -> None:
        self.query, self.total, self._found = query, total, tuple(found)

    @overload
    def __getitem__(self, index: int) -> Dataset: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Dataset]: ...
    def __getitem__(self, index: int | slice) -> Dataset | Sequence[Dataset]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self._found)

    def __repr__(self) -> str:
        return _repr.results(self)

    def _repr_html_(self) -> str:
        return _repr.results_html(self)


class City:
    """A connection to one city's catalogue, made by ``connect``. Also a context manager that closes it."""

    def __init__(self, url: str, *, timeout: float = 30) -> None:
        self.url = _checked(url)
        self._http = Http(self.url, timeout)
        self._files = Files(self._http)

    def dataset(
        self,
        dataset_id: str,
        *,
        version: str | None = None,
        as_of: str | date | None = None,
        major: int | None = None,
        locked: bool = True,
    ) -> Dataset:
        """The dataset with this id, in its newest version or in that which ``version``, ``as_of`` or ``major`` tells.

        Where none of these is given and the project's ``hanoi.lock`` pins the dataset, it is opened in the pinned version;
        ``locked=False`` leaves the lock aside.

        ``version`` is an id such as ``3-1a2b3c4d``; ``as_of`` a day or time, of which the version that was newest is taken;
        ``major`` the first number of the contract's version, which changes when readers would break. Warns where its data
        are simulated. While the catalogue does not answer, what it said last time is used, under an OfflineWarning.

        Raises DatasetNotFound, which names ids that look alike, VersionNotFound, or CatalogueUnavailable.
        """
        found = self._newest(dataset_id)
        if locked and version is None and as_of is None and major is None:
            found = self._locked(found)
        elif version is not None or as_of is not None or major is not None:
            found = found.at(version=version, as_of=as_of, major=major)
        if found.simulated:
            self._files.warn_of_simulation(found.id)
        return found

    def _locked(self, newest: Dataset) -> Dataset:
        """``newest`` in the version that the project's lock file pins, or as it is."""
        path = lock_file()
        pin = read_lock(path).get(newest.id) if path else None
        if pin is None or pin.version == newest.version:
            return newest
        found = newest.at(version=pin.version)
        sha256 = pin_of(found).sha256
        if sha256 != pin.sha256:
            raise HashMismatch(f"{self.url}/data/{found.id}/{pin.version}.parquet", sha256, pin.sha256)
        return found

    def _newest(self, dataset_id: str) -> Dataset:
        cache = Cache(cache_folder())
        try:
            said = mapping(self._http.call("package_show", id=dataset_id))
        except CatalogueUnavailable as error:
            if not (said := cache.recall(self.url, dataset_id)):
                raise
            warn(f"{error} Using what it said last about {dataset_id!r}.", OfflineWarning)
        except NotFound:
            raise DatasetNotFound(dataset_id, self._near(dataset_id)) from None
        else:
            if not text(said.get("name")):
                raise UnexpectedAnswer(self.url, "a dataset without a name", "a dataset")
            cache.remember(self.url, dataset_id, said)
        return read_dataset(said, self.url, self._files)

    def search(self, query: str = "", limit: int = 20) -> SearchResults:
        """The datasets that match these words, best first; Vietnamese may be written with or without its marks."""
        said = mapping(self._http.call("package_search", q=_words(query) or "*:*", rows=limit))
        found = [read_dataset(mapping(package), self.url, self._files) for package in items(said.get("results"))]
        return SearchResults(query, integer(said.get("count")) or len(found), found)

    def sql(self, query: str, *, connection: "duckdb.DuckDBPyConnection | None" = None) -> "duckdb.DuckDBPyRelation":
        """The answer to one SELECT over datasets, whose names are written with ``_`` in place of ``-``.

        A DuckDB relation: ``.df()``, ``.to_arrow_table()``, ``.pl()`` or ``.fetchall()`` bring its rows. Tables and views of
        ``connection`` may be named as well. Needs ``pip install "hanoi-cloud[duckdb]"``.

        Raises InvalidQuery, or DatasetNotFound for a table that is no dataset.
        """
        return answer(query, lambda name: self.dataset(name.replace("_", "-")).path(), connection)

    def translate_units(
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
        """``table`` with its ward codes of one day as those of the day ``to``; sums stay, and no row is lost.

        ``table`` is a frame of Arrow, pandas, polars, DuckDB or Ibis, or a dataset, and ``column`` its text column of codes.
        They are read as of the day ``on``, or of the day that each row has in ``on_column``, for nearly every code was used
        again on 1 July 2025. Where a unit was divided, its row becomes one for each part, marked as estimated, and the
        columns ``measures`` are shared out among them by ``weight``: population, area, or equal parts. Whole numbers stay
        whole and decimals keep their scale, so that sums are the same to the last digit. All other columns are copied.

        The units and their shares are those that the catalogue publishes as wards-before-2025, wards and ward-crosswalk.
        Needs ``pip install "hanoi-cloud[arrow]"``.

        Raises UnknownUnits for codes that no unit bears on their day, unless ``keep_unknown`` is true: such rows then stay as
        they came, and the column ``problem`` says why. Raises SharesUnknown where a unit was divided in shares that nobody
        published, and UnitsError for a table, a day or a weight that cannot be used.
        """
        from hanoi_cloud._eras import read_units
        from hanoi_cloud._units import translate

        return translate(
            table,
            column,
            measures,
            lambda: read_units(self.dataset),
            on=on,
            on_column=on_column,
            to=to,
            weight=weight,
            keep_unknown=keep_unknown,
        )

    def organisations(self) -> list[Organisation]:
        """The agencies that publish here, in the catalogue's order."""
        found: list[Organisation] = []
        while True:
            page = items(
                self._http.call("organization_list", all_fields=True, limit=_PAGE, offset=len(found), sort="title asc")
            )
            found.extend(
                Organisation(
                    id=text(said.get("name")),
                    title=text(said.get("title")) or text(said.get("display_name")),
                    description=text(said.get("description")),
                    datasets=integer(said.get("package_count")) or 0,
                )
                for said in map(mapping, page)
            )
            if len(page) < _PAGE:
                return found

    def close(self) -> None:
        """Close the network connections. Rows of datasets that are in the cache can still be read."""
        self._http.close()

    def __enter__(self) -> "City":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: "TracebackType | None"
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<City {self.url}>"

    def _near(self, dataset_id: str) -> list[str]:
        import difflib

        try:
            known = [text(name) for name in items(self._http.call("package_list"))]
        except HanoiCloudError:
            return []
        return difflib.get_close_matches(dataset_id.lower().replace("_", "-").replace(" ", "-"), known, n=3)


def _words(query: str) -> str:
    """The words of a query. What people type is text, and what the catalogue's query language reads into it is not."""
    words = re.findall(r"\w[\w.-]*", query)
    return " ".join(word.rstrip(".-").lower() for word in words)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise ConfigurationError(
            f"{url!r} is not the address of a catalogue. Give one such as 'http://127.0.0.1:5000'.",
            f"{url!r} không phải địa chỉ danh mục dữ liệu. Hãy dùng địa chỉ như 'http://127.0.0.1:5000'.",
        )
    return url.strip().rstrip("/")


def connect(url: str | None = None, *, timeout: float = 30) -> City:
    """A connection to the catalogue at ``url``, or at the environment variable HANOI_CLOUD_URL where absent.

    ``timeout`` is in seconds and holds for each step of a request. Nothing is sent yet.

    Examples:
        >>> import hanoi_cloud as hc
        >>> city = hc.connect()
        >>> frame = city.dataset("air-quality-hourly").to_pandas()
    """
    address = url or os.environ.get(VARIABLE, "")
    if not address:
        raise ConfigurationError(
            f"No catalogue is named. Call connect('http://...') or set the environment variable {VARIABLE}.",
            f"Chưa có địa chỉ danh mục. Hãy gọi connect('http://...') hoặc đặt biến môi trường {VARIABLE}.",
        )
    return City(address, timeout=timeout)


_open: dict[str, City] = {}


def default_city() -> City:
    """The connection of the functions of this package, one for each address that HANOI_CLOUD_URL has held."""
    address = os.environ.get(VARIABLE, "")
    if address not in _open:
        _open[address] = connect()
    return _open[address]


def dataset(
    dataset_id: str,
    *,
    version: str | None = None,
    as_of: str | date | None = None,
    major: int | None = None,
    locked: bool = True,
) -> Dataset:
    """``City.dataset`` of the catalogue that HANOI_CLOUD_URL names."""
    return default_city().dataset(dataset_id, version=version, as_of=as_of, major=major, locked=locked)


def search(query: str = "", limit: int = 20) -> SearchResults:
    """``City.search`` in the catalogue that HANOI_CLOUD_URL names."""
    return default_city().search(query, limit)


def sql(query: str, *, connection: "duckdb.DuckDBPyConnection | None" = None) -> "duckdb.DuckDBPyRelation":
    """``City.sql`` of the catalogue that HANOI_CLOUD_URL names."""
    return default_city().sql(query, connection=connection)


def organisations() -> list[Organisation]:
    """``City.organisations`` of the catalogue that HANOI_CLOUD_URL names."""
    return default_city().organisations()


def translate_units(
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
    """``City.translate_units`` by the catalogue that HANOI_CLOUD_URL names."""
    return default_city().translate_units(
        table, column, measures, on=on, on_column=on_column, to=to, weight=weight, keep_unknown=keep_unknown
    )
