"""From a published file to one on this computer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from hanoi_cloud._cache import Cache, cache_folder
from hanoi_cloud._exceptions import (
    BreakingChangeWarning,
    CatalogueUnavailable,
    NotFound,
    SimulatedDataWarning,
    UnexpectedAnswer,
)
from hanoi_cloud._http import Http, Progress
from hanoi_cloud._json import Json
from hanoi_cloud._progress import progress as bar
from hanoi_cloud._ranges import RangeFile
from hanoi_cloud._warn import warn

if TYPE_CHECKING:
    from hanoi_cloud._versions import Notice


@dataclass(frozen=True)
class Distribution:
    """One published file of a dataset; ``format`` in lower case, ``size`` in bytes."""

    format: str
    url: str
    size: int | None
    sha256: str


class Files:
    """The files of one connection."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._warned: set[str] = set()

    def path(self, distribution: Distribution, progress: Progress | None = None) -> Path:
        """The file in the cache, fetched where it is not there yet; without ``progress`` a bar is shown where one is seen."""
        if len(distribution.sha256) != 64 or not distribution.sha256.isalnum():
            raise UnexpectedAnswer(distribution.url, "a file without a SHA-256", "a file with one")

        def fetch(file: IO[bytes]) -> None:
            asked = (distribution.url, file, distribution.sha256, distribution.size)
            if progress is not None:
                self._http.download(*asked, progress)
                return
            with bar(unquote(urlsplit(distribution.url).path.rpartition("/data/")[2])) as told:
                self._http.download(*asked, told)

        return Cache(cache_folder()).file(distribution.sha256, distribution.format, fetch)

    def parts(self, distribution: Distribution) -> RangeFile | None:
        """The file as it lies at the catalogue, read part by part; ``None`` where it is in the cache already."""
        if distribution.size is None or Cache(cache_folder()).holds(distribution.sha256, distribution.format):
            return None
        return RangeFile(self._http, distribution.url, distribution.size)

    def index(self, dataset: str) -> Json:
        """What the catalogue says about all versions of a dataset; while it does not answer, what it said last time."""
        path = f"/data/{quote(dataset)}/versions.json"
        cache = Cache(cache_folder())
        try:
            said = self._http.document(path)
        except CatalogueUnavailable:
            if not (said := cache.recall(self._http.url, path)):
                raise
        except NotFound:
            return {}
        else:
            cache.remember(self._http.url, path, said)
        return said

    def warn_of_change(self, dataset: str, page: str, notice: "Notice", columns: Sequence[str]) -> None:
        """Say once for each announced version which columns that are read will change, and from when."""
        mark = f"{dataset} {notice.subject} {notice.version}"
        if mark not in self._warned:
            self._warned.add(mark)
            listed = ", ".join(columns)
            warn(
                f"{dataset}: {listed} will change on {notice.effective}: {notice.text_en} The present form is served through "
                f"{notice.former_until}. See {page} / Sẽ thay đổi từ {notice.effective}: {notice.text}",
                BreakingChangeWarning,
            )

    def warn_of_simulation(self, dataset: str) -> None:
        """Say once for each dataset that nobody measured it."""
        if dataset not in self._warned:
            self._warned.add(dataset)
            warn(
                f"{dataset} holds simulated data: nobody measured them. / Dữ liệu mô phỏng, không phải số đo thực.",
                SimulatedDataWarning,
            )
