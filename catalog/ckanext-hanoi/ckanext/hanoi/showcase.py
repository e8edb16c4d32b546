"""What the templates of the home page, of agencies, wards and marks call, already in the language of the page."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
from ckan.common import config

from . import localise, pages, public_datasets, security, themes, usage, values

if TYPE_CHECKING:
    from .public_datasets import PublicDataset
    from .wards import Change, Holding, Unit

_MOST_USED = 6
_CONTACT = ("contact_name", "contact_email", "contact_phone", "website")


def all_helpers() -> dict[str, Any]:
    """Return the helpers by name; each is called `hanoi_…` in a template."""
    given = (front, agency, unit_name, level_name, relation, people, state, told_moment, told_day, holding_link, told_as_of, decimal,
             dataset_title, dataset_agency, feed, theme_code, glance_link)  # fmt: skip
    named = {f"hanoi_{function.__name__}": function for function in given}
    return {
        **named,
        "hanoi_address": pages.address,
        "hanoi_nonce": security.nonce,
        "hanoi_with_nonce": security.with_nonce,
    }


def front() -> dict[str, Any]:
    """Return what is most used, and quality at a glance over all public datasets."""
    datasets = public_datasets.every()
    used = [(datasets[name], times) for name, times in usage.most_used().items() if name in datasets]
    return {"most_used": used[:_MOST_USED], "glance": public_datasets.glance(datasets.values()), "days": usage.DAYS}


def agency(organization: dict[str, Any]) -> dict[str, Any]:
    """Return an agency's marks: how many datasets, when the last version came, quality at a glance, and whom to ask."""
    datasets = public_datasets.of_organization(organization["name"])
    moments = [dataset.committed_at for dataset in datasets if dataset.committed_at]
    contact = {key: localise.extra(organization, key) for key in _CONTACT}
    contact["contact_email"] = contact["contact_email"] or config.get("hanoi.contact_email") or ""
    if not contact["website"].startswith(("https://", "http://")):
        contact["website"] = ""
    return {
        "count": len(datasets),
        "updated": told_moment(max(moments)) if moments else "",
        "glance": public_datasets.glance(datasets),
        "contact": {key: value for key, value in contact.items() if value},
    }


def unit_name(unit: Unit) -> str:
    """Return a unit's full name, such as "Phường Ba Đình" or "Ba Đình Ward"."""
    if not unit.name:
        return unit.code
    if localise.language() == "en":
        return f"{unit.name} {level_name(unit.level)}"
    return f"{level_name(unit.level)} {unit.name}"


def level_name(level: str) -> str:
    """Return the name of a level: ward, commune or township."""
    known = {"phường": tk._("Ward"), "xã": tk._("Commune"), "thị trấn": tk._("Township")}
    return known.get(level.lower(), level)


def relation(change: Change) -> str:
    """Say whether the whole of a former unit went into the present one."""
    return tk._("the whole unit") if change.relation == "full" else tk._("a part of it")


def people(change: Change) -> str:
    """Say which of a former unit's people went along, as the Resolution puts it."""
    known = {"all": tk._("all its people"), "part": tk._("a part of its people"),
             "rest": tk._("the remaining people, possibly none"), "none": tk._("no people, land only")}  # fmt: skip
    return known.get(change.people, "")


def state(dataset: PublicDataset) -> dict[str, str]:
    """Return the mark of freshness and its words."""
    found = dataset.state()
    words = {"fresh": tk._("on time"), "due": tk._("due"), "late": tk._("late"), "unknown": tk._("no rhythm promised")}
    return {"state": found, "label": words[found]}


def glance_link(state: str = "", agency: str = "") -> str:
    """Return the address of the list of datasets with this mark, of one agency or of all."""
    asked = {name: value for name, value in (("state", state), ("organization", agency)) if value}
    return pages.address("quality", **asked)


def decimal(value: float) -> str:
    """Write a number with the separators of the language."""
    return values.decimal(float(value), localise.language())


def told_moment(value: datetime | None) -> str:
    """Write a moment in Hanoi's time as dd/mm/yyyy HH:MM."""
    return values.moment(value.isoformat()) if value else ""


def told_day(value: date | datetime | None) -> str:
    """Write a day as dd/mm/yyyy; that of a moment is Hanoi's."""
    if isinstance(value, datetime):
        value = value.astimezone(values.HANOI).date()
    return f"{value:%d/%m/%Y}" if value else ""


def holding_link(holding: Holding, unit: Unit) -> str:
    """Return the address of a dataset's table with the rows of one unit only."""
    asked = {"q": unit.code, "in": holding.column}
    return tk.h.url_for("dataset.read", id=holding.dataset.name, _anchor="data", **asked)


def told_as_of(holding: Holding) -> str:
    """Say of which day a dataset's codes are: one day, or that of each row."""
    try:
        return told_day(date.fromisoformat(holding.as_of))
    except ValueError:
        return tk._("the day of each row")


def dataset_title(dataset: PublicDataset) -> str:
    """Return a dataset's title in the language of the page."""
    return dataset.title(localise.language())


def dataset_agency(dataset: PublicDataset) -> str:
    """Return the title of a dataset's agency in the language of the page."""
    return dataset.agency_title(localise.language())


def theme_code(uri: str) -> str:
    """Return the last part of a topic's URI."""
    return themes.code(uri)


def feed(kind: str, **parts: Any) -> str:
    """Return the address of a feed."""
    return tk.h.url_for(f"hanoi_feeds.{kind}", **parts)
