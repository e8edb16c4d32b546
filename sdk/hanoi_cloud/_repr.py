"""How datasets and search results look in a console and in a notebook."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanoi_cloud._city import SearchResults
    from hanoi_cloud._dataset import Dataset


def facts(dataset: "Dataset") -> list[tuple[str, str]]:
    """What a person wants to know first about a dataset."""
    said = [
        ("title", dataset.title),
        ("title_en", dataset.title_en),
        ("organisation", dataset.organisation),
        ("version", dataset.version),
        ("rows", "" if dataset.rows is None else f"{dataset.rows:,}"),
        ("updated", dataset.updated.isoformat(timespec="seconds") if dataset.updated else ""),
        ("licence", dataset.licence),
        ("simulated", "yes: nobody measured these data" if dataset.simulated else ""),
        ("formats", ", ".join(d.format for d in dataset.distributions)),
        ("url", dataset.url),
    ]
    return [(name, value) for name, value in said if value]


def dataset(shown: "Dataset") -> str:
    lines = [f"  {name:<13}{value}" for name, value in facts(shown)]
    return "\n".join([f"<Dataset {shown.id}>", *lines])


def dataset_html(shown: "Dataset") -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{_cell(value)}</td></tr>" for name, value in facts(shown))
    return f"<table><caption>{escape(shown.id)}</caption>{rows}</table>"


def results(shown: "SearchResults") -> str:
    head = f"<{len(shown)} of {shown.total} datasets for {shown.query!r}>"
    width = max((len(found.id) for found in shown), default=0)
    return "\n".join([head, *(f"  {found.id:<{width}}  {found.title}" for found in shown)])


def results_html(shown: "SearchResults") -> str:
    rows = "".join(
        _row((found.id, found.title, found.organisation, str(found.rows or ""), found.url)) for found in shown
    )
    head = "".join(f"<th>{name}</th>" for name in ("id", "title", "organisation", "rows", "url"))
    caption = escape(f"{len(shown)} of {shown.total} datasets for {shown.query!r}")
    return f"<table><caption>{caption}</caption><tr>{head}</tr>{rows}</table>"


def _row(values: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in values)}</tr>"


def _cell(value: str) -> str:
    safe = escape(value)
    return f'<a href="{safe}">{safe}</a>' if value.startswith(("http://", "https://")) else safe
