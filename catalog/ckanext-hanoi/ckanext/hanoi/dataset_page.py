"""What the templates of a dataset's page call: its table, chart, map, dictionary, marks and versions."""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk

from ckanext.hanoi_search.text import sort_key

from . import columns, drawings, history, licences, localise, outlines, places, plot, published, sketch, table
from .values import decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .columns import Column

LISTED = 60
"""Places that the list beside a map names; the table has all."""
SORTED = 600
"""Places up to which that list is in the order of the alphabet; of more, only the first in the file are named anyway."""


def helpers() -> dict[str, Callable[..., Any]]:
    """Return what the templates call, by name."""
    given = (data_page, dictionary, chart, map_of, versions, quality, freshness, notices, use, citation, dump, number_of,
             table_texts)  # fmt: skip
    return {"hanoi_published": is_published, **{f"hanoi_{function.__name__}": function for function in given}}


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what was found for a dataset until the request is over: several parts of a page ask for the same."""

    @wraps(function)
    def kept(package: dict[str, Any]) -> Any:
        held = tk.g.setdefault("hanoi_page", {})
        key = (function.__name__, package["name"])
        if key not in held:
            held[key] = function(package)
        return held[key]

    return kept


def _version(package: dict[str, Any]) -> str:
    return localise.extra(package, "hanoi_version")


@_once
def _table(package: dict[str, Any]) -> Any:
    return table.held(package["name"], _version(package))


@_once
def _index(package: dict[str, Any]) -> dict[str, Any]:
    return history.index(package["name"])


@_once
def dictionary(package: dict[str, Any]) -> list[Column]:
    """Return the columns of the version that is shown."""
    said = published.schema(package["name"], _version(package)) if _version(package) else None
    found = _table(package)
    return columns.of_table(found, said) if found else columns.of_dictionary(said)


def data_page(package: dict[str, Any]) -> table.Page | None:
    """Return the page of rows that the address asks for, or None when the dataset has no table to show."""
    found = _table(package)
    return table.read_page(found, table.Asked.read(tk.request.args)) if found else None


def is_published(resource: dict[str, Any]) -> bool:
    """Say whether a file is a published version with rows."""
    named = published.named(resource.get("url") or "")
    return named is not None and named[2] != "schema.json"


def number_of(value: Any) -> str:
    """Write a number that may have decimals."""
    return "" if value is None else decimal(value, localise.language())


def dump(resource: str, asked: table.Asked, form: str) -> str:
    """Return the address of a file with the rows that are asked for, all pages of them."""
    given = {"format": form, "sort": f"{asked.sort} {'desc' if asked.descending else 'asc'}" if asked.sort else ""}
    given["q"] = json.dumps({asked.column: asked.words}, ensure_ascii=False) if asked.column else asked.words
    return tk.h.url_for("datastore.dump", resource_id=resource, **{k: v for k, v in given.items() if v})


def chart(package: dict[str, Any]) -> dict[str, Any] | None:
    """Return the chart of the dataset's time series that the address asks for, or None where it has none."""
    lines = drawings.series_of(package["name"], _version(package), tk.request.args) if _version(package) else None
    return {"series": lines, "plot": plot.draw(lines, localise.language())} if lines else None


def map_of(package: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the map of the dataset shows, or None where its rows are nowhere."""
    wanted = places.suited(dictionary(package)) and _version(package)
    at = drawings.places_of(package["name"], _version(package), tk.request.args) if wanted else None
    if at is None:
        return None
    city = None if at.areas else outlines.of_city()
    lang = localise.language()
    listed = at.places if len(at.places) > SORTED else sorted(at.places, key=lambda place: sort_key(place.name))
    return {
        "places": listed[:LISTED],
        "total": len(at.places),
        "areas": at.areas,
        "measure": at.measure,
        "measures": at.measures,
        "box": ",".join(f"{edge:.5f}" for edge in sketch.box(at, city)),
        "drawn_on": city.dataset if city else "",
        "shade": at.measure.name if at.measure and at.measure.name == tk.request.args.get("shade") else None,
        "legend": [
            (sketch.step(n, len(at.shades)), " – ".join(dict.fromkeys(decimal(round(edge, 4), lang) for edge in edges)))
            for n, edges in enumerate(at.shades)
        ],
    }


def versions(package: dict[str, Any]) -> dict[str, Any]:
    """Return the published versions, newest first, how many there are, and where the current one comes from."""
    listed = _index(package)
    current = next((v for v in listed["versions"] if v["id"] == _version(package)), {})
    return {
        "shown": history.versions(package, listed),
        "total": len(listed["versions"]),
        "run": current.get("run") or "",
        "code_version": current.get("code_version") or "",
        "contract_url": _contract_page(current.get("contract") or localise.extra(package, "hanoi_contract")),
        "content_hash": current.get("content_hash") or localise.extra(package, "hanoi_content_hash"),
    }


def quality(package: dict[str, Any]) -> dict[str, Any] | None:
    """Return the quality mark of the current version."""
    return history.quality(_index(package), _version(package))


def freshness(package: dict[str, Any]) -> dict[str, Any] | None:
    """Return the freshness mark of the dataset."""
    return history.freshness(package["name"], _index(package))


def notices(package: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the announced breaking changes."""
    return history.notices(package)


def _blueprint() -> str:
    """Return where the Blueprint's pages are in the language of the page; nothing where it is not served."""
    address = (tk.config.get("hanoi.blueprint_url") or "").rstrip("/")
    return f"{address}/{localise.language()}" if address else ""


def _contract_page(contract: str) -> str:
    name, _, version = contract.partition("@")
    return f"{_blueprint()}/contracts/{name}/{version}" if _blueprint() and version else ""


def use(package: dict[str, Any]) -> dict[str, str]:
    """Return the addresses that the examples of use name."""
    found = {r.get("format"): r for r in package.get("resources") or []}
    return {
        "csv": (found.get("CSV") or {}).get("url", ""),
        "parquet": (found.get("Parquet") or {}).get("url", ""),
        "resource": (found.get("Parquet") or found.get("CSV") or {}).get("id", ""),
        "site": tk.config["ckan.site_url"].rstrip("/"),
        "blueprint": _blueprint(),
    }


def citation(package: dict[str, Any]) -> str:
    """Return how the version is cited: who, when, what, which version, under what licence, where and whether it is simulated."""
    lang = localise.language()
    organization = package.get("organization") or {}
    year = localise.extra(package, "hanoi_committed_at")[:4]
    parts = [
        f"{organization.get('title') or organization.get('name') or ''}{f' ({year})' if year else ''}".strip(),
        package.get("title") or package["name"],
        tk._("version {version}").format(version=_version(package)),
        tk._("Simulated data") if localise.extra(package, "hanoi_simulated") == "true" else "",
        licences.shown(package, lang).get("title", ""),
        tk.h.url_for("dataset.read", id=package["name"], qualified=True),
    ]
    return ". ".join(part for part in parts if part)


def table_texts(page: table.Page) -> dict[str, Any]:
    """Return what the script of the table needs to know: columns, the order, and the words it writes."""
    return {
        "rows": table.ROWS,
        "asked": {
            "number": page.number, "sort": page.asked.sort, "descending": page.asked.descending, "words": page.asked.words,
            "column": page.asked.column, "total": page.total,
        },
        "columns": [
            {
                "name": c.name, "title": c.title, "form": c.form, "unit": c.unit, "drawn": c.drawn,
                **({"codes": c.codes} if c.codes else {}),
            }
            for c in page.columns
        ],
        "texts": {
            "range": tk._("Rows {first} to {last} of {total}"),
            "found": tk._("Rows {first} to {last} of {total} that match"),
            "none": tk._("No row matches."),
            "failed": tk._("The rows could not be fetched. Load the page again."),
            "loading": tk._("Fetching rows…"),
            "page": tk._("Page {number} of {pages}"),
            "drawn": tk._("shape, see the map"),
            "yes": tk._("yes"),
            "no": tk._("no"),
        },
    }  # fmt: skip
