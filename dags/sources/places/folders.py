"""Folders: those of the agencies, of the Blueprint itself, and those that the settings let contracts name."""

import datetime as dt
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx

from blueprint import Source
from blueprint.load import ROOT
from blueprint.places import FolderSource
from dags.errors import DeliveryMissing, DeliveryUnreadable
from dags.sources.places.access import Access
from dags.sources.places.errors import PlaceForbidden, too_large
from dags.sources.places.patience import patiently
from dags.sources.places.place import RemoteFile
from dags.sources.places.search import Found, Search
from dags.sources.places.web import Caller, HttpFile, Session

INDEX = "index.json"
_MOST_FILES = 10_000
_INDEX_BYTES = 32 * 1024**2


def repository(search: Search) -> Found:
    """The files of the Blueprint's own folder."""
    return _below(ROOT, search, "blueprint", "blueprint/")


def agency(search: Search) -> Found:
    """The files under the folder or the web address of the setting ``HANOI_SOURCES``."""
    if search.sources is None:
        return Found((), "", ("HANOI_SOURCES",))
    if search.sources.startswith(("http://", "https://")):
        return _listed(search.sources.rstrip("/"), search)
    return _below(Path(search.sources), search, search.sources, f"{search.sources.rstrip('/')}/")


def folder(search: Search) -> Found:
    """The files of a folder that the contract names, below one that the settings allow."""
    roots: list[Path] = []

    def look(source: Source, pattern: str, _: dt.date | None) -> Sequence[RemoteFile]:
        root = search.access.folder(cast(FolderSource, source).folder)
        roots.append(root)
        return _matching(root, pattern, within=True)

    try:
        files = search.gather(look)
    except PlaceForbidden:
        if search.alone:
            raise
        files = ()
    named = cast(FolderSource, search.source).folder
    return Found(files, str(roots[0]) if roots else named, _looked(search, f"{named}/"))


def _below(root: Path, search: Search, origin: str, shown: str) -> Found:
    return Found(search.gather(lambda _, pattern, __: _matching(root, pattern)), origin, _looked(search, shown))


def _matching(root: Path, pattern: str, *, within: bool = False) -> Sequence[RemoteFile]:
    """The files below ``root``: a pattern's in the order of their paths; none where one of them is no file.

    Where ``within``, a link that leads out of ``root`` finds nothing.
    """
    globbed = any(c in pattern for c in "*?[")
    found = sorted(p for p in root.glob(pattern) if p.is_file()) if globbed else [root / pattern]
    if len(found) > _MOST_FILES:
        raise too_large(f"{root}/{pattern}", f"{_MOST_FILES} tệp", f"{_MOST_FILES} files")
    if not all(p.is_file() and (not within or p.resolve().is_relative_to(root)) for p in found):
        return ()
    return [RemoteFile(p.name, str(p)) for p in found]


def _listed(base: str, search: Search) -> Found:
    caller = Caller(Access(Path(), hosts=frozenset({httpx.URL(base).host})))
    try:
        index = _index(base, caller)
    except (httpx.HTTPError, ValueError) as error:
        raise DeliveryMissing(
            f"Không đọc được danh sách tệp tại {base}/{INDEX}: {error}. Hãy kiểm tra HANOI_SOURCES hoặc thử lại sau.",
            f"The list of files at {base}/{INDEX} could not be read: {error}. Check HANOI_SOURCES or try again later.",
        ) from error

    def look(_: Source, pattern: str, __: dt.date | None) -> Sequence[RemoteFile]:
        names = [name for name in sorted(index["files"]) if fnmatch(name, pattern)]
        return [HttpFile(n.rsplit("/", 1)[-1], f"{base}/{quote(n)}", caller=caller) for n in names]

    return Found(search.gather(look), base, _looked(search, f"{base}/"), bool(index.get("simulated")))


@patiently
def _index(base: str, caller: Caller) -> dict[str, Any]:
    with Session(caller) as session:
        content = session.json(f"{base}/{INDEX}", _INDEX_BYTES)
    if not isinstance(content, dict) or not isinstance(content.get("files"), list):
        raise DeliveryUnreadable(
            f"{base}/{INDEX} phải là JSON có danh sách 'files'.", f"{base}/{INDEX} must be JSON with a list 'files'."
        )
    return content


def _looked(search: Search, before: str) -> tuple[str, ...]:
    return tuple(f"{before}{pattern}" for source in search.at for pattern in source.files)
