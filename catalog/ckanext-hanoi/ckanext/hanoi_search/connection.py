"""What CKAN holds for a connection to Solr: the part of `pysolr.Solr` that CKAN uses."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pysolr
from ckan.lib.search.common import SearchError, SearchQueryError, SolrConnectionError, solr_datetime_decoder
from sqlalchemy.exc import DBAPIError

from .document import row
from .query import QuerySyntaxError
from .request import Request, read, read_query
from .store import Store, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)


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


class Connection:
    """Searches, adds and deletes documents in PostgreSQL.

    Errors of a search are CKAN's own and name the fault only: CKAN would repeat the text of a `pysolr.SolrError`
    together with the whole request, with the permission labels in it, to whoever asked.
    """

    def __init__(self, store: Store, url: str, decode_dates: bool = False) -> None:
        self.store, self.url, self.decode_dates = store, url, decode_dates

    def search(self, q: str = "*:*", **params: Any) -> Results:
        """Answer one request.

        :raises SearchQueryError: when the sort order cannot be read
        :raises SearchError: when another part of the request cannot be read
        :raises SearchUnavailable: when the database does not answer
        """
        try:
            request = read({"q": q, **params})
        except QuerySyntaxError as problem:
            if "Sort Order" in str(problem):
                raise SearchQueryError('Invalid "sort" parameter') from None
            raise SearchError(f"The search query cannot be read: {problem}") from None
        try:
            return self._answer(request)
        except Unreachable as problem:
            raise SearchUnavailable("The search is not available. Try again later.") from problem
        except DBAPIError as problem:
            log.exception("A search failed in the database")
            raise SearchError("The search failed") from problem

    def _answer(self, request: Request) -> Results:
        hits = self.store.fetch(request.count_sql, request.parameters)[0]["hits"]
        docs = []
        if hits and request.rows:
            docs = [
                _document(found, request.wanted) for found in self.store.fetch(request.page_sql, request.parameters)
            ]
        if self.decode_dates:
            docs = [solr_datetime_decoder(doc) for doc in docs]
        counted: dict[str, list[Any]] = {name: [] for name in request.facets}
        names = [
            name for name in request.facets if name not in ("permission_labels", "data_dict", "validated_data_dict")
        ]
        if hits and names and request.facet_limit:
            more = {"facets": names, "facet_limit": request.facet_limit, "facet_min": request.facet_min}
            for found in self.store.fetch(request.facet_sql, {**request.parameters, **more}):
                counted[found["name"]] += [found["value"], found["number"]]
        return Results(docs, hits, {"facet_fields": counted} if request.facets else {})

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


def _document(found: Any, wanted: list[str] | None) -> dict[str, Any]:
    document = dict(found["stored"] or {})
    for name in ("data_dict", "validated_data_dict"):
        if (wanted is None or name in wanted) and found.get(name) is not None:
            document[name] = found[name]
    if wanted is not None and "score" in wanted:
        document["score"] = float(found["score"])
    return document
