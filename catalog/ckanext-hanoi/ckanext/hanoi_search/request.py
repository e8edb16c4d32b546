"""One search request, as CKAN sends it to Solr, turned into the statements that answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from . import fields
from .query import Everything, Group, Node, QuerySyntaxError, parse_dismax, parse_lucene
from .sql import Conditions, found_words, tsquery
from .store import TABLE

MAX_QUERY = 4_000
MAX_FILTERS = 200_000
_LOCAL = re.compile(r"\s*\{!((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^}'\"])*)\}(.*)", re.DOTALL)
_LOCAL_PARAMETER = re.compile(r"([\w.$]+)(?:=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s}]*))?")


@dataclass
class Request:
    """Statements and parameters for the page, the count and the facets of one request."""

    where: str
    score: str
    order: str
    parameters: dict[str, Any]
    rows: int
    start: int
    wanted: list[str] | None
    facets: list[str]
    facet_limit: int
    facet_min: int

    @property
    def page_sql(self) -> str:
        """The statement for the page's documents."""
        columns = ["data_dict", "validated_data_dict", "stored"]
        if self.wanted is not None:
            columns = [name for name in columns[:2] if name in self.wanted]
            columns.append(
                "(SELECT jsonb_object_agg(key, value) FROM jsonb_each(stored) WHERE key = ANY(:wanted)) AS stored"
            )
        return (
            f"SELECT {', '.join(columns)}, {self.score} AS score FROM {TABLE} WHERE {self.where} "
            f"ORDER BY {self.order} LIMIT :limit OFFSET :offset"
        )

    @property
    def count_sql(self) -> str:
        """The statement for the number of all documents found."""
        return f"SELECT count(*) AS hits FROM {TABLE} WHERE {self.where}"

    @property
    def facet_sql(self) -> str:
        """The statement for all facets in one pass over what was found."""
        return (
            f"WITH found AS MATERIALIZED (SELECT fields FROM {TABLE} WHERE {self.where}), "
            "counted AS (SELECT name, value, count(*) AS number FROM found, unnest(CAST(:facets AS text[])) AS name, "
            "jsonb_array_elements_text(fields -> name) AS value GROUP BY name, value), "
            'placed AS (SELECT *, row_number() OVER (PARTITION BY name ORDER BY number DESC, value COLLATE "C") AS place '
            "FROM counted WHERE number >= :facet_min) "
            "SELECT name, value, number FROM placed WHERE :facet_limit < 0 OR place <= :facet_limit ORDER BY name, place"
        )


def read(params: dict[str, Any]) -> Request:
    """Read Solr's parameters.

    :raises QuerySyntaxError: when one of them cannot be read
    """
    conditions = Conditions()
    node = _main(params)
    filters = params.get("fq") or []
    filters = [filters] if isinstance(filters, str) else list(filters)
    # CKAN folds `fq_list` into `fq`, but still sends both.
    if sum(map(len, filters)) > MAX_FILTERS:
        raise QuerySyntaxError(f"the filters may have at most {MAX_FILTERS} characters")
    nodes = [_filter(text, params) for text in filters if text and text.strip()]
    where = " AND ".join(f"({conditions.sql(part)})" for part in [node, *nodes])
    score = _score(node, conditions)
    order = _order(params.get("sort"), score, conditions)
    facets = params.get("facet.field") or []
    facets = [facets] if isinstance(facets, str) else [str(name) for name in facets]
    wanted = _wanted(params.get("fl"))
    rows, start = _number(params, "rows", 10), _number(params, "start", 0)
    limit = _number(params, "facet.limit", 100, low=-1)
    shown = str(params.get("facet", "false")).lower() not in ("false", "0", "off", "no", "")
    return Request(
        where, score, order,
        {**conditions.parameters, "limit": rows, "offset": start, "wanted": wanted or []},
        rows, start, wanted, facets if shown else [], limit,
        # A count of zero would name values that only others may see.
        max(1, _number(params, "facet.mincount", 0)),
    )  # fmt: skip


def read_query(text: str) -> tuple[str, dict[str, Any]]:
    """Return a Lucene query as a condition and its parameters."""
    conditions = Conditions()
    return conditions.sql(parse_lucene(text)), conditions.parameters


def _main(params: dict[str, Any]) -> Node:
    text = str(params.get("q") or "*:*")
    if len(text) > MAX_QUERY:
        raise QuerySyntaxError(f"a query may have at most {MAX_QUERY} characters")
    local = _LOCAL.match(text)
    if local:
        return _with_local(local, params)
    kind = params.get("defType") or "lucene"
    if text.strip() == "*:*":
        return Everything()
    return _by(kind, text, params)


def _by(kind: str, text: str, params: dict[str, Any]) -> Node:
    default_field, operator = str(params.get("df") or fields.ALL_TEXT), str(params.get("q.op") or "OR").upper()
    mm = str(params.get("mm") or ("100%" if operator == "AND" else "0"))
    if kind == "dismax":
        return parse_dismax(text, mm)
    if kind == "edismax":
        try:
            return _relaxed(parse_lucene(text, default_field, "OR"), mm) if ":" in text else parse_dismax(text, mm)
        except QuerySyntaxError:
            return parse_dismax(text, mm)
    if kind != "lucene":
        raise QuerySyntaxError("the query parser is not known; lucene, dismax, edismax and bool are")
    return parse_lucene(text, default_field, operator)


def _relaxed(node: Node, mm: str) -> Node:
    if isinstance(node, Group) and node.should and not node.must and not node.never:
        from .query import minimum_match

        return Group(should=node.should, at_least=max(1, minimum_match(mm, len(node.should))))
    return node


def _filter(text: str, params: dict[str, Any]) -> Node:
    local = _LOCAL.match(text)
    if local:
        return _with_local(local, params)
    return parse_lucene(text, str(params.get("df") or fields.ALL_TEXT), str(params.get("q.op") or "OR").upper())


def _with_local(local: re.Match[str], params: dict[str, Any]) -> Node:
    """Read `{!parser name=value ...}rest`, which CKAN lets through only when its settings allow the parser."""
    own: dict[str, list[str]] = {}
    for position, match in enumerate(_LOCAL_PARAMETER.finditer(local.group(1))):
        name, value = match.groups()
        if value is None:
            name, value = ("type", name) if position == 0 else (name, "")
        if value[:1] in ("'", '"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        own.setdefault(name, []).append(value)
    kind = own.pop("type", ["lucene"])[0]
    merged = {**params, **{name: value[0] for name, value in own.items()}}
    text = own.get("v", [local.group(2)])[0]
    if kind == "bool":

        def read_all(name: str) -> tuple[Node, ...]:
            return tuple(_filter(value, params) for value in own.get(name, []))

        should = read_all("should")
        must = read_all("must") + read_all("filter")
        return Group(must, should, read_all("must_not"), at_least=1 if should and not must else 0)
    return _by(kind, text, merged)


def _score(node: Node, conditions: Conditions) -> str:
    terms = [query for query in map(tsquery, found_words(node)) if query]
    if not terms:
        return "CAST(1 AS float8)"
    any_of = conditions.bind(" | ".join(f"({query})" for query in terms))
    score = f"ts_rank(vector, CAST({any_of} AS tsquery), 1)"
    if len(terms) > 1 and isinstance(node, Group):
        # Vietnamese words are several syllables long: those that stand together say more than those that are scattered.
        together = " <-> ".join(f"({query})" for query in terms if "&" not in query and "*" not in query)
        phrase = conditions.bind(together)
        score += f" + CASE WHEN vector @@ CAST({phrase} AS tsquery) THEN 1.0 + ts_rank(vector, CAST({phrase} AS tsquery), 1) ELSE 0 END"
    return score


def _order(sort: Any, score: str, conditions: Conditions) -> str:
    parts = []
    for clause in re.split(r"\s*,\s*", str(sort or "score desc").strip()):
        match = re.fullmatch(r"([\w.\-]+)\s+(asc|desc)", clause, re.IGNORECASE)
        if match is None:
            raise QuerySyntaxError("Can't determine a Sort Order (asc or desc)")
        name, direction = match.group(1), match.group(2).upper()
        if name in fields.MULTIVALUED or name in fields.GRAMS:
            raise QuerySyntaxError("a field of several values cannot be sorted by")
        if name == "score":
            what = f"({score})"
        elif name in fields.DATES or name == "title_string":
            what = name
        elif name in fields.COLUMNS:
            what = f'{name} COLLATE "C"'
        elif name in fields.NUMBERS:
            value = f"fields -> {conditions.bind(name)} ->> 0"
            what = rf"CASE WHEN {value} ~ '^-?\d{{1,18}}$' THEN CAST({value} AS bigint) ELSE 0 END"
        elif fields.is_text(name):
            what = f'words ->> {conditions.bind(name)} COLLATE "C"'
        else:
            what = f'fields -> {conditions.bind(name)} ->> 0 COLLATE "C"'
        parts.append(f"{what} {direction} NULLS LAST")
    return ", ".join([*parts, "seq"])


def _wanted(fl: Any) -> list[str] | None:
    names = re.split(r"[\s,]+", fl.strip()) if isinstance(fl, str) else list(fl or [])
    names = [name for name in names if name]
    return None if not names or "*" in names else names


def _number(params: dict[str, Any], name: str, default: int, low: int = 0) -> int:
    value = params.get(name)
    try:
        number = default if value in (None, "") else int(str(value))
    except ValueError:
        raise QuerySyntaxError(f"the parameter {name} is not a whole number") from None
    if number < low or number > 2**31 - 1:
        if low == -1:
            return -1
        raise QuerySyntaxError(f"the parameter {name} is out of range")
    return number
