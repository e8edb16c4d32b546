"""Verifying a whole home: every version of every table and every raw file, hashed again."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from lake import Lake
from lake.verify import Verified


@dataclass(frozen=True)
class RawFile:
    """One kept raw file that is not what it was: its dataset, name and what is wrong."""

    dataset: str
    name: str
    problem_vi: str
    problem_en: str


@dataclass(frozen=True)
class Verification:
    """What was found: every version, and the raw files that are damaged."""

    versions: tuple[Verified, ...]
    raw_files: int
    damaged: tuple[RawFile, ...]

    @property
    def ok(self) -> bool:
        return not self.damaged and all(v.ok for v in self.versions)

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "versions": [{**asdict(v), "ok": v.ok} for v in self.versions],
            "raw_files": self.raw_files,
            "damaged_raw_files": [asdict(f) for f in self.damaged],
        }


def verify(home: Path, dataset: str | None = None) -> Verification:
    """Hash again what ``home`` keeps of ``dataset``, or of all datasets; changes nothing."""
    lake = Lake(home)
    names = [dataset] if dataset else lake.datasets()
    versions = tuple(found for name in names for found in lake.verify(name))
    store = DeliveryStore(home, PipelineSettings().max_delivery_bytes)
    checked = {(n, f.sha256): (n, f) for n in names for d in store.deliveries(n) for f in d.files}
    damaged = [
        RawFile(name, file.name, *problem)
        for name, file in checked.values()
        if (problem := _problem(store.path(file), file.sha256))
    ]
    return Verification(versions, len(checked), tuple(damaged))


def _problem(path: Path, sha256: str) -> tuple[str, str] | None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"không đọc được: {error.strerror}", f"cannot be read: {error.strerror}"
    if found == sha256:
        return None
    return f"băm {found[:12]} khác {sha256[:12]}", f"its hash {found[:12]} is not {sha256[:12]}"
