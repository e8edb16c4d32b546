"""Files at web addresses that the contract names."""

import datetime as dt
from collections.abc import Sequence
from typing import cast
from urllib.parse import unquote, urlsplit

from blueprint import Source
from blueprint.places import HttpSource
from dags.sources.places.place import RemoteFile
from dags.sources.places.search import Found, Search
from dags.sources.places.web import Caller, HttpFile, is_there


def find(search: Search) -> Found:
    """The files at the addresses.

    A single source of one day is not asked whether its files are there: fetching them tells.
    """
    sure = search.alone and len(search.days) <= 1

    def look(source: Source, url: str, _: dt.date | None) -> Sequence[RemoteFile]:
        caller = Caller.of(cast(HttpSource, source), url, search.access)
        file = HttpFile(name_in(url), url, caller=caller)
        return [file] if sure or is_there(file) else []

    looked = tuple(url for source in search.at for url in source.files)
    return Found(search.gather(look), looked[0], looked)


def name_in(url: str) -> str:
    """The name of the file at an address.

    >>> name_in("https://example.org/d%E1%BB%AF%20li%E1%BB%87u.csv?year=2025")
    'dữ liệu.csv'
    """
    name = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
    return "".join(c for c in name if c.isprintable() and c not in '\\/:*?"<>|').strip(". ") or "file"
