"""Readings: how the table is found in a delivered file."""

import codecs
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from blueprint.formats import Format
from blueprint.part import ColumnName
from blueprint.table_layout import Footer, Group, Pattern, Totals, Unit, Unpivot, ValuePattern, Where

OWN_ENCODINGS = ("auto", "tcvn3", "vni", "viscii", "utf-8/tcvn3", "utf-8/vni")
"""Encodings that a reading may declare beside those of Python."""


class Reading(Format):
    """Where the table is in a delivered file."""

    encoding: str = "utf-8-sig"
    """The encoding that the files are held against: any of Python's; ``tcvn3`` (ABC), ``vni`` or ``viscii``; ``utf-8/tcvn3``
    and ``utf-8/vni`` for Unicode files whose text only a legacy font shows rightly; ``auto`` to take the one that the bytes
    prove. In a workbook ``tcvn3`` and ``vni`` tell the fonts of its cells."""
    delimiter: str = ","
    decimal: Literal[".", ","] | None = None
    """The decimal sign of numbers in these files; the other sign then groups thousands. Where none is stated, numbers that
    can be read in one way only are taken, and those that could be read in two are quarantined."""
    sheet: str | int = 0
    """Sheet by name or position (from 0)."""
    sheets: tuple[str, ...] = ()
    """Several sheets that are one table, each laid out as this reading says."""
    sheets_like: Pattern | None = None
    """Where sheets have other names from file to file: every sheet whose name matches, one or more."""
    parts: tuple["Reading", ...] = ()
    """Tables of the same file that are laid out in other ways and belong to the dataset as well, after this one."""
    merged: Literal["first", "header", "fill"] = "first"
    """Whether the text of a merged range stands in its first cell only, in all of its cells in the header, or in all cells."""
    header_rows: tuple[int, ...] = (1,)
    """Row numbers, from 1, that hold the header; names of several rows are joined with ' / '."""
    first_row: int | None = None
    """First data row, from 1; the row after the header where absent."""
    header_at: Pattern | None = None
    """Where tables begin in other rows from file to file: the pattern of a cell in the first header row. ``header_rows`` and
    ``first_row`` then count from that row as 1."""
    footer: Footer | None = None
    skip: tuple[Where, ...] = ()
    """Rows in the table that are no data, such as the line that numbers the columns."""
    groups: tuple[Group, ...] = ()
    """Rows that head others, from the outermost group to the innermost."""
    totals: Totals | None = None
    unpivot: Unpivot | None = None
    unit: Unit | None = None
    null_values: tuple[str, ...] = ("",)
    headers: dict[ColumnName, str] = Field(default_factory=dict)
    """Header per column in these files, where it differs from the column's own."""
    positions: dict[ColumnName, int] = Field(default_factory=dict)
    """Column position (from 1) for files that repeat a header; the header found there must still match."""
    matching: dict[ColumnName, Pattern] = Field(default_factory=dict)
    """Column -> a pattern that the header of exactly one column matches. ``positions`` and ``matching`` may also name columns
    that the dataset leaves out, for the layout's own use."""
    from_titles: dict[ColumnName, ValuePattern] = Field(default_factory=dict)
    """Column -> a pattern that finds its value in a title above the table, such as ``NĂM ([0-9]{4})``."""
    from_sheet: dict[ColumnName, ValuePattern] = Field(default_factory=dict)
    """Column -> a pattern that finds its value in the name of the sheet."""
    from_row: ColumnName | None = None
    """The column that gets the number of the row in the sheet, for tables whose lines have no other key."""
    absent: tuple[ColumnName, ...] = ()
    """Columns that these files do not have."""
    constants: dict[ColumnName, str] = Field(default_factory=dict)
    """Value per column that the files leave out."""
    select: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Header -> values: rows with other values belong to other datasets and are counted as out of scope."""

    @field_validator("header_rows")
    @classmethod
    def _header_is_there(cls, rows: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if not rows and info.data.get("format") != "fixed":
            raise ValueError("only fixed-width text can do without a header row")
        return rows

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str) -> str:
        if encoding not in OWN_ENCODINGS:
            try:
                codecs.lookup(encoding)
            except LookupError as error:
                raise ValueError(
                    f"{encoding!r} is no encoding; beside Python's there are {', '.join(OWN_ENCODINGS)}"
                ) from error
        return encoding

    @model_validator(mode="after")
    def _layout_is_of_a_workbook(self) -> Self:
        said = {
            "sheets": self.sheets,
            "sheets_like": self.sheets_like,
            "merged": self.merged != "first",
            "header_at": self.header_at,
            "from_sheet": self.from_sheet,
            "footer.blank_rows": self.footer and self.footer.blank_rows,
        }
        if self.format != "excel" and (given := [name for name, value in said.items() if value]):
            raise ValueError(f"{', '.join(given)}: only workbooks (format: excel) have this")
        return self

    def tables(self) -> tuple["Reading", ...]:
        """A reading for each table of a file, in their order."""
        own = tuple(self.model_copy(update={"sheet": name, "sheets": (), "parts": ()}) for name in self.sheets)
        one = own or (self.model_copy(update={"parts": ()}) if self.parts else self,)
        return (*one, *(table for part in self.parts for table in part.tables()))

    @property
    def fills(self) -> frozenset[str]:
        """The columns of the contract that the layouts of the file's tables fill or leave out."""
        found = {
            *self.from_titles,
            *self.from_sheet,
            *self.absent,
            *(group.into for group in self.groups),
            *(self.unpivot.made if self.unpivot else ()),
            *(self.unit.columns if self.unit else ()),
            *filter(None, [self.from_row]),
        }
        return frozenset(found).union(*(part.fills for part in self.parts))

    @property
    def by_row(self) -> bool:
        """Whether a row of the file is told by its number, and is one row of the table."""
        return self.unpivot is None and self.one_table

    @property
    def one_table(self) -> bool:
        """Whether a file holds one table of the dataset, whatever else is in it."""
        return not (self.parts or self.sheets or self.sheets_like)
