"""Finding the delivery of a contract at the first of its sources whose files are there."""

import datetime as dt
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from blueprint import Contract, days
from dags.errors import DeliveryMissing
from dags.sources.places.access import Access
from dags.sources.places.by_hand import by_hand, require_own_names
from dags.sources.places.place import Place
from dags.sources.places.search import Found, Search

_FINDERS: Mapping[str, tuple[str, str]] = {
    "agency": ("folders", "agency"),
    "repository": ("folders", "repository"),
    "folder": ("folders", "folder"),
    "http": ("http", "find"),
    "object-store": ("object_store", "find"),
    "sftp": ("sftp", "find"),
    "sql": ("sql", "find"),
    "ckan": ("ckan", "find"),
    "socrata": ("socrata", "find"),
    "arcgis": ("arcgis", "find"),
    "sensorthings": ("sensorthings", "find"),
    "ngsi-ld": ("ngsi_ld", "find"),
}
"""Kind of source -> the module of this package, and its function; a module loads its library only when it is used."""


def locate(
    contract: Contract,
    sources: str | None,
    file: Path | None = None,
    date: dt.date | None = None,
    *,
    access: Access | None = None,
) -> Place:
    """Find the delivery of ``contract``: ``file`` (or the files of that folder) when given, else the first declared source whose files are all there.

    ``date`` is the day that a dated source is looked for, today in Asia/Ho_Chi_Minh where absent. ``access`` says what may
    be reached; what the settings in the environment say where absent.

    Raises:
        DeliveryMissing: nothing lies where the contract looks, or it may not be reached; the message lists the places.
    """
    if file is not None:
        return by_hand(contract, [file])
    if access is None:
        from dags.settings import PipelineSettings

        access = PipelineSettings().access
    looked: list[str] = []
    for source in contract.sources:
        alone = len(contract.sources) == 1
        found = _finder(source.kind)(Search.of(source, date or days.today(), access, sources, alone=alone))
        if found.files:
            if source.kind not in ("agency", "repository"):
                require_own_names(f.name for f in found.files)
            return Place(source, found.origin, found.files, found.simulated)
        looked += found.looked
    raise DeliveryMissing(
        f"{contract.dataset}: không tìm thấy tệp của cơ quan. Đã tìm ở: {', '.join(looked)}. "
        "Hãy đặt HANOI_SOURCES, hoặc chỉ tệp bằng --file.",
        f"{contract.dataset}: the agency's files are not there. Looked at: {', '.join(looked)}. Set HANOI_SOURCES, or name a file with --file.",
    )


def _finder(kind: str) -> Callable[[Search], Found]:
    module, function = _FINDERS[kind]
    found: Callable[[Search], Found] = getattr(import_module(f"dags.sources.places.{module}"), function)
    return found
