"""How well a document answers: the order of what a search finds.

In this order count: that the words are written with the same accents as those that were typed; that they stand side by side;
where they stand, titles before keywords, descriptions, and files and columns; how often, and among how many others.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from .sql import tsquery
from .text import accented, fold, words, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .query import Term
    from .sql import Conditions

# Of files and columns, descriptions, keywords, titles.
_WEIGHTS = "{0.05, 0.2, 0.5, 1.0}"
_ACCENTS, _WHOLE_TITLE = 10, 5
_TOGETHER = {"A": 4.0, "B": 3.0, "C": 2.0, "": 1.0}
_PAIRS, _PAIRS_MAX = 1.5, 6
_SCATTERED_IN_TITLE = 0.5


def score(terms: Sequence[Term], conditions: Conditions) -> str:
    """Return the expression of a document's score for the terms that it was wanted to hold.

    :param terms: in the order in which they were typed
    :param conditions: where the parameters are kept
    """
    found = [term for term in terms if tsquery(term)]
    if not found:
        return "CAST(1 AS float8)"
    parts = [f"ts_rank('{_WEIGHTS}', vector, {_bound(conditions, ' | '.join(map(tsquery, found)))}, 1)"]
    if any(term.loose for term in found):
        return parts[0]
    # Whole words only: what merely begins like the last one comes after them.
    found = [replace(term, after="") for term in found]
    places = [
        f"WHEN vector @@ {_bound(conditions, _joined(found, ' <-> ', place))} THEN {bonus}"
        for place, bonus in _TOGETHER.items()
    ]
    if len(found) > 1:
        places.append(f"WHEN vector @@ {_bound(conditions, _joined(found, ' & ', 'A'))} THEN {_SCATTERED_IN_TITLE}")
    parts.append(f"CASE {' '.join(places)} ELSE 0 END")
    if len(found) > 2:
        pairs = [_joined(pair, " <-> ") for pair in pairwise(found)][:_PAIRS_MAX]
        parts += [
            f"CASE WHEN vector @@ {_bound(conditions, pair)} THEN {_PAIRS / len(pairs):.3f} ELSE 0 END"
            for pair in pairs
        ]
    if accents := _accents(found):
        parts.append(f"CASE WHEN vector @@ {_bound(conditions, accents)} THEN {_ACCENTS} ELSE 0 END")
    typed = conditions.bind(fold(" ".join(term.value for term in found)))
    parts.append(f"CASE WHEN title_ngram = {typed} THEN {_WHOLE_TITLE} ELSE 0 END")
    return " + ".join(parts)


def _bound(conditions: Conditions, query: str) -> str:
    return f"CAST({conditions.bind(query)} AS tsquery)"


def _joined(terms: Sequence[Term], operator: str, place: str = "") -> str:
    return operator.join(f"({tsquery(term, place)})" for term in terms)


def _accents(terms: Sequence[Term]) -> str:
    """Return the query for all words as they were written, or nothing where none bears an accent."""
    forms = []
    for term in terms:
        shown = written(term.value)
        if term.others or len(shown) != len(words(term.value)):
            return ""
        forms += [(word, accented(word)) for word in shown if not term.wild]
    if all(fold(word) == form for word, form in forms):
        return ""
    return " & ".join(f"'{form}'" if fold(word) == form else f"'={form}'" for word, form in forms)
