"""Pages of our own: wards, and quality at a glance. Each has a Vietnamese address and an English one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, request

from ckanext.hanoi_search.text import sort_key

from . import localise, public_datasets, usage, wards

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("hanoi_pages", __name__)

_QUERY = 100
_ROWS = 100
# Vietnamese words for what CKAN has at an English address.
_MOVED = {"du-lieu": "dataset.search", "co-quan": "organization.index", "gioi-thieu": "home.about"}


def address(page: str, **parts: Any) -> str:
    """Return the address of one of these pages in the language of the page that links to it."""
    suffix = "_en" if localise.language() == "en" else ""
    return tk.h.url_for(f"hanoi_pages.{page}{suffix}", **parts)


@pages.route("/phuong-xa", endpoint="wards")
@pages.route("/wards", endpoint="wards_en")
def ward_list() -> str:
    """Show all wards and communes, or those that a name or code finds."""
    units = wards.units()
    query = request.args.get("q", "")[:_QUERY].strip()
    found = units.found(query) if units else []
    return tk.render("wards/index.html", {"units": units, "found": found, "query": query})


@pages.route("/phuong-xa/<code>", endpoint="ward")
@pages.route("/wards/<code>", endpoint="ward_en")
def ward(code: str) -> str | Response:
    """Show what a code names on a day (`?ngay=2025-06-30`), today where none is given."""
    units = wards.units() if wards.CODE.fullmatch(code) else None
    if units is None:
        return _no_ward()
    asked = request.args.get("ngay") or request.args.get("date")
    try:
        day = date.fromisoformat(asked) if asked else usage.today()
    except ValueError:
        return tk.redirect_to(address("ward", code=code))
    unit = units.at(code, day)
    if unit is None and not asked:
        # A code that nobody used again still names what it named last.
        unit = units.former.get(code)
    if unit is None:
        return _no_ward()
    now = units.present.get(code) == unit
    other = (units.former if now else units.present).get(code)
    told = {
        "unit": unit, "now": now, "other": other, "units": units, "day": day if asked else None,
        "sources": units.sources_of(unit), "successors": units.successors_of(unit), "holdings": wards.holdings(unit),
    }  # fmt: skip
    return tk.render("wards/read.html", told)


@pages.route("/chat-luong", endpoint="quality")
@pages.route("/quality", endpoint="quality_en")
def quality() -> str:
    """List the public datasets with their marks, late ones first."""
    state = request.args.get("state", "")
    agency = request.args.get("organization", "")
    listed = list(public_datasets.every().values())
    if agency:
        listed = [dataset for dataset in listed if dataset.organization == agency]
    counted = public_datasets.glance(listed)
    if state in public_datasets.STATES:
        listed = [dataset for dataset in listed if dataset.state() == state]
    elif state in ("passed", "warned"):
        listed = [dataset for dataset in listed if getattr(dataset, state)]
    language = localise.language()
    urgent = {"late": 0, "due": 1}
    listed.sort(key=lambda dataset: (urgent.get(dataset.state(), 2), sort_key(dataset.title(language))))
    asked = request.args.get("page", "1")
    last = max(1, -(-len(listed) // _ROWS))
    page = min(max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1, last)
    shown = listed[(page - 1) * _ROWS : page * _ROWS]
    told = {"listed": shown, "glance": counted, "state": state, "agency": agency, "page": page, "last": last}
    return tk.render("quality/index.html", told)


def _no_ward() -> Any:
    return tk.abort(404, tk._("No ward or commune of the city has this code on this day."))


def _moved(endpoint: str) -> Any:
    def view() -> Any:
        return tk.redirect_to(endpoint)

    return view


for _path, _endpoint in _MOVED.items():
    pages.add_url_rule(f"/{_path}", endpoint=_path, view_func=_moved(_endpoint))
