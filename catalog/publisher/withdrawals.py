"""What was withdrawn after it was published: tombstones on disk, and the files that are kept but served to nobody."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blueprint import Bilingual
from lake.folders import private_folder, write_private

_DATASET = "dataset"
"""The name of the tombstone of a whole dataset; those of versions bear the version's id."""


@dataclass(frozen=True)
class Tombstone:
    """Why and when something was withdrawn, by which agency, and what to use in its place: ``DATASET`` or ``DATASET@VERSION``."""

    at: str
    reason: Bilingual
    by: str
    successor: str | None = None

    @classmethod
    def now(cls, reason: Bilingual, by: str, successor: str | None = None) -> "Tombstone":
        """A tombstone of this moment."""
        return cls(datetime.now(UTC).isoformat(timespec="seconds"), reason, by, successor)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "reason": self.reason.model_dump()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Tombstone":
        """The tombstone that ``to_json`` wrote."""
        return cls(**{**content, "reason": Bilingual.model_validate(content["reason"])})


class Withdrawals:
    """The tombstones of one dataset, one file each in ``home/publications/DATASET/withdrawn``, beside the files set aside.

    >>> from tempfile import mkdtemp
    >>> found = Withdrawals(Path(mkdtemp()), "bus-stops")
    >>> found.record("3-0a1b2c3d", Tombstone.now(Bilingual(vi="Sai đơn vị đo", en="Wrong unit"), by="so-xd"))
    >>> found.of("3-0a1b2c3d").reason.en, found.of("2-11111111"), found.of_dataset()
    ('Wrong unit', None, None)
    """

    def __init__(self, home: Path, dataset: str) -> None:
        self.dataset = dataset
        self._folder = Path(home) / "publications" / dataset / "withdrawn"
        self._served = Path(home) / "published" / dataset
        self._held = Path(home) / "ckan" / "tables" / dataset

    def of_dataset(self) -> Tombstone | None:
        """The tombstone of the whole dataset, where it was withdrawn."""
        return self._read(_DATASET)

    def of(self, version: str) -> Tombstone | None:
        """The tombstone that holds for ``version``: its own, or that of the whole dataset."""
        return self._read(version) or self.of_dataset()

    def of_versions(self) -> dict[str, Tombstone]:
        """The tombstones of single versions, by their ids."""
        names = sorted(path.stem for path in self._folder.glob("*.json") if path.name.count(".") == 1)
        return {name: found for name in names if name != _DATASET and (found := self._read(name))}

    def holds(self, version: str) -> bool:
        """Whether files of ``version`` are set aside here."""
        return self.of(version) is not None and any(self._folder.glob(f"{version}.*"))

    def record(self, version: str | None, tombstone: Tombstone) -> None:
        """Withdraw ``version``, or the dataset where it is None. What was withdrawn before keeps its tombstone."""
        private_folder(self._folder)
        if not (path := self._path(version or _DATASET)).exists():
            write_private(path, json.dumps(tombstone.to_json(), ensure_ascii=False, indent=1))
            self._log("withdraw", version, tombstone)

    def lift(self, version: str | None) -> Tombstone | None:
        """Take back the withdrawal of ``version``, or of the dataset; returns the former tombstone, None where there is none."""
        name = version or _DATASET
        found = self._read(name)
        if found is not None:
            self._log("restore", version, found)
            self._path(name).unlink()
        return found

    def sort_files(self) -> None:
        """Move the files of withdrawn versions out of the folder that is served, and those of all others back into it.

        Each file is moved in one step, so that it may be broken off and begun again at any moment.
        """
        if not self._folder.is_dir():
            return
        for path in sorted(self._served.glob("[0-9]*")):
            version = path.name.partition(".")[0]
            if self.of(version):
                path.rename(self._folder / path.name)
        for path in sorted(self._folder.glob("[0-9]*")):
            version, _, ending = path.name.partition(".")
            if ending != "json" and not self.of(version):
                path.rename(private_folder(self._served) / path.name)
        for path in self._held.glob("[0-9]*"):
            if self.of(path.name.partition(".")[0]):
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, name: str) -> Tombstone | None:
        try:
            return Tombstone.from_json(json.loads(self._path(name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def _log(self, what: str, version: str | None, tombstone: Tombstone) -> None:
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "what": what,
            "version": version,
            **tombstone.to_json(),
        }
        handle = os.open(self._folder / "log.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


@contextmanager
def alone(home: Path, dataset: str) -> Iterator[None]:
    """Let one process at a time change what is published of ``dataset``; the kernel gives the lock back if it dies."""
    from filelock import FileLock

    folder = private_folder(Path(home) / "publications")
    with FileLock(folder / f"{dataset}.lock", timeout=600, mode=0o600):
        yield
