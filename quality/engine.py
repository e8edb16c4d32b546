"""DuckDB as a data source of Great Expectations. Importing this module imports Great Expectations (seconds).

>>> from quality.engine import ephemeral_context
>>> source = ephemeral_context().data_sources.add_duckdb("lake")
>>> source.close()
"""

import tempfile
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource, TableAsset

import quality.metrics  # noqa: F401  # defining the metrics registers them
from blueprint.sql import ident, parquet
from quality.execution import DuckDBExecutionEngine

_EngineClass = type[DuckDBExecutionEngine]  # inside the class below, `type` is a field
# DuckDB installs extensions from the network on first use unless told not to.
_CONFIG = {"autoinstall_known_extensions": "false"}


class DuckDBDatasource(SQLDatasource):
    """Adds a DuckDB database to a context: ``context.data_sources.add_duckdb(name)``.

    The database lives in memory unless ``connection_string`` names a file. ``parquet`` maps view names to Parquet files;
    ``add_parquet_asset`` adds to it. Call ``close`` when done: one connection is kept open, as views belong to it.
    """

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]
    connection_string: str = "duckdb:///:memory:"  # type: ignore[assignment]
    parquet: dict[str, str] = {}  # noqa: RUF012  # pydantic copies it

    @property
    def execution_engine_type(self) -> _EngineClass:
        return DuckDBExecutionEngine

    def _create_engine(self) -> sa.Engine:
        # The default is .tmp in the current folder; DuckDB makes this one only if memory runs short, and removes it.
        spill = str(Path(tempfile.gettempdir()) / f"hanoi-duckdb-{uuid4().hex}")
        engine = sa.create_engine(
            str(self.connection_string),
            poolclass=sa.StaticPool,
            connect_args={"config": {**_CONFIG, "temp_directory": spill}},
        )
        sa.event.listen(engine, "connect", self._on_connect)
        return engine

    def _on_connect(self, connection: Any, _record: Any) -> None:
        connection.execute("SET enable_progress_bar = false")
        for name, path in self.parquet.items():
            connection.execute(_view(name, Path(path)))

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The one engine of this source, on the connection that holds the views."""
        if not isinstance(self._execution_engine, DuckDBExecutionEngine):
            self._execution_engine = DuckDBExecutionEngine(engine=self.get_engine(), create_temp_table=False)
        return self._execution_engine

    def add_parquet_asset(self, name: str, path: Path) -> TableAsset:
        """Add the file ``path`` as a view called ``name``. Nothing is copied; the file is read when it is checked."""
        self.parquet = {**self.parquet, name: str(path)}
        with self.get_engine().begin() as connection:
            connection.exec_driver_sql(_view(name, path))
        return self.add_table_asset(name, table_name=name)

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


def _view(name: str, path: Path) -> str:
    return f"CREATE OR REPLACE VIEW {ident(name)} AS SELECT * FROM {parquet(path)}"
