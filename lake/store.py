"""The lake of one home folder: committing versions and finding them again."""

import os
import shutil
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint import Column, Concept, Contract
from blueprint.errors import HanoiError
from lake.accepted import Accepted
from lake.catalogs import NAMESPACE, catalogs
from lake.errors import CatalogElsewhere, LakeBusy, UnknownVersion, UpkeepUnreadable, VersionMoved, write_error
from lake.folders import private_folder, scratch
from lake.schema import duckdb_types, iceberg_schema, metrics
from lake.version import CommitRecord, Version

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from pyiceberg.table import Table

    from lake.diff import Sides, VersionDiff
    from lake.swap import LakeCatalog
    from lake.tidy import Maintained, Rules
    from lake.upkeep import Upkeep
    from lake.verify import Verified
    from lake.where import Condition

_ATTEMPTS = 20


class Lake:
    """Versions of datasets under ``home/lake``: Iceberg v2 tables, their catalog in SQLite, all folders private.

    Any number of processes on one host may commit and read at the same time: each table has its lock, readers need
    none. The home may be moved or copied to another folder; this class reads Iceberg's absolute paths relative to
    where it is, other engines do not. ``lock_timeout`` is how many seconds a commit waits for another one to end.

    ``catalog`` is the URL of a PostgreSQL database, ``postgresql://user:password@host:5432/database``, that takes
    SQLite's place where several hosts share the home; then a copy of the home needs a copy of the database.

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> Lake(Path(mkdtemp())).datasets()
    []
    """

    def __init__(self, home: Path, *, catalog: str | None = None, lock_timeout: float = 600) -> None:
        self.root = Path(home).absolute() / "lake"
        self.warehouse = self.root / "warehouse"
        self._catalogs = catalogs(self.root, catalog, lock_timeout)

    def commit(
        self,
        contract: Contract,
        concepts: Callable[[Column], Concept],
        accepted: Path,
        record: CommitRecord,
        *,
        onto: str | None = None,
    ) -> Version:
        """Make the rows of the Parquet file ``accepted`` the newest version of the contract's dataset.

        The file has the contract's columns in the types of ``blueprint.types.DUCKDB_TYPES``. Its rows replace all rows of
        the version before, or, where the contract names a ``partition``, those of the partitions that it brings: a delivery
        brings each of its partitions whole, so that what it leaves out of a day is gone from that day. Rows that say the
        same as the newest version under the same contract version add nothing: that version comes back with ``new=False``.

        ``onto`` is the id of the version that must be the newest one when the rows are written, empty for none: rows that
        were judged by what stood before are not put over what came since. VersionMoved says that there is another.

        Raises WrongAcceptedFile, PartitionRefused, SchemaRefused, LakeBusy, LakeFull, LakeWriteFailed or
        CatalogElsewhere; after each of them readers see the version before, and the next commit of the table removes
        what was left on disk. After CatalogUnreachable they see either the version before or the new one; a repeated
        commit adds nothing.
        """
        from lake.sql import connection

        rows = Accepted(contract, duckdb_types(contract, concepts), Path(accepted))
        spills = self.root / "spill" / contract.dataset
        try:
            with self._catalogs.writing(contract.dataset) as catalog:
                shutil.rmtree(spills, ignore_errors=True)  # what commits that were killed left there
                with scratch(spills / uuid.uuid4().hex) as spill, connection(spill) as con:
                    rows.check(con)
                    return self._committed(catalog, con, rows, record, spill, onto)
        except HanoiError:
            raise
        except Exception as cause:
            raise write_error(contract.dataset, self.root, cause) from cause

    def _committed(
        self,
        catalog: "LakeCatalog",
        con: "DuckDBPyConnection",
        rows: Accepted,
        record: CommitRecord,
        spill: Path,
        onto: str | None,
    ) -> Version:
        """Commit under the table's lock; begin again where a writer that knows of no lock was faster."""
        from lake.commit import Commit
        from lake.read import current
        from lake.swap import TableMoved
        from lake.sweep import sweep

        for _ in range(_ATTEMPTS):
            table = self._table(catalog, rows)
            sweep(table, self.warehouse, spill)
            newest = current(rows.contract.dataset, table)
            if onto is not None and onto != (newest.id if newest else ""):
                raise VersionMoved(rows.contract.dataset, onto, newest.id if newest else "")
            try:
                return Commit(con, table, self.warehouse, spill).write(rows, record)
            except TableMoved:
                continue
            except BaseException:
                with suppress(Exception):
                    sweep(self._table(catalog, rows), self.warehouse, spill)
                raise
        raise LakeBusy(rows.contract.dataset, 0)

    def datasets(self) -> list[str]:
        """The ids of the datasets that have a version."""
        return [name for name in self.tables() if self.versions(name)]

    def tables(self) -> list[str]:
        """The ids of the datasets that have a table, whether or not it can be read."""
        with self._catalogs.reading() as catalog:
            return sorted(name for _, name in catalog.list_tables(NAMESPACE)) if catalog else []

    def versions(self, dataset: str) -> list[Version]:
        """The versions of a dataset, oldest first; none where it was never committed."""
        from lake.read import versions

        with self._catalogs.table(dataset) as table:
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
        raise UnknownVersion(dataset, version, [v.id for v in known], self._upkeep(dataset).when_dropped(version))

    def as_of(self, dataset: str, moment: datetime) -> Version:
        """The version that was current at ``moment``, an aware datetime.

        Raises UnknownVersion before the first one, and where retention has removed the one that was current.
        """
        known = self.versions(dataset)
        found = [v for v in known if v.committed_at <= moment]
        gone = self._upkeep(dataset).current_at(moment)
        if gone and (not found or gone.number > found[-1].number):
            raise UnknownVersion(dataset, gone.id, [v.id for v in known], gone.dropped_at[:10])
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
        from lake.diff import matched

        return matched(con, self.select(old), self.select(new), key)

    def verify(self, dataset: str, told: "Callable[[Verified], None] | None" = None) -> "list[Verified]":
        """Read and hash every version of a dataset again; what does not fit is told in the result, not raised.

        ``told`` is called with each version as soon as it is read.
        """
        from lake.sql import connection
        from lake.verify import unreadable, verified

        found: list[Verified] = []
        try:
            with self._catalogs.table(dataset) as table, connection(self._spill(dataset)) as con:
                for each in verified(con, dataset, table, self.warehouse) if table else ():
                    found.append(each)
                    if told:
                        told(each)
        except HanoiError:
            raise
        except Exception as error:
            # A table whose metadata is damaged or gone is a finding like any other.
            found.append(unreadable(dataset, "", 0, error))
        return found

    def maintain(
        self,
        dataset: str,
        rules: "Rules | None" = None,
        *,
        published: Collection[str] | None = None,
        named: Collection[str] = (),
        dry_run: bool = False,
        now: datetime | None = None,
    ) -> "Maintained":
        """Compact the newest version, drop versions that may go, remove files that nothing refers to; see ``lake.maintain``.

        ``published`` holds the ids of all versions that may ever have been published; None, which drops nothing, says
        that nobody knows. ``named`` holds those that a record names. ``now`` is the moment to reckon from.
        """
        from lake.maintain import Maintenance
        from lake.tidy import Rules

        work = Maintenance(
            self._catalogs, self.root, dataset, rules or Rules(), dry_run=dry_run, now=now or datetime.now(UTC)
        )
        return work.run(published, named)

    def _spill(self, dataset: str) -> Path:
        return self.root / "spill" / f"{dataset}--read-{os.getpid()}"

    def files(self, version: Version, where: "Mapping[str, Condition] | None" = None) -> list[Path]:
        """The Parquet files that make up a version, none where it has no rows. A file never changes.

        With ``where``, as in ``select``, those alone that may hold such rows. Maintenance may lay the same rows out in
        other files; the former ones stay for its time of grace. After a change of the contract older files lack the new
        columns: read them through ``select``, or by field id.
        """
        from lake.read import data_files

        with self._catalogs.table(version.dataset) as table:
            return data_files(*self._known(table, version), self.warehouse, where)

    def select(
        self,
        version: Version,
        columns: Sequence[str] | None = None,
        where: "Mapping[str, Condition] | None" = None,
    ) -> str:
        """A DuckDB query for the rows of a version: ``columns`` in the order asked, or all of them.

        ``where`` asks for some of the rows: a value per column, or a range ``(from, before)`` in which None leaves an end
        open. Files that hold no such row are left out of the query, so that a day of a table with partitions costs that
        day: ``select(version, where={"observed_at": (date(2025, 3, 1), date(2025, 3, 2))})``. A date stands for its
        midnight, in UTC where the column holds instants.

        Raises UnknownColumn for a name that the version does not have, WrongCondition for a value of another type.
        """
        from lake.read import select

        with self._catalogs.table(version.dataset) as table:
            return select(*self._known(table, version), self.warehouse, columns, where)

    def _known(self, table: "Table | None", version: Version) -> "tuple[Table, Version]":
        """The table, and the version as it is laid out now."""
        from lake.read import versions

        present = versions(version.dataset, table) if table else []
        for found in present:
            if table and found.id == version.id:
                return table, found
        dropped = self._upkeep(version.dataset).when_dropped(version.id)
        raise UnknownVersion(version.dataset, version.id, [v.id for v in present], dropped)

    def _upkeep(self, dataset: str) -> "Upkeep":
        """What maintenance remembers; nothing where that cannot be read, for it only words an error here."""
        from lake.upkeep import Upkeep

        try:
            return Upkeep.of(self.root, dataset)
        except UpkeepUnreadable:
            return Upkeep(Upkeep.path_of(self.root, dataset))

    def _table(self, catalog: "LakeCatalog", rows: Accepted) -> "Table":
        """The table of a contract, made where it is the first commit."""
        from pyiceberg.exceptions import NoSuchTableError
        from pyiceberg.partitioning import PartitionSpec

        name = rows.contract.dataset
        folder = self.warehouse / name
        for private in (folder, folder / "data", folder / "metadata"):
            private_folder(private)
        with suppress(NoSuchTableError):
            return catalog.load_table((NAMESPACE, name))
        if any((folder / "data").iterdir()):
            raise CatalogElsewhere(self.root, self._catalogs.place)
        schema = iceberg_schema(rows.columns)
        how = rows.partitioning
        return catalog.create_table(
            (NAMESPACE, name),
            schema,
            location=str(folder),
            partition_spec=PartitionSpec(how.field(schema)) if how else PartitionSpec(),
            properties={
                "format-version": "2",
                "write.metadata.delete-after-commit.enabled": "true",
                "write.metadata.previous-versions-max": "20",
                **metrics(rows.columns, rows.contract.partition),
            },
        )
