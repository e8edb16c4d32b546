"""Readings: how the table is found in a delivered file."""

import codecs
from typing import Literal

from pydantic import Field, field_validator

from blueprint.part import ColumnName, Part

OWN_ENCODINGS = ("auto", "tcvn3", "vni", "viscii", "utf-8/tcvn3", "utf-8/vni")
"""Encodings that a reading may declare beside those of Python."""


class Reading(Part):
    """Where the table is in a delivered file."""

    format: Literal["csv", "excel"]
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
    header_rows: tuple[int, ...] = (1,)
    """Row numbers, from 1, that hold the header; names of several rows are joined with ' / '."""
    first_row: int | None = None
    """First data row, from 1; the row after the header where absent."""
    null_values: tuple[str, ...] = ("",)
    headers: dict[ColumnName, str] = Field(default_factory=dict)
    """Header per column in these files, where it differs from the column's own."""
    positions: dict[ColumnName, int] = Field(default_factory=dict)
    """Column position (from 1) for files that repeat a header; the header found there must still match."""
    constants: dict[ColumnName, str] = Field(default_factory=dict)
    """Value per column that the files leave out."""
    select: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Header -> values: rows with other values belong to other datasets and are counted as out of scope."""

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
