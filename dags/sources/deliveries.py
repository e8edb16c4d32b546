"""Deliveries: the raw bytes that an agency sent, kept unchanged under their SHA-256."""

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from blueprint import Contract
from dags.errors import DeliveryEmpty, DeliveryUnreadable
from dags.sources.mends import Mends
from dags.sources.places import Place, RemoteFile, patiently
from dags.sources.places.errors import PlaceMissing, PlaceUnreachable
from dags.sources.remembered import Memory, Remembered
from lake.folders import private_folder, write_private


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a delivery: the name it came with, its SHA-256 and its size in bytes."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Delivery:
    """What an agency sent once. ``id`` is the SHA-256 of the file, or of the list of files where there are several."""

    dataset: str
    id: str
    files: tuple[DeliveredFile, ...]
    fetched_at: str
    origin: str
    run_id: str
    simulated: bool
    source: int
    """Position of the source in the contract that these files were found by."""
    base: str | None = None
    """The delivery whose rows were mended, where this one is that delivery with mended rows."""
    repairs: tuple[DeliveredFile, ...] = ()
    """The files that the agency sent to mend rows, in the order in which they came."""
    mended: DeliveredFile | None = None
    """The rows that they mended, as ``dags.sources.mends`` writes them."""

    @property
    def kept(self) -> tuple[DeliveredFile, ...]:
        """Every file that is kept of it: what came, what came to mend it, and the mended rows."""
        return (*self.files, *self.repairs, *filter(None, (self.mended,)))


class DeliveryStore:
    """The kept deliveries under ``home/deliveries``: blobs by hash, and one record per dataset and delivery."""

    def __init__(self, home: Path, max_bytes: int, max_seconds: float = 3600) -> None:
        self.root = private_folder(home / "deliveries")
        self.max_bytes = max_bytes
        self.max_seconds = max_seconds
        self.memory = Memory(self.root / ".fetched")

    def path(self, file: DeliveredFile) -> Path:
        return self.root / "sha256" / file.sha256[:2] / file.sha256

    def keep(self, contract: Contract, place: Place, run_id: str) -> Delivery:
        """Fetch every file of ``place`` and keep it; the same bytes twice are one delivery."""
        files = self._fetch_all(contract, place.files)
        delivery = Delivery(
            dataset=contract.dataset,
            id=delivery_id(files),
            files=files,
            fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
            origin=place.origin,
            run_id=run_id,
            simulated=place.simulated,
            source=contract.sources.index(place.source),
        )
        self._record(delivery)
        if any(file.bytes == 0 for file in files):
            names = ", ".join(f.name for f in files if f.bytes == 0)
            raise DeliveryEmpty(
                f"{contract.dataset}: tệp {names} rỗng (0 byte). Hãy yêu cầu cơ quan gửi lại.",
                f"{contract.dataset}: the file {names} is empty (0 bytes). Ask the agency to send it again.",
            )
        return self.load(contract.dataset, delivery.id)

    def load(self, dataset: str, delivery_id: str) -> Delivery:
        """The record of a kept delivery, as it was first written."""
        content = json.loads((self.root / dataset / f"{delivery_id}.json").read_text(encoding="utf-8"))
        content["files"] = tuple(DeliveredFile(**f) for f in content["files"])
        content["repairs"] = tuple(DeliveredFile(**f) for f in content.get("repairs", ()))
        content["mended"] = DeliveredFile(**content["mended"]) if content.get("mended") else None
        return Delivery(**content)

    def mends(self, delivery: Delivery) -> Mends:
        """The mended rows of a delivery; none where it is as it came."""
        return Mends.from_bytes(self.path(delivery.mended).read_bytes()) if delivery.mended else Mends()

    def keep_mended(self, contract: Contract, former: Delivery, repair: Path, mends: Mends, run_id: str) -> Delivery:
        """Keep the file ``repair`` and the rows that are mended with it, on top of ``former``, as a delivery of their own.

        ``mends`` are all rows that are mended now, those of earlier repairs included. The same repair twice is one delivery.
        """
        sent = self._fetch(contract, RemoteFile(repair.name, str(repair)))
        with tempfile.TemporaryDirectory(dir=self.root, prefix=".mends-") as folder:
            rows = Path(folder) / "mends.jsonl"
            rows.write_bytes(mends.to_bytes())
            mended = self._fetch(contract, RemoteFile(rows.name, str(rows)))
        delivery = mended_delivery(former, sent, mended, run_id)
        self._record(delivery)
        return self.load(contract.dataset, delivery.id)

    def deliveries(self, dataset: str) -> list[Delivery]:
        """Every kept delivery of a dataset, oldest first."""
        found = [self.load(dataset, path.stem) for path in (self.root / dataset).glob("*.json")]
        return sorted(found, key=lambda d: (d.fetched_at, d.id))

    def records(self, dataset: str | None = None) -> list[tuple[str, Path]]:
        """The records of all kept deliveries, or of those of one dataset: the dataset and the file that holds it."""
        return sorted((path.parent.name, path) for path in self.root.glob(f"{dataset or '[!.]*'}/*.json"))

    def _record(self, delivery: Delivery) -> None:
        """Write the record of a delivery; one that is there stays as it was first written."""
        record = private_folder(self.root / delivery.dataset) / f"{delivery.id}.json"
        if not record.exists():
            write_private(record, json.dumps(asdict(delivery), ensure_ascii=False, indent=1))

    def _fetch_all(self, contract: Contract, files: Sequence[RemoteFile]) -> tuple[DeliveredFile, ...]:
        """Every file that is there; optional ones may be missing, or answer with nothing, as long as one of all is there."""
        kept: list[DeliveredFile] = []
        empty: list[DeliveredFile] = []
        absent: PlaceMissing | None = None
        for file in files:
            try:
                fetched = self._fetch(contract, file)
                (empty if file.optional and file.asked and fetched.bytes == 0 else kept).append(fetched)
            except PlaceMissing as error:
                if not file.optional:
                    raise
                absent = error
        if absent and not kept and not empty:
            raise absent
        return tuple(kept or empty)

    def _fetch(self, contract: Contract, file: RemoteFile) -> DeliveredFile:
        try:
            return self._fetch_once(contract, file, time.monotonic() + self.max_seconds)
        except httpx.HTTPError as error:
            raise file.refusal(error) from error

    @patiently
    def _fetch_once(self, contract: Contract, file: RemoteFile, deadline: float) -> DeliveredFile:
        former = self._still_kept(file)
        with file.open(former.mark if former else None) as transfer:
            if transfer.pieces is None and former:
                return DeliveredFile(file.name, former.sha256, former.bytes)
            if transfer.size is not None and transfer.size > self.max_bytes:
                raise self._too_large(contract, file)
            kept = self._written(contract, file, transfer.pieces or iter(()), deadline)
        if transfer.mark:
            self.memory.keep(file.location, transfer.mark, kept.sha256, kept.bytes)
        return kept

    def _still_kept(self, file: RemoteFile) -> Remembered | None:
        """What is remembered of the file's location, as long as the bytes that came from there are still kept whole."""
        former = self.memory.of(file.location)
        if former is None:
            return None
        blob = self.path(DeliveredFile(file.name, former.sha256, former.bytes))
        return former if blob.is_file() and blob.stat().st_size == former.bytes else None

    def _written(self, contract: Contract, file: RemoteFile, pieces: Iterator[bytes], deadline: float) -> DeliveredFile:
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self.root, prefix=".part-", delete=False) as part:
            try:
                for piece in pieces:
                    size += len(piece)
                    if size > self.max_bytes:
                        raise self._too_large(contract, file)
                    if time.monotonic() > deadline:
                        raise PlaceUnreachable(
                            f"{contract.dataset}: {file.name} tải quá {self.max_seconds} giây chưa xong (HANOI_MAX_FETCH_SECONDS). "
                            "Hãy thử lại sau hoặc báo cơ quan.",
                            f"{contract.dataset}: {file.name} was not fetched within {self.max_seconds} seconds "
                            "(HANOI_MAX_FETCH_SECONDS). Try again later or tell the agency.",
                        )
                    digest.update(piece)
                    part.write(piece)
                part.flush()
                os.fsync(part.fileno())
                kept = DeliveredFile(file.name, digest.hexdigest(), size)
                target = self.path(kept)
                private_folder(target.parent)
                Path(part.name).replace(target)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    Path(part.name).unlink()
                raise
        return kept

    def _too_large(self, contract: Contract, file: RemoteFile) -> DeliveryUnreadable:
        return DeliveryUnreadable(
            f"{contract.dataset}: {file.name} lớn hơn {self.max_bytes} byte. Hãy tăng HANOI_MAX_DELIVERY_BYTES hoặc chia tệp.",
            f"{contract.dataset}: {file.name} is over {self.max_bytes} bytes. Raise HANOI_MAX_DELIVERY_BYTES or split the file.",
        )


def mended_delivery(former: Delivery, sent: DeliveredFile, mended: DeliveredFile, run_id: str) -> Delivery:
    """The delivery that ``former`` is with the rows ``mended``, which the file ``sent`` brought."""
    repairs = former.repairs if sent in former.repairs else (*former.repairs, sent)
    listing = "".join(f"{sha}\n" for sha in (former.base or former.id, *(r.sha256 for r in repairs), mended.sha256))
    return replace(
        former,
        id=hashlib.sha256(listing.encode()).hexdigest(),
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        base=former.base or former.id,
        repairs=repairs,
        mended=mended,
    )


def delivery_id(files: tuple[DeliveredFile, ...]) -> str:
    """The id of a delivery of ``files``: the SHA-256 of the one, or of the list of their names and hashes."""
    if len(files) == 1:
        return files[0].sha256
    listing = "".join(f"{f.sha256}  {f.name}\n" for f in sorted(files, key=lambda f: f.name))
    return hashlib.sha256(listing.encode()).hexdigest()
