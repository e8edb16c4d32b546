"""Maintenance of one table: compaction, retention, and files that nothing refers to any more.

Readers and commits go on meanwhile. The table's lock is held for changes of its metadata alone, never while data is
copied. What falls out of use stays on disk for ``Rules.grace`` longer, so that a reader that began before reads to its
end; then the next maintenance removes it. Raw deliveries are no part of this, and are never removed.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.errors import HanoiError
from lake.catalogs import NAMESPACE
from lake.compaction import Rewritten, planned, replace, staged
from lake.errors import LakeBusy, LakeWriteFailed, MaintenanceFailed, write_error
from lake.folders import scratch
from lake.sweep import sweep
from lake.tidy import Compacted, Maintained, Rules, Tidy, clean

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from lake.catalogs import SqliteCatalogs

_ATTEMPTS = 3


@dataclass(frozen=True)
class Maintenance:
    """The maintenance of one table of the lake in ``root``, at the moment ``now``."""

    catalogs: "SqliteCatalogs"
    root: Path
    dataset: str
    rules: Rules
    dry_run: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def run(self, published: Collection[str] | None, named: Collection[str]) -> Maintained:
        """Do all that the rules ask for; ``published`` and ``named`` are as in ``lake.retention.judged``."""
        found = Maintained(self.dataset)
        if not (self._warehouse / self.dataset).exists():
            return found
        try:
            if self.rules.compact:
                self._compact(found)
            self._tidy(found, published, named)
        except HanoiError:
            raise
        except Exception as cause:
            told = write_error(self.dataset, self.root, cause)
            plain = type(told) is LakeWriteFailed
            raise (MaintenanceFailed(self.dataset, cause) if plain else told) from cause
        return found

    @property
    def _warehouse(self) -> Path:
        return self.root / "warehouse"

    @contextmanager
    def _held(self) -> "Iterator[Table | None]":
        """The table under its lock; in a dry run, without."""
        from pyiceberg.exceptions import NoSuchTableError

        if self.dry_run:
            with self.catalogs.table(self.dataset) as table:
                yield table
            return
        with self.catalogs.writing(self.dataset) as catalog:
            held = None
            with suppress(NoSuchTableError):
                held = catalog.load_table((NAMESPACE, self.dataset))
            yield held

    def _tidy(self, found: Maintained, published: Collection[str] | None, named: Collection[str]) -> None:
        """Tidy the table and its surroundings, and again where a writer that knows of no lock came in between."""
        from lake.swap import TableMoved

        for _ in range(_ATTEMPTS):
            with suppress(TableMoved), self._held() as table:
                found.tableless = table is None
                if table:
                    tidy = Tidy(table, self.root, self.dataset, self.rules, self.dry_run, self.now)
                    tidy.run(found, published, named)
                if self.rules.clean:
                    clean(self.root, self.dataset, self.rules.grace, self.now, found, locked=not self.dry_run)
                return
        raise LakeBusy(self.dataset, 0)

    def _compact(self, found: Maintained) -> None:
        """Rewrite the newest version where it is worn, and again where a commit came in between."""
        for _ in range(_ATTEMPTS):
            if self._compacted(found):
                return
        found.postponed = True

    def _compacted(self, found: Maintained) -> bool:
        """Whether the newest version is in good order now."""
        from lake.sql import connection
        from lake.swap import TableMoved

        with self.catalogs.table(self.dataset) as table:
            plan = planned(self.dataset, table, self._warehouse, self.rules.target) if table else None
            if table is None or plan is None:
                return True
            files = sum(worn.wanted for worn in plan.partitions)
            size = sum(worn.bytes for worn in plan.partitions)
            if self.dry_run:
                found.compacted = Compacted(plan.version.id, (len(plan.files), files), (size, None), plan.manifests)
                return True
            spill = self.root / "spill" / f"{self.dataset}--maintain-{os.getpid()}"
            with scratch(spill), connection(spill) as con:
                try:
                    parts = [staged(con, table, w, spill / f"{i:04d}") for i, w in enumerate(plan.partitions)]
                except Rewritten as damage:
                    found.damaged = str(damage)
                    return True
                written = [file for part in parts for file in part]
                after = sum(file.stat().st_size for file in written)
                with self._held() as held:
                    if held is None or held.metadata_location != table.metadata_location:
                        return False
                    try:
                        replace(held, plan, parts, self._warehouse)
                    except TableMoved:
                        return False
                    except BaseException:
                        with suppress(Exception):
                            sweep(held.refresh(), self._warehouse, spill)
                        raise
            found.compacted = Compacted(plan.version.id, (len(plan.files), len(written)), (size, after), plan.manifests)
            return True
