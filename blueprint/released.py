"""The lock of released declarations: a released version is a file whose content never changes.

``released.json`` names every released file with the hash of its content. ``python -m blueprint.released`` releases every
draft that passes its checks; a change of a released file is a new file with the next version, never an edit.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from blueprint import parsing
from blueprint.errors import BlueprintError, HanoiError
from blueprint.load import ROOT, canonical

LOCK = "released.json"
DECLARATIONS = (
    "concepts/*/*.yaml",
    "codelists/*/*.yaml",
    "codelists/*/*.csv",
    "contracts/*/*/*.yaml",
    "contracts/*/*/*.csv",
    "crosswalks/*/*.yaml",
    "crosswalks/*/*.csv",
    "indicators/*/*.yaml",
)
_LOCKED = (*DECLARATIONS, "changelog/*/*.yaml")


class ReleasedChanged(BlueprintError):
    """Released declarations were edited or removed; ``files`` names them."""

    def __init__(self, edited: tuple[str, ...], removed: tuple[str, ...]) -> None:
        self.edited, self.removed = edited, removed
        listed = ", ".join([*edited, *(f"{path} (đã xóa / removed)" for path in removed)])
        super().__init__(
            f"Khai báo đã phát hành không được sửa: {listed}. Hãy khôi phục tệp cũ và viết thay đổi vào tệp phiên bản mới.",
            f"Released declarations must not change: {listed}. Restore the file and put the change into a file of the next version.",
        )


def digest(path: Path) -> str:
    """SHA-256 of what the file declares: of its canonical content for YAML, of its bytes for a table or a changelog entry.

    Comments, key order and line breaks of a declaration may change; nothing that its reader sees may.
    """
    declares = path.suffix == ".yaml" and path.parent.parent.name != "changelog"
    data = canonical(parsing.load(path).content).encode() if declares else path.read_bytes()
    return hashlib.sha256(data).hexdigest()


def files(root: Path = ROOT) -> tuple[str, ...]:
    """Every file under ``root`` that the lock may name, sorted."""
    return tuple(sorted(p.relative_to(root).as_posix() for pattern in _LOCKED for p in root.glob(pattern)))


def declared(root: Path = ROOT) -> dict[str, str]:
    """Every declaration under ``root``: its path from there -> its digest."""
    return {file: digest(root / file) for file in files(root)}


def recorded(root: Path = ROOT) -> dict[str, str]:
    """The released declarations; empty where nothing was released yet."""
    lock = root / LOCK
    return json.loads(lock.read_text(encoding="utf-8")) if lock.exists() else {}


def changed(root: Path = ROOT, lock: Mapping[str, str] | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The released files that were edited, and those that are gone."""
    edited: list[str] = []
    removed: list[str] = []
    for file, was in (recorded(root) if lock is None else lock).items():
        try:
            if digest(root / file) != was:
                edited.append(file)
        except FileNotFoundError:
            removed.append(file)
        except (OSError, UnicodeError, yaml.YAMLError):
            edited.append(file)
    return tuple(edited), tuple(removed)


def verify(root: Path = ROOT) -> None:
    """Raise ReleasedChanged where a released file is not what it was, naming every such file."""
    edited, removed = changed(root)
    if edited or removed:
        raise ReleasedChanged(edited, removed)


def add(root: Path, new: Mapping[str, str]) -> None:
    """Add released files and their digests to the lock, which holds either all of them afterwards or none.

    Raises ReleasedChanged where the lock already names one of them with another digest.
    """
    known = recorded(root)
    if wrong := tuple(file for file, value in new.items() if known.get(file, value) != value):
        raise ReleasedChanged(wrong, ())
    write_whole(root / LOCK, json.dumps(dict(sorted({**known, **new}.items())), ensure_ascii=False, indent=1) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` so that ``path`` holds either what it held before or all of it, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)  # noqa: PTH105 - one name for the one call that makes a release real
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the folder so that no other process releases at the same time; it is free again when the process ends."""
    import fcntl

    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main() -> int:
    """Release every draft of this repository. Exit code 1 where one is refused."""
    from blueprint import releases

    try:
        new = releases.release_all(ROOT)
    except HanoiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"+ {entry.ref} ({entry.bump})\n" for entry in new))
    sys.stdout.write(f"{len(recorded())} tệp đã phát hành / files released\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
