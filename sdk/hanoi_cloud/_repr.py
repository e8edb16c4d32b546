"""How datasets, search results and what is known of them look in a console and in a notebook.

Titles come from people, so that every text is escaped before it becomes HTML.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanoi_cloud._city import SearchResults
    from hanoi_cloud._dataset import Dataset
    from hanoi_cloud._versions import Quality

Facts = Sequence[tuple[str, str]]


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


def quality_html(shown: "Quality") -> str:
    """The mark, the measures and the broken rules of a version."""
    rows = f"{shown.rows_accepted:,} / {shown.rows_received:,}"
    said = [
        ("validity", shown.validity),
        ("score", f"{shown.score:g} / 100"),
        ("rows accepted / received", rows),
        ("rows quarantined", f"{shown.rows_quarantined:,}"),
        *((dimension, f"{share:.1%}") for dimension, share in shown.measures.items()),
        ("freshness", f"{shown.freshness.state}: {shown.freshness.meaning_en}" if shown.freshness else ""),
    ]
    faults = [(f.rule, f.severity, f"{f.rows:,}", f.meaning, f.meaning_en) for f in shown.faults]
    head = ("rule", "severity", "rows", "meaning", "meaning_en")
    return facts_html("quality", [(name, value) for name, value in said if value]) + (
        table_html("broken rules", head, faults) if faults else ""
    )


def results(shown: "SearchResults") -> str:
    head = f"<{len(shown)} of {shown.total} datasets for {shown.query!r}>"
    width = max((len(found.id) for found in shown), default=0)
    return "\n".join([head, *(f"  {found.id:<{width}}  {found.title}" for found in shown)])


def results_html(shown: "SearchResults") -> str:
    rows = [(found.id, found.title, found.organisation, str(found.rows or ""), found.url) for found in shown]
    caption = f"{len(shown)} of {shown.total} datasets for {shown.query!r}"
    return table_html(caption, ("id", "title", "organisation", "rows", "url"), rows)


def lines(head: str, said: Facts) -> str:
    """Facts for a console, one a line."""
    width = max((len(name) for name, _ in said), default=0) + 2
    return "\n".join([f"<{head}>", *(f"  {name:<{width}}{value}" for name, value in said)])


def facts_html(caption: str, said: Facts) -> str:
    """Facts as a table of two columns."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{_cell(value)}</td></tr>" for name, value in said)
    return f"<table><caption>{escape(caption)}</caption>{rows}</table>"


def table_html(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of texts as a table."""
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><tr>{names}</tr>{body}</table>"


def _cell(value: str) -> str:
    safe = escape(value)
    return f'<a href="{safe}">{safe}</a>' if value.startswith(("http://", "https://")) else safe
