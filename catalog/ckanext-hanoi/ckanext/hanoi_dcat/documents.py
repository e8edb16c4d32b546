"""The descriptions as documents: their formats, and when a reader's copy is still good."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ckanext.hanoi import published

from . import catalogue, profile, services
from .facts import facts, names_en, site
from .graph import PREFIXES, empty

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rdflib import Graph

    from .catalogue import Page

FORMS = {
    "jsonld": ("application/ld+json", "json-ld"),
    "ttl": ("text/turtle; charset=utf-8", "turtle"),
    "rdf": ("application/rdf+xml", "xml"),
}
"""By the ending of the address: the media type, and what rdflib calls the format."""

_KEPT = 32 * 2**20  # bytes


class _Kept:
    """The documents that were written last, by their fingerprint: harvesters ask for the same pages again and again."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, fingerprint: str, write: Callable[[], bytes]) -> bytes:
        with self._lock:
            if fingerprint in self._bodies:
                self._bodies.move_to_end(fingerprint)
                return self._bodies[fingerprint]
        body = write()
        with self._lock:
            self._size += len(body) - len(self._bodies.get(fingerprint, b""))
            self._bodies[fingerprint] = body
            while self._size > _KEPT:
                self._size -= len(self._bodies.popitem(last=False)[1])
        return body


_kept = _Kept()


def fingerprint(packages: Sequence[dict[str, Any]], *more: object) -> str:
    """Return a text that changes when anything changes that a document about these datasets says."""
    seen = [_software(), site(), [service.uri for service in services.available()], sorted(names_en().items()), *more]
    for package in packages:
        index = published.index(package["name"])
        state = index.stat() if index else None
        organization = package.get("organization") or {}
        seen.append((package["id"], package.get("metadata_modified"), organization.get("name"),
                     organization.get("title"), state and (state.st_mtime_ns, state.st_size)))  # fmt: skip
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def _software() -> str:
    return f"{version('ckanext-hanoi')} {version('ckanext-dcat')} {version('rdflib')}"


def dataset(package: dict[str, Any], form: str, mark: str) -> bytes:
    """Return the document about one dataset.

    :param mark: its fingerprint
    """

    def write() -> bytes:
        graph = empty()
        profile.describe(graph, facts(package, names_en()), versions=True)
        return _written(graph, form)

    return _kept.get(mark, write)


def page(packages: Sequence[dict[str, Any]], shown: Page, form: str, mark: str) -> bytes:
    """Return the document about one page of the catalogue."""

    def write() -> bytes:
        graph, names = empty(), names_en()
        catalogue.describe(graph, [facts(package, names) for package in packages], shown)
        return _written(graph, form)

    return _kept.get(mark, write)


def _written(graph: Graph, form: str) -> bytes:
    options: dict[str, Any] = {}
    if form == "jsonld":
        options = {"context": {prefix: str(uri) for prefix, uri in PREFIXES.items()}, "auto_compact": True}
    return graph.serialize(format=FORMS[form][1], encoding="utf-8", **options)
