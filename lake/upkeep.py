"""What maintenance remembers of a table: versions that were dropped, files that rest before they go, files that stay.

It is one small file per table, ``lake/upkeep/<dataset>.json``, written before the table changes. A process that is
killed in between leaves entries that speak of things to come; whoever reads them holds them against the table, and
the next maintenance puts them right.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from lake.errors import UpkeepUnreadable
from lake.folders import private_folder, replacing
from lake.version import Version


@dataclass(frozen=True)
class Dropped:
    """A version that retention removed: what it was and when it went (ISO instants)."""

    id: str
    number: int
    rows: int
    content_hash: str
    delivery: str
    committed_at: str
    dropped_at: str

    @classmethod
    def of(cls, version: Version, now: datetime) -> Self:
        committed, dropped = (t.isoformat(timespec="milliseconds") for t in (version.committed_at, now))
        return cls(version.id, version.number, version.rows, version.content_hash, version.delivery, committed, dropped)


@dataclass
class Upkeep:
    """The memory of one table. ``resting`` maps files, relative to the table's folder, to when they fell out of use.

    ``settled`` holds the tokens of data files that are known although no snapshot bears them any more.
    """

    path: Path
    dropped: list[Dropped] = field(default_factory=list)
    resting: dict[str, str] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, lake: Path, dataset: str) -> Self:
        """The memory of ``dataset`` in the folder ``lake``, empty before its first maintenance; raises UpkeepUnreadable."""
        path = cls.path_of(lake, dataset)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            dropped = [Dropped(**each) for each in content["dropped"]]
            return cls(path, dropped, dict(content["resting"]), set(content["settled"]))
        except FileNotFoundError:
            return cls(path)
        except (ValueError, KeyError, TypeError) as cause:
            raise UpkeepUnreadable(path, cause) from cause

    @staticmethod
    def path_of(lake: Path, dataset: str) -> Path:
        """The file of a dataset's memory."""
        return lake / "upkeep" / f"{dataset}.json"

    def when_dropped(self, version: str) -> str | None:
        """The day on which retention removed the version with this id; None where it did not."""
        return next((each.dropped_at[:10] for each in self.dropped if each.id == version), None)

    def current_at(self, moment: datetime) -> Dropped | None:
        """The last of the dropped versions that were there at ``moment``."""
        found = [each for each in self.dropped if datetime.fromisoformat(each.committed_at) <= moment]
        return max(found, key=lambda each: each.number, default=None)

    def forget(self, present: Iterable[Version]) -> None:
        """Take back what was written of versions that are still there."""
        ids = {version.id for version in present}
        self.dropped = [each for each in self.dropped if each.id not in ids]

    def write(self) -> None:
        """Put the memory on disk, whole or not at all; nothing is written where nothing changed."""
        from lake.location import sync

        content = {
            "dropped": [asdict(each) for each in self.dropped],
            "resting": self.resting,
            "settled": sorted(self.settled),
        }
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        if self.path.exists() and self.path.read_text(encoding="utf-8") == text:
            return
        if not (self.path.exists() or self.dropped or self.resting or self.settled):
            return
        private_folder(self.path.parent)
        with replacing(self.path) as part:
            part.write_text(text, encoding="utf-8")
            part.chmod(0o600)
            sync(part)
