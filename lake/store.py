"""The lake of one home folder: committing versions and finding them again."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint import Column, Concept, Contract
from blueprint.errors import HanoiError
from lake.accepted import Accepted
from lake.errors import LakeBusy, UnknownVersion, write_error
from lake.folders import private_folder, scratch
from lake.schema import duckdb_types, iceberg_schema, metrics
from lake.version import CommitRecord, Version

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import Table

    from lake.diff import Sides, VersionDiff
    from lake.verify import Verified

_NAMESPACE = "hanoi"


class Lake:
    """Versions of datasets under ``home/lake``: Iceberg v2 tables, their catalog in SQLite, all folders private.

    Any number of processes on one host may commit and read at the same time: each table has its lock, readers need
    none. The home may be moved or copied to another folder; this class reads Iceberg's absolute paths relative to
    where it is, other engines do not. ``lock_timeout`` is how many seconds a commit waits for another one to end.

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> Lake(Path(mkdtemp())).datasets()
    []
    """

    def __init__(self, home: Path, *, lock_timeout: float = 600) -> None:
        self.root = Path(home).absolute() / "lake"
        self.warehouse = self.root / "warehouse"
        self._catalog_file = self.root / "catalog.sqlite"
        self._lock_timeout = lock_timeout

    def commit(
        self, contract: Contract, concepts: Callable[[Column], Concept], accepted: Path, record: CommitRecord
    ) -> Version:
        """Make the rows of the Parquet file ``accepted`` the newest version of the contract's dataset.

        The file has the contract's columns in the types of ``blueprint.types.DUCKDB_TYPES``. Its rows replace all rows of
        the version before, or, where the contract names a ``partition``, those of the partitions that it brings. Rows
        that say the same as the newest version under the same contract version add nothing: that version comes back
        with ``new=False``.

        Raises WrongAcceptedFile, SchemaRefused, LakeBusy, LakeFull or LakeWriteFailed; after each of them readers see
        the version before, and the next commit of the table removes what was left on disk.
        """
        from lake.commit import Commit
        from lake.sql import connection
        from lake.sweep import sweep

        rows = Accepted(contract, duckdb_types(contract, concepts), Path(accepted))
        spill = self.root / "spill" / contract.dataset
        try:
            with self._lock(contract.dataset), scratch(spill), connection(spill) as con:
                rows.check(con)
                with self._catalog(create=True) as catalog:
                    table = self._table(catalog, rows)
                    sweep(table, self.warehouse, spill)
                    try:
                        return Commit(con, table, self.warehouse, spill).write(rows, record)
                    except BaseException:
                        with suppress(Exception):
                            sweep(self._table(catalog, rows), self.warehouse, spill)
                        raise
        except HanoiError:
            raise
        except Exception as cause:
            raise write_error(contract.dataset, self.root, cause) from cause

    def datasets(self) -> list[str]:
        """The ids of the datasets that have a version."""
        with self._catalog() as catalog:
            names = sorted(name for _, name in catalog.list_tables(_NAMESPACE)) if catalog else []
        return [name for name in names if self.versions(name)]

    def versions(self, dataset: str) -> list[Version]:
        """The versions of a dataset, oldest first; none where it was never committed."""
        from lake.read import versions

        with self._opened(dataset) as table:
            return versions(dataset, table) if table else []

    def current(self, dataset: str) -> Version | None:
        """The newest version of a dataset."""
        return next(reversed(self.versions(dataset)), None)

    def version(self, dataset: str, version: str) -> Version:
        """The version with this id; raises UnknownVersion, which lists those that there are."""
        known = self.versions(dataset)
        for found in known:
            if found.id == version:
                return found
        raise UnknownVersion(dataset, version, [v.id for v in known])

    def as_of(self, dataset: str, moment: datetime) -> Version:
        """The version that was current at ``moment``, an aware datetime; raises UnknownVersion before the first."""
        known = self.versions(dataset)
        found = [v for v in known if v.committed_at <= moment]
        if not found:
            raise UnknownVersion(dataset, moment.isoformat(), [v.id for v in known])
        return found[-1]

    def diff(self, dataset: str, former: str, present: str, key: Sequence[str] = ()) -> "VersionDiff":
        """What changed from version ``former`` to ``present``, by ``key`` where it is unique in both versions."""
        from lake.diff import VersionDiff, counted
        from lake.sql import connection

        old, new = self.version(dataset, former), self.version(dataset, present)
        with connection(self._spill(dataset)) as con:
            sides, gone, come = self._sides(con, old, new, key)
            added, removed, changed, per_column = counted(con, sides)
        return VersionDiff(
            dataset,
            former,
            present,
            tuple(sides.key),
            (old.rows, new.rows),
            added,
            removed,
            changed,
            come,
            gone,
            per_column,
        )

    def changes(
        self, dataset: str, former: str, present: str, key: Sequence[str] = (), limit: int | None = None
    ) -> "pa.Table":
        """The rows that changed from version ``former`` to ``present``, as an Arrow table; see ``lake.diff.changes``."""
        from lake.diff import changes
        from lake.sql import connection

        with connection(self._spill(dataset)) as con:
            sides, _, _ = self._sides(con, self.version(dataset, former), self.version(dataset, present), key)
            return changes(con, sides, limit)

    def _sides(
        self, con: "DuckDBPyConnection", old: Version, new: Version, key: Sequence[str]
    ) -> "tuple[Sides, tuple[str, ...], tuple[str, ...]]":
        from lake.diff import Sides, has_unique_key

        queries = self.select(old), self.select(new)
        before, after = ([str(c[0]) for c in con.execute(f"DESCRIBE {q}").fetchall()] for q in queries)
        common = [c for c in before if c in after]
        usable = set(key) <= set(common) and all(has_unique_key(con, q, key) for q in queries)
        sides = Sides(*queries, common, tuple(key) if usable else ())
        return sides, tuple(c for c in before if c not in after), tuple(c for c in after if c not in before)

    def verify(self, dataset: str) -> "list[Verified]":
        """Read and hash every version of a dataset again; what does not fit is told in the result, not raised."""
        from lake.sql import connection
        from lake.verify import verified

        with self._opened(dataset) as table, connection(self._spill(dataset)) as con:
            return verified(con, dataset, table, self.warehouse) if table else []

    def _spill(self, dataset: str) -> Path:
        return self.root / "spill" / f"{dataset}--read-{os.getpid()}"

    def files(self, version: Version) -> list[Path]:
        """The Parquet files that make up a version, none where it has no rows. They never change.

        After a change of the contract older files lack the new columns: read them through ``select``, or by field id.
        """
        from lake.read import data_files

        with self._opened(version.dataset) as table:
            return data_files(self._known(table, version), version, self.warehouse)

    def select(self, version: Version, columns: Sequence[str] | None = None) -> str:
        """A DuckDB query for the rows of a version: ``columns`` in the order asked, or all of them.

        Raises UnknownColumn for a name that the version does not have.
        """
        from lake.read import select

        with self._opened(version.dataset) as table:
            return select(self._known(table, version), version, self.warehouse, columns)

    @staticmethod
    def _known(table: "Table | None", version: Version) -> "Table":
        from lake.read import versions

        if table is None or table.snapshot_by_id(version.snapshot_id) is None:
            raise UnknownVersion(
                version.dataset, version.id, [v.id for v in versions(version.dataset, table)] if table else []
            )
        return table

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        from filelock import FileLock, Timeout

        folder = private_folder(self.root / "locks")
        try:
            with FileLock(folder / f"{name}.lock", timeout=self._lock_timeout, mode=0o600, poll_interval=0.01):
                yield
        except Timeout as cause:
            raise LakeBusy(name, self._lock_timeout) from cause

    @contextmanager
    def _catalog(self, *, create: bool = False) -> "Iterator[SqlCatalog | None]":
        """The SQL catalog; None where there is none and none is to be made."""
        if not self._catalog_file.exists():
            if not create:
                yield None
                return
            self._make_catalog()
        catalog = self._sql_catalog(self._catalog_file)
        try:
            yield catalog
        finally:
            catalog.close()

    def _make_catalog(self) -> None:
        """Make the catalog aside and rename it into place: one that is there is whole."""
        with self._lock(".catalog"):
            if self._catalog_file.exists():
                return
            draft = self.root / ".catalog.draft.sqlite"
            draft.unlink(missing_ok=True)
            catalog = self._sql_catalog(draft)
            catalog.create_namespace(_NAMESPACE)
            catalog.close()
            draft.chmod(0o600)
            draft.rename(self._catalog_file)

    def _sql_catalog(self, file: Path) -> "SqlCatalog":
        from pyiceberg.catalog.sql import SqlCatalog
        from sqlalchemy import URL

        from lake.location import PROPERTY

        return SqlCatalog(
            "lake",
            **{
                "uri": URL.create("sqlite", database=str(file)).render_as_string(),
                "warehouse": str(self.warehouse),
                "py-io-impl": "lake.location.WarehouseFileIO",
                PROPERTY: str(self.warehouse),
            },
        )

    @contextmanager
    def _opened(self, dataset: str) -> "Iterator[Table | None]":
        from pyiceberg.exceptions import NoSuchTableError

        with self._catalog() as catalog:
            table = None
            if catalog:
                with suppress(NoSuchTableError):
                    table = catalog.load_table((_NAMESPACE, dataset))
            yield table

    def _table(self, catalog: "SqlCatalog | None", rows: Accepted) -> "Table":
        """The table of a contract, made where it is the first commit."""
        from pyiceberg.exceptions import NoSuchTableError
        from pyiceberg.partitioning import PartitionField, PartitionSpec
        from pyiceberg.transforms import IdentityTransform

        assert catalog is not None  # noqa: S101 - commits open the catalog with create=True
        name = rows.contract.dataset
        folder = self.warehouse / name
        for private in (folder, folder / "data", folder / "metadata"):
            private_folder(private)
        with suppress(NoSuchTableError):
            return catalog.load_table((_NAMESPACE, name))
        schema = iceberg_schema(rows.columns)
        fields = []
        if (partition := rows.contract.partition) is not None:
            source = schema.find_field(partition).field_id
            fields = [PartitionField(source, 1000, IdentityTransform(), partition)]
        return catalog.create_table(
            (_NAMESPACE, name),
            schema,
            location=str(folder),
            partition_spec=PartitionSpec(*fields),
            properties={
                "format-version": "2",
                "write.metadata.delete-after-commit.enabled": "true",
                "write.metadata.previous-versions-max": "20",
                **metrics(rows.columns, partition),
            },
        )
