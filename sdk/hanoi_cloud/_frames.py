# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyarrow, pandas and duckdb ship partial types or none, so strict checking ends at their door.
"""Rows as frames. The only place that knows the frame libraries, each loaded when it is asked for."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hanoi_cloud._exceptions import MissingDependency

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Frames(ABC):
    """The rows of a Parquet file in the shape that the caller's library has for them.

    Timestamps keep their zone, which is UTC. ``columns`` names the columns wanted, in that order; all where absent.
    """

    @abstractmethod
    def _rows(self, columns: Sequence[str] | None) -> Path:
        """The Parquet file, known to have these columns."""

    def to_arrow(self, columns: Sequence[str] | None = None) -> "pa.Table":
        """The rows as an Arrow table. Needs ``pip install "hanoi-cloud[arrow]"``."""
        return _arrow(self, columns, "arrow")

    def to_pandas(self, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """The rows as a pandas frame. Needs ``pip install "hanoi-cloud[pandas]"``.

        Whole numbers are ``Int64`` and truth values ``boolean``, so that gaps stay gaps; dates are ``datetime64``
        without a zone; decimals are ``decimal.Decimal``.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError as cause:
            raise MissingDependency("pandas", "pandas") from cause
        kept = {"int64": pd.Int64Dtype(), "bool": pd.BooleanDtype()}

        def dtype(kind: object) -> object:
            return kept.get(str(kind))

        return _arrow(self, columns, "pandas").to_pandas(types_mapper=dtype, date_as_object=False)

    def to_polars(self, columns: Sequence[str] | None = None) -> "pl.DataFrame":
        """The rows as a polars frame. Needs ``pip install "hanoi-cloud[polars]"``."""
        try:
            import polars as pl
        except ModuleNotFoundError as cause:
            raise MissingDependency("polars", "polars") from cause
        wanted = None if columns is None else list(columns)
        return pl.read_parquet(self._rows(columns), columns=wanted, glob=False, hive_partitioning=False)

    def to_duckdb(
        self, columns: Sequence[str] | None = None, *, connection: "duckdb.DuckDBPyConnection | None" = None
    ) -> "duckdb.DuckDBPyRelation":
        """The rows as a DuckDB relation of ``connection``, or of DuckDB's default one; nothing is loaded yet.

        Needs ``pip install "hanoi-cloud[duckdb]"``.
        """
        try:
            import duckdb
        except ModuleNotFoundError as cause:
            raise MissingDependency("duckdb", "duckdb") from cause
        # DuckDB reads [, * and ? in a file's name, also in those of its folders, as wildcards.
        name = "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(self._rows(columns)))
        relation = (connection or duckdb.default_connection()).read_parquet(name, hive_partitioning=False)
        return relation if columns is None else relation.select(*map(duckdb.ColumnExpression, columns))


def _arrow(frames: Frames, columns: Sequence[str] | None, extra: str) -> "pa.Table":
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as cause:
        raise MissingDependency("pyarrow", extra) from cause
    wanted = None if columns is None else list(columns)
    # Without partitioning=None older pyarrow turns a folder above the file that is named like year=2025 into a column.
    path = frames._rows(columns)  # pyright: ignore[reportPrivateUsage]
    return pq.read_table(path, columns=wanted, partitioning=None)  # pyright: ignore[reportArgumentType]
