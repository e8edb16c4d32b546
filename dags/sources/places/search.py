"""Looking for the files of one source, for each day that a run is for."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from blueprint import Source
from dags.sources.places.access import Access
from dags.sources.places.place import RemoteFile


@dataclass(frozen=True)
class Search:
    """What is looked for: the files of ``source`` for ``days``, which is empty where the source is the same every day.

    ``alone`` says that there is no other source to fall back on, so that a missing file may be told by the transfer.
    """

    source: Source
    days: tuple[dt.date, ...]
    access: Access
    sources: str | None
    alone: bool

    @classmethod
    def of(cls, source: Source, run: dt.date, access: Access, sources: str | None, *, alone: bool) -> "Search":
        return cls(source, source.days(run) if source.dated else (), access, sources, alone)

    @property
    def at(self) -> tuple[Source, ...]:
        """The source as it is on each day."""
        return tuple(self.source.on(day) for day in self.days) or (self.source,)

    def gather(self, look: Callable[[Source, str, dt.date | None], Sequence[RemoteFile]]) -> tuple[RemoteFile, ...]:
        """The files that ``look`` finds for every pattern of every day; days that lack one are left out.

        The files of a day are named after it where their own name does not tell the day.
        """
        found: list[RemoteFile] = []
        for day, source in zip(self.days or (None,), self.at, strict=True):
            files = [look(source, pattern, day) for pattern in source.files]
            if not all(files):
                continue
            for pattern, filled, here in zip(self.source.files, source.files, files, strict=True):
                tells = day is None or _name(pattern) != _name(filled)
                several = len(self.days) > 1
                found += [replace(f, name=f.name if tells else f"{day}-{f.name}", optional=several) for f in here]
        return tuple(found)


@dataclass(frozen=True)
class Found:
    """The files of one source; none where they are not all there, and where they were looked for."""

    files: tuple[RemoteFile, ...]
    origin: str
    looked: tuple[str, ...]
    simulated: bool = False


def _name(path: str) -> str:
    return path.partition("?")[0].rsplit("/", 1)[-1]
