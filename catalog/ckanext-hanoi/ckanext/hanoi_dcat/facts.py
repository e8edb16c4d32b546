"""What is known of one public dataset, read once and said in several vocabularies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ckan.common import config

from ckanext.hanoi import licences, localise, published

from . import vocabularies
from .coverage import Coverage, coverage

if TYPE_CHECKING:
    from .vocabularies import Concept, Text

# By the ending of a published file: its title, and what is in it.
_FILES = {
    "csv": ({"vi": "Bảng dữ liệu (CSV)", "en": "Table of the data (CSV)"},
            {"vi": "Mọi dòng và cột mở, mã UTF-8, dòng đầu là tên cột, giờ theo UTC.",
             "en": "All rows and open columns in UTF-8, names of columns first, moments in UTC."}),
    "parquet": ({"vi": "Bảng dữ liệu (Parquet)", "en": "Table of the data (Parquet)"},
                {"vi": "Cùng các dòng và cột, có kiểu dữ liệu, nén zstd.",
                 "en": "The same rows and columns with their types, packed by zstd."}),
    "schema.json": ({"vi": "Từ điển dữ liệu (JSON)", "en": "Data dictionary (JSON)"},
                    {"vi": "Ý nghĩa, kiểu, đơn vị và khái niệm dùng chung của từng cột.",
                     "en": "Meaning, type, unit and shared concept of every column."}),
}  # fmt: skip


@dataclass(frozen=True)
class File:
    """One file to download; `kind` is csv, parquet or schema.json for a published one, else empty."""

    uri: str
    kind: str
    title: Text
    about: Text
    url: str
    access: str
    media_type: str
    format: str
    bytes: int | None
    sha256: str


@dataclass(frozen=True)
class Agency:
    """Who publishes: the URI of its page, which is its own, and its name."""

    uri: str
    name: Text


@dataclass(frozen=True)
class Facts:
    """One dataset.

    Texts are by language. `versions` are those of its index, newest first, and `current` the one that the catalogue shows;
    it is empty for a dataset that the platform did not publish.
    """

    name: str
    uri: str
    title: Text
    notes: Text
    keywords: tuple[str, ...]
    agency: Agency | None
    issued: str
    modified: str
    version: str
    versions: tuple[dict[str, Any], ...]
    current: dict[str, Any]
    licence: Text
    licence_uri: str
    frequency: str
    topics: tuple[Concept, ...]
    place: Concept | None
    covers: Coverage
    files: tuple[File, ...]
    simulated: bool
    source: Text
    flaws: tuple[Text, ...]
    contract: str
    columns: tuple[dict[str, Any], ...]
    key: tuple[str, ...]

    def file(self, kind: str) -> File | None:
        """The file of a kind, or None."""
        return next((file for file in self.files if file.kind == kind), None)


def site() -> str:
    """Return the address of the catalogue, without a slash at the end."""
    return str(config["ckan.site_url"]).rstrip("/")


def facts(package: dict[str, Any], names_en: dict[str, str]) -> Facts:
    """Read what a package and its published files tell.

    :param names_en: the English names of agencies, by the names in their addresses
    """
    name, uri = package["name"], f"{site()}/dataset/{package['name']}"

    def extra(key: str) -> str:
        return localise.extra(package, key)

    version = extra("hanoi_version")
    dictionary = (published.schema(name, version) if version else None) or {}
    columns, key = dictionary.get("columns", []), dictionary.get("key", [])
    covers = coverage(name, version, columns, key)
    stated = (extra("temporal_from"), extra("temporal_to"))
    versions = _versions(name)
    return Facts(
        name=name,
        uri=uri,
        title=_both(package.get("title") or name, extra("title_en")),
        notes=_both(package.get("notes") or package.get("title") or name, extra("notes_en") or extra("title_en")),
        keywords=tuple(tag["name"] for tag in package.get("tags", [])),
        agency=_agency(package.get("organization"), names_en),
        issued=(versions[-1]["committed_at"] if versions else "") or _utc(package.get("metadata_created", "")),
        modified=extra("hanoi_committed_at") or _utc(package.get("metadata_modified", "")),
        version=version,
        versions=tuple(versions),
        current=next((entry for entry in versions if entry["id"] == version), None) or _shown(package, version),
        licence={lang: licences.shown(package, lang)["title"] for lang in ("vi", "en")},
        licence_uri=licences.shown(package, "vi")["url"],
        frequency=vocabularies.frequency(extra("frequency")),
        topics=tuple(vocabularies.topics(extra("theme"))),
        place=vocabularies.place(extra("spatial_text")),
        covers=Coverage(stated, covers.box) if any(stated) else covers,
        files=tuple(_file(uri, resource) for resource in package.get("resources", []) if resource.get("url")),
        simulated=extra("hanoi_simulated") == "true",
        source=_both(extra("source_vi"), extra("source_en")),
        flaws=tuple(_flaws(extra("known_flaws"))),
        contract=extra("hanoi_contract"),
        columns=tuple(columns),
        key=tuple(key),
    )


def names_en() -> dict[str, str]:
    """Return the English names of all agencies, by the names in their addresses."""
    import ckan.model as model

    rows = model.Session.query(model.Group.name, model.Group.extras).filter(model.Group.is_organization)
    return {name: extras["title_en"] for name, extras in rows if extras and extras.get("title_en")}


def _both(vi: str, en: str) -> Text:
    return {lang: text for lang, text in (("vi", vi), ("en", en)) if text}


def _utc(moment: str) -> str:
    """Say that a moment of CKAN's, which has no zone, is in UTC."""
    return f"{moment.partition('.')[0]}Z" if moment and not moment.endswith("Z") and "+" not in moment else moment


def _agency(organization: dict[str, Any] | None, names: dict[str, str]) -> Agency | None:
    if not organization:
        return None
    name = organization["name"]
    return Agency(f"{site()}/organization/{name}", _both(organization.get("title") or name, names.get(name, "")))


def _versions(dataset: str) -> list[dict[str, Any]]:
    path = published.index(dataset)
    if path is None:
        return []
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    versions = content.get("versions") if isinstance(content, dict) else None
    return [entry for entry in versions or [] if isinstance(entry, dict) and entry.get("id")]


def _shown(package: dict[str, Any], version: str) -> dict[str, Any]:
    """Return what the package itself tells of the version that it shows, where the index does not name it."""

    def extra(key: str) -> str:
        return localise.extra(package, f"hanoi_{key}")

    if not version or not extra("committed_at"):
        return {}
    counted = {key: int(extra(key)) for key in ("rows", "rows_quarantined") if extra(key).isdigit()}
    told = {key: extra(key) for key in ("committed_at", "contract", "gate", "delivery")}
    return {"id": version, **told, **counted}


def _file(dataset: str, resource: dict[str, Any]) -> File:
    url = published.absolute(resource["url"])
    parts = published.named(url)
    kind = parts[2] if parts else ""
    title, about = _FILES.get(kind, ({}, {}))
    uri = f"{dataset}/resource/{resource['id']}"
    size = resource.get("size")
    return File(
        uri=uri,
        kind=kind,
        title=title or {"vi": resource.get("name") or resource.get("format") or PurePosixPath(url).name},
        about=about or _both(resource.get("description") or "", ""),
        url=url,
        access=uri if kind else url,
        media_type=resource.get("mimetype") or "",
        format=resource.get("format") or "",
        bytes=int(size) if str(size or "").isdigit() else None,
        sha256=resource.get("hash") or "" if kind else "",
    )


def file_of_version(dataset: str, entry: dict[str, Any]) -> File:
    """Return a file that the index of versions names."""
    url = published.absolute(entry["url"])
    parts = published.named(url)
    kind = parts[2] if parts else ""
    title, about = _FILES.get(kind, ({}, {}))
    return File(
        uri=f"{dataset}#{PurePosixPath(url).name}",
        kind=kind,
        title=title or {"vi": entry.get("name", "")},
        about=about,
        url=url,
        access=url,
        media_type=entry.get("media_type", ""),
        format=entry.get("format", ""),
        bytes=entry.get("bytes"),
        sha256=entry.get("sha256", ""),
    )


def _flaws(text: str) -> list[Text]:
    try:
        flaws = json.loads(text or "[]")
    except ValueError:
        return []
    return [_both(flaw.get("vi", ""), flaw.get("en", "")) for flaw in flaws if isinstance(flaw, dict)]
