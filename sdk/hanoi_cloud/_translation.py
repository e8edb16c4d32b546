# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# pandas and pyarrow ship partial types or none, so strict checking ends at their door.
"""What came of moving a table to the administrative units of another day."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from hanoi_cloud import _repr
from hanoi_cloud._frames import as_pandas, as_polars

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Kind = Literal["empty", "no-date", "unknown", "wrong-era"]
Weight = Literal["population", "area", "equal"]


@dataclass(frozen=True)
class UnitProblem:
    """A code that no unit bears on the day of its rows.

    ``kind`` is ``empty``, ``no-date`` (the row has no day), ``unknown`` (no era has the code) or ``wrong-era``. ``rows`` are
    the first places of the ``count`` rows, counted from 0.
    """

    code: str | None
    kind: Kind
    rows: tuple[int, ...]
    count: int
    meaning: str
    meaning_en: str


@dataclass(frozen=True)
class Translation:
    """A table in the units of another day.

    ``table`` has the columns of the table that was given, with the new codes, and three more: ``<column>_former`` holds the
    former code, ``share`` the part of the former unit that is in the row, 0 to 1, and ``estimated`` is true where that unit
    was divided, so that the amounts of the row are estimates. ``rows_in`` and ``rows_estimated`` count rows; ``problems``
    names codes that were kept as they came, with the reason in the column ``problem``.
    """

    table: "pa.Table"
    column: str
    to: date
    weight: str
    rows_in: int
    rows_estimated: int
    problems: tuple[UnitProblem, ...]

    def to_pandas(self) -> "pd.DataFrame":
        """The table as a pandas frame. Needs ``pip install "hanoi-cloud[pandas]"``."""
        return as_pandas(self.table)

    def to_polars(self) -> "pl.DataFrame":
        """The table as a polars frame. Needs ``pip install "hanoi-cloud[polars]"``."""
        return as_polars(self.table)

    def _facts(self) -> list[tuple[str, str]]:
        return [
            ("units of", self.to.isoformat()),
            ("shares by", self.weight),
            ("rows", f"{self.rows_in:,} → {len(self.table):,}"),
            ("estimated rows", f"{self.rows_estimated:,}"),
            ("codes kept as they came", f"{len(self.problems):,}"),
        ]

    def __repr__(self) -> str:
        return _repr.lines(f"Translation of {self.column}", self._facts())

    def _repr_html_(self) -> str:
        return _repr.facts_html(f"Translation of {self.column}", self._facts())
