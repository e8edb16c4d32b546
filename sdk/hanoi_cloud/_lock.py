"""The lock file of a project, ``hanoi.lock``: the versions of the datasets that it reads, so that it reads the same again."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanoi_cloud._cache import written_at_once
from hanoi_cloud._exceptions import LockUnreadable
from hanoi_cloud._json import integer, mapping, text

if TYPE_CHECKING:
    from hanoi_cloud._dataset import Dataset

NAME = "hanoi.lock"
VARIABLE = "HANOI_CLOUD_LOCK"
FORMAT = 1


@dataclass(frozen=True)
class Pin:
    """One dataset in one version: its contract, and the SHA-256 of its Parquet file."""

    version: str
    contract: str
    sha256: str

    @property
    def major(self) -> int | None:
        """The first number of the contract's version."""
        return integer(self.contract.rpartition("@")[2].partition(".")[0])


def lock_file(folder: Path | None = None) -> Path | None:
    """The lock file that holds: ``$HANOI_CLOUD_LOCK``, else the ``hanoi.lock`` of the folder or of the nearest above it."""
    if (chosen := os.environ.get(VARIABLE)) is not None:
        return Path(chosen).expanduser() if chosen else None
    start = (folder or Path.cwd()).resolve()
    return next((path for above in (start, *start.parents) if (path := above / NAME).is_file()), None)


def read_lock(path: Path) -> dict[str, Pin]:
    """The pins of a lock file, by dataset; none where there is no such file.

    Raises LockUnreadable for a file that is none, for an application that goes on without its pins would read other data.
    """
    try:
        said = mapping(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as cause:
        raise LockUnreadable(path, str(cause)) from cause
    if said.get("format") != FORMAT:
        raise LockUnreadable(path, f"format {said.get('format')!r}, expected {FORMAT}")
    found: dict[str, Pin] = {}
    for dataset, one in mapping(said.get("datasets")).items():
        pin = mapping(one)
        found[dataset] = Pin(text(pin.get("version")), text(pin.get("contract")), text(pin.get("sha256")))
        if not found[dataset].version or len(found[dataset].sha256) != 64:
            raise LockUnreadable(path, f"{dataset} has no version or no SHA-256")
    return found


def write_lock(path: Path, pins: dict[str, Pin]) -> None:
    """Write a lock file as a whole, in an order that gives the same text for the same pins."""
    content = {"format": FORMAT, "datasets": {dataset: asdict(pins[dataset]) for dataset in sorted(pins)}}
    with written_at_once(path) as file:
        file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def pin_of(dataset: "Dataset") -> Pin:
    """The pin of a dataset in the version that it is opened in."""
    found = next((v for v in dataset.versions if v.id == dataset.version), None)
    sha256 = next((d.sha256 for d in dataset.distributions if d.format == "parquet"), "")
    return Pin(dataset.version, found.contract if found else "", sha256)


@dataclass(frozen=True)
class Pinned:
    """A pin as it stands to what is published: ``current``, ``newer``, ``breaking`` (a new major contract) or ``gone``."""

    dataset: str
    pin: Pin
    newest: str
    newest_contract: str
    state: str


def standing(pins: dict[str, Pin], newest: Iterable["Dataset"]) -> list[Pinned]:
    """How each pin stands to the newest versions."""
    by_id = {dataset.id: dataset for dataset in newest}
    found: list[Pinned] = []
    for dataset, pin in sorted(pins.items()):
        if dataset not in by_id or all(v.id != pin.version for v in by_id[dataset].versions):
            found.append(Pinned(dataset, pin, "", "", "gone"))
            continue
        latest = pin_of(by_id[dataset])
        same = latest.version == pin.version
        state = "current" if same else "newer" if latest.major == pin.major else "breaking"
        found.append(Pinned(dataset, pin, latest.version, latest.contract, state))
    return found
