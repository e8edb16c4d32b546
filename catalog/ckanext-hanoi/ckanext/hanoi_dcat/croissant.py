"""A dataset in Croissant 1.1, for those who train models: its files and columns, so that a program can load the rows.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from . import structured
from .facts import site

if TYPE_CHECKING:
    from .facts import Facts, File

VERSION = "http://mlcommons.org/croissant/1.1"

# What the specification wants every document to begin with; names and descriptions are by language.
_TERMS = """
arrayShape citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isArray
isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate separator source
subField transform containedIn excludes
""".split()
CONTEXT: dict[str, Any] = {
    "@language": "vi",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "description": {"@container": "@language"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}

_TYPES = {
    "integer": "sc:Integer", "int32": "sc:Integer", "decimal": "sc:Float", "double": "sc:Float", "float": "sc:Float",
    "boolean": "sc:Boolean", "date": "sc:Date", "timestamp": "sc:DateTime", "timestamp_local": "sc:DateTime",
}  # fmt: skip
_ROWS = "rows"


def dataset(known: Facts) -> dict[str, Any] | None:
    """Return the description of a published dataset, or None for one without a table of ours."""
    tables = [file for file in (known.file("parquet"), known.file("csv")) if file]
    if not tables or not known.columns:
        return None
    number, _, digest = known.version.partition("-")
    agency = known.agency
    content: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": known.uri,
        "conformsTo": VERSION,
        "name": known.title,
        "description": {lang: structured.described(known, lang) for lang in known.notes},
        "url": known.uri,
        "identifier": known.name,
        # The number and the hash of the content as a version with build metadata, for the format asks for that form.
        "version": f"{number}.0.0+{digest}",
        "license": known.licence_uri or known.licence.get("en") or known.licence.get("vi"),
        "keywords": list(known.keywords),
        "inLanguage": "vi",
        "datePublished": known.issued,
        "dateModified": known.modified,
        "isLiveDataset": False,
        "citeAs": _citation(known),
        "distribution": [_file(file) for file in tables],
        "recordSet": [_records(known, tables[0])],
    }
    if agency:
        maker = {"@type": "sc:Organization", "@id": agency.uri, "name": agency.name, "url": agency.uri}
        content |= {"creator": maker, "publisher": maker}
    if known.covers.period:
        content["temporalCoverage"] = structured.period(known)
    return content


def _citation(known: Facts) -> str:
    agency = (known.agency.name.get("vi") if known.agency else "") or site()
    return f"{agency}: {known.title['vi']}, {known.version}, {known.uri}"


def _file_id(file: File) -> str:
    return f"table.{file.kind}"


def _file(file: File) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _file_id(file),
        "name": PurePosixPath(file.url).name,
        "description": file.about,
        "contentUrl": file.url,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": "application/x-parquet" if file.kind == "parquet" else "text/csv",
        "sha256": file.sha256,
    }


def _records(known: Facts, table: File) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": _ROWS,
        "name": {"vi": "Các dòng", "en": "Rows"},
        "key": [
            {"@id": f"{_ROWS}/{name}"} for name in known.key if name in {column["name"] for column in known.columns}
        ],
        "field": [_field(column, table) for column in known.columns],
    }


def _field(column: dict[str, Any], table: File) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{_ROWS}/{column['name']}",
        "name": column.get("title") or {"vi": column["name"]},
        "description": column.get("description") or {"vi": column["name"]},
        "dataType": _TYPES.get(column.get("type", ""), "sc:Text"),
        "source": {"fileObject": {"@id": _file_id(table)}, "extract": {"column": column["name"]}},
    }
