"""The query language of Lucene and the simpler one of dismax, parsed into a small tree.

CKAN writes its filters in Lucene's language, and so do its users. The rules are those of Lucene's classic parser as
Solr configures it for CKAN (operator AND unless the request says otherwise), including its way with AND and OR that
stand side by side without brackets. Where Solr refuses a query, so does this parser; it never guesses.

A parser library was considered: luqum reads `&&`, `||`, `!` and unescaped URLs otherwise than Solr does, leaves the
meaning of `a b OR c` to its user, and rests on PLY, which has had no release since 2018.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from .text import exact

MAX_DEPTH = 40
MAX_CLAUSES = 1024


class QuerySyntaxError(ValueError):
    """A query that cannot be read; the message names the fault and never repeats the query."""


@dataclass(frozen=True)
class Everything:
    """`*:*`."""


@dataclass(frozen=True)
class Exists:
    """`field:*`."""

    field: str


@dataclass(frozen=True)
class Term:
    """One word or phrase in a field. `value` keeps `*` and `?` as wildcards only when `wild` is true.

    `others` may stand in its place. With `after`, the beginning of a word will do that stands straight after that word.
    """

    field: str
    value: str
    phrase: bool = False
    wild: bool = False
    loose: bool = False
    others: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True)
class Range:
    """`field:[low TO high]`; an end of None is open."""

    field: str
    low: str | None
    high: str | None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True)
class Group:
    """Clauses of one bracket: all of `must`, none of `never`, and at least `at_least` of `should`."""

    must: tuple[Node, ...] = ()
    should: tuple[Node, ...] = ()
    never: tuple[Node, ...] = ()
    at_least: int = 0


Node: TypeAlias = "Everything | Exists | Term | Range | Group"

_SPACE = " \t\r\n\u3000"
_SPECIAL = set('()[]{}"^~' + _SPACE)
_WORDS = {"AND": "and", "OR": "or", "NOT": "not"}


@dataclass
class _Clauses:
    nodes: list[list] = field(default_factory=list)  # [occur, node], occur one of must, should, never

    def add(self, conjunction: str, modifier: str, node: Node, operator: str) -> None:
        """Take one more clause, by the rules of Lucene's QueryParserBase.addClause."""
        if self.nodes and self.nodes[-1][0] != "never":
            if conjunction == "and":
                self.nodes[-1][0] = "must"
            elif conjunction == "or" and operator == "AND":
                self.nodes[-1][0] = "should"
        if modifier == "not":
            occur = "never"
        elif operator == "OR":
            occur = "must" if modifier == "must" or conjunction == "and" else "should"
        else:
            occur = "should" if conjunction == "or" else "must"
        self.nodes.append([occur, node])

    def group(self) -> Node:
        must, should, never = (tuple(n for o, n in self.nodes if o == kind) for kind in ("must", "should", "never"))
        if len(self.nodes) == 1 and not never:
            return self.nodes[0][1]
        return Group(must, should, never, at_least=1 if should and not must else 0)


class _Parser:
    def __init__(self, text: str, default_field: str, operator: str) -> None:
        self.text, self.at = text, 0
        self.default_field, self.operator = default_field, operator
        self.clauses = 0

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def skip_space(self) -> None:
        while self.peek() and self.peek() in _SPACE:
            self.at += 1

    def take(self, *options: str) -> str:
        """Take the first of `options` that stands here, else nothing."""
        for option in options:
            if self.text.startswith(option, self.at):
                self.at += len(option)
                return option
        return ""

    def take_word(self) -> str:
        """Take AND, OR or NOT when it stands here as a word of its own, else nothing."""
        for word, meaning in _WORDS.items():
            end = self.at + len(word)
            after = self.text[end : end + 1]
            if self.text.startswith(word, self.at) and (not after or after in _SPACE or after in '(")+-!'):
                self.at = end
                return meaning
        return ""

    def fail(self, why: str) -> QuerySyntaxError:
        return QuerySyntaxError(f"{why} at character {self.at + 1}")

    def parse(self) -> Node:
        node = self.sequence(self.default_field, 0)
        if self.peek():
            raise self.fail("a closing bracket has no opening one")
        return node

    def sequence(self, field_name: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.fail("brackets are nested too deep")
        clauses = _Clauses()
        while True:
            self.skip_space()
            if not self.peek() or self.peek() == ")":
                break
            conjunction, modifier = self.before_clause(first=not clauses.nodes)
            clauses.add(conjunction, modifier, self.clause(field_name, depth), self.operator)
            self.clauses += 1
            if self.clauses > MAX_CLAUSES:
                raise QuerySyntaxError(f"a query may have at most {MAX_CLAUSES} clauses")
        if not clauses.nodes:
            raise self.fail("a clause was expected")
        return clauses.group()

    def before_clause(self, first: bool) -> tuple[str, str]:
        """Read what stands before a clause: a conjunction, then a modifier."""
        conjunction = ""
        mark = self.at
        word = {"&&": "and", "||": "or"}.get(self.take("&&", "||"), "") or self.take_word()
        if word in ("and", "or"):
            if first:
                raise self.fail("AND or OR has nothing on its left")
            conjunction = word
            self.skip_space()
            mark = self.at
            word = self.take_word()
        if word == "not":
            self.skip_space()
            return conjunction, "not"
        self.at = mark
        sign = self.take("+", "-", "!")
        self.skip_space()
        return conjunction, {"+": "must", "-": "not", "!": "not"}.get(sign, "")

    def clause(self, field_name: str, depth: int) -> Node:
        char = self.peek()
        if not char or char == ")":
            raise self.fail("a clause was expected")
        if char == "(":
            self.at += 1
            node = self.sequence(field_name, depth + 1)
            if not self.take(")"):
                raise self.fail("an opening bracket is not closed")
            self.suffix()
            return node
        if char in "[{":
            return self.range(field_name)
        if char == '"':
            return self.quoted(field_name)
        return self.word(field_name, depth)

    def word(self, field_name: str, depth: int) -> Node:
        raw = self.bare(stop_at_colon=True)
        mark = self.at
        self.skip_space()
        if not self.take(":"):
            self.at = mark
            return self.term(field_name, raw)
        name = _unescape(raw)
        if name == "*" and self.take("*"):
            self.suffix()
            return Everything()
        if not re.fullmatch(r"[\w.\-]+", name):
            raise self.fail("a field name may hold letters, digits, dots, hyphens and underscores")
        self.skip_space()
        if self.peek() and self.peek() in '([{"':
            return self.clause(name, depth)
        return self.term(name, self.bare(stop_at_colon=False))

    def term(self, field_name: str, raw: str) -> Node:
        if not raw:
            raise self.fail("a word was expected")
        loose = self.suffix()
        if raw == "*":
            return Exists(field_name)
        wild = re.search(r"(?<!\\)(?:\\\\)*[*?]", raw) is not None
        return Term(field_name, raw if wild else _unescape(raw), wild=wild, loose=loose)

    def bare(self, stop_at_colon: bool) -> str:
        start = self.at
        while self.peek() and self.peek() not in _SPECIAL and not (stop_at_colon and self.peek() == ":"):
            self.at += 2 if self.peek() == "\\" else 1
        if self.at > len(self.text):
            raise self.fail("nothing follows the last backslash")
        return self.text[start : self.at]

    def quoted(self, field_name: str) -> Node:
        value = self.quote()
        return Term(field_name, value, phrase=True, loose=self.suffix())

    def quote(self) -> str:
        match = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(self.text, self.at)
        if match is None:
            raise self.fail("a quotation mark is not closed")
        self.at = match.end()
        return _unescape(match.group(1))

    def suffix(self) -> bool:
        """Pass over a boost (`^2`), a slop or a fuzziness (`~`, `~2`); true when closeness was asked for."""
        loose = False
        while match := re.compile(r"(?:\^\d+(?:\.\d+)?|~(?:\d+(?:\.\d+)?)?)").match(self.text, self.at):
            loose = loose or match.group().startswith("~")
            self.at = match.end()
        if self.peek() and self.peek() in "^~":
            raise self.fail("a number was expected after ^")
        return loose

    def range(self, field_name: str) -> Node:
        with_low = self.take("[", "{") == "["
        low = self.range_end()
        self.skip_space()
        if not self.take("TO"):
            raise self.fail("TO was expected in a range")
        high = self.range_end()
        self.skip_space()
        closing = self.take("]", "}")
        if not closing:
            raise self.fail("a range is not closed")
        self.suffix()
        return Range(field_name, low, high, with_low, closing == "]")

    def range_end(self) -> str | None:
        self.skip_space()
        if self.peek() == '"':
            return self.quote()
        match = re.compile(r"[^\s\]}\[{]+").match(self.text, self.at)
        if match is None:
            raise self.fail("a range needs two ends")
        self.at = match.end()
        return None if match.group() == "*" else _unescape(match.group())


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def parse_lucene(text: str, default_field: str = "text", operator: str = "AND") -> Node:
    """Parse a Lucene query.

    :raises QuerySyntaxError: for what Solr would refuse too

    >>> parse_lucene('name:"bus stops"')
    Term(field='name', value='bus stops', phrase=True, wild=False, loose=False, others=(), after='')
    """
    # PostgreSQL's text cannot hold NUL, and no document does.
    return _Parser(exact(text.replace("\x00", " ")), default_field, operator).parse()


def parse_dismax(text: str, mm: str = "2<-1 5<80%", default_field: str = "text") -> Node:
    """Parse what a visitor types: words and "phrases", `+` and `-` before them; nothing else has a meaning.

    >>> parse_dismax("khong khi").at_least
    2
    """
    if re.match(r"\s*[+-]{2,}\S", text):
        raise QuerySyntaxError("a word may have one + or - before it")
    must, should, never = [], [], []
    text = exact(text.replace("\x00", " "))
    text = re.sub(r"(?<=\s)[+-]\s*[+-][\s+-]*", "", text)
    for match in re.finditer(r'([+-]?)(?:"([^"]*)"|([^\s"]+))', text):
        sign, quoted, plain = match.groups()
        value = quoted if quoted is not None else plain
        if not any(c.isalnum() for c in value):
            continue
        term = Term(default_field, value, phrase=quoted is not None)
        {"+": must, "-": never}.get(sign, should).append(term)
    if len(must) + len(should) + len(never) > MAX_CLAUSES:
        raise QuerySyntaxError(f"a query may have at most {MAX_CLAUSES} words")
    return Group(tuple(must), tuple(should), tuple(never), at_least=minimum_match(mm, len(should)))


def minimum_match(mm: str, optional: int) -> int:
    """Return how many of `optional` words must be found, by Solr's minimum-should-match language.

    >>> [minimum_match("2<-1 5<80%", n) for n in (1, 2, 3, 5, 6, 10)]
    [1, 2, 2, 4, 4, 8]
    """

    def amount(spec: str) -> int:
        try:
            if spec.endswith("%"):
                share = int(spec[:-1])
                number = int(optional * abs(share) / 100)
                return number if share >= 0 else optional - number
            number = int(spec)
        except ValueError:
            raise QuerySyntaxError("the parameter mm is not a number, a percentage or a list of conditions") from None
        return number if number >= 0 else optional + number

    if "<" not in mm:
        wanted = amount(mm.strip())
    else:
        wanted = optional
        for condition in mm.replace("< ", "<").split():
            bound, _, spec = condition.partition("<")
            if not bound.isdigit():
                raise QuerySyntaxError("the parameter mm is not a number, a percentage or a list of conditions")
            if optional <= int(bound):
                break
            wanted = amount(spec)
    return max(0, min(optional, wanted))
