"""Full text: what somebody looks for, as terms, and as patterns that find them in text as it was published.

Words match whole and without accents: `khong khi` finds Không khí, and so does `KHÔNG KHÍ`. There is no stemming.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ckanext.hanoi_search.text import fold

_MAX_TERMS = 32
_TERM = re.compile(r"\d{4}-\d\d-\d\d(?!\w)|\d+[.,]\d+(?![\w.,]*\w)|[^\W_]+")
_TOKEN = re.compile(
    r"\s*(?:(?P<op>[&|!()]|<(?:-|\d+)>)|'(?P<quoted>[^']*)'|(?P<word>[^\s&|!()<>':]+)(?P<mark>:[*A-Da-d]+)?)"
)
# CKAN's table view writes an underscore for whatever is no ASCII letter, digit or hyphen: `kh_ng_kh_` is what it sends for
# Không khí. This finds all that the view would have written so.
_GAP = r"[^0-9a-zA-Z-]+"
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:[.,][0-9]{1,17})?")
_WORD_ENDS = r"[^\p{L}\p{N}]"


class BadQuery(ValueError):
    """The query's operators or brackets make no sense."""


@dataclass(frozen=True)
class Term:
    """One thing to look for: folded words that follow each other, the last of them perhaps only begun."""

    words: tuple[str, ...]
    begins: bool = False
    number: Decimal | None = None
    day: date | None = None
    gaps: str = ""

    @property
    def pattern(self) -> str:
        """A regular expression, as RE2 has it, that finds the term in text as it was published."""
        if self.gaps:
            parts = ("".join(map(_letter, part)) for part in self.gaps.split("_"))
            return f"(?:^|{_WORD_ENDS}){_GAP.join(parts)}"
        inner = f"{_WORD_ENDS}+".join("".join(_letter(char) for char in word) for word in self.words)
        return f"(?:^|{_WORD_ENDS}){inner}{'' if self.begins else f'(?:$|{_WORD_ENDS})'}"


@dataclass(frozen=True)
class Query:
    """Terms, and how they are put together: a condition in SQL where `{0}` stands for "the row has the first term"."""

    terms: tuple[Term, ...]
    condition: str

    @property
    def plain(self) -> bool:
        """Whether every term must be there."""
        return not re.search(r"OR|NOT", self.condition)


def plain(query: str) -> Query:
    """Read words that must all be there.

    >>> [term.words for term in plain("Không khí, QCVN-05").terms]
    [('khong',), ('khi',), ('qcvn',), ('05',)]
    """
    terms = list(dict.fromkeys(map(_term, _TERM.findall(fold(query)))))[:_MAX_TERMS]
    return Query(tuple(terms), " AND ".join(f"{{{number}}}" for number in range(len(terms))) or "false")


def operators(query: str) -> Query:
    """Read PostgreSQL's language of searches: `&`, `|`, `!`, brackets, `<->`, 'quoted words' and `begin:*`.

    Words with nothing between them must all be there.

    :raises BadQuery: an operator or a bracket is missing or too many

    >>> found = operators("bus | (tau & !dien:*)")
    >>> found.condition, found.terms[2].begins
    ('({0} OR ({1} AND NOT {2}))', True)
    """
    return _Reader(query).read()


class _Reader:
    def __init__(self, query: str) -> None:
        self.tokens = self._tokens(query)
        self.terms: list[Term] = []

    @staticmethod
    def _tokens(query: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        query = query.rstrip()
        while at < len(query):
            match = _TOKEN.match(query, at)
            if match is None:
                raise BadQuery
            at = match.end()
            if match["op"]:
                tokens.append((match["op"] if match["op"][0] != "<" else "<", ""))
            elif match["quoted"] is not None:
                tokens.append(("term", match["quoted"]))
            else:
                tokens.append(("begin" if "*" in (match["mark"] or "") else "term", match["word"]))
        return tokens[: 4 * _MAX_TERMS]

    def read(self) -> Query:
        if not self.tokens:
            return Query((), "false")
        condition = self._any()
        if self.tokens or len(self.terms) > _MAX_TERMS:
            raise BadQuery
        return Query(tuple(self.terms), condition)

    def _any(self) -> str:
        found = [self._all()]
        while self._next() == "|":
            self.tokens.pop(0)
            found.append(self._all())
        return found[0] if len(found) == 1 else f"({' OR '.join(found)})"

    def _all(self) -> str:
        found = [self._one()]
        while self._next() not in ("|", ")", ""):
            if self._next() == "&":
                self.tokens.pop(0)
            found.append(self._one())
        return found[0] if len(found) == 1 else f"({' AND '.join(found)})"

    def _one(self) -> str:
        kind = self._next()
        if kind == "!":
            self.tokens.pop(0)
            return f"NOT {self._one()}"
        if kind == "(":
            self.tokens.pop(0)
            inner = self._any()
            if self._next() != ")":
                raise BadQuery
            self.tokens.pop(0)
            return inner
        if kind not in ("term", "begin"):
            raise BadQuery
        followed = [self.tokens.pop(0)]
        while self._next() == "<":
            self.tokens.pop(0)
            if self._next() not in ("term", "begin"):
                raise BadQuery
            followed.append(self.tokens.pop(0))
        term = self._term(followed)
        if term is None:
            return "false"
        self.terms.append(term)
        return f"{{{len(self.terms) - 1}}}"

    def _term(self, followed: list[tuple[str, str]]) -> Term | None:
        text, begins = " ".join(text for _, text in followed), followed[-1][0] == "begin"
        if len(followed) == 1 and "_" in text and begins:
            return Term((), begins, gaps=fold(text)[:120])
        parts = _TERM.findall(fold(text))
        if len(parts) == 1:
            return _term(parts[0], begins)
        return Term(tuple(word for part in parts for word in re.findall(r"[^\W_]+", part)), begins) if parts else None

    def _next(self) -> str:
        return self.tokens[0][0] if self.tokens else ""


def _term(part: str, begins: bool = False) -> Term:
    words = tuple(re.findall(r"[^\W_]+", part))
    # A code such as 00077 is no number.
    number = Decimal(part.replace(",", ".")) if _NUMBER.fullmatch(part) else None
    try:
        day = date.fromisoformat(part) if len(part) == 10 and "-" in part else None
    except ValueError:
        day = None
    return Term(words, begins, number, day)


@lru_cache(maxsize=1024)
def _letter(char: str) -> str:
    """Return a pattern of all the letters that fold to this one, with or without marks of their own after it."""
    upper = char.upper()
    alike = _alike().get(char, "") + (upper if len(upper) == 1 else "")
    return f"[{re.escape(char)}{alike}]\\p{{Mn}}*"


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    """Return, by plain letter, the Latin letters that differ from it by their accents only."""
    found: dict[str, str] = {}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        folded = fold(chr(code))
        if len(folded) == 1 and folded.isascii() and folded.isalpha():
            found[folded] = found.get(folded, "") + chr(code)
    return found
