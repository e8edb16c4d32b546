"""What every place has in common: files that can be opened, and marks by which a file is known again."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from blueprint import Source
from dags.errors import DeliveryMissing
from dags.sources.places.errors import refusal

if TYPE_CHECKING:
    import httpx

PIECE = 1 << 20


@dataclass(frozen=True)
class Mark:
    """What a server said of a file, by which it can tell later that the file is still the same (RFC 9110 section 8.8)."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True)
class Transfer:
    """The bytes of one file on their way; ``None`` where it is still the one that the mark was of."""

    pieces: Iterator[bytes] | None
    mark: Mark | None = None
    size: int | None = None
    """How many bytes will come, where the place says so beforehand."""


@dataclass(frozen=True)
class RemoteFile:
    """One file of a delivery before it is fetched: its name, and the path or http(s) address it lies at.

    A file elsewhere is one of the subclasses. ``optional`` files may be missing as long as another file of the delivery
    is there.
    """

    name: str
    location: str
    optional: bool = False
    asked: ClassVar[bool] = False
    """Whether the content answers a question, to which nothing is an answer as well."""

    def open(self, known: Mark | None = None) -> AbstractContextManager[Transfer]:
        """Open the file; ``known`` is the mark of what was fetched before, where that is still at hand.

        Raises:
            httpx.HTTPError: the web did not give it; worth another try where ``patiently`` thinks so.
            DeliveryError: it is not there, not allowed, or not what it should be.
        """
        if self.location.startswith(("http://", "https://")):
            from dags.sources.places.web import stated

            return stated(self).open(known)
        return _local(Path(self.location))

    def refusal(self, error: "httpx.HTTPError") -> DeliveryMissing:
        """What a failed request for the file means to its reader."""
        return refusal(error, self.location)

    @contextmanager
    def chunks(self) -> Iterator[Iterator[bytes]]:
        """The bytes of the file, in pieces."""
        with self.open() as transfer:
            yield transfer.pieces or iter(())


@contextmanager
def _local(path: Path) -> Iterator[Transfer]:
    with path.open("rb") as file:
        yield Transfer(iter(lambda: file.read(PIECE), b""), size=path.stat().st_size if path.is_file() else None)


@dataclass(frozen=True)
class Place:
    """The files of one delivery, and which of the contract's sources they belong to."""

    source: Source
    origin: str
    files: tuple[RemoteFile, ...]
    simulated: bool = False
