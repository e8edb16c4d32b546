"""Full text as SQL: which rows have the terms of a query, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import engine
from .table import NUMBERS, texts

if TYPE_CHECKING:
    from .table import Table
    from .words import Query, Term

_MOMENTS = ("date", "timestamp", "timestamptz")
# A letter beyond all words: what lies between a beginning and the beginning with it added begins so.
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Search:
    """A query in all columns, or in one; `rank` is what the DataStore calls the column of how well a row fits."""

    query: Query
    column: str | None = None

    @property
    def rank(self) -> str:
        return "rank" if self.column is None else f"rank {self.column}"


def hits(table: Table, search: Search) -> str:
    """Return a SELECT of `row` (from 0) and `times`, one row of it for each row of the table that fits."""
    found = [_postings(table, term, number, search.column) for number, term in enumerate(search.query.terms)]
    if not found or search.query.condition == "false":
        return "SELECT 0::BIGINT AS row, 0 AS times WHERE false"
    if len(found) == 1 and search.query.plain and search.column and not search.query.terms[0].begins:
        return f"SELECT row::BIGINT AS row, 1 AS times FROM ({found[0]})"
    if len(found) == 1 and search.query.plain:
        return f"SELECT row::BIGINT AS row, count(*) AS times FROM ({found[0]}) GROUP BY row"
    having = search.query.condition.format(*(f"bool_or(term = {number})" for number in range(len(found))))
    if not search.query.plain:
        # What only excludes is true for rows without any of the terms, too.
        found.append(f"SELECT -1 AS term, file_row_number AS row FROM {table.relation}")
    return (
        f"SELECT row::BIGINT AS row, count(*) FILTER (term >= 0) AS times FROM ({' UNION ALL '.join(found)}) "
        f"GROUP BY row HAVING {having}"
    )


def _postings(table: Table, term: Term, number: int, column: str | None) -> str:
    columns = [column] if column else list(table.kinds)
    searched = [name for name in texts(table) if name in columns]
    found = [
        f"SELECT {number} AS term, file_row_number AS row FROM {table.relation} WHERE {condition}"
        for name in columns
        for condition in _not_text(table, name, term)
    ]
    if searched and table.held and len(term.words) == 1:
        found.append(_looked_up(table, term, number, searched))
    else:
        pattern = engine.text(term.pattern)
        found += [
            f"SELECT {number} AS term, file_row_number AS row FROM {table.relation} "
            f"WHERE regexp_matches({table.as_text(name)}, {pattern})"
            for name in searched
        ]
    return " UNION ALL ".join(found) or f"SELECT {number} AS term, 0 AS row WHERE false"


def _looked_up(table: Table, term: Term, number: int, searched: list[str]) -> str:
    word = term.words[0]
    condition = f"word = {engine.text(word)}"
    if term.begins:
        condition = f"word >= {engine.text(word)} AND word < {engine.text(word + _LAST)}"
    all_texts = texts(table)
    if searched != all_texts:
        condition += f" AND part IN ({', '.join(str(all_texts.index(name)) for name in searched)})"
    postings = f"{table.held}.words WHERE {condition}"
    if term.begins:  # several words of a cell may begin so, and the cell counts once
        return f"SELECT {number} AS term, row FROM (SELECT DISTINCT part, row FROM {postings})"
    return f"SELECT {number} AS term, row FROM {postings}"


def _not_text(table: Table, name: str, term: Term) -> list[str]:
    """Return conditions under which a number, a moment or a yes or no has the term."""
    kind, column = table.types[name], engine.identifier(name)
    if kind in NUMBERS and term.number is not None:
        if term.begins:
            return [f"starts_with(CAST({column} AS VARCHAR), {engine.text(str(term.number))})"]
        whole = term.number == int(term.number)
        return [f"{column} = {term.number}"] if whole or kind not in ("int2", "int4", "int8") else []
    if kind in _MOMENTS and term.day is not None and not term.begins:
        return [f"CAST({column} AS DATE) = DATE '{term.day}'"]
    if kind in _MOMENTS and (term.number is not None or term.day is not None):
        asked = str(term.day or term.number)
        if term.begins:
            return [f"starts_with(CAST({column} AS VARCHAR), {engine.text(asked)})"]
        return [f"year({column}) = {asked}"] if len(asked) == 4 and asked.isdigit() else []
    if kind == "bool" and term.words in (("true",), ("false",)):
        return [f"{column} = {term.words[0]}"]
    return []
