"""Tidying one table under its lock: versions that may go, snapshots that show none, files that nothing refers to."""

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lake.read import versions
from lake.retention import Reason, Retention, judged
from lake.sweep import referenced, table_folder, token, unreferenced
from lake.upkeep import Dropped, Upkeep
from lake.version import Version

if TYPE_CHECKING:
    from pyiceberg.table import Table


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What maintenance does. ``retention`` is None where no version may go; ``target`` is a file's size in bytes."""

    retention: Retention | None = field(default_factory=Retention)
    compact: bool = True
    clean: bool = True
    grace: timedelta = timedelta(hours=24)
    target: int = 256 * 1024**2


@dataclass(frozen=True)
class Compacted:
    """What was worn in the newest version: data files and their bytes, before and after, and how many manifests.

    The bytes after are None in a dry run.
    """

    version: str
    files: tuple[int, int]
    bytes: tuple[int, int | None]
    manifests: int


@dataclass(frozen=True)
class Orphan:
    """A file or folder of the lake that nothing refers to; it rests where it is too young to be removed."""

    path: str
    bytes: int
    resting: bool


@dataclass
class Maintained:
    """What was done to one table, or, in a dry run, what there is to do.

    ``kept`` says why each version stays; ``snapshots`` counts the Iceberg snapshots that show no version that stays.
    """

    dataset: str
    compacted: Compacted | None = None
    dropped: list[Dropped] = field(default_factory=list)
    kept: dict[str, Reason] = field(default_factory=dict)
    snapshots: int = 0
    orphans: list[Orphan] = field(default_factory=list)
    tableless: bool = False
    """There is a folder in the warehouse, and no table."""
    postponed: bool = False
    """Commits kept coming in while files were rewritten, so the compaction was put off."""
    damaged: str = ""
    """The file whose rows could not be read back as they were; it is left alone."""

    @property
    def removed(self) -> int:
        """Bytes of the files that are gone, or, in a dry run, would go."""
        return sum(orphan.bytes for orphan in self.orphans if not orphan.resting)


@dataclass(frozen=True)
class Tidy:
    """The tidying of ``table``, whose lock is held unless this is a dry run."""

    table: "Table"
    root: Path
    dataset: str
    rules: Rules
    dry_run: bool
    now: datetime

    def run(self, found: Maintained, published: Collection[str] | None, named: Collection[str]) -> None:
        """Write down what will fall out of use, let it fall, and remove what has rested long enough."""
        present = versions(self.dataset, self.table)
        if rule := self.rules.retention:
            reasons = judged(present, rule, published, named, self.now)
            found.kept = {name: reason for name, reason in reasons.items() if reason}
            found.dropped = [Dropped.of(v, self.now) for v in present if not reasons[v.id]]
        expired = self._expired(present, found)
        found.snapshots = len(expired)
        upkeep = Upkeep.of(self.root, self.dataset)
        upkeep.forget(present)
        upkeep.dropped += found.dropped
        released = self._remember(upkeep, expired)
        if self.dry_run:
            self._orphans(upkeep, found, sorted({*released, *unreferenced(self.table, self._warehouse)}))
            return
        upkeep.write()
        if expired:
            self.table.maintenance.expire_snapshots().by_ids(sorted(expired)).commit()
        if self.rules.clean:
            self._orphans(upkeep, found, unreferenced(self.table, self._warehouse))
            upkeep.write()

    @property
    def _warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def _folder(self) -> Path:
        return table_folder(self.table, self._warehouse)

    def _expired(self, present: list[Version], found: Maintained) -> frozenset[int]:
        """The snapshots that show no version that stays: dropped ones, former layouts, and steps of commits."""
        dropped = {each.id for each in found.dropped}
        needed = {v.snapshot_id for v in present if v.id not in dropped}
        needed |= {ref.snapshot_id for ref in self.table.refs().values()}
        return frozenset(s.snapshot_id for s in self.table.snapshots()) - needed

    def _remember(self, upkeep: Upkeep, expired: frozenset[int]) -> set[Path]:
        """Note the files that will fall out of use with the snapshots ``expired``, and return them."""
        before = referenced(self.table, self._warehouse)
        after = referenced(self.table, self._warehouse, without=expired) if expired else before
        released = before - after
        former = {
            name: since
            for name, since in upkeep.resting.items()
            if (path := self._folder / name).exists() and path not in before
        }
        moment = self.now.isoformat(timespec="seconds")
        upkeep.resting = former | {file.relative_to(self._folder).as_posix(): moment for file in released}
        known = {*before, *(self._folder / name for name in former)}
        upkeep.settled = {token(file) for file in known if file.parent.name == "data"}
        return released

    def _orphans(self, upkeep: Upkeep, found: Maintained, files: list[Path]) -> None:
        """Remove the files that have rested long enough, or that no snapshot ever showed to anyone."""
        for file in files:
            name = file.relative_to(self._folder).as_posix()
            since = upkeep.resting.get(name)
            resting = since is not None and self.now - datetime.fromisoformat(since) < self.rules.grace
            found.orphans.append(Orphan(file.relative_to(self.root).as_posix(), file.stat().st_size, resting))
            if not resting and not self.dry_run:
                file.unlink(missing_ok=True)
                upkeep.resting.pop(name, None)


def clean(root: Path, dataset: str, grace: timedelta, now: datetime, found: Maintained, *, locked: bool) -> None:
    """Remove what killed processes left beside the table: spilled rows, and the folder of a table that was never made.

    Only the holder of the table's lock knows that what commits spilled is left over; ``locked`` says that it is held.
    Everything else must be older than ``grace``.
    """
    spill, folder = root / "spill", root / "warehouse" / dataset
    left = [(path, locked) for path in (spill / dataset).glob("*")]
    left += [(path, False) for path in spill.glob(f"{dataset}--*")]
    if found.tableless and folder.is_dir() and not any((folder / "data").glob("*")):
        left.append((folder, False))
    for path, certain in left:
        size, newest = measured(path)
        resting = not certain and now - newest < grace
        found.orphans.append(Orphan(path.relative_to(root).as_posix(), size, resting))
        if not resting and locked:
            remove(path)


def measured(path: Path) -> tuple[int, datetime]:
    """The bytes of a file or of all files in a folder, and when anything there last changed."""
    size, newest = 0, 0.0
    for each in (path, *path.rglob("*")):
        with suppress(FileNotFoundError):  # its owner may be at work
            told = each.stat()
            size += 0 if each.is_dir() else told.st_size
            newest = max(newest, told.st_mtime)
    return size, datetime.fromtimestamp(newest, UTC)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
