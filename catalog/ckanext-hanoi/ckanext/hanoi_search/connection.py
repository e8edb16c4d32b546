"""What CKAN holds for a connection to Solr: the part of `pysolr.Solr` that CKAN uses."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pysolr
from ckan.lib.search.common import SearchError, SearchQueryError, SolrConnectionError, solr_datetime_decoder
from sqlalchemy.exc import DBAPIError

from .document import row
from .query import QuerySyntaxError
from .request import Reading, Request, read, read_query
from .speller import Spelled, Speller
from .store import Store, Unreachable
from .text import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .spelling import Correction
    from .store import Fetch

log = logging.getLogger(__name__)

# What the last search of this context had to say about its spelling: CKAN's own code passes on nothing that Solr's would not.
spelled: ContextVar[Spelled | None] = ContextVar("hanoi_search_spelled", default=None)
# More mistakes than this are a language of their own.
_CHANGES = 3
# A search that finds no more than this may have been meant otherwise.
_FEW = 3


class SearchUnavailable(SolrConnectionError, OSError):
    """The search does not answer.

    CKAN shows a dataset from its own tables when its search raises an OSError; all else that it does when Solr is down
    depends on the other parent.
    """


@dataclass
class Results:
    """Found documents, as `pysolr.Results` shows them."""

    docs: list[dict[str, Any]]
    hits: int
    facets: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.docs)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.docs)


@dataclass
class Counted:
    """How many documents were found, and how often each value of a facet: value, number, value, number, and so on."""

    hits: int
    facets: dict[str, list[Any]]


class Connection:
    """Searches, adds and deletes documents in PostgreSQL.

    Errors of a search are CKAN's own and name the fault only: CKAN would repeat the text of a `pysolr.SolrError`
    together with the whole request, with the permission labels in it, to whoever asked.
    """

    def __init__(self, store: Store, url: str, decode_dates: bool = False, spelling: bool = True) -> None:
        self.store, self.url, self.decode_dates, self.spelling = store, url, decode_dates, spelling

    def search(self, q: str = "*:*", **params: Any) -> Results:
        """Answer one request.

        :raises SearchQueryError: when the sort order cannot be read
        :raises SearchError: when another part of the request cannot be read
        :raises SearchUnavailable: when the database does not answer
        """
        asked = {"q": q, **params}
        spelled.set(None)
        try:
            request = read(asked)
        except QuerySyntaxError as problem:
            if "Sort Order" in str(problem):
                raise SearchQueryError('Invalid "sort" parameter') from None
            raise SearchError(f"The search query cannot be read: {problem}") from None
        try:
            return self.store.reading(lambda fetch: self._answer(fetch, *self._read(fetch, asked, request)))
        except Unreachable as problem:
            raise SearchUnavailable("The search is not available. Try again later.") from problem
        except DBAPIError as problem:
            log.exception("A search failed in the database")
            raise SearchError("The search failed") from problem

    def _read(self, fetch: Fetch, asked: dict[str, Any], request: Request) -> tuple[Request, Counted]:
        """Read plain words in the way in which they find something, and count what they find.

        Only what the asker may see, and the words of what everybody may see, decide about it.
        """

        typed = [" ".join(words(term.value)) for term in request.typed]
        if not typed or not self.spelling:
            return request, _counted(fetch, request)
        speller = Speller(fetch)
        unknown = speller.unknown(typed)
        counted = _counted(fetch, request)
        if unknown:
            correction = speller.correct(typed, unknown, _CHANGES)
        elif not counted.hits and (found := _counted(fetch, begun := read(asked, Reading(begun=True)))).hits:
            return begun, found
        else:
            correction = _better(speller, typed) if counted.hits <= _FEW else None
        if correction is None:
            return request, counted
        others = {
            place: (" ".join(part),)
            for place, (word, part) in enumerate(zip(typed, correction.parts, strict=True))
            if (word,) != part
        }
        corrected = read(asked, Reading(others))
        found = _counted(fetch, corrected)
        if not found.hits or (counted.hits and not unknown and found.hits == counted.hits):
            return request, counted
        shown = speller.show(correction, [term.value for term in request.typed])
        applied = bool(unknown) or not counted.hits
        spelled.set(Spelled(" ".join(term.value for term in request.typed), shown, applied, bool(counted.hits)))
        return (corrected, found) if applied else (request, counted)

    def _answer(self, fetch: Fetch, request: Request, counted: Counted) -> Results:
        docs = []
        if counted.hits and request.rows:
            docs = [_document(found, request.wanted) for found in fetch(request.page_sql, request.parameters)]
        if self.decode_dates:
            docs = [solr_datetime_decoder(doc) for doc in docs]
        return Results(docs, counted.hits, {"facet_fields": counted.facets} if request.facets else {})

    def add(self, docs: list[dict[str, Any]], commit: bool = True, **_: Any) -> None:
        """Add documents in place of those with the same `index_id`; they are found at once, `commit` or not.

        :raises pysolr.SolrError: when one of them cannot be indexed
        """
        try:
            self.store.write([row(doc) for doc in docs])
        except (QuerySyntaxError, DBAPIError, Unreachable) as problem:
            text = str(getattr(problem, "orig", None) or problem)
            raise pysolr.SolrError(f"The dataset cannot be indexed: {text}") from problem

    def delete(self, id: Any = None, q: str | None = None, commit: bool = True, **_: Any) -> None:  # noqa: A002
        """Delete the documents with the given `index_id` values, or those that a query finds."""
        try:
            if q is not None:
                self.store.delete(*read_query(q))
            else:
                ids = [id] if isinstance(id, str) else list(id or [])
                self.store.delete("index_id = ANY(:ids)", {"ids": ids})
        except (QuerySyntaxError, DBAPIError, Unreachable) as problem:
            raise pysolr.SolrError("The documents cannot be deleted from the index") from problem

    def commit(self, **_: Any) -> None:
        """Do nothing: every change is committed when it is made."""


def _counted(fetch: Fetch, request: Request) -> Counted:
    counted = Counted(0, {name: [] for name in request.facets})
    for found in fetch(request.count_sql, request.parameters):
        if found["name"] is None:
            counted.hits = int(found["number"])
        else:
            counted.facets[found["name"]] += [found["value"], found["number"]]
    return counted


def _better(speller: Speller, typed: list[str]) -> Correction | None:
    """Return a reading of known words that stand nowhere side by side, with one of them exchanged for one that does."""
    joins = speller.joins(typed)
    if joins == len(typed) - 1:
        return None
    correction = speller.correct(typed, range(len(typed)), 1)
    return correction if correction and speller.joins(correction.words) > joins else None


def _document(found: Any, wanted: list[str] | None) -> dict[str, Any]:
    document = dict(found["stored"] or {})
    for name in ("data_dict", "validated_data_dict"):
        if (wanted is None or name in wanted) and found.get(name) is not None:
            document[name] = found[name]
    if wanted is not None and "score" in wanted:
        document["score"] = float(found["score"])
    return document
