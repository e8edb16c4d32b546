"""What search engines read in a page: schema.org's Dataset and DataCatalog as JSON-LD.

The properties are those that Google's dataset search asks for or recommends:
https://developers.google.com/search/docs/appearance/structured-data/dataset
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import catalogue, services
from .facts import site

if TYPE_CHECKING:
    from .facts import Facts, File
    from .vocabularies import Text

_LONGEST = 5000  # characters that Google reads of a description
_SHORTEST = 50


def _in(text: Text, lang: str) -> str:
    return text.get(lang) or text.get("vi") or ""


def described(known: Facts, lang: str) -> str:
    """Return a description of the length that is asked for: a short one is followed by what the dataset consists of."""
    words = _in(known.notes, lang)
    if len(words) < _SHORTEST:
        columns = ", ".join(_in(column.get("title") or {}, lang) or column["name"] for column in known.columns)
        more = [
            _in(known.title, lang),
            columns,
            _in(known.agency.name, lang) if known.agency else "",
            _in(catalogue.name(), lang),
        ]
        words = " – ".join(filter(None, [words, *more]))
    return words[:_LONGEST]


def dataset(known: Facts, lang: str) -> dict[str, Any]:
    """Return a dataset as schema.org describes one, in one language."""
    other = "en" if lang == "vi" else "vi"
    content: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": known.uri,
        "url": known.uri,
        "name": _in(known.title, lang),
        "alternateName": known.title.get(other),
        "description": described(known, lang),
        "identifier": known.name,
        "version": known.version,
        "inLanguage": ["vi", "en"],
        "keywords": list(known.keywords),
        "isAccessibleForFree": True,
        "license": known.licence_uri or _in(known.licence, lang),
        "datePublished": known.issued,
        "dateModified": known.modified,
        "temporalCoverage": period(known),
        "spatialCoverage": _places(known, lang),
        "variableMeasured": [_variable(column, lang) for column in known.columns],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": _in(catalogue.name(), lang), "url": f"{site()}/"},
        "distribution": [_download(file, lang) for file in known.files if file.kind in ("csv", "parquet", "")],
        "about": [{"@type": "DefinedTerm", "@id": topic.uri, "name": topic.vi if lang == "vi" else topic.en} for topic in known.topics],
    }  # fmt: skip
    if known.agency:
        agency = {
            "@type": "Organization",
            "@id": known.agency.uri,
            "name": _in(known.agency.name, lang),
            "url": known.agency.uri,
        }
        content |= {"creator": agency, "publisher": agency}
    if known.simulated:
        content["creativeWorkStatus"] = "Dữ liệu mô phỏng" if lang == "vi" else "Simulated data"
    return {name: value for name, value in content.items() if value not in (None, "", [], {})}


def period(known: Facts) -> str:
    """Return the period that the data cover, as an ISO 8601 interval; open where it has no end."""
    start, end = known.covers.period or ("", "")
    return f"{start or '..'}/{end or '..'}" if start or end else ""


def _places(known: Facts, lang: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if known.place:
        found.append(
            {"@type": "Place", "@id": known.place.uri, "name": known.place.vi if lang == "vi" else known.place.en}
        )
    if known.covers.box:
        west, south, east, north = known.covers.box
        found.append({"@type": "Place", "geo": {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"}})
    return found


def _variable(column: dict[str, Any], lang: str) -> dict[str, Any]:
    unit = column.get("unit") or ""
    about: dict[str, Any] = {
        "@type": "PropertyValue",
        "name": column["name"],
        "alternateName": _in(column.get("title") or {}, lang),
        "description": _in(column.get("description") or {}, lang),
        "unitText": "" if unit.startswith("{") else unit,
    }
    return {name: value for name, value in about.items() if value}


def _download(file: File, lang: str) -> dict[str, Any]:
    about: dict[str, Any] = {
        "@type": "DataDownload",
        "name": _in(file.title, lang),
        "contentUrl": file.url,
        "encodingFormat": file.media_type or file.format,
        "contentSize": f"{file.bytes} B" if file.bytes is not None else "",
        "sha256": file.sha256,
    }
    return {name: value for name, value in about.items() if value}


def data_catalogue(lang: str) -> dict[str, Any]:
    """Return the catalogue as schema.org describes one, in one language."""
    return {
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "@id": f"{site()}/catalog",
        "url": f"{site()}/",
        "name": _in(catalogue.name(), lang),
        "description": _in(catalogue.ABOUT, lang),
        "inLanguage": ["vi", "en"],
        "isAccessibleForFree": True,
        "spatialCoverage": {"@type": "Place", "@id": catalogue.PLACE.uri, "name": "Hà Nội" if lang == "vi" else "Hanoi"},
        "publisher": {"@type": "Organization", "name": _in(services.CITY, lang), "url": f"{site()}/about"},
        "potentialAction": {
            "@type": "SearchAction", "query-input": "required name=words",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{site()}/dataset/?q={{words}}"},
        },
        "subjectOf": [
            {"@type": "WebAPI", "name": _in(service.title, lang), "url": service.endpoint, "documentation": service.described}
            for service in services.available()
        ],
    }  # fmt: skip
