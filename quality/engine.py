"""DuckDB as a data source of Great Expectations. Importing this module imports Great Expectations (seconds).

Everything that Great Expectations offers on a SQL database works on it: batch definitions, validation definitions,
checkpoints with actions, severities, result formats and Data Docs.

>>> import duckdb, great_expectations as gx, tempfile
>>> from pathlib import Path
>>> from quality.engine import ephemeral_context
>>> file = Path(tempfile.mkdtemp()) / "levels.parquet"
>>> duckdb.sql("SELECT i AS id, 0.5 AS level FROM range(3) r(i)").write_parquet(str(file))
>>> source = ephemeral_context().data_sources.add_duckdb("files")
>>> batch = source.add_parquet_asset("levels", file).add_batch_definition_whole_table("all").get_batch()
>>> result = batch.validate(gx.expectations.ExpectColumnValuesToBeBetween(column="level", max_value=1))
>>> result.success, result.result["unexpected_count"]
(True, 0)
>>> source.close()
"""

import tempfile
from collections.abc import Sequence
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from uuid import uuid4

import duckdb_engine  # noqa: F401  # the dialect; imported here, the first connection need not
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.partitioners import PartitionerColumnValue
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.interfaces import DataAsset
from great_expectations.datasource.fluent.sql_datasource import QueryAsset, SQLDatasource, TableAsset

import quality.metrics  # noqa: F401  # defining the metrics registers them
from blueprint.errors import HanoiError
from blueprint.sql import file_literal, ident
from quality.execution import DuckDBExecutionEngine

if TYPE_CHECKING:
    from lake import Lake, Version

_EngineClass = type[DuckDBExecutionEngine]  # inside the class below, `type` is a field
_AssetClass = type[DataAsset]
# DuckDB installs extensions from the network on first use unless told not to.
_CONFIG = {"autoinstall_known_extensions": "false"}
sa.dialects.registry.register("duckdb", "duckdb_engine", "Dialect")  # finding it by its entry point takes a moment


class NoFiles(HanoiError):
    """No file answers to the pattern of an asset."""

    def __init__(self, pattern: object) -> None:
        super().__init__(
            f"Không có tệp Parquet nào khớp với {pattern}; hãy kiểm tra đường dẫn.",
            f"No Parquet file answers to {pattern}; check the path.",
        )


class ViewAsset(TableAsset):
    """The rows of a view over Parquet files. Unlike a table asset it reads no row to test that it is there."""

    type: Literal["view"] = "view"  # type: ignore[assignment]

    def test_connection(self) -> None:
        """Nothing to test: making the view has read the head of its files."""

    def validate_batch_definition(self, partitioner: Any) -> None:
        """Also take a column of any type, one batch for each of its values."""
        if not isinstance(partitioner, PartitionerColumnValue):
            super().validate_batch_definition(partitioner)

    def add_batch_definition_by_value(self, name: str, column: str) -> BatchDefinition[Any]:
        """One batch for each value of ``column``: ``get_batch(batch_parameters={column: value})``.

        Cheap where the files are partitioned or sorted by the column, as DuckDB then skips what holds other values.
        """
        return self.add_batch_definition(name, PartitionerColumnValue(column_name=column))


class DuckDBDatasource(SQLDatasource):
    """Adds a DuckDB database to a context: ``context.data_sources.add_duckdb(name)``.

    The database lives in memory unless ``connection_string`` names a file. ``memory_limit`` is DuckDB's (such as
    ``"256MB"``); what does not fit is spilled to a temporary folder. ``threads`` are as many as there are cores unless
    stated; each needs its share of the memory. Call ``close`` when done: one connection is kept open, as views belong to it.
    """

    asset_types: ClassVar[list[_AssetClass]] = [TableAsset, QueryAsset, ViewAsset]

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]
    connection_string: str = "duckdb:///:memory:"  # type: ignore[assignment]
    memory_limit: str | None = None
    threads: int | None = None
    assets: list[TableAsset | QueryAsset | ViewAsset] = []  # type: ignore[assignment]  # noqa: RUF012  # pydantic copies it
    views: dict[str, str] = {}  # noqa: RUF012
    """The queries of the views, by name."""
    parquet: dict[str, list[str]] = {}  # noqa: RUF012
    """The files behind the views, by name."""

    @property
    def execution_engine_type(self) -> _EngineClass:
        return DuckDBExecutionEngine

    def _create_engine(self) -> sa.Engine:
        # The default is .tmp in the current folder; DuckDB makes this one only if memory runs short, and removes it.
        spill = str(Path(tempfile.gettempdir()) / f"hanoi-duckdb-{uuid4().hex}")
        limits = {"memory_limit": self.memory_limit, "threads": self.threads}
        limits = {name: str(value) for name, value in limits.items() if value is not None}
        engine = sa.create_engine(
            str(self.connection_string),
            poolclass=sa.StaticPool,
            connect_args={"config": {**_CONFIG, **limits, "temp_directory": spill}},
        )
        sa.event.listen(engine, "connect", self._on_connect)
        return engine

    def _on_connect(self, connection: Any, _record: Any) -> None:
        connection.execute("SET enable_progress_bar = false")
        for name, query in self.views.items():
            connection.execute(_view(name, query))

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The one engine of this source, on the connection that holds the views."""
        if not isinstance(self._execution_engine, DuckDBExecutionEngine):
            self._execution_engine = DuckDBExecutionEngine(engine=self.get_engine(), create_temp_table=False)
        self._execution_engine.parquet = {name: [Path(f) for f in files] for name, files in self.parquet.items()}
        return self._execution_engine

    def add_parquet_asset(self, name: str, files: Path | str | Sequence[Path]) -> ViewAsset:
        """Add Parquet files as a view called ``name``. Nothing is copied; the files are read when they are checked.

        ``files`` is one path, several, or a text with wildcards, such as ``"/data/2026-*.parquet"`` or ``"/data/**/*.parquet"``,
        which is resolved now. Several files are matched by the names of their columns. Raises NoFiles.
        """
        found = _files(files)
        listed = ", ".join(map(file_literal, found))
        several = ", union_by_name=true" if len(found) > 1 else ""
        return self._add_view(name, f"SELECT * FROM read_parquet([{listed}]{several})", found)

    def add_version_asset(self, name: str, lake: "Lake", version: "Version") -> ViewAsset:
        """Add one version of a dataset of the lake as a view called ``name``, with the columns it was committed with."""
        return self._add_view(name, lake.select(version), lake.files(version))

    def _add_view(self, name: str, query: str, files: Sequence[Path]) -> ViewAsset:
        with self.get_engine().begin() as connection:
            connection.exec_driver_sql(_view(name, query))
        self.views = {**self.views, name: query}
        self.parquet = {**self.parquet, name: [str(f) for f in files]}
        return self._add_asset(ViewAsset(name=name, table_name=name))

    def close(self) -> None:
        """Close the connection; an in-memory database is gone with it."""
        self.get_engine().dispose()


def ephemeral_context() -> EphemeralDataContext:
    """A context that lives in memory: no files, no progress bars, no analytics."""
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _files(files: Path | str | Sequence[Path]) -> list[Path]:
    found = sorted(map(Path, glob(files, recursive=True))) if isinstance(files, str) else files  # noqa: PTH207  # Path.glob takes no absolute pattern
    found = [found] if isinstance(found, Path) else list(found)
    if not found:
        raise NoFiles(files)
    return found


def _view(name: str, query: str) -> str:
    return f"CREATE OR REPLACE VIEW {ident(name)} AS {query}"
