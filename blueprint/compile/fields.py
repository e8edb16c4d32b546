"""What every target asks of a column, put together once from the column, its concept and its code list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from blueprint import example
from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract
from blueprint.load import Blueprint
from blueprint.rules import bounds, fixed_date, lengths, patterns
from blueprint.text import Bilingual
from blueprint.types import FLOATING, NUMERIC, WHOLE, duckdb_type

_BITS = {"integer": 64, "int32": 32}
_FLOAT_MAX = 3.4028234663852886e38
_PLAIN_DECIMAL = (18, 6)


@dataclass(frozen=True)
class Field:
    """One column as it is compiled.

    ``low`` and ``high`` are the declared inclusive bounds; ``entries`` the codes that a value may be, one entry a code, with
    ``spans`` the days on which each holds where ``dated_by`` names the column that dates the row.
    """

    column: Column
    concept: Concept
    codelist: CodeList | None
    key: bool
    low: int | float | None
    high: int | float | None
    min_length: int | None
    max_length: int | None
    patterns: tuple[str, ...]
    day: date | None
    dated_by: str | None
    zone: str
    """The zone in which the dating column's instants become days."""

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def type(self) -> str:
        return self.concept.type

    @property
    def duckdb_type(self) -> str:
        return duckdb_type(self.concept)

    @property
    def required(self) -> bool:
        return self.column.required

    @property
    def bounded(self) -> bool:
        return self.low is not None or self.high is not None

    @property
    def description(self) -> Bilingual:
        """What the column holds here, or else what its concept means everywhere."""
        return self.column.description or self.concept.definition

    @property
    def classification(self) -> Classification:
        return self.concept.classification

    @property
    def digits(self) -> tuple[int, int]:
        """Digits in all and after the point of a decimal."""
        return (self.concept.precision, self.concept.scale or 0) if self.concept.precision else _PLAIN_DECIMAL

    @property
    def type_bounds(self) -> tuple[int | float, int | float] | None:
        """The least and greatest value that the type itself holds, inclusive; ``None`` where it sets none."""
        if bits := _BITS.get(self.type):
            return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        return (-_FLOAT_MAX, _FLOAT_MAX) if self.type == "float" else None

    @property
    def entries(self) -> tuple[CodeEntry, ...] | None:
        """The codes a value may be, sorted, the newest entry of each; ``None`` where there is no code list."""
        if self.codelist is None:
            return None
        held = [e for e in self.codelist.entries if self.day is None or e.holds_on(self.day)]
        newest = {e.code: e for e in sorted(held, key=lambda e: e.valid_from)}
        return tuple(newest[code] for code in sorted(newest))

    @property
    def spans(self) -> dict[str, tuple[tuple[date, date | None], ...]]:
        """Code -> the spans of days on which it holds, both ends included."""
        found: dict[str, list[tuple[date, date | None]]] = {}
        for entry in sorted(self.codelist.entries if self.codelist else (), key=lambda e: (e.code, e.valid_from)):
            found.setdefault(entry.code, []).append((entry.valid_from, entry.valid_to))
        return {code: tuple(spans) for code, spans in found.items()}

    @property
    def meaning(self) -> dict[str, str]:
        """What is measured and how, without what is absent: unit, CRS, currency, calendar."""
        known = {name: getattr(self.concept, name) for name in ("unit", "crs", "currency", "calendar")}
        return {name: value for name, value in known.items() if value}

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values that the column would accept, as JSON holds them; none at all for a personal column."""
        if self.classification is Classification.PERSONAL:
            return ()
        if self.entries is not None:
            return tuple(self.json(e.code) for e in self.entries[:1])
        fitting = tuple(v for v in map(self.json, self.concept.examples) if self._fits(v))
        return fitting or tuple(v for v in (self._made_up(),) if v is not None)

    def json(self, text: str) -> Any:
        """``text`` as JSON holds a value of this type: a number, true or false, or the text itself."""
        if self.type in WHOLE:
            return int(text)
        if self.type in NUMERIC:
            value = float(text)
            return int(value) if value.is_integer() and abs(value) < 2**53 else value
        return text == "true" if self.type == "boolean" else text

    def _made_up(self) -> Any:
        if self.type in NUMERIC:
            return self.json(example.number(self.low, self.high, whole=self.type in WHOLE))
        if self.patterns:
            found = example.matching(self.patterns)
            return found if found is not None and self._fits(found) else None
        plain = example.of_type(self.type)
        return None if plain is None else self.json(plain)

    def _fits(self, value: Any) -> bool:
        if self.type in NUMERIC:
            return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)
        if self.type != "string":
            return True
        import re

        return (
            all(re.fullmatch(p, value) for p in self.patterns)
            and (self.min_length or 0) <= len(value)
            and (self.max_length is None or len(value) <= self.max_length)
        )


def fields(contract: Contract, plan: Blueprint) -> tuple[Field, ...]:
    """The columns of ``contract`` in their order, each with everything that its concept and code list add."""
    return tuple(_fields(contract, plan))


def _fields(contract: Contract, plan: Blueprint) -> Iterator[Field]:
    for column in contract.columns:
        concept = plan.concept_of(column)
        codelist = plan.codelist(concept.codelist) if concept.codelist else None
        dated = codelist is not None and codelist.dated
        day = fixed_date(column) if dated else None
        dated_by = column.as_of if dated and day is None else None
        low, high = (_whole(b, concept) for b in bounds(column, concept))
        least, most = lengths(column, concept)
        yield Field(
            column,
            concept,
            codelist,
            column.name in contract.key,
            low,
            high,
            least,
            most,
            patterns(column, concept),
            day,
            dated_by,
            contract.column(dated_by).timezone if dated_by else column.timezone,
        )


def _whole(bound: float | None, concept: Concept) -> int | float | None:
    """A bound without a fraction as an integer, so that it is written and compared as one."""
    if bound is None or not float(bound).is_integer():
        return bound
    return float(bound) if concept.type in FLOATING and abs(bound) >= 2**53 else int(bound)


def class_name(contract: Contract) -> str:
    """The dataset's name as a class name: ``air-quality-hourly`` is ``AirQualityHourly``."""
    return "".join(part[:1].upper() + part[1:] for part in contract.dataset.split("-"))
