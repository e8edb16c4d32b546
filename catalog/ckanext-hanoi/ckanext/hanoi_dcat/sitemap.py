"""The sitemap (https://www.sitemaps.org/protocol.html): every public page in both languages, in parts of limited size."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import product
from typing import TYPE_CHECKING

import ckan.model as model

from .facts import site

if TYPE_CHECKING:
    from collections.abc import Iterable

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
_LANGUAGES = {"vi": "", "en": "/en"}
DATASETS = 10_000
"""Datasets in one part: with two languages well below the 50,000 addresses that one file may hold."""
_PAGES = ("/", "/dataset/", "/organization/", "/about")


@dataclass(frozen=True)
class Place:
    """An address below a language, and when what is there last changed."""

    path: str
    changed: datetime | None = None


def parts() -> list[str]:
    """Return the addresses of the parts."""
    count = _public().count()
    return [f"{site()}/sitemap-pages.xml", *(f"{site()}/sitemap-{n + 1}.xml" for n in range(-(-count // DATASETS)))]


def index() -> bytes:
    """Return the sitemap that names the parts."""
    root = ET.Element(f"{{{_SITEMAP}}}sitemapindex")
    for address in parts():
        ET.SubElement(ET.SubElement(root, f"{{{_SITEMAP}}}sitemap"), f"{{{_SITEMAP}}}loc").text = address
    return _written(root)


def pages() -> bytes:
    """Return the part with the pages that are no datasets."""
    agencies = (
        model.Session.query(model.Group.name)
        .filter(model.Group.is_organization, model.Group.state == "active")
        .order_by(model.Group.name)
    )
    return _part([*map(Place, _PAGES), *(Place(f"/organization/{name}") for (name,) in agencies)])


def datasets(number: int) -> bytes | None:
    """Return part `number`, from 1, of the public datasets, or None where there is none."""
    rows = _public().order_by(model.Package.name).limit(DATASETS).offset((number - 1) * DATASETS).all()
    return _part([Place(f"/dataset/{name}", changed) for name, changed in rows]) if rows else None


def _public():
    table = model.Package
    public = (table.state == "active", table.private.is_(False), table.type == "dataset")
    return model.Session.query(table.name, table.metadata_modified).filter(*public)


def _part(places: Iterable[Place]) -> bytes:
    root = ET.Element(f"{{{_SITEMAP}}}urlset")
    for place, below in product(places, _LANGUAGES.values()):
        url = ET.SubElement(root, f"{{{_SITEMAP}}}url")
        ET.SubElement(url, f"{{{_SITEMAP}}}loc").text = f"{site()}{below}{place.path}"
        if place.changed:
            moment = place.changed.replace(microsecond=0, tzinfo=timezone.utc)
            ET.SubElement(url, f"{{{_SITEMAP}}}lastmod").text = moment.isoformat()
        for lang, other in _LANGUAGES.items():
            address = f"{site()}{other}{place.path}"
            ET.SubElement(url, f"{{{_XHTML}}}link", rel="alternate", hreflang=lang, href=address)
    return _written(root)


def _written(root: ET.Element) -> bytes:
    ET.register_namespace("", _SITEMAP)
    ET.register_namespace("xhtml", _XHTML)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)
