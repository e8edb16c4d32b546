"""Files kept on this computer under their SHA-256, and what the catalogue last said about each dataset.

The folder is ``$HANOI_CLOUD_CACHE``, else ``hanoi-cloud`` in the user's cache folder. It may be deleted at any time. Where
its files are more than ``$HANOI_CLOUD_CACHE_LIMIT`` bytes, 10 GB where that is not told, those go that were not used for
longest.
"""

import hashlib
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hanoi_cloud._exceptions import ConfigurationError, HashMismatch, StorageError
from hanoi_cloud._json import Json, items, mapping, text

LIMIT = "HANOI_CLOUD_CACHE_LIMIT"
_USUAL_LIMIT = 10 * 10**9
_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_ABANDONED = 24 * 3600
"""Seconds after which a draft is nobody's: the process that wrote it was killed."""
_FILE = re.compile(r"[0-9a-f]{64}\.[a-z]+")
_DRAFT = re.compile(r"\.[0-9a-f]{40}\.[0-9a-f]{16}")

_checked: set[tuple[Path, int, int]] = set()
"""Files whose hash this process found right, with their size and the time of their last change."""


def cache_folder() -> Path:
    """Where files are kept, read from the environment at each call."""
    if chosen := os.environ.get("HANOI_CLOUD_CACHE"):
        return Path(chosen).expanduser()
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) / "hanoi-cloud"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "hanoi-cloud" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hanoi-cloud"
    return Path.home() / ".cache" / "hanoi-cloud"


def cache_limit() -> int | None:
    """How many bytes may be kept, read from the environment at each call; None where it says ``none``.

    Raises ConfigurationError for what is no size.
    """
    said = os.environ.get(LIMIT, "").strip().lower()
    if not said:
        return _USUAL_LIMIT
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]b|)", said)
    if said != "none" and found is None:
        raise ConfigurationError(
            f"{LIMIT}={said!r} is no size. Give one such as '500 MB' or '20 GB', or 'none' for no limit.",
            f"{LIMIT}={said!r} không phải dung lượng. Hãy dùng dạng '500 MB' hoặc '20 GB', hay 'none' nếu không giới hạn.",
        )
    return int(float(found[1]) * _UNITS[found[2]]) if found else None


@dataclass(frozen=True)
class Kept:
    """A file of the cache: its size in bytes, and when it was used last, in seconds since 1970."""

    path: Path
    size: int
    used: float


@contextmanager
def written_at_once(path: Path, begun: Path | None = None) -> Generator[IO[bytes]]:
    """A file that appears under ``path`` whole, when the block ends well, or not at all.

    What a block wrote that ended otherwise is kept at ``begun``, where that is given, and the next file begins with it.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
        if begun is not None:
            with suppress(FileNotFoundError):
                begun.rename(draft)  # of several processes one gets it
        file = draft.open("r+b" if draft.exists() else "x+b")
    except OSError as cause:
        raise StorageError(path, cause) from cause
    try:
        with file:
            yield file
        draft.replace(path)
    except OSError as cause:
        raise StorageError(path, cause) from cause
    except HashMismatch:
        begun = None
        raise
    finally:
        with suppress(OSError):
            if begun is not None and draft.stat().st_size:
                draft.replace(begun)
            else:
                draft.unlink()


class Cache:
    """One cache folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, sha256: str, suffix: str, fetch: Callable[[IO[bytes]], None]) -> Path:
        """The file with this hash, fetched by ``fetch``, which proves it, where it is not here or is not what it was."""
        path = self._path(sha256, suffix)
        if not self.holds(sha256, suffix):
            limit = cache_limit()
            with written_at_once(path, self._path(sha256, "part")) as file:
                fetch(file)
            with suppress(OSError):
                _checked.add(_mark(path))
            if limit is not None:
                self._trim(limit, path)
        return path

    def holds(self, sha256: str, suffix: str) -> bool:
        """Whether the file with this hash is here, and still is what it was."""
        path = self._path(sha256, suffix)
        try:
            mark = _mark(path)
            if mark not in _checked:
                with path.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                        return False
                _checked.add(mark)
        except OSError:
            return False
        with suppress(OSError):  # a folder of somebody else's may be read all the same
            os.utime(path, ns=(time.time_ns(), mark[2]))
        return True

    def kept(self) -> list[Kept]:
        """The published files that are here, the one that was used last first."""
        found: list[Kept] = []
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(OSError):  # another process may have removed it
                if _FILE.fullmatch(path.name):
                    said = path.stat()
                    found.append(Kept(path, said.st_size, max(said.st_atime, said.st_mtime)))
        return sorted(found, key=lambda kept: kept.used, reverse=True)

    def names(self) -> dict[str, str]:
        """Which dataset and version a SHA-256 is of, as far as the catalogue said so to this computer."""
        found: dict[str, str] = {}
        for path in (self.folder / "catalogue").glob("*.json"):
            try:
                said = mapping(json.loads(path.read_bytes()))
            except (OSError, ValueError):
                continue
            files = [*items(said.get("resources"))]
            for version in items(said.get("versions")):
                files += items(mapping(version).get("files"))
            for file in map(mapping, files):
                sha256 = text(file.get("hash")) or text(file.get("sha256"))
                found[sha256] = text(file.get("url")).rpartition("/data/")[2]
        return found

    def clear(self, unused_for: float = 0) -> list[Kept]:
        """Remove the files that were not used for so many seconds, and what was said of datasets where that is 0."""
        gone = [kept for kept in self.kept() if time.time() - kept.used >= unused_for and _removed(kept.path)]
        self._remove_drafts()
        if not unused_for:
            for path in (self.folder / "catalogue").glob("*.json"):
                _removed(path)
        return gone

    def _trim(self, limit: int, newest: Path) -> None:
        """Remove what was not used for longest until no more than ``limit`` bytes are left.

        What this process has read stays, for a frame that is lazy may read it again.
        """
        self._remove_drafts()
        left = self.kept()
        total = sum(kept.size for kept in left)
        used = {newest, *(path for path, _, _ in tuple(_checked))}
        for kept in reversed(left):
            if total <= limit:
                return
            if kept.path not in used and _removed(kept.path):
                total -= kept.size

    def _remove_drafts(self) -> None:
        for path in self.folder.glob("[0-9a-f][0-9a-f]/.*"):
            with suppress(OSError):
                if _DRAFT.fullmatch(path.name) and time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()

    def _path(self, sha256: str, suffix: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.{suffix}"

    def remember(self, url: str, dataset: str, said: Json) -> None:
        """Keep what the catalogue says about a dataset; a cache that cannot be written is no reason to fail."""
        with suppress(StorageError), written_at_once(self._said(url, dataset)) as file:
            file.write(json.dumps(said, ensure_ascii=False).encode())

    def recall(self, url: str, dataset: str) -> Json:
        """What the catalogue said last about a dataset; empty where it never did."""
        try:
            return mapping(json.loads(self._said(url, dataset).read_bytes()))
        except (OSError, ValueError):
            return {}

    def _said(self, url: str, dataset: str) -> Path:
        name = hashlib.sha256(f"{url} {dataset}".encode()).hexdigest()
        return self.folder / "catalogue" / f"{name}.json"


def _mark(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path, found.st_size, found.st_mtime_ns


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # gone already, or open on a system that keeps open files
        return False
    return True
