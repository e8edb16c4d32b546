"""Contracts: what a dataset promises, column by column, and how its deliveries are read."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from blueprint.clock import Cron
from blueprint.concept import Classification, ConceptRef, Mode, PhysicalType, Slug
from blueprint.freshness import Freshness
from blueprint.layout import OWN_ENCODINGS, Reading
from blueprint.part import ColumnName, Part, Semver, semver
from blueprint.sources import AnySource, Source
from blueprint.text import Bilingual, NonEmpty


class Deprecation(Part):
    """Why and since when a column should not be used any more, and which column takes its place."""

    since: date
    use: ColumnName | None = None
    vi: NonEmpty
    en: NonEmpty


class Column(Part):
    """One column: bound to ``concept@version``, from which type, unit, pattern, range and classification come.

    ``header`` names the column in the agency's file where it differs from ``name``; ``synonyms`` are further headers
    that mean the same. ``minimum``, ``maximum``, ``pattern`` may only narrow what the concept allows.
    """

    name: ColumnName
    concept: ConceptRef
    title: Bilingual
    description: Bilingual | None = None
    required: bool = False
    field: ColumnName | None = None
    """What the column is, whatever it is called: its first name, kept when it is renamed."""
    aliases: tuple[ColumnName, ...] = ()
    """Former names under which the column is still served."""
    default: str | int | float | bool | None = None
    """The value of rows that were written before the column was there."""
    deprecated: Deprecation | None = None
    header: str | None = None
    synonyms: tuple[str, ...] = ()
    constant: str | None = None
    """The value of every row when the file itself does not carry it."""
    from_file_name: str | None = None
    """A regular expression with one group that reads the value out of the delivered file's name."""
    pad_to: int | None = None
    """Width to which digits are filled with zeros on the left, where a spreadsheet lost them."""
    date_formats: tuple[str, ...] = ()
    """strptime patterns that are tried in order for dates and timestamps; ISO 8601 where empty. ``month``, ``quarter`` and
    ``school-year`` read ``tháng 3 năm 2025``, ``Quý I/2020`` and ``2024-2025`` as their first day (a school year as
    1 September); ``excel`` and ``excel-1904`` read the day numbers of spreadsheets."""
    timezone: str = "Asia/Ho_Chi_Minh"
    """The zone of timestamps that state none."""
    decimal: Literal[".", ","] | None = None
    """The decimal sign of this column, where it differs from that of the reading."""
    suffixes: tuple[str, ...] = ()
    """Units that may stand behind a number and are dropped, such as ``%`` or ``m²``."""
    values: dict[str, str] = Field(default_factory=dict)
    """Spellings in the source -> codes of the concept's code list."""
    as_of: str | None = None
    """For dated code lists: an ISO date, or the name of the column that holds the row's date."""
    names: ColumnName | None = None
    """The code column whose unit this column names; a name of another era then tells of a code read at a wrong date."""
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    min_length: Annotated[int, Field(ge=0)] | None = None
    max_length: Annotated[int, Field(ge=1)] | None = None
    flatten: bool = False
    """Join lines inside a cell with a blank."""

    @property
    def identity(self) -> str:
        """The stable identity: ``field``, or the name of a column that was never renamed."""
        return self.field or self.name

    @model_validator(mode="after")
    def _patterns_compile(self) -> Self:
        for expression in filter(None, (self.pattern, self.from_file_name)):
            re.compile(expression)
        return self


class Rule(Part):
    """A rule over one row, as a DuckDB expression that is true for good rows (null counts as good)."""

    id: Slug
    sql: NonEmpty
    columns: tuple[ColumnName, ...]
    severity: Literal["error", "warning"] = "error"
    message: Bilingual


class Gate(Part):
    """What an accepted set of rows must reach as a whole."""

    min_rows: int = 1
    max_rows: int | None = None
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Largest share of rows that may go to quarantine before the delivery is refused."""
    max_age_days: Annotated[float, Field(gt=0)] | None = None
    """Days after which the newest row counts as late; a contract with ``freshness`` says it there."""
    complete: dict[ColumnName, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """Least share of rows per column that hold a value."""
    mostly: dict[NonEmpty, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """Least share of rows per rule over one row that comply with it.

    A rule of severity ``error`` still sends each bad row to quarantine; the delivery is refused besides when fewer of all
    its rows comply. A ``warning`` is raised only when fewer of the accepted rows comply, at the first bad row where no
    share is stated.
    """


class Reference(Part):
    """Columns whose values must be there in the key of another dataset."""

    columns: tuple[ColumnName, ...]
    dataset: Slug
    to: tuple[ColumnName, ...]


class Contract(Part):
    """One dataset in one version."""

    dataset: Slug
    version: Semver
    agency: NonEmpty
    title: Bilingual
    description: Bilingual
    theme: NonEmpty
    licence: NonEmpty
    source_note: Bilingual
    """Who made the data, as the public page says it."""
    frequency: NonEmpty
    keywords: dict[Literal["vi", "en"], tuple[str, ...]]
    temporal: tuple[date, date | None] | None = None
    spatial: str = ""
    key: tuple[ColumnName, ...]
    sources: tuple[AnySource, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    gate: Gate = Gate()
    unique: tuple[tuple[ColumnName, ...], ...] = ()
    """Column sets beside the key that no two rows may share."""
    references: tuple[Reference, ...] = ()
    reserved: tuple[ColumnName, ...] = ()
    """Names and fields of removed columns, never to be used again for another thing."""
    compatibility: Mode = Mode.FULL_TRANSITIVE
    known_flaws: tuple[Bilingual, ...] = ()
    partition: ColumnName | None = None
    """The column whose partitions a delivery brings whole: its rows replace those there, other partitions stay."""
    partition_by: Literal["value", "day", "month"] = "value"
    """What makes a partition of ``partition``: each value, or each day or month of UTC where it holds dates or times."""
    freshness: Freshness | None = None
    """How often new data are promised, and what counts as unusual; what the frequency says where absent."""
    publish: bool = True
    """Whether versions go to the catalogue. False keeps them within the lake, as a dataset must whose licence lets nobody pass
    it on."""
    schedule: Cron | None = None
    """Cron expression in Asia/Ho_Chi_Minh; absent means only on request, or after other datasets."""
    after: tuple[Slug, ...] = ()
    """Datasets each of whose versions this one is run after, such as those that it is made from or refers to."""

    @property
    def ref(self) -> str:
        return f"{self.dataset}@{self.version}"

    @property
    def number(self) -> tuple[int, int, int]:
        """The version as numbers: major, minor, patch."""
        return semver(self.version)

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.ref} has no column {name!r}; it has {', '.join(c.name for c in self.columns)}")

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        if len({*self.after, self.dataset}) <= len(self.after):
            raise ValueError(f"{self.dataset}: after names a dataset twice, or this one")
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.dataset}: column names repeat")
        former = [a for c in self.columns for a in c.aliases]
        if taken := sorted({n for n in [*names, *former] if n in self.reserved} | ({*former} & {*names})):
            raise ValueError(
                f"{self.dataset}: {', '.join(taken)}: a reserved name or a former name cannot be used again"
            )
        if len({c.identity for c in self.columns}) != len(names):
            raise ValueError(f"{self.dataset}: two columns have one identity; field values repeat")
        for used in (
            *self.key,
            *(c for r in self.rules for c in r.columns),
            *(c for columns in self.unique for c in columns),
            *(c for r in self.references for c in r.columns),
            *self.gate.complete,
            *(c.names for c in self.columns if c.names),
            *filter(None, [self.partition]),
            *(self.freshness.columns if self.freshness else ()),
            *(c for s in self.sources for r in (s.reading, *s.readings.values()) for c in sorted(r.fills)),
        ):
            if used not in names:
                raise ValueError(f"{self.dataset}: {used!r} is not a column; columns are {', '.join(names)}")
        return self


__all__ = [
    "OWN_ENCODINGS",
    "Classification",
    "Column",
    "ColumnName",
    "Contract",
    "Deprecation",
    "Freshness",
    "Gate",
    "PhysicalType",
    "Reading",
    "Reference",
    "Rule",
    "Semver",
    "Source",
]
