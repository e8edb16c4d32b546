"""One search request, as CKAN sends it to Solr, turned into the statements that answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from . import fields
from .query import Everything, Group, Node, QuerySyntaxError, Term, minimum_match, parse_dismax, parse_lucene
from .ranking import score
from .schema import EVERY, TABLE, VALUE
from .sql import Conditions, found_words
from .text import words

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = (
    " UNION ALL SELECT facet, value, count(*) FROM {table}, unnest(CAST(:plain AS text[])) AS facet, "
    "jsonb_array_elements_text(fields -> facet) AS value WHERE {where} GROUP BY facet, value"
)
# What no facet may show.
_HIDDEN = ("permission_labels", "data_dict", "validated_data_dict")

MAX_QUERY = 4_000
MAX_FILTERS = 200_000
_LOCAL = re.compile(r"\s*\{!((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^}'\"])*)\}(.*)", re.DOTALL)
_LOCAL_PARAMETER = re.compile(r"([\w.$]+)(?:=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s}]*))?")


@dataclass(frozen=True)
class Reading:
    """Another way to read what was typed: words that may stand in place of one, by its place, and a last word that only begins."""

    others: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    begun: bool = False


@dataclass
class Request:
    """Statements and parameters for the page, the count and the facets of one request.

    `typed` is what a visitor typed, where that was plain words and nothing else.
    """

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
    typed: tuple[Term, ...]

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
        """The statement for the number of all documents found, in a row without a name, and for all facets, in one pass."""
        if not self.shown_facets or not self.facet_limit:
            return f"SELECT NULL AS name, NULL AS value, count(*) AS number FROM {TABLE} WHERE {self.where}"
        return (
            f"WITH numbered AS (SELECT code, count(*) AS number FROM (SELECT unnest(facets) AS code FROM {TABLE} "
            f"WHERE {self.where}) AS each GROUP BY code), "
            f"counted AS (SELECT field AS name, value, number FROM numbered JOIN {VALUE} USING (code) "
            f"WHERE field = ANY(:facets){_PLAIN.format(table=TABLE, where=self.where) if self.plain_facets else ''}), "
            'placed AS (SELECT *, row_number() OVER (PARTITION BY name ORDER BY number DESC, value COLLATE "C") AS place '
            "FROM counted WHERE number >= :facet_min) "
            "(SELECT name, value, number FROM placed WHERE :facet_limit < 0 OR place <= :facet_limit ORDER BY name, place) "
            f"UNION ALL SELECT NULL, NULL, COALESCE((SELECT number FROM numbered WHERE code = {EVERY}), 0)"
        )

    @property
    def shown_facets(self) -> list[str]:
        """The wanted facets that may be shown; the others stay empty."""
        return [name for name in self.facets if name not in _HIDDEN]

    @property
    def plain_facets(self) -> list[str]:
        """The wanted facets whose values are not numbered."""
        return [name for name in self.shown_facets if name not in fields.FACETS]


def read(params: dict[str, Any], reading: Reading | None = None) -> Request:
    """Read Solr's parameters.

    :param reading: how to read plain words otherwise than as they stand
    :raises QuerySyntaxError: when one of them cannot be read
    """
    conditions = Conditions()
    node = _main(params)
    typed = _typed(node, params)
    if typed:
        node = _read_as(node, typed, reading or Reading())
    filters = params.get("fq") or []
    filters = [filters] if isinstance(filters, str) else list(filters)
    # CKAN folds `fq_list` into `fq`, but still sends both.
    if sum(map(len, filters)) > MAX_FILTERS:
        raise QuerySyntaxError(f"the filters may have at most {MAX_FILTERS} characters")
    nodes = [_filter(text, params) for text in filters if text and text.strip()]
    where = " AND ".join(f"({conditions.sql(part)})" for part in [node, *nodes])
    terms = found_words(node)
    rank = score(terms, conditions)
    order = _order(params.get("sort"), rank, bool(terms), conditions)
    facets = params.get("facet.field") or []
    facets = [facets] if isinstance(facets, str) else [str(name) for name in facets]
    wanted = _wanted(params.get("fl"))
    rows, start = _number(params, "rows", 10), _number(params, "start", 0)
    limit = _number(params, "facet.limit", 100, low=-1)
    shown = str(params.get("facet", "false")).lower() not in ("false", "0", "off", "no", "")
    request = Request(
        where, rank, order,
        {**conditions.parameters, "limit": rows, "offset": start, "wanted": wanted or []},
        rows, start, wanted, facets if shown else [], limit,
        # A count of zero would name values that only others may see.
        max(1, _number(params, "facet.mincount", 0)),
        typed,
    )  # fmt: skip
    request.parameters |= {
        "facets": request.shown_facets, "plain": request.plain_facets, "facet_limit": limit, "facet_min": request.facet_min,
    }  # fmt: skip
    return request


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


def _typed(node: Node, params: dict[str, Any]) -> tuple[Term, ...]:
    """Return the words of a query that is nothing but words."""
    if params.get("defType") not in ("dismax", "edismax") or not isinstance(node, Group) or node.must or node.never:
        return ()
    terms = tuple(term for term in node.should if isinstance(term, Term) and term == Term(fields.ALL_TEXT, term.value))
    return terms if len(terms) == len(node.should) else ()


def _read_as(node: Group, typed: tuple[Term, ...], reading: Reading) -> Group:
    """Take the last word as the beginning of one where it follows another word, and the rest as the reading says."""
    terms = [replace(term, others=reading.others.get(place, ())) for place, term in enumerate(typed)]
    last = words(typed[-1].value)
    if len(last) == 1 and len(last[0]) > 1 and last[0].isalpha():
        if reading.begun:
            terms[-1] = replace(terms[-1], value=f"{last[0]}*", wild=True)
        elif len(typed) > 1 and (before := words(typed[-2].value)):
            terms[-1] = replace(terms[-1], after=before[-1])
    return replace(node, should=tuple(terms))


def _relaxed(node: Node, mm: str) -> Node:
    if isinstance(node, Group) and node.should and not node.must and not node.never:
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


def _order(sort: Any, rank: str, ranked: bool, conditions: Conditions) -> str:
    parts = []
    for clause in re.split(r"\s*,\s*", str(sort or "score desc").strip()):
        match = re.fullmatch(r"([\w.\-]+)\s+(asc|desc)", clause, re.IGNORECASE)
        if match is None:
            raise QuerySyntaxError("Can't determine a Sort Order (asc or desc)")
        name, direction = match.group(1), match.group(2).upper()
        if name in fields.MULTIVALUED or name in fields.GRAMS:
            raise QuerySyntaxError("a field of several values cannot be sorted by")
        if name == "score":
            if not ranked:
                continue
            what = f"({rank})"
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
