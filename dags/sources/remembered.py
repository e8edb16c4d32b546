"""What servers said of the files that were fetched from them, so that an unchanged file is not sent again."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dags.sources.places import Mark
from lake.folders import private_folder, write_private


@dataclass(frozen=True)
class Remembered:
    """A file as it was last fetched from one location: the server's mark of it, its SHA-256 and its size in bytes."""

    mark: Mark
    sha256: str
    bytes: int


class Memory:
    """One small record per location, named by the location's SHA-256; an address is written nowhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, location: str) -> Remembered | None:
        """What is remembered of ``location``; nothing where the record is missing or damaged."""
        try:
            found = json.loads(self._path(location).read_text(encoding="utf-8"))
            return Remembered(Mark(**found["mark"]), str(found["sha256"]), int(found["bytes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, location: str, mark: Mark, sha256: str, size: int) -> None:
        """Remember a file that was fetched from ``location``, where the server gave it a mark."""
        if mark.etag or mark.modified:
            private_folder(self.folder)
            write_private(self._path(location), json.dumps(asdict(Remembered(mark, sha256, size))))

    def _path(self, location: str) -> Path:
        return self.folder / f"{hashlib.sha256(location.encode()).hexdigest()}.json"
