"""Datasets: what the catalogue says about one, and its rows as frames or files."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urljoin

from hanoi_cloud import _repr
from hanoi_cloud._cache import written_at_once
from hanoi_cloud._codegen import Model, checked_rows, fields_of
from hanoi_cloud._duckdb import Difference, difference
from hanoi_cloud._exceptions import (
    ColumnNotFound,
    ConfigurationError,
    FormatNotFound,
    UnexpectedAnswer,
    VersionNotFound,
)
from hanoi_cloud._files import Distribution, Files
from hanoi_cloud._frames import Frames, Source, records
from hanoi_cloud._json import Json, day, instant, integer, items, mapping, text
from hanoi_cloud._values import converted
from hanoi_cloud._versions import (
    Freshness,
    Notice,
    Provenance,
    Quality,
    Version,
    chosen,
    read_notices,
    read_versions,
)
from hanoi_cloud._where import Where

if TYPE_CHECKING:
    from hanoi_cloud._http import Progress

Format = Literal["parquet", "csv"]
PARTS_FROM = 4 << 20
"""Bytes from which on a file is read in parts where only some columns or rows of it are wanted."""


@dataclass(frozen=True)
class Column:
    """One column as its dictionary describes it.

    ``type`` is string, integer, decimal, double, boolean, date or timestamp; ``unit`` a UCUM code; ``concept`` the
    shared definition that the column follows, with its version.
    """

    name: str
    type: str
    title: str
    title_en: str
    description: str
    description_en: str
    concept: str
    unit: str
    required: bool


@dataclass(frozen=True, repr=False)
class Dataset(Frames):
    """A dataset of the catalogue in its newest version.

    ``title`` and ``description`` are Vietnamese, ``title_en`` and ``description_en`` English. ``version``, ``rows`` and
    ``updated`` (a time with its zone) are those of the published files; where the catalogue does not say, they are
    empty or None. ``period`` is the first and the last day that the rows are about; None where that is open. ``simulated``
    marks data that nobody measured. ``notices`` are the breaking changes that were announced, newest first. ``url`` is the
    page for people.
    """

    id: str
    title: str
    title_en: str
    description: str
    description_en: str
    organisation: str
    licence: str
    version: str
    rows: int | None
    updated: datetime | None
    period: tuple[date | None, date | None]
    simulated: bool
    known_flaws: tuple[str, ...]
    notices: tuple[Notice, ...]
    url: str
    distributions: tuple[Distribution, ...]
    _files: Files = field(compare=False)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns, read from the dataset's dictionary."""
        return tuple(_column(mapping(column)) for column in items(self._dictionary.get("columns")))

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row; none where the dictionary does not say."""
        return tuple(text(name) for name in items(self._dictionary.get("key")))

    @cached_property
    def _dictionary(self) -> Json:
        path = self._file("json")
        try:
            return mapping(json.loads(path.read_bytes()))
        except ValueError:
            came = "text that is not JSON"
            raise UnexpectedAnswer(self._distribution("json").url, came, "a data dictionary") from None

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """The published versions, newest first. Each stays readable: ``city.dataset(id, version=...)`` opens it."""
        return read_versions(self._index, self._catalogue)

    @property
    def quality(self) -> Quality | None:
        """What the quality gate found in this version; None where the catalogue does not say."""
        return self._this.quality if self._this else None

    @property
    def freshness(self) -> Freshness | None:
        """Whether the newest data were as recent as promised when this version was made; None where nobody says."""
        return self.quality.freshness if self.quality else None

    @property
    def provenance(self) -> Provenance | None:
        """Where this version comes from; None where the catalogue does not say."""
        return self._this.provenance if self._this else None

    @cached_property
    def _index(self) -> Json:
        return self._files.index(self.id)

    @property
    def _this(self) -> Version | None:
        return next((version for version in self.versions if version.id == self.version), None)

    @property
    def _catalogue(self) -> str:
        return self.url.rpartition("/dataset/")[0]

    def at(self, *, version: str | None = None, as_of: str | date | None = None, major: int | None = None) -> "Dataset":
        """The dataset in another version: the one with this id, the newest of a day or time, the newest of a major contract.

        Raises VersionNotFound, which lists the versions that there are.
        """
        try:
            found = chosen(self.versions, version, as_of, major)
        except ValueError:
            raise ConfigurationError(
                f"as_of={as_of!r} is no day or time. Give one such as '2025-06-30' or '2025-06-30T08:00+07:00'.",
                f"as_of={as_of!r} không phải ngày hay thời điểm. Hãy dùng dạng '2025-06-30' hoặc '2025-06-30T08:00+07:00'.",
            ) from None
        if found is None:
            asked = {"version": version, "as_of": as_of, "major": major}
            wanted = ", ".join(f"{name}={value!r}" for name, value in asked.items() if value is not None)
            raise VersionNotFound(self.id, wanted, [v.id for v in self.versions])
        return replace(
            self,
            version=found.id,
            rows=found.rows,
            updated=found.committed_at,
            simulated=found.simulated,
            distributions=found.distributions,
        )

    def diff(self, former: str, present: str | None = None) -> Difference:
        """How the version ``present``, this one where absent, differs from the version ``former``.

        Needs ``pip install "hanoi-cloud[duckdb]"``. Raises VersionNotFound.
        """
        one = self.at(version=former)
        other = self if present is None else self.at(version=present)
        return difference(self.id, (one.version, other.version), (one._whole(), other._whole()), other.key)

    def iter_rows(self, model: type[Model], *, where: Where | None = None) -> Iterator[Model]:
        """The rows one by one as instances of ``model``, a dataclass or pydantic class such as ``hanoi codegen`` writes.

        Its fields name the columns that are read. Needs ``pip install "hanoi-cloud[arrow]"``. Raises ModelMismatch before
        the first row where a field is no column of this version or of another type.
        """
        wanted = list(fields_of(model))
        known = {column.name for column in self.columns}
        return checked_rows(self, model, records(self, [name for name in wanted if name in known], where))

    def download(
        self,
        path: Path | str | None = None,
        format: Format = "parquet",  # noqa: A002 - the word that every frame library uses here
        *,
        progress: "Progress | None" = None,
    ) -> Path:
        """Save the published file and return where.

        ``path`` is a file or a folder that exists, the working folder where absent; the file is then named after the
        dataset and its version. A file that is there is replaced, and only by one whose SHA-256 is the published one.
        ``progress(came, size)`` is called while bytes arrive.
        """
        import shutil

        target = Path.cwd() if path is None else Path(path).expanduser()
        if target.is_dir():
            target = target / f"{'-'.join(filter(None, (self.id, self.version)))}.{format.lower()}"
        kept = self._file(format.lower(), progress)
        with written_at_once(target) as copy, kept.open("rb") as file:
            shutil.copyfileobj(file, copy, 1 << 20)
        return target

    def path(self) -> Path:
        """The Parquet file in the cache of this computer, fetched where it is not there yet. It must not be changed."""
        return self._whole()

    def _selection(self, columns: Sequence[str] | None, where: Where | None) -> tuple[Source, Where | None]:
        used = (*(columns or ()), *(() if where is None else where.columns))
        self._warn_of_changes(None if columns is None else used)
        if columns is None and where is None:
            return self._whole(), None
        types = {column.name: column.type for column in self.columns}
        if unknown := [name for name in dict.fromkeys(used) if name not in types]:
            raise ColumnNotFound(self.id, unknown, list(types))
        typed = None if where is None else where.typed(lambda name, value: converted(self.id, name, types, value))
        small = (self._distribution("parquet").size or 0) < PARTS_FROM
        return self._whole() if small else self._parts(), typed

    def _whole(self) -> Path:
        return self._file("parquet")

    def _warn_of_changes(self, columns: Sequence[str] | None) -> None:
        """Warn of announced changes of the columns that are read, once for each change."""
        for notice in self.notices:
            concerned = [name.partition(".")[2] for name in notice.columns if name.startswith(f"{self.id}.")]
            if touched := [name for name in concerned if columns is None or name in columns]:
                self._files.warn_of_change(self.id, self.url, notice, touched)

    def _parts(self) -> Source:
        self._warn()
        return self._files.parts(self._distribution("parquet")) or self._whole()

    def _distribution(self, name: str) -> Distribution:
        for distribution in self.distributions:
            if distribution.format == name:
                return distribution
        raise FormatNotFound(self.id, name, [d.format for d in self.distributions])

    def _file(self, name: str, progress: "Progress | None" = None) -> Path:
        distribution = self._distribution(name)
        if name != "json":
            self._warn()
        return self._files.path(distribution, progress)

    def _warn(self) -> None:
        if self.simulated:
            self._files.warn_of_simulation(self.id)

    def __repr__(self) -> str:
        return _repr.lines(f"Dataset {self.id}", _repr.facts(self))

    def _repr_html_(self) -> str:
        return _repr.facts_html(self.id, _repr.facts(self))


def read_dataset(said: Json, url: str, files: Files) -> Dataset:
    """The dataset that an answer of the catalogue at ``url`` describes."""
    extras = {text(e.get("key")): text(e.get("value")) for e in map(mapping, items(said.get("extras")))}
    name = text(said.get("name"))
    title = text(said.get("title")) or name
    return Dataset(
        id=name,
        title=title,
        title_en=extras.get("title_en") or title,
        description=text(said.get("notes")),
        description_en=extras.get("notes_en", ""),
        organisation=text(mapping(said.get("organization")).get("title")),
        licence=text(said.get("license_title")) or text(said.get("license_id")),
        version=extras.get("hanoi_version", ""),
        rows=integer(extras.get("hanoi_rows")),
        updated=instant(extras.get("hanoi_committed_at")) or instant(said.get("metadata_modified")),
        period=(day(extras.get("temporal_from")), day(extras.get("temporal_to"))),
        simulated=extras.get("hanoi_simulated") == "true",
        known_flaws=_flaws(extras.get("known_flaws", "")),
        notices=read_notices(extras.get("hanoi_notices", "")),
        url=f"{url}/dataset/{quote(name)}",
        distributions=tuple(_distribution(mapping(file), url) for file in items(said.get("resources"))),
        _files=files,
    )


def _distribution(said: Json, url: str) -> Distribution:
    return Distribution(
        format=text(said.get("format")).lower(),
        url=urljoin(f"{url}/", text(said.get("url"))),
        size=integer(said.get("size")),
        sha256=text(said.get("hash")).lower(),
    )


def _column(said: Json) -> Column:
    title, description = mapping(said.get("title")), mapping(said.get("description"))
    return Column(
        name=text(said.get("name")),
        type=text(said.get("type")),
        title=text(title.get("vi")),
        title_en=text(title.get("en")),
        description=text(description.get("vi")),
        description_en=text(description.get("en")),
        concept=text(said.get("concept")),
        unit=text(said.get("unit")),
        required=said.get("required") is True,
    )


def _flaws(said: str) -> tuple[str, ...]:
    try:
        found = items(json.loads(said)) if said else []
    except ValueError:
        return ()
    return tuple(text(mapping(flaw).get("en")) or text(mapping(flaw).get("vi")) for flaw in found)
