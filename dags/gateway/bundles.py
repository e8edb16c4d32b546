"""Deliveries of several files: opened, filled by uploads, closed by the sender, and never changed after that."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from dags.gateway.errors import (
    Closed,
    NameTaken,
    NotWhole,
    OtherFiles,
    TooLarge,
    TooManyFiles,
    UnknownBundle,
    UnknownUpload,
)
from dags.gateway.uploads import Upload, Uploads, is_id, new_id, now
from dags.sources.deliveries import DeliveredFile, delivery_id
from lake.folders import private_folder, write_private

State = Literal["open", "received", "running", "accepted", "refused"]
MOST_FILES = 500
"""Files of one delivery."""


@dataclass(frozen=True)
class Bundle:
    """One delivery of several files.

    ``files`` holds each file's name, size and SHA-256 once it is closed, and ``sha256`` is then that of the whole: of the
    list of these. ``said`` holds what became of it, in Vietnamese and English.
    """

    id: str
    agency: str
    dataset: str
    state: State
    begun_at: str
    files: tuple[DeliveredFile, ...] = ()
    sha256: str | None = None
    received_at: str | None = None
    version: str | None = None
    said: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Bundles:
    """The deliveries of several files of one home, each in a private folder under ``gateway/deliveries``.

    The bytes come as uploads; closing a delivery lays its files side by side under the names that the agency gave them.
    """

    def __init__(self, home: Path, uploads: Uploads) -> None:
        self._root = private_folder(home / "gateway" / "deliveries")
        self._uploads = uploads

    def begin(self, agency: str, dataset: str) -> Bundle:
        """A new delivery, which is open."""
        bundle = Bundle(new_id(), agency, dataset, "open", now())
        private_folder(self._parts(bundle))
        self._write(bundle)
        return bundle

    def find(self, bundle_id: str, agency: str) -> Bundle:
        """The delivery of this agency. Raises UnknownBundle, for another agency's as well."""
        try:
            found = self._read(bundle_id)
        except (FileNotFoundError, ValueError):
            raise UnknownBundle from None
        if found.agency != agency:
            raise UnknownBundle
        return found

    def add(self, bundle: Bundle, name: str, size: int, begin: Callable[[], Upload]) -> Upload:
        """Take a file of ``size`` bytes into an open delivery; ``begin`` begins its upload.

        Raises:
            Closed, NameTaken, TooManyFiles: the delivery takes no such file.
            TooLarge: its files together are larger than one delivery may be.
        """
        with self._alone(bundle):
            self._require_open(bundle)
            there = self.uploads(bundle)
            if name.casefold() in {upload.name.casefold() for upload in there}:
                raise NameTaken(name)
            if len(there) >= MOST_FILES:
                raise TooManyFiles(MOST_FILES)
            if (together := size + sum(upload.bytes for upload in there)) > self._uploads.limit:
                raise TooLarge(together, self._uploads.limit)
            upload = begin()
            (self._parts(bundle) / upload.id).touch(mode=0o600)
            return upload

    def drop(self, bundle: Bundle, upload: Upload) -> None:
        """Take a file out of an open delivery. Raises Closed."""
        with self._alone(bundle):
            self._require_open(bundle)
            self._uploads.cancel(upload, whole=True)
            (self._parts(bundle) / upload.id).unlink(missing_ok=True)

    def uploads(self, bundle: Bundle) -> list[Upload]:
        """The uploads of a delivery, by name; those that were cancelled or expired are left out."""
        found: list[Upload] = []
        for path in self._parts(bundle).iterdir():
            with suppress(UnknownUpload):
                found.append(self._uploads.find(path.name, bundle.agency))
        return sorted(found, key=lambda upload: upload.name)

    def close(self, bundle: Bundle, listed: Mapping[str, str] | None = None) -> tuple[Bundle, bool]:
        """Say that every file is there; returns the receipt, and whether this request closed the delivery.

        A delivery that is closed already gives the same receipt again. ``listed`` are the names and SHA-256 that the sender
        means to have sent.

        Raises:
            NotWhole: some file did not come whole, or there is none.
            OtherFiles: the files are not those of ``listed``.
        """
        with self._alone(bundle):
            bundle = self._read(bundle.id)
            if bundle.state != "open":
                return bundle, False
            there = self.uploads(bundle)
            if not there or any(upload.sha256 is None for upload in there):
                raise NotWhole([upload.name for upload in there if upload.sha256 is None])
            files = tuple(DeliveredFile(u.name, str(u.sha256), u.bytes) for u in there)
            if listed is not None:
                _compare(files, listed)
            self._lay_out(bundle, there)
            whole = replace(bundle, state="received", files=files, sha256=delivery_id(files), received_at=now())
            self._write(whole)
            return whole, True

    def cancel(self, bundle: Bundle) -> None:
        """Remove an open delivery with its files. Raises Closed."""
        with self._alone(bundle):
            self._require_open(bundle)
            self._remove(bundle)

    def note(self, bundle: Bundle, state: State, **found: Any) -> Bundle:
        """Remember what became of a closed delivery."""
        noted = replace(bundle, state=state, **found)
        self._write(noted)
        return noted

    def file(self, bundle: Bundle) -> Path:
        """The folder of the files of a closed delivery."""
        return self._folder(bundle.id) / "files"

    def report(self, bundle: Bundle, form: str = "html") -> Path:
        """What was found in the delivery, as a page or as its marked copy (``xlsx``); there once it was judged."""
        return self._folder(bundle.id) / f"report.{form}"

    def every(self, agency: str | None = None) -> list[Bundle]:
        """All deliveries of several files, or those of one agency, oldest first."""
        found = [self._read(path.parent.name) for path in self._root.glob("*/delivery.json")]
        return sorted((b for b in found if agency in (None, b.agency)), key=lambda b: (b.begun_at, b.id))

    def sweep(self) -> list[Bundle]:
        """Remove the deliveries that were opened too long ago and not closed; returns them."""
        oldest = (datetime.now(UTC) - self._uploads.expire).isoformat()
        gone = [b for b in self.every() if b.state == "open" and b.begun_at < oldest]
        for bundle in gone:
            with suppress(Closed, UnknownBundle):
                self.cancel(bundle)
        return gone

    def _lay_out(self, bundle: Bundle, there: list[Upload]) -> None:
        """The files under their names, in place whole or not at all; they share their bytes with the uploads."""
        part = self._folder(bundle.id) / ".files"
        shutil.rmtree(part, ignore_errors=True)
        private_folder(part)
        for upload in there:
            source, target = self._uploads.file(upload), part / upload.name
            try:
                os.link(source, target)
            except OSError:  # a file system without hard links
                shutil.copyfile(source, target)
                target.chmod(0o600)
        part.rename(self.file(bundle))

    def _remove(self, bundle: Bundle) -> None:
        for upload in self.uploads(bundle):
            self._uploads.cancel(upload, whole=True)
        shutil.rmtree(self._folder(bundle.id), ignore_errors=True)

    def _require_open(self, bundle: Bundle) -> None:
        try:
            if self._read(bundle.id).state != "open":
                raise Closed
        except FileNotFoundError:
            raise UnknownBundle from None

    def _folder(self, bundle_id: str) -> Path:
        if not is_id(bundle_id):
            raise UnknownBundle
        return self._root / bundle_id

    def _parts(self, bundle: Bundle) -> Path:
        return self._folder(bundle.id) / "uploads"

    def _read(self, bundle_id: str) -> Bundle:
        content = json.loads((self._folder(bundle_id) / "delivery.json").read_text(encoding="utf-8"))
        return Bundle(**{**content, "files": tuple(DeliveredFile(**f) for f in content["files"])})

    def _write(self, bundle: Bundle) -> None:
        write_private(
            self._folder(bundle.id) / "delivery.json", json.dumps(asdict(bundle), ensure_ascii=False, indent=1)
        )

    @contextmanager
    def _alone(self, bundle: Bundle) -> Iterator[None]:
        folder = self._folder(bundle.id)
        if not folder.is_dir():
            raise UnknownBundle
        with FileLock(folder / "lock", timeout=30, mode=0o600):
            yield


def _compare(files: tuple[DeliveredFile, ...], listed: Mapping[str, str]) -> None:
    came = {file.name: file.sha256 for file in files}
    missing, strange = sorted(listed.keys() - came.keys()), sorted(came.keys() - listed.keys())
    changed = sorted(name for name in came.keys() & listed.keys() if came[name] != listed[name])
    if missing or strange or changed:
        raise OtherFiles(missing, strange, changed)
