"""Verifying a whole home: every version of every table and every raw file, hashed again."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveredFile
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


def verify(
    settings: PipelineSettings, dataset: str | None = None, told: Callable[[str], None] = lambda _: None
) -> Verification:
    """Hash again what the home keeps of ``dataset``, or of all datasets; changes nothing.

    ``told`` hears the name of each dataset before its turn, and of each version once it is read.
    """
    lake, versions = settings.lake, list[Verified]()
    names = [dataset] if dataset else lake.tables()
    for number, name in enumerate(names, 1):
        place = f"[{number}/{len(names)}] {name}"
        told(place)
        versions += lake.verify(name, lambda found, place=place: told(f"{place} {found.version}"))
    store, damaged = settings.store, list[RawFile]()
    files = dict[tuple[str, str], DeliveredFile]()
    for name, record in store.records(dataset):
        try:
            files |= {(name, file.sha256): file for file in store.load(name, record.stem).kept}
        except (ValueError, KeyError, TypeError, OSError) as error:
            told_by = str(error) or repr(error)
            damaged.append(RawFile(name, record.name, f"không đọc được: {told_by}", f"cannot be read: {told_by}"))
    for number, ((name, sha256), file) in enumerate(files.items(), 1):
        told(f"[{number}/{len(files)}] {name}: {file.name}")
        if problem := _problem(store.path(file), sha256):
            damaged.append(RawFile(name, file.name, *problem))
    return Verification(tuple(versions), len(files), tuple(damaged))


def _problem(path: Path, sha256: str) -> tuple[str, str] | None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"không đọc được: {error.strerror}", f"cannot be read: {error.strerror}"
    if found == sha256:
        return None
    return f"băm {found[:12]} khác {sha256[:12]}", f"its hash {found[:12]} is not {sha256[:12]}"
