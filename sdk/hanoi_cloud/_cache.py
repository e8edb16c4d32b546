"""Files kept on this computer under their SHA-256, and what the catalogue last said about each dataset.

The folder is ``$HANOI_CLOUD_CACHE``, else ``hanoi-cloud`` in the user's cache folder. It may be deleted at any time.
"""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from hanoi_cloud._exceptions import StorageError
from hanoi_cloud._json import Json, mapping

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


@contextmanager
def written_at_once(path: Path) -> Generator[IO[bytes]]:
    """A file that appears under ``path`` whole, when the block ends well, or not at all."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
        file = draft.open("x+b")
    except OSError as cause:
        raise StorageError(path, cause) from cause
    try:
        with file:
            yield file
        draft.replace(path)
    except OSError as cause:
        raise StorageError(path, cause) from cause
    finally:
        with suppress(OSError):
            draft.unlink()


class Cache:
    """One cache folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, sha256: str, suffix: str, fetch: Callable[[IO[bytes]], None]) -> Path:
        """The file with this hash, fetched where it is not here or is not what it was."""
        path = self._path(sha256, suffix)
        if not self.holds(sha256, suffix):
            with written_at_once(path) as file:
                fetch(file)
        return path

    def holds(self, sha256: str, suffix: str) -> bool:
        """Whether the file with this hash is here, and still is what it was."""
        path = self._path(sha256, suffix)
        try:
            found = path.stat()
            mark = (path, found.st_size, found.st_mtime_ns)
            if mark not in _checked:
                with path.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                        return False
                _checked.add(mark)
        except OSError:
            return False
        return True

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
