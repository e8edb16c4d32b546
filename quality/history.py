"""The history of accepted versions: one entry each, against which later deliveries are judged.

A delivery that the gate refused is never entered, and quarantined rows are in no entry, so that bad data cannot become
the measure of good data.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint.contract import Contract
from blueprint.days import ZONE
from blueprint.errors import HanoiError
from blueprint.load import Blueprint
from blueprint.sql import file_literal, parquet
from lake.folders import private_folder, scratch, write_private
from quality.freshness import Group, Newest
from quality.profile import GroupProfile, Profile, profile

if TYPE_CHECKING:
    from lake import Lake, Version

_KEPT = 400
"""The groups of older entries are dropped; their other figures stay."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    dataset TEXT, number INTEGER, version TEXT, contract TEXT, committed_at TEXT, confirmed_at TEXT, simulated INTEGER,
    day TEXT, rows INTEGER, newest TEXT, whole_days INTEGER, "by" TEXT, columns TEXT, PRIMARY KEY (dataset, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS groups (
    dataset TEXT, number INTEGER, "values" TEXT, rows INTEGER, newest TEXT, measures TEXT,
    PRIMARY KEY (dataset, number, "values")
) WITHOUT ROWID;
"""


class HistoryError(HanoiError):
    """The history cannot be read or written; versions and their data are not affected."""

    def __init__(self, file: Path, cause: Exception) -> None:
        super().__init__(
            f"Không dùng được lịch sử chất lượng {file}: {cause}. Các phiên bản dữ liệu không bị ảnh hưởng; hãy giải phóng "
            "dung lượng hoặc chuyển tệp này đi rồi chạy: hanoi freshness --rebuild",
            f"The quality history {file} cannot be used: {cause}. No version of the data is affected; free some space, or move "
            "this file away and run: hanoi freshness --rebuild",
        )


@dataclass(frozen=True)
class Entry:
    """What one accepted version brought.

    ``profile`` is of the rows that came with it: all rows of the version, or, where the contract names a partition, those
    of the partitions that it brought. ``confirmed_at`` is when the same content last came again. ``day`` is the newest day
    that the rows speak of, and that of the commit where they have no date.
    """

    dataset: str
    number: int
    version: str
    contract: str
    committed_at: datetime
    confirmed_at: datetime
    simulated: bool
    day: date
    profile: Profile


class History:
    """The history of a home, in ``home/history/history.sqlite``; only this user can read it.

    Any number of processes may add to it and read it at the same time. An entry is there whole or not at all.

    >>> from tempfile import mkdtemp
    >>> History(Path(mkdtemp())).entries("wards")
    []
    """

    def __init__(self, home: Path) -> None:
        self.folder = Path(home).absolute() / "history"
        self.file = self.folder / "history.sqlite"

    def add(self, contract: Contract, blueprint: Blueprint, version: "Version", accepted: Path) -> None:
        """Enter an accepted ``version`` that was committed from the Parquet file ``accepted``.

        A version that is there already is only confirmed: its content came again. Raises HistoryError.
        """
        if not self._confirm(version):
            brought = _kept(contract, accepted) or self._profile(
                contract, blueprint, parquet(accepted), version.committed_at
            )
            self._write(version, brought, version.committed_at)

    def rebuild(self, lake: "Lake", blueprint: Blueprint, dataset: str | None = None) -> int:
        """Enter every version that the lake holds again, from its rows; returns how many.

        What a version of a partitioned dataset brought is told by its files; where they cannot tell, as after a
        compaction, its rows are entered without columns and groups. Raises HistoryError.
        """
        done = 0
        for name in [dataset] if dataset else [d for d in lake.datasets() if d in blueprint.contracts]:
            known = {f"{c.dataset}@{c.version}": c for c in blueprint.contract_versions.get(name, ())}
            before: set[Path] = set()
            for version in lake.versions(name):
                contract = known.get(version.contract, blueprint.contract(name))
                files = set(lake.files(version))
                relation = f"({lake.select(version)})"
                rows = version.rows
                if contract.partition:
                    relation = _files(sorted(files - before)) if files - before else None
                    rows = version.rows_in - version.rows_quarantined
                before |= files
                found = self._profile(contract, blueprint, relation, version.committed_at) if relation else None
                if found is None or found.rows != rows:
                    found = Profile(rows, {})
                self._write(version, found, self._confirmed(version))
                done += 1
        return done

    def entries(
        self,
        dataset: str,
        last: int | None = None,
        *,
        alike: Callable[[date], bool] | None = None,
        simulated: bool | None = None,
    ) -> list[Entry]:
        """The entries of a dataset, oldest first; the ``last`` ones of those that are asked for.

        ``alike`` keeps those whose day it holds for; ``simulated`` those whose data were made up, or were not.
        """
        with self._open() as db:
            if db is None:
                return []
            days = db.execute(
                "SELECT number, day FROM entries WHERE dataset = ? AND (? IS NULL OR simulated = ?) ORDER BY number DESC",
                (dataset, simulated, simulated),
            ).fetchall()
            chosen = [n for n, day in days if alike is None or alike(date.fromisoformat(day))][:last]
            return [_entry(db, dataset, number) for number in reversed(chosen)]

    def profile_of(self, contract: Contract, blueprint: Blueprint, accepted: Path, now: datetime) -> Profile:
        """The profile of an accepted set that is no version yet; enters nothing.

        It is kept beside the file, for ``add`` once the set has become a version.
        """
        found = self._profile(contract, blueprint, parquet(accepted), now)
        kept = {"of": _of(contract, accepted), "profile": found.to_json()}
        with suppress(OSError):
            write_private(_beside(accepted), json.dumps(kept, ensure_ascii=False))
        return found

    def newest(self, contract: Contract, version: "Version") -> Newest | None:
        """The newest moment that ``version`` has data of, told without reading it; ``None`` where entries are missing.

        Where the contract names no column it is the moment at which the version's content last came.
        """
        with self._open() as db:
            if db is None:
                return None
            head = db.execute(
                "SELECT * FROM entries WHERE dataset = ? AND version = ?", (version.dataset, version.id)
            ).fetchone()
            if head is None:
                return None
            if contract.freshness is None or contract.freshness.column is None:
                return Newest(datetime.fromisoformat(head["confirmed_at"]))
            first = 1 if contract.partition else head["number"]
            heads = db.execute(
                'SELECT newest, whole_days, "by", contract FROM entries WHERE dataset = ? AND number BETWEEN ? AND ?',
                (version.dataset, first, head["number"]),
            ).fetchall()
            same = {(h["whole_days"], h["by"], h["contract"]) for h in heads}
            asked = (json.dumps(contract.freshness.by), contract.ref)
            whole = len(heads) == head["number"] - first + 1 and all(h["newest"] for h in heads)
            if not whole or len(same) > 1 or {s[1:] for s in same} != {asked} or len(heads) > _KEPT:
                return None
            newest = max(datetime.fromisoformat(h["newest"]) for h in heads)
            groups = db.execute(
                'SELECT "values", max(newest) AS newest FROM groups WHERE dataset = ? AND number BETWEEN ? AND ? '
                'AND newest IS NOT NULL GROUP BY "values"',
                (version.dataset, first, head["number"]),
            ).fetchall()
        found = {tuple(json.loads(g["values"])): datetime.fromisoformat(g["newest"]) for g in groups}
        return Newest(newest, found if contract.freshness.by else None, bool(head["whole_days"]))

    def _profile(self, contract: Contract, blueprint: Blueprint, relation: str, until: datetime) -> Profile:
        from lake.sql import connection

        spill = self.folder / f".{contract.dataset}.{os.getpid()}"
        private_folder(self.folder)
        with scratch(spill), connection(spill) as con:
            return profile(con, contract, blueprint, relation, until)

    def _confirm(self, version: "Version") -> bool:
        with self._open(create=True) as db:
            at = version.committed_at if version.new else datetime.now(UTC)
            done = db.execute(
                "UPDATE entries SET confirmed_at = max(confirmed_at, ?) WHERE dataset = ? AND version = ?",
                (_utc(at), version.dataset, version.id),
            )
            return done.rowcount > 0

    def _confirmed(self, version: "Version") -> datetime:
        with self._open() as db:
            row = (
                db
                and db.execute(
                    "SELECT confirmed_at FROM entries WHERE dataset = ? AND version = ?", (version.dataset, version.id)
                ).fetchone()
            )
        return datetime.fromisoformat(row["confirmed_at"]) if row else version.committed_at

    def _write(self, version: "Version", found: Profile, confirmed_at: datetime) -> None:
        newest = found.newest
        day = (newest.at if newest else version.committed_at).astimezone(ZONE).date()
        key = (version.dataset, version.number)
        with self._open(create=True) as db:
            db.execute(
                f"INSERT OR REPLACE INTO entries VALUES ({', '.join('?' * 13)})",
                (
                    *key,
                    version.id,
                    version.contract,
                    _utc(version.committed_at),
                    _utc(confirmed_at),
                    version.simulated,
                    day.isoformat(),
                    found.rows,
                    _utc(newest.at) if newest else None,
                    newest.whole_days if newest else None,
                    json.dumps(found.by),
                    json.dumps(found.columns_json(), ensure_ascii=False),
                ),
            )
            db.execute("DELETE FROM groups WHERE dataset = ? AND (number = ? OR number <= ?)", (*key, key[1] - _KEPT))
            db.executemany(
                "INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        *key,
                        json.dumps(values, ensure_ascii=False),
                        g.rows,
                        _utc(g.newest) if g.newest else None,
                        json.dumps(g.measures_json()),
                    )
                    for values, g in found.groups.items()
                ],
            )

    @contextmanager
    def _open(self, *, create: bool = False) -> Generator[Any]:
        """The database within one transaction; ``None`` where there is none and none is to be made."""
        if not create and not (self.file.exists() and self.file.stat().st_size):
            yield None
            return
        try:
            if create:
                private_folder(self.folder)
                os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
            db = sqlite3.connect(self.file, timeout=60, isolation_level=None)
            try:
                db.row_factory = sqlite3.Row
                db.execute("BEGIN IMMEDIATE" if create else "BEGIN")
                if create:
                    for statement in filter(str.strip, _SCHEMA.split(";")):
                        db.execute(statement)
                yield db
                db.execute("COMMIT")
            finally:
                db.close()
        except (sqlite3.Error, OSError) as cause:
            raise HistoryError(self.file, cause) from cause


def _entry(db: Any, dataset: str, number: int) -> Entry:
    head = db.execute("SELECT * FROM entries WHERE dataset = ? AND number = ?", (dataset, number)).fetchone()
    groups = _groups(db, dataset, number)
    newest = Profile.newest_from(head["newest"], groups, whole_days=bool(head["whole_days"]))
    by: list[str] = json.loads(head["by"])
    return Entry(
        head["dataset"],
        head["number"],
        head["version"],
        head["contract"],
        datetime.fromisoformat(head["committed_at"]),
        datetime.fromisoformat(head["confirmed_at"]),
        bool(head["simulated"]),
        date.fromisoformat(head["day"]),
        Profile(head["rows"], Profile.columns_from(json.loads(head["columns"])), tuple(by), groups, newest),
    )


def _groups(db: Any, dataset: str, number: int) -> dict[Group, GroupProfile]:
    return {
        tuple(json.loads(row["values"])): GroupProfile.of(row["rows"], row["newest"], json.loads(row["measures"]))
        for row in db.execute("SELECT * FROM groups WHERE dataset = ? AND number = ?", (dataset, number))
    }


def _beside(accepted: Path) -> Path:
    return accepted.with_name(f"{accepted.stem}.profile.json")


def _of(contract: Contract, accepted: Path) -> list[Any]:
    """What a profile is of: another file in the same place has another time or size."""
    told = accepted.stat()
    return [contract.ref, told.st_size, told.st_mtime_ns]


def _kept(contract: Contract, accepted: Path) -> Profile | None:
    """The profile that ``profile_of`` has kept of this very file."""
    try:
        said = json.loads(_beside(accepted).read_text(encoding="utf-8"))
        return Profile.of(said["profile"]) if said["of"] == _of(contract, accepted) else None
    except (OSError, ValueError):
        return None


def _files(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(file_literal, files))}], hive_partitioning=false)"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
