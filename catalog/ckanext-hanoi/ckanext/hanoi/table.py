"""The page of a dataset's rows that an address asks for: found by the DataStore's own search, written for a reader."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
import duckdb

from ckanext.hanoi_datastore import backend, search, tables

from . import columns, localise, published
from .values import written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ckanext.hanoi_datastore.table import Table

    from .columns import Column

log = logging.getLogger(__name__)

ROWS = 50
_WORDS = 200
_DIGITS = 9


@dataclass(frozen=True)
class Asked:
    """What of a table is asked for: the page from 1, the order, and the words that its rows have, in one column or any."""

    number: int = 1
    sort: str = ""
    descending: bool = False
    words: str = ""
    column: str = ""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Asked:
        """Read `page`, `sort` (`-column` for descending), `q` and `in`; whatever is odd is left out."""
        page, sort = args.get("page", ""), args.get("sort", "")
        number = int(page) if page.isascii() and page.isdigit() and len(page) <= _DIGITS else 1
        words = " ".join(args.get("q", "").replace("\0", " ").split())[:_WORDS]
        return cls(max(1, number), sort.removeprefix("-"), sort.startswith("-"), words, args.get("in", ""))

    def link(self, dataset: str, **changed: Any) -> str:
        """Return the address of the same table asked for in another way."""
        asked = replace(self, **changed)
        given = {
            "q": asked.words,
            "in": asked.column,
            "sort": f"{'-' if asked.descending else ''}{asked.sort}" if asked.sort else "",
            "page": asked.number if asked.number > 1 else "",
        }
        return tk.h.url_for("dataset.read", id=dataset, _anchor="data", **{k: v for k, v in given.items() if v})


@dataclass(frozen=True)
class Cell:
    """One value: as it is written, and what it means where it is a code."""

    shown: str
    label: str = ""


@dataclass(frozen=True)
class Page:
    """Rows `first` to `last` (from 1) of the `total` that are asked for; the version has `rows`.

    `failed` says why there are none, where the question could not be answered.
    """

    asked: Asked
    columns: list[Column]
    cells: list[list[Cell]]
    total: int
    rows: int
    failed: str = ""

    @property
    def number(self) -> int:
        return self.asked.number

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // ROWS))

    @property
    def first(self) -> int:
        return (self.number - 1) * ROWS + 1 if self.cells else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * ROWS + len(self.cells)

    def order(self, name: str) -> str:
        """Return how a column is sorted, in the words of `aria-sort`."""
        if name != self.asked.sort:
            return ""
        return "descending" if self.asked.descending else "ascending"


def held(dataset: str, version: str) -> Table | None:
    """Return the table of a published version, or None where its file is not there or cannot be read."""
    path = published.find(dataset, version, "parquet")
    return tables.read(path, dataset, version) if path else None


def read_page(table: Table, asked: Asked) -> Page:
    """Return the rows that are asked for.

    A page past the end gives the last one, and a column that is not there the file's own order or all columns, so that an
    old link still shows something.
    """
    known = columns.of_table(table, published.schema(table.dataset, table.version))
    names = {column.name for column in known}
    asked = replace(
        asked, sort=asked.sort if asked.sort in names else "", column=asked.column if asked.column in names else ""
    )
    found = failed = None
    try:
        found = _search(table, asked, known)
        last = max(1, -(-found["total"] // ROWS))
        if asked.number > last:
            asked = replace(asked, number=last)
            found = _search(table, asked, known)
    except tk.ValidationError as error:
        failed = _said(error)
    except duckdb.Error:
        log.exception("The table of %s %s cannot be read", table.dataset, table.version)
        failed = tk._("The table cannot be shown at the moment. The files can still be downloaded.")
    records = found["records"] if found else []
    lang = localise.language()
    cells = [[_cell(record.get(column.name), column, lang) for column in known] for record in records]
    return Page(asked, known, cells, found["total"] if found else 0, table.rows, failed or "")


def _cell(value: Any, column: Column, lang: str) -> Cell:
    if column.drawn:
        return Cell(tk._("shape, see the map"))
    return Cell(written(value, column.form, lang), column.label(value))


def _search(table: Table, asked: Asked, known: list[Column]) -> dict[str, Any]:
    fields = [column.name for column in known if not column.drawn]
    question: dict[str, Any] = {"limit": ROWS, "offset": (asked.number - 1) * ROWS, "fields": fields}
    if asked.words:
        question["q"] = {asked.column: asked.words} if asked.column else asked.words
    if asked.sort:
        question["sort"] = [f'"{asked.sort}" {"desc" if asked.descending else "asc"} nulls last']
    return search.search(table, question, backend.cache())


def _said(error: Any) -> str:
    """Return what CKAN's error says, in the language of the page: our own errors say it in both."""
    said = [
        str(text) for texts in error.error_dict.values() for text in (texts if isinstance(texts, list) else [texts])
    ]
    first = said[0] if said else ""
    vi, _, en = first.partition(" / ")
    return (en or vi) if localise.language() == "en" else vi
