"""Uploads on disk: begun, continued where they were cut off, whole once, and never changed after that."""

import asyncio
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from dags.gateway.errors import Complete, Locked, TooLarge, UnknownUpload, WrongChecksum, WrongName, WrongOffset
from lake.folders import private_folder, write_private

State = Literal["receiving", "received", "running", "accepted", "refused"]
_NAME_BYTES = 200
_ID_BYTES = 16


@dataclass(frozen=True)
class Upload:
    """One upload. ``sha256`` is known once it is whole; ``said`` holds what became of it, in Vietnamese and English."""

    id: str
    agency: str
    dataset: str
    name: str
    bytes: int
    state: State
    begun_at: str
    expected: str | None = None
    """The SHA-256 that the sender announced."""
    sha256: str | None = None
    received_at: str | None = None
    version: str | None = None
    said: dict[str, str] | None = None
    delivery: str | None = None
    """The delivery of several files that it is part of."""

    def to_json(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k != "expected"}


class Uploads:
    """The uploads of one home, each in a private folder of its own under ``gateway/uploads``.

    ``limit`` is the largest file in bytes; an upload that is not whole after ``expire`` is removed.
    """

    def __init__(self, home: Path, limit: int, expire: timedelta = timedelta(days=7)) -> None:
        self._root = private_folder(home / "gateway" / "uploads")
        self.limit = limit
        self.expire = expire

    def begin(
        self,
        agency: str,
        dataset: str,
        name: str,
        size: int,
        expected: str | None = None,
        delivery: str | None = None,
    ) -> Upload:
        """A new, empty upload of ``size`` bytes, of the delivery of several files that is named. Raises TooLarge or WrongName."""
        if size > self.limit:
            raise TooLarge(size, self.limit)
        upload = Upload(new_id(), agency, dataset, _safe(name), size, "receiving", now(), expected, delivery=delivery)
        private_folder(self.file(upload).parent)
        self.file(upload).touch(mode=0o600)
        self._write(upload)
        return self._finish(upload) if size == 0 else upload

    def find(self, upload_id: str, agency: str) -> Upload:
        """The upload of this agency. Raises UnknownUpload, for another agency's as well."""
        try:
            found = self._read(upload_id)
        except (FileNotFoundError, ValueError):
            raise UnknownUpload from None
        if found.agency != agency:
            raise UnknownUpload
        return found

    def offset(self, upload: Upload) -> int:
        """How many bytes are here."""
        return self.file(upload).stat().st_size

    async def append(
        self, upload: Upload, offset: int, body: AsyncIterator[bytes], checksum: "Checksum | None" = None
    ) -> Upload:
        """Write ``body`` at ``offset``. What arrived before a cut stays, unless a checksum was to prove the whole of it.

        Raises:
            Complete, Locked, WrongOffset: the upload is not where the sender believes it to be.
            TooLarge, WrongChecksum: more bytes came than were announced, or others than were meant; they are dropped.
        """
        with self._alone(upload.id):
            upload = self._read(upload.id)
            if upload.sha256:
                raise Complete
            stands = self.offset(upload)
            if offset != stands:
                raise WrongOffset(offset, stands)
            await self._receive(upload, stands, body, checksum)
            return await asyncio.to_thread(self._finish, upload) if self.offset(upload) == upload.bytes else upload

    async def _receive(
        self, upload: Upload, stands: int, body: AsyncIterator[bytes], checksum: "Checksum | None"
    ) -> None:
        with self.file(upload).open("ab") as file:
            size = stands
            try:
                async for piece in body:
                    size += len(piece)
                    if size > upload.bytes:
                        raise TooLarge(size, upload.bytes)
                    file.write(piece)
                    if checksum:
                        checksum.update(piece)
                if checksum and not checksum.holds():
                    raise WrongChecksum
            except BaseException as error:
                if checksum or isinstance(error, TooLarge):
                    file.flush()
                    file.truncate(stands)
                raise
            finally:
                file.flush()
                os.fsync(file.fileno())

    def _finish(self, upload: Upload) -> Upload:
        """Hash the whole file; raises WrongChecksum where it is not the announced one."""
        with self.file(upload).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if upload.expected and upload.expected != digest:
            os.truncate(self.file(upload), 0)
            raise WrongChecksum
        whole = replace(upload, sha256=digest, state="received", received_at=now())
        self._write(whole)
        return whole

    def file(self, upload: Upload) -> Path:
        """The file, under the name that the agency gave it."""
        return self._folder(upload.id) / "file" / upload.name

    def report(self, upload: Upload, form: str = "html") -> Path:
        """What was found in the file, as a page or as its marked copy (``xlsx``); there once the file was judged."""
        return self._folder(upload.id) / f"report.{form}"

    def note(self, upload: Upload, state: State, **found: Any) -> Upload:
        """Remember what became of a whole upload."""
        noted = replace(upload, state=state, **found)
        self._write(noted)
        return noted

    def cancel(self, upload: Upload, *, whole: bool = False) -> None:
        """Remove an upload that is not whole, or one that is where ``whole`` says so. Raises Complete."""
        with self._alone(upload.id):
            if self._read(upload.id).sha256 and not whole:
                raise Complete
            shutil.rmtree(self._folder(upload.id))

    def every(self, agency: str | None = None) -> list[Upload]:
        """All uploads, or those of one agency, oldest first."""
        found = [self._read(path.parent.name) for path in self._root.glob("*/upload.json")]
        return sorted((u for u in found if agency in (None, u.agency)), key=lambda u: (u.begun_at, u.id))

    def sweep(self) -> list[Upload]:
        """Remove the uploads that were begun too long ago and are not whole; returns them."""
        oldest = (datetime.now(UTC) - self.expire).isoformat()
        gone = [u for u in self.every() if not u.sha256 and u.begun_at < oldest]
        for upload in gone:
            shutil.rmtree(self._folder(upload.id), ignore_errors=True)
        return gone

    def expires_at(self, upload: Upload) -> datetime:
        """When an upload that is not whole is removed."""
        return datetime.fromisoformat(upload.begun_at) + self.expire

    def _folder(self, upload_id: str) -> Path:
        if not is_id(upload_id):
            raise UnknownUpload
        return self._root / upload_id

    def _read(self, upload_id: str) -> Upload:
        return Upload(**json.loads((self._folder(upload_id) / "upload.json").read_text(encoding="utf-8")))

    def _write(self, upload: Upload) -> None:
        record = self._folder(upload.id) / "upload.json"
        write_private(record, json.dumps(asdict(upload), ensure_ascii=False, indent=1))

    @contextmanager
    def _alone(self, upload_id: str) -> Iterator[None]:
        try:
            with FileLock(self._folder(upload_id) / "lock", timeout=0, mode=0o600):
                yield
        except Timeout:
            raise Locked from None


class Checksum:
    """The checksum of one request: an algorithm of ``NAMES`` and the digest that the sender announced."""

    NAMES = ("sha1", "sha256", "sha512")

    def __init__(self, algorithm: str, digest: bytes) -> None:
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._digest = digest

    def update(self, piece: bytes) -> None:
        self._hash.update(piece)

    def holds(self) -> bool:
        return secrets.compare_digest(self._hash.digest(), self._digest)


def _safe(name: str) -> str:
    bad = not name or name.startswith(".") or len(name.encode()) > _NAME_BYTES or not name.isprintable()
    if bad or any(letter in name for letter in '/\\:*?"<>|'):
        raise WrongName
    return name


def new_id() -> str:
    """An id that nobody guesses."""
    return secrets.token_hex(_ID_BYTES)


def is_id(text: str) -> bool:
    """Whether ``text`` may be such an id, and so is safe as the name of a folder."""
    return len(text) == 2 * _ID_BYTES and set(text) <= set("0123456789abcdef")


def now() -> str:
    """The moment, as receipts state it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
