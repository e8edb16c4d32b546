"""Layouts of tables that people made for people: what ends them, groups, totals, columns that are values, units.

Columns of the file are named by ``Ref``: the name that the contract or the reading gives a column, or its header in the
file. Patterns are regular expressions that are looked for anywhere in a text, whatever its case and white space.
"""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from blueprint.part import ColumnName, Part


def _compiles(expression: str) -> str:
    try:
        re.compile(expression)
    except re.error as error:
        raise ValueError(f"{expression!r} is no regular expression: {error}") from error
    return expression


def _has_group(expression: str) -> str:
    if re.compile(_compiles(expression)).groups != 1:
        raise ValueError(f"{expression!r} must have one group, which is the value")
    return expression


Pattern = Annotated[str, AfterValidator(_compiles)]
ValuePattern = Annotated[str, AfterValidator(_has_group)]
Ref = Annotated[str, Field(min_length=1)]
Where = dict[Ref, Pattern]
"""Column -> pattern: the rows in which every one of these cells matches."""


class Footer(Part):
    """What ends the table: the rows from there on are no data."""

    text: Pattern | None = None
    """A text in the first row below the table, such as ``^Ghi chú``."""
    column: Ref | None = None
    """The column that bears the text; any where absent."""
    blank_rows: Annotated[int, Field(ge=1)] | None = None
    """As many blank rows end the table, in a workbook."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and (self.blank_rows is None or self.column is not None):
            raise ValueError("a footer states a text, or a number of blank rows; column goes with a text")
        return self


class Group(Part):
    """Rows that head the rows below them, as the name of a region above its provinces."""

    where: Annotated[Where, Field(min_length=1)]
    name: Ref
    """The column that holds the group's name."""
    into: ColumnName
    """The column of the contract that gets the name, in every row down to the next such row."""
    keep: bool = False
    """Whether the row is data as well; otherwise it is kept out, and its numbers are the group's totals."""


class Totals(Part):
    """Rows that print the sum of a column: no data, but what the data are checked against."""

    where: Where = Field(default_factory=dict)
    """The rows that print the sum of all rows."""
    columns: Annotated[tuple[Ref, ...], Field(min_length=1)]
    groups: bool = False
    """Whether the rows of the innermost ``groups`` print the sums of their groups."""
    tolerance: Annotated[float, Field(ge=0)] = 0
    """By how much the sum may differ, in the unit of the file, where the file rounds."""
    unchecked: tuple[Annotated[str, Field(pattern="^[A-Z]{1,3}[1-9][0-9]*$")], ...] = ()
    """Cells, such as ``C16``, whose sum is known to be missing or wrong; ``known_flaws`` tells the reader."""


class Unpivot(Part):
    """Columns that are values: each of their cells becomes a row of its own.

    ``headers`` tells these columns by their headers; its named groups are columns of the contract, which get the text that
    the group found: with ``^(?P<year>20[0-9]{2})$`` the cell under 2015 is of the year 2015.
    """

    headers: Pattern
    value: ColumnName
    """The column of the contract that gets the cell."""
    beside: dict[ColumnName, int] = Field(default_factory=dict)
    """Column of the contract -> how many columns right of the value (negative: left) its cell stands, where every value has
    its own."""
    blanks: bool = False
    """Whether a cell that is blank or one of the reading's ``null_values`` is a row as well."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the header gives."""
        return tuple(re.compile(self.headers).groupindex)

    @property
    def made(self) -> tuple[str, ...]:
        """The columns that the table has beside those of the file, in their order."""
        return (*self.names, *self.beside, self.value)

    @model_validator(mode="after")
    def _names_columns(self) -> Self:
        if not self.names:
            raise ValueError(
                f"{self.headers!r} names no group; (?P<year>[0-9]{{4}}) puts what it finds into the column year"
            )
        return self


class Unit(Part):
    """The unit that the file says its amounts are in, above the table: ``Đơn vị: triệu đồng``."""

    says: Annotated[str, Field(min_length=1)]
    """The unit as the file must say it; another is refused."""
    required: bool = True
    """Whether a file that says no unit is refused as well."""
    columns: tuple[ColumnName, ...] = ()
    times: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")] = "1"
    """What the numbers of ``columns`` are multiplied by, to come in the unit of their concept."""
