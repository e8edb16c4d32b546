"""Indicators: a figure told period by period, and how it is computed from the columns of datasets."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from blueprint.concept import ConceptRef, Mode, Slug
from blueprint.part import ColumnName, Part, Semver, semver
from blueprint.text import Bilingual, NonEmpty

Period = Literal["day", "month", "quarter", "half-year", "year"]
MONTHS: dict[Period, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""How many months a period lasts; a day is what is shorter than a month."""
PERIOD = "period"
RATIO = ("numerator", "denominator")
VALUE = "value"


class Origin(Part):
    """The document that asks for the indicator or lays down how it is told, and where in it that stands."""

    document: NonEmpty
    clause: NonEmpty


class Group(Part):
    """A column that tells the figures of one period apart, such as a ward or a station, and what its values are."""

    name: ColumnName
    concept: ConceptRef


class Reads(Part):
    """The columns that are read of one dataset, in the versions of one major of its contract."""

    dataset: Slug
    major: Annotated[int, Field(ge=0)]
    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1)]

    @property
    def table(self) -> str:
        """The name of the dataset in SQL: ``bus-stops`` is ``bus_stops``."""
        return self.dataset.replace("-", "_")


class Indicator(Part):
    """One indicator in one version; released versions never change.

    ``value`` is the concept from which the figure takes its type, unit and range. ``sql`` is one DuckDB SELECT over the
    tables of ``datasets``, which hold the columns named there and no others. It returns ``period``, the first day of each
    period, then the ``groups``, then either ``numerator`` and ``denominator`` or the ``value`` itself. A figure is the
    numerator per ``per`` of the denominator, so that a percentage has 100; a denominator of 0 gives none.
    """

    indicator: Slug
    version: Semver
    title: Bilingual
    definition: Bilingual
    source: Origin
    value: ConceptRef
    per: Annotated[int, Field(ge=1)] = 1
    period: Period
    groups: tuple[Group, ...] = ()
    datasets: Annotated[tuple[Reads, ...], Field(min_length=1)]
    sql: NonEmpty
    compatibility: Mode = Mode.FULL_TRANSITIVE

    @property
    def ref(self) -> str:
        return f"{self.indicator}@{self.version}"

    @property
    def number(self) -> tuple[int, int, int]:
        """The version as numbers: major, minor, patch."""
        return semver(self.version)

    @property
    def concepts(self) -> tuple[ConceptRef, ...]:
        """The concepts of its figures and of its groups."""
        return tuple(dict.fromkeys([self.value, *(g.concept for g in self.groups)]))

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [g.name for g in self.groups]
        if taken := sorted({PERIOD, *RATIO, VALUE} & {*names}):
            raise ValueError(
                f"a group cannot be called {', '.join(taken)}: the SQL returns another column of that name"
            )
        if len({*names}) != len(names) or len({r.table for r in self.datasets}) != len(self.datasets):
            raise ValueError("a group or a dataset is named twice")
        if repeated := [r.dataset for r in self.datasets if len({*r.columns}) != len(r.columns)]:
            raise ValueError(f"{', '.join(repeated)}: a column is named twice")
        return self


def last_day(first: date, period: Period) -> date:
    """The last day of the period that begins on ``first``.

    >>> last_day(date(2026, 7, 1), "half-year")
    datetime.date(2026, 12, 31)
    """
    if period == "day":
        return first
    months = first.year * 12 + first.month - 1 + MONTHS[period]
    return date.fromordinal(date(months // 12, months % 12 + 1, 1).toordinal() - 1)
