"""What a dataset or an agency is called in the language of the page."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from . import published, themes

# Pages that are read; on an editing page the texts stay what they are, or English would be saved as Vietnamese.
_READING = frozenset(
    "home.index home.about dataset.search dataset.read organization.index organization.read organization.about "
    "group.index group.read group.about hanoi.data dataset_resource.read resource.read".split()
)
_OUR_PAGES = frozenset({"hanoi_pages", "hanoi_feeds", "hanoi_dataset"})


def language() -> str:
    """Return vi or en: the language of the request, Vietnamese outside one."""
    try:
        return "en" if str(tk.h.lang()).startswith("en") else "vi"
    except (RuntimeError, AttributeError, TypeError):
        return "vi"


def in_english() -> bool:
    """Say whether a page is being shown in English."""
    here = tk.request.endpoint or "" if tk.request else ""
    return (here in _READING or here.split(".")[0] in _OUR_PAGES) and language() == "en"


def extra(entity: dict[str, Any], key: str) -> str:
    """Return an extra's value, or nothing; read either from the list of extras or from the entity itself."""
    for item in entity.get("extras") or []:
        if item.get("key") == key:
            return item.get("value") or ""
    value = entity.get(key)
    return value if isinstance(value, str) else ""


def translate(package: dict[str, Any]) -> dict[str, Any]:
    """Put the English title and notes in place on an English page."""
    if in_english():
        package["title"] = extra(package, "title_en") or package.get("title")
        package["notes"] = extra(package, "notes_en") or package.get("notes")
    if package.get("organization"):
        package["organization"] = {**package["organization"], "title": organization_title(package["organization"])}
    return package


def organization_title(organization: dict[str, Any]) -> str:
    """Return an agency's title in the language of the page."""
    title = organization.get("title") or organization.get("display_name") or organization.get("name") or ""
    if not in_english():
        return title
    return extra(organization, "title_en") or _titles_en().get(organization.get("name", "")) or title


def _titles_en() -> dict[str, str]:
    """Return the English titles of all agencies, read once a request: short lists hold no extras."""
    if not hasattr(tk.g, "hanoi_titles_en"):
        import ckan.model as model

        rows = model.Session.query(model.Group.name, model.Group.extras).filter(model.Group.is_organization)
        tk.g.hanoi_titles_en = {name: extras["title_en"] for name, extras in rows if extras and extras.get("title_en")}
    return tk.g.hanoi_titles_en


def label_facets(facets: dict[str, Any]) -> None:
    """Give the facets' values names that a reader knows."""
    lang = language() if in_english() else "vi"
    for item in facets.get("theme", {}).get("items", []):
        item["display_name"] = themes.label(item["name"], lang)
    for item in facets.get("hanoi_simulated", {}).get("items", []):
        item["display_name"] = simulated_label(item["name"] == "true", lang)
    if in_english():
        for item in facets.get("organization", {}).get("items", []):
            item["display_name"] = _titles_en().get(item["name"]) or item["display_name"]


def simulated_label(simulated: bool, lang: str) -> str:
    """Say in words whether data are simulated."""
    if simulated:
        return "Dữ liệu mô phỏng" if lang == "vi" else "Simulated data"
    return "Dữ liệu thật" if lang == "vi" else "Real data"


def rebase_urls(package: dict[str, Any]) -> None:
    """Make the URLs of published files absolute."""
    for resource in package.get("resources") or []:
        resource["url"] = published.absolute(resource.get("url", ""))
