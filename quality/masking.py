"""What of a delivery's raw text may be shown: in samples, reports, logs and lists of quarantined rows.

Values of personal and restricted columns are never shown. Raw text has a second danger: a cell may stand in a wrong
column, or a number of a person inside a remark. So ``RowMask`` also hides what may have slipped, and ``scrubbed`` hides
numbers in any text that may be a person's.

What cannot be told by its look stays visible: a person's name that somebody wrote into a column of free text whose concept
is open, in a row that is right otherwise.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract
from blueprint.identifiers import IDENTIFIERS, Level, identify
from blueprint.load import Blueprint
from blueprint.rules import ROW_WIDTH, row_rules, type_rule
from blueprint.types import DATED, NUMERIC

MASK = "***"
"""What stands in place of a hidden value. It says nothing of the value, not even its length."""
_HIDDEN = frozenset({Classification.PERSONAL, Classification.RESTRICTED})
_LEAST = 9
"""Digits of the shortest number of a person: the former identity number, and a telephone without its zero."""
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?"
_MOMENT = rf"(?<!\d)(?:{_YEAR}-{_MONTH}-{_DAY}|{_DAY}[/-]{_MONTH}[/-]{_YEAR})(?:[T ]{_CLOCK})?(?![\d./_-])"
_GAP = r"[\s\u200b._/()-]{0,4}"
"""What people write between the digits of one number. Bounded, so that matching time stays linear."""
_NUMBER = rf"\+?\(?(?:0\d(?:(?:{_GAP}|,)\d)*|\d(?:{_GAP}\d)*)"
_FOUND = re.compile(rf"(?P<moment>{_MOMENT})|(?:(?<![A-Za-z])[A-Za-z]{{2}}{_GAP})?{_NUMBER}")
_PLAIN = re.compile(r"[+-]?[0-9]{1,8}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
"""A number that is short in front of its point."""


def masked(contract: Contract, blueprint: Blueprint) -> frozenset[str]:
    """The columns of ``contract`` whose values are never shown: by name, and by every header that they may bear.

    Those are the columns whose concept is personal or restricted.
    """
    found: set[str] = set()
    for column in contract.columns:
        if _is_hidden(blueprint.concept_of(column)):
            readings = [r for s in contract.sources for r in (s.reading, *s.readings.values())]
            headers = (r.headers.get(column.name) for r in readings)
            found |= {column.name, *column.aliases, *column.synonyms, *filter(None, (column.header, *headers))}
    return frozenset(found)


def mask(value: object) -> str:
    """The mask of ``value``; nothing stays nothing, for that a cell is empty tells nobody's secret.

    >>> mask("001299012345"), mask(None), mask(" ")
    ('***', '', '')
    """
    return MASK if value is not None and str(value).strip() else ""


def scrubbed(text: str) -> str:
    """``text`` without the numbers in it that may be a person's: those of nine digits or more, however they are grouped.

    Moments stay, and so do decimal numbers of at most eight digits in front of their point where they are the whole text.

    >>> scrubbed("gọi 0912 345 678, ngày 2025-07-01 08:00:00")
    'gọi ***, ngày 2025-07-01 08:00:00'
    >>> scrubbed("105.8048170")
    '105.8048170'
    """
    number = text.strip()
    if _PLAIN.fullmatch(number) and not any(identify(kind, number).ok for kind in ("phone", "personal-id")):
        return text
    return _FOUND.sub(_scrub, text)


def _scrub(found: re.Match[str]) -> str:
    if found["moment"]:
        return found[0]
    return MASK if sum(letter.isdigit() for letter in found[0]) >= _LEAST else found[0]


class RowMask:
    """What may be shown of the rows that a contract refused, cell by cell.

    ``row`` hides, from the widest case to the narrowest:

    - a whole row, where the contract has a hidden column and the row is of a wrong width or breaks a rule of that column:
      its cells may have moved;
    - cells of hidden columns, and cells of columns that the contract does not know;
    - in contracts with a hidden column also each cell that a rule refuses: it may hold what belongs elsewhere;
    - numbers that may be a person's in every other cell, unless they are what the cell's open concept asks for.
    """

    def __init__(self, contract: Contract, blueprint: Blueprint) -> None:
        self._concepts = {c.name: blueprint.concept_of(c) for c in contract.columns}
        self.hidden = frozenset(name for name, concept in self._concepts.items() if _is_hidden(concept))
        self._columns = {c.name: c for c in contract.columns}
        self._of_rule = {type_rule(c.name): (c.name,) for c in contract.columns}
        self._of_rule |= {rule.id: rule.columns for rule in row_rules(contract, blueprint)}

    def row(self, cells: Sequence[str], positions: Mapping[str, int], rules: Iterable[str]) -> list[str]:
        """``cells`` as they may be shown; ``positions`` says where the columns stand, from 1, ``rules`` what refuses them."""
        broken = set(rules)
        refused = {name for rule in broken for name in self._of_rule.get(rule, ())}
        if self.hidden and (ROW_WIDTH in broken or self.hidden & refused):
            return [mask(cell) for cell in cells]
        columns: dict[int, list[str]] = {}
        for name, position in positions.items():
            columns.setdefault(position, []).append(name)
        if ROW_WIDTH in broken:
            return [scrubbed(cell) for cell in cells]
        return [self._cell(cell, columns.get(at, []), refused) for at, cell in enumerate(cells, start=1)]

    def _cell(self, cell: str, names: Sequence[str], refused: set[str]) -> str:
        if not names or self.hidden.intersection(names) or (self.hidden and refused.intersection(names)):
            return mask(cell)
        right = not refused.intersection(names)
        return (
            cell
            if right and all(_asked_for(cell, self._columns[n], self._concepts[n]) for n in names)
            else scrubbed(cell)
        )

    def received(self, received: str, positions: Mapping[str, int], rules: Iterable[str]) -> list[str]:
        """``row`` of the JSON list that quarantine files hold."""
        return self.row(json.loads(received), positions, rules)


def _asked_for(cell: str, column: Column, concept: Concept) -> bool:
    """Whether a long number is what an open concept asks for: a measure, a moment, a code, a public identifier."""
    if concept.type in NUMERIC | DATED or concept.codelist or column.values:
        return True
    if concept.identifier:
        verdict = identify(concept.identifier, cell)
        return verdict.ok and (verdict.level is Level.CHECKSUM or not IDENTIFIERS[concept.identifier].personal)
    return False


def _is_hidden(concept: Concept) -> bool:
    return concept.classification in _HIDDEN
