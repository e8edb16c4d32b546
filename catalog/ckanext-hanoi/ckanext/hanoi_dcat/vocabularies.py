"""The shared vocabularies that descriptions point to, and how our own codes are said in them.

DCAT-AP 3 prescribes the lists of the EU's Publications Office for themes, frequencies, formats, languages and
availability, and GeoNames for a place that those lists lack:
https://semiceu.github.io/DCAT-AP/releases/3.0.1/#controlled-vocabularies-to-be-used
"""

from __future__ import annotations

from dataclasses import dataclass

from ckanext.hanoi import themes

EU = "http://publications.europa.eu/resource/authority/"
MEDIA_TYPES = "http://www.iana.org/assignments/media-types/"
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
LANGUAGES = {"vi": f"{EU}language/VIE", "en": f"{EU}language/ENG"}
THEMES = themes.BASE.rstrip("/")

Text = dict[str, str]
"""A text by its language, vi and en."""


@dataclass(frozen=True)
class Concept:
    """A term of somebody's list: its URI, and what it is called in Vietnamese and English."""

    uri: str
    vi: str
    en: str


PUBLIC = f"{EU}access-right/PUBLIC"
STABLE = Concept(f"{EU}planned-availability/STABLE", "lâu dài", "stable")
WITHDRAWN = Concept(f"{EU}dataset-status/WITHDRAWN", "đã thu hồi", "withdrawn")
SYNTHETIC = Concept(f"{EU}dataset-type/SYNTHETIC_DATA", "dữ liệu mô phỏng", "synthetic data")

_HVD = "http://data.europa.eu/bna/"
# The list of categories is the EU's, the law behind it is not Vietnam's: a category is named as a topic, so that readers
# who know the list find the dataset, and nothing claims that the EU's regulation applies.
_CATEGORIES = {
    "TRAN": Concept(f"{_HVD}c_b79e35eb", "Giao thông, đi lại", "Mobility"),
    "ENVI": Concept(f"{_HVD}c_dd313021", "Quan trắc Trái Đất và môi trường", "Earth observation and environment"),
}

_PLACES = {
    "Hà Nội": Concept("https://sws.geonames.org/1581130/", "Hà Nội", "Hanoi"),
    "Việt Nam": Concept("https://sws.geonames.org/1562822/", "Việt Nam", "Viet Nam"),
}
HANOI = _PLACES["Hà Nội"]

_FREQUENCIES = {
    "CONTINUOUS": "CONT", "SEMIANNUAL": "ANNUAL_2", "YEARLY": "ANNUAL", "IRREGULAR": "IRREG", "ONCE": "NEVER",
}  # fmt: skip
_KNOWN_FREQUENCIES = frozenset(
    "CONT HOURLY DAILY WEEKLY MONTHLY QUARTERLY ANNUAL_2 ANNUAL BIENNIAL IRREG NEVER UNKNOWN OTHER".split()
)
_FORMATS = frozenset("CSV PARQUET JSON GEOJSON XML XLSX XLS ODS PDF ZIP TXT HTML TSV GPKG KML".split())


def frequency(code: str) -> str:
    """Return the URI of a frequency, or nothing for a code that the list lacks.

    >>> frequency("hourly").rsplit("/", 1)[-1], frequency("irregular").rsplit("/", 1)[-1], frequency("now and then")
    ('HOURLY', 'IRREG', '')
    """
    short = code.rstrip("/").rsplit("/", 1)[-1].upper()
    short = _FREQUENCIES.get(short, short)
    return f"{EU}frequency/{short}" if short in _KNOWN_FREQUENCIES else ""


def file_type(code: str) -> str:
    """Return the URI of a file's format, or nothing for a format that the list lacks.

    >>> file_type("Parquet").rsplit("/", 1)[-1], file_type("abc")
    ('PARQUET', '')
    """
    return f"{EU}file-type/{code.upper()}" if code.upper() in _FORMATS else ""


def media_type(code: str) -> str:
    """Return the URI of a media type, without its parameters, or nothing for what is none.

    >>> media_type("text/csv; charset=utf-8")
    'http://www.iana.org/assignments/media-types/text/csv'
    """
    short = code.partition(";")[0].strip()
    return f"{MEDIA_TYPES}{short}" if short.count("/") == 1 else ""


def topics(uri: str) -> list[Concept]:
    """Return the topic of a theme's URI, and the EU's category of high-value data that has the same subject.

    >>> [topic.en for topic in topics(THEMES + "/TRAN")]
    ['Transport', 'Mobility']
    """
    if not uri.startswith(themes.BASE):
        return []
    category = _CATEGORIES.get(uri.removeprefix(themes.BASE))
    return [Concept(uri, themes.label(uri, "vi"), themes.label(uri, "en")), *([category] if category else [])]


def place(name: str) -> Concept | None:
    """Return the place of this name, or None for one that has no URI here."""
    return _PLACES.get(name)
