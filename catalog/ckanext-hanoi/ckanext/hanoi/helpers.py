"""What the templates call: everything a page shows, already in its language."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from babel.numbers import format_decimal

from ckanext.hanoi_search.text import sort_key

from . import dataset_page, licences, localise, themes, values


def _later(text: str) -> str:
    """Mark a text for the translators that is translated only when it is shown."""
    return text


# By the codes of http://publications.europa.eu/resource/authority/frequency, and by plain words.
_FREQUENCIES = {
    "cont": _later("continuously"), "continuous": _later("continuously"), "hourly": _later("every hour"),
    "daily": _later("every day"), "weekly": _later("every week"), "monthly": _later("every month"),
    "quarterly": _later("every quarter"), "annual_2": _later("twice a year"), "semiannual": _later("twice a year"),
    "annual": _later("every year"), "yearly": _later("every year"), "irreg": _later("when something changes"),
    "irregular": _later("when something changes"), "once": _later("once"), "never": _later("no longer updated"),
    "unknown": _later("not known"),
}  # fmt: skip


def all_helpers() -> dict[str, Any]:
    """Return the helpers by name; each is called `hanoi_…` in a template."""
    given = (dataset, number, size, moment, simulated, home, organization_title, other_language, theme)
    named = {f"hanoi_{function.__name__}": function for function in given}
    return {"hanoi_extra": localise.extra, **named, **dataset_page.helpers()}


def simulated(package: dict[str, Any]) -> bool:
    """Say whether the dataset is marked as simulated."""
    return localise.extra(package, "hanoi_simulated") == "true"


def theme(package: dict[str, Any]) -> str:
    """Return the topic's name."""
    uri = localise.extra(package, "theme")
    return themes.label(uri, localise.language()) if uri else ""


def organization_title(organization: dict[str, Any]) -> str:
    """Return the agency's title."""
    return localise.organization_title(organization)


def dataset(package: dict[str, Any]) -> dict[str, Any]:
    """Return what a dataset's page says about its version; `version` is empty for a dataset of another origin."""
    lang = localise.language()

    def extra(key: str) -> str:
        return localise.extra(package, key)

    return {
        "version": extra("hanoi_version"),
        "contract": extra("hanoi_contract"),
        "rows": _whole(extra("hanoi_rows")),
        "quarantined": _whole(extra("hanoi_rows_quarantined")),
        "gate": extra("hanoi_gate"),
        "updated": moment(extra("hanoi_committed_at")),
        "frequency": _frequency(extra("frequency")),
        "source": extra(f"source_{lang}") or extra("source_vi"),
        "theme": theme(package),
        "licence": licences.shown(package, lang),
        "period": " – ".join(day(extra(key)) for key in ("temporal_from", "temporal_to") if extra(key)),
        "flaws": _flaws(extra("known_flaws"), lang),
    }


def number(value: int | None) -> str:
    """Write a count with the language's thousands separator."""
    return "" if value is None else format_decimal(value, locale=localise.language())


def size(value: Any) -> str:
    """Write a number of bytes in kB or MB."""
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return ""
    for unit, divisor in (("MB", 1e6), ("kB", 1e3)):
        if amount >= divisor:
            return f"{format_decimal(amount / divisor, '#,##0.#', locale=localise.language())} {unit}"
    return f"{int(amount)} B"


def moment(text: str) -> str:
    """Write a UTC moment in Hanoi's time as dd/mm/yyyy HH:MM; what is no moment stays as it is."""
    has_zone = text.endswith("Z") or "+" in text
    return values.moment(text if has_zone or "T" not in text else f"{text}+00:00")


def day(text: str) -> str:
    """Write an ISO date as dd/mm/yyyy; a year or a month alone stays as it is."""
    return values.moment(text[:10])


def home() -> dict[str, Any]:
    """Return what the home page shows: counts, the newest datasets, topics and agencies; `down` when the search is."""
    from ckan.lib.search import SearchError
    from ckan.lib.search.common import SolrConnectionError

    context: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user, "for_view": True}
    asked = {
        "q": "*:*", "rows": 6, "sort": "metadata_modified desc", "facet.field": ["theme", "organization"],
        "facet.limit": 30, "fq": "+dataset_type:dataset",
    }  # fmt: skip
    try:
        found = tk.get_action("package_search")(context, asked)
    except (SearchError, SolrConnectionError):
        return {"down": True, "count": 0, "newest": [], "themes": [], "organizations": []}

    def largest(name: str) -> list[dict[str, Any]]:
        items = found["search_facets"].get(name, {}).get("items", [])
        return sorted(items, key=lambda item: (-item["count"], sort_key(item["display_name"])))

    return {
        "down": False,
        "count": found["count"],
        "newest": found["results"],
        "themes": largest("theme"),
        "organizations": largest("organization"),
    }


def other_language() -> dict[str, str]:
    """Return the address of this page in the other language, and that language's own name."""
    here = tk.h.current_url()
    if localise.language() == "vi":
        return {"code": "en", "name": "English", "url": tk.h.url_for(here, locale="en")}
    return {"code": "vi", "name": "Tiếng Việt", "url": tk.h.url_for(here, locale="vi")}


def _flaws(text: str, lang: str) -> list[str]:
    try:
        flaws = json.loads(text or "[]")
    except ValueError:
        return [text]
    if not isinstance(flaws, list):
        return []
    said = [flaw.get(lang) or flaw.get("vi") if isinstance(flaw, dict) else str(flaw) for flaw in flaws]
    return [flaw for flaw in said if flaw]


def _frequency(code: str) -> str:
    known = _FREQUENCIES.get(code.rsplit("/", 1)[-1].lower())
    return tk._(known) if known else code


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
