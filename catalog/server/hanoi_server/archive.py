"""The file of a backup: a compressed tar with a manifest at its end that names every other member with its SHA-256."""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from hanoi_server.errors import ServerError

FORMAT = 1
MANIFEST = "manifest.json"
_FOLDERS = ("databases", "secrets", "storage", "published", "publications")
_NAME = re.compile(rf"(?:{'|'.join(_FOLDERS)})(?:/[^/\0]+)+")
_LARGEST_MANIFEST = 64_000_000
_PIECE = 1 << 20


class Writer:
    """Adds files to a backup and remembers what it added."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, path: Path) -> None:
        """Add one file; whoever unpacks it anywhere finds it readable by its owner alone."""
        with path.open("rb") as file:
            info = tarfile.TarInfo(name)
            info.size, info.mode = os.fstat(file.fileno()).st_size, 0o600
            info.mtime = int(os.fstat(file.fileno()).st_mtime)
            hashed = _Hashing(file)
            self._tar.addfile(info, hashed)
        self.members[name] = {"bytes": info.size, "sha256": hashed.digest.hexdigest()}

    def add_folder(self, name: str, folder: Path) -> None:
        """Add every regular file below a folder that is finished; a file that is taken away meanwhile is left out."""
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_symlink() or not path.is_file() or any(part.startswith(".") for part in inside.parts):
                continue
            try:
                self.add(f"{name}/{inside.as_posix()}", path)
            except FileNotFoundError:
                continue

    def close(self, told: dict[str, Any]) -> dict[str, Any]:
        """Add the manifest with what there is to tell, and return it."""
        manifest = {"format": FORMAT, **told, "members": self.members}
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(content), 0o600
        self._tar.addfile(info, io.BytesIO(content))
        return manifest


@contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """A backup that takes its place when the block ends well, readable by the calling user only."""
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3, format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def manifest_of(source: Path) -> dict[str, Any]:
    """Read a backup from its beginning to its end and return its manifest.

    Raises ServerError unless every member is there, whole, and none besides.
    """
    found: dict[str, dict[str, Any]] = {}
    told: dict[str, Any] | None = None
    with _reading(source) as members:
        for info, file in members:
            if info.name == MANIFEST:
                told = json.loads(file.read(_LARGEST_MANIFEST))
                continue
            digest = hashlib.sha256()
            while piece := file.read(_PIECE):
                digest.update(piece)
            found[info.name] = {"bytes": info.size, "sha256": digest.hexdigest()}
    if told is None or told.get("format") != FORMAT or told.get("members") != found:
        raise _damaged(source, "the manifest does not match")
    return told


def unpack(source: Path, place: Callable[[str], Path]) -> None:
    """Write the members of a checked backup to where ``place`` says, folders and files for the calling user only."""
    with _reading(source) as members:
        for info, file in members:
            if info.name != MANIFEST:
                _write(place(info.name), info, file)


def _write(path: Path, info: tarfile.TarInfo, file: IO[bytes]) -> None:
    for folder in reversed([path.parent, *path.parent.parents]):
        folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as target:
        while piece := file.read(_PIECE):
            target.write(piece)
    os.utime(path, (info.mtime, info.mtime))


@contextmanager
def _reading(source: Path) -> Iterator[Iterator[tuple[tarfile.TarInfo, IO[bytes]]]]:
    """The members of a backup. Raises ServerError for whatever shows that it is none."""
    try:
        with tarfile.open(source, mode="r:gz") as tar:
            yield _members(source, tar)
    except (EOFError, tarfile.TarError, ValueError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(source, str(error)) from error


def _members(source: Path, tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for info in tar:
        known = info.name == MANIFEST or (_NAME.fullmatch(info.name) and ".." not in info.name.split("/"))
        file = tar.extractfile(info) if info.isreg() and known else None
        if file is None:
            raise _damaged(source, f"unexpected member {info.name[:80]!r}")
        yield info, file


def _damaged(source: Path, why: str) -> ServerError:
    return ServerError(
        f"{source}: không phải bản sao lưu của cổng dữ liệu, hoặc đã hỏng ({why}). Không có gì bị thay đổi.",
        f"{source}: not a backup of the catalogue, or damaged ({why}). Nothing was changed.",
    )


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece
