"""A parsed query as a condition of PostgreSQL. Every value is a bound parameter; field names are bound too."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

from . import fields
from .dates import parse_date
from .query import Everything, Exists, Group, Node, QuerySyntaxError, Range, Term
from .schema import TABLE, VALUE
from .text import fold, words


class Conditions:
    """Builds conditions and gathers their parameters.

    >>> conditions = Conditions()
    >>> conditions.sql(Term("name", "bus-stops")), conditions.parameters
    ('name = :p0', {'p0': 'bus-stops'})
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.parameters: dict[str, Any] = {}
        self.now = now or datetime.now(timezone.utc)

    def bind(self, value: Any) -> str:
        """Keep `value` as a parameter and return its placeholder."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def sql(self, node: Node) -> str:
        """Return the condition for `node`; what has nothing to search for holds for every document."""
        return self._node(node) or "TRUE"

    def _node(self, node: Node) -> str | None:
        if isinstance(node, Everything):
            return "TRUE"
        if isinstance(node, Exists):
            return self._exists(node.field)
        if isinstance(node, Range):
            return self._range(node)
        if isinstance(node, Term):
            return self._term(node)
        return self._group(node)

    def _group(self, group: Group) -> str | None:
        parts = [part for part in map(self._node, group.must) if part]
        parts += [f"({part}) IS NOT TRUE" for part in map(self._node, group.never) if part]
        options = [part for part in map(self._node, group.should) if part]
        if group.at_least and options:
            parts.append(self._at_least(options, group.at_least))
        if parts:
            return " AND ".join(f"({part})" for part in parts)
        return None if group.must or group.should or group.never else "FALSE"

    def _at_least(self, options: list[str], number: int) -> str:
        some = " OR ".join(f"({part})" for part in options)
        if number <= 1 or len(options) == 1:
            return some
        if number >= len(options):
            return " AND ".join(f"({part})" for part in options)
        count = " + ".join(f"CASE WHEN {part} THEN 1 ELSE 0 END" for part in options)
        # The first half can use the index, the second counts among what it leaves.
        return f"({some}) AND ({count}) >= {int(number)}"

    def _exists(self, field: str) -> str:
        if field in fields.COLUMNS or field in fields.DATES:
            return f"{field} IS NOT NULL"
        if field == fields.LABELS:
            return "cardinality(permission_labels) > 0"
        if field == fields.ALL_TEXT:
            return "length(vector) > 0"
        if field in fields.FACETS:
            return self._one_of(f"SELECT code FROM {VALUE} WHERE field = {self.bind(field)}")
        field = fields.GRAMS.get(field, field)
        return f"jsonb_exists({'words' if fields.is_text(field) else 'fields'}, {self.bind(field)})"

    def _term(self, term: Term) -> str | None:
        field = term.field
        if field == fields.ALL_TEXT:
            return self._text(term)
        if field in fields.GRAMS:
            return self._grams(term)
        if fields.is_text(field):
            return self._words(term)
        if fields.is_date(field):
            if term.wild:
                raise QuerySyntaxError("a date cannot be searched with * or ?; use a range")
            return self._range(Range(field, term.value, term.value))
        if field == fields.LABELS:
            return f"permission_labels && CAST({self.bind([term.value])} AS text[])"
        if field in fields.COLUMNS:
            return f"{field} LIKE {self.bind(_like(term.value))}" if term.wild else f"{field} = {self.bind(term.value)}"
        if field in fields.FACETS:
            return self._numbered(term)
        if term.wild:
            value = f"value LIKE {self.bind(_like(term.value))}"
            return f"EXISTS (SELECT FROM {self._values(field)} WHERE {value})"
        return f"fields @> CAST({self.bind(json.dumps({field: [term.value]}))} AS jsonb)"

    def _numbered(self, term: Term) -> str:
        codes = f"SELECT code FROM {VALUE} WHERE field = {self.bind(term.field)}"
        if not term.wild:
            return f"facets && ARRAY({codes} AND value = {self.bind(term.value)})"
        return self._one_of(f"{codes} AND value LIKE {self.bind(_like(term.value))}")

    def _one_of(self, codes: str) -> str:
        # Of many numbers a hash is made, where comparing arrays would try each with each.
        return f"seq IN (SELECT seq FROM {TABLE}, unnest(facets) AS code WHERE code IN ({codes}))"

    def _values(self, field: str) -> str:
        return f"jsonb_array_elements_text(fields -> {self.bind(field)}) AS value"

    def _text(self, term: Term) -> str | None:
        if term.wild and not re.fullmatch(r"[^*?\\]+\*", term.value):
            pattern = self.bind(_like(fold(term.value)))
            return f"EXISTS (SELECT FROM unnest(tsvector_to_array(vector)) AS word WHERE word LIKE {pattern})"
        query = tsquery(term)
        return f"vector @@ CAST({self.bind(query)} AS tsquery)" if query else None

    def _words(self, term: Term) -> str | None:
        column = f"(words ->> {self.bind(term.field)})"
        if term.wild:
            # In the stored words a space parts words and a bar parts values, hence what a wildcard may not cross.
            pattern = re.sub(r"[^\w*?]+|_+", " ", fold(term.value)).strip()
            pattern = pattern.replace("?", "[^ |]").replace("*", "[^ |]*")
            return f"{column} ~ {self.bind(f' {pattern} ')}"
        found = words(term.value)
        if not found:
            return None
        if term.loose:
            return " AND ".join(f"{column} LIKE {self.bind(f'% {word} %')}" for word in found)
        condition = f"{column} LIKE {self.bind('% ' + ' '.join(found) + ' %')}"
        if term.field in fields.WEIGHTS or term.field in fields.COPIED:
            return f"vector @@ CAST({self.bind(tsquery(term))} AS tsquery) AND {condition}"
        return condition

    def _grams(self, term: Term) -> str | None:
        pieces = [piece for piece in fold(term.value).split() if piece.strip("*?")]
        return (
            " AND ".join(f"{term.field} LIKE {self.bind('%' + _like_escape(piece) + '%')}" for piece in pieces) or None
        )

    def _range(self, span: Range) -> str:
        field = span.field
        if fields.is_text(field) or field in fields.GRAMS or field in (fields.ALL_TEXT, fields.LABELS):
            raise QuerySyntaxError("a range needs a field of dates, numbers or exact values")
        if field in fields.DATES:
            return self._between(field, span, lambda end: parse_date(end, self.now), "timestamptz")
        if field in fields.COLUMNS:
            return self._between(f'{field} COLLATE "C"', span, str, "text")
        if field.endswith("_date"):
            inside = self._between(
                'value COLLATE "C"', span, lambda end: stored_date(parse_date(end, self.now)), "text"
            )
        elif field in fields.NUMBERS:
            number = r"CASE WHEN value ~ '^-?\d{1,18}$' THEN CAST(value AS bigint) END"
            inside = self._between(number, span, _whole, "bigint")
        else:
            inside = self._between('value COLLATE "C"', span, str, "text")
        return f"EXISTS (SELECT FROM {self._values(field)} WHERE {inside})"

    def _between(self, what: str, span: Range, read: Any, cast: str) -> str:
        parts = []
        if span.low is not None:
            parts.append(f"{what} {'>=' if span.with_low else '>'} CAST({self.bind(read(span.low))} AS {cast})")
        if span.high is not None:
            parts.append(f"{what} {'<=' if span.with_high else '<'} CAST({self.bind(read(span.high))} AS {cast})")
        return " AND ".join(parts) or f"{what} IS NOT NULL"


def tsquery(term: Term, place: str = "") -> str:
    """Return the term as the text of a tsquery, or nothing when it holds no word.

    :param place: the weight that its words must have in the document; any when empty

    >>> tsquery(Term("text", "PM2.5 Hà Nội", phrase=True))
    "'pm2' <-> '5' <-> 'ha' <-> 'noi'"
    >>> tsquery(Term("text", "kho", after="khong"))
    "('kho' | 'khong' <-> 'kho':*)"
    >>> tsquery(Term("text", "khog", others=("khong",)), "A")
    "('khog':A | 'khong':A)"
    """
    here = f":{place}" if place else ""
    quoted = [f"'{word}'{here}" for word in words(term.value)]
    if quoted and term.wild:
        quoted[-1] = f"{quoted[-1].removesuffix(here)}:*{place}"
    whole = (" & " if term.loose else " <-> ").join(quoted)
    if not whole or not (term.others or term.after):
        return whole
    others = [tsquery(Term(term.field, other), place) for other in term.others]
    if term.after:
        others.append(f"'{term.after}'{here} <-> {tsquery(Term(term.field, term.value, wild=True), place)}")
    return f"({' | '.join([whole, *others])})"


def found_words(node: Node) -> list[Term]:
    """Return the terms that count for the score: those that a document is wanted to hold."""
    if isinstance(node, Term):
        return [node] if node.field in (fields.ALL_TEXT, "title", "notes") and not node.value.startswith("*") else []
    if isinstance(node, Group):
        return [term for part in (*node.must, *node.should) for term in found_words(part)]
    return []


def stored_date(moment: datetime) -> str:
    """Return the moment in the one form in which dates are stored, so that text order is time order."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise QuerySyntaxError("a whole number was expected")
    return int(text)


def _like_escape(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def _like(pattern: str) -> str:
    out = []
    for piece in re.findall(r"\\.|[^\\]|\\$", pattern, re.DOTALL):
        if len(piece) == 2:
            out.append(_like_escape(piece[1]))
        else:
            out.append({"*": "%", "?": "_"}.get(piece) or _like_escape(piece))
    return "".join(out)
