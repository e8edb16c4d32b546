"""What a dataset is found by beside its own texts: its agency's and its topic's names, and its columns."""

from __future__ import annotations

import json
from typing import Any

import ckan.model as model

from ckanext.hanoi import published, themes

_LANGUAGES = ("vi", "en")


def enrich(document: dict[str, Any]) -> dict[str, Any]:
    """Add the names in both languages to a document that CKAN is about to index."""
    try:
        package = json.loads(document.get("data_dict") or "{}")
    except ValueError:
        package = {}
    extras = {extra.get("key"): extra.get("value") or "" for extra in package.get("extras") or []}
    return {
        **document,
        "hanoi_agency": _agency(package.get("organization") or {}),
        "hanoi_topic": [themes.label(extras["theme"], lang) for lang in _LANGUAGES] if extras.get("theme") else [],
        "hanoi_columns": _columns(str(package.get("name") or ""), extras.get("hanoi_version") or ""),
    }


def _agency(organization: dict[str, Any]) -> list[str]:
    if not organization.get("title"):
        return []
    group = model.Group.get(organization.get("id") or "")
    english = (group.extras or {}).get("title_en") if group else None
    return [organization["title"], *([english] if english else [])]


def _columns(dataset: str, version: str) -> list[str]:
    """Return the columns of the published version: names, and titles in both languages."""
    dictionary = published.schema(dataset, version) if version else None
    texts = []
    for column in (dictionary or {}).get("columns", []):
        title = column.get("title")
        titles = [title.get(lang) for lang in _LANGUAGES] if isinstance(title, dict) else [title]
        texts.append(" ".join(str(text) for text in (column.get("name"), *titles) if text))
    return texts
