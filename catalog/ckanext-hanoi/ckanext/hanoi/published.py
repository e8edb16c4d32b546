"""The published files of a dataset: `<dataset>/<version>.csv`, `.parquet` and `.schema.json` in one folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ckan.common import config

_DATASET = re.compile(r"[a-z0-9-]+")
_NAME = re.compile(r"([a-z0-9-]+)/([0-9]+-[0-9a-f]{8})\.(csv|parquet|schema\.json)")
# CKAN writes http:// before an address that begins with a slash, so `http://data/…` is one of ours too.
_URL = re.compile(rf"(?:https?:/(?:/[^/]+)*?)?(/data/{_NAME.pattern})")
MIMETYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "schema.json": "application/json",
}


def folder() -> Path | None:
    """Return the folder of published files, or None where none is set."""
    path = config.get("hanoi.published_path")
    return Path(path).resolve() if path else None


def parts(name: str) -> tuple[str, str, str] | None:
    """Return dataset, version and ending of `<dataset>/<file>`, or None for any other text.

    >>> parts("bus-stops/1-0a1b2c3d.csv"), parts("../etc/passwd")
    (('bus-stops', '1-0a1b2c3d', 'csv'), None)
    """
    match = _NAME.fullmatch(name)
    return match.groups() if match else None


def named(url: str) -> tuple[str, str, str] | None:
    """Return dataset, version and ending of the URL of a published file, or None for any other URL.

    >>> named("http://localhost:8800/data/bus-stops/1-0a1b2c3d.csv"), named("https://example.org/data.csv")
    (('bus-stops', '1-0a1b2c3d', 'csv'), None)
    """
    match = _URL.fullmatch(url or "")
    return parts(match.group(1).removeprefix("/data/")) if match else None


def find(dataset: str, version: str, ending: str) -> Path | None:
    """Return the path of a published file when it is there; nothing outside the folder is ever returned."""
    name = f"{dataset}/{version}.{ending}"
    root = folder()
    if root is None or parts(name) is None:
        return None
    path = (root / name).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


def index(dataset: str) -> Path | None:
    """Return the path of the index of a dataset's published versions when it is there."""
    root = folder()
    if root is None or not _DATASET.fullmatch(dataset):
        return None
    path = root / dataset / "versions.json"
    return path if path.is_file() else None


def absolute(url: str) -> str:
    """Return the URL of a published file at this site, and every other URL as it is.

    A URL that was made absolute at another address of this site, and stored so, is mended too.
    """
    match = _URL.fullmatch(url or "")
    return config["ckan.site_url"].rstrip("/") + match.group(1) if match else url


def schema(dataset: str, version: str) -> dict[str, Any] | None:
    """Return the data dictionary of a version, or None when it is not there or cannot be read."""
    path = find(dataset, version, "schema.json")
    if path is None:
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
