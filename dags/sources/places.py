"""Where deliveries come from: a folder or a web address of the agencies, the repository itself, or one file given by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from blueprint import Contract, Source
from blueprint.load import ROOT
from dags.errors import DeliveryMissing, DeliveryUnreadable

INDEX = "index.json"
_TIMEOUT = httpx.Timeout(30, connect=5)


@dataclass(frozen=True)
class RemoteFile:
    """One file of a delivery before it is fetched: its name, and the folder or URL it lies at."""

    name: str
    location: str

    @contextmanager
    def chunks(self) -> Iterator[Iterator[bytes]]:
        """The bytes of the file, in pieces."""
        if self.location.startswith(("http://", "https://")):
            with httpx.stream("GET", self.location, timeout=_TIMEOUT, follow_redirects=True) as response:
                response.raise_for_status()
                yield response.iter_bytes(1 << 20)
        else:
            with Path(self.location).open("rb") as file:
                yield _read(file)


@dataclass(frozen=True)
class Place:
    """The files of one delivery, and which of the contract's sources they belong to."""

    source: Source
    origin: str
    files: tuple[RemoteFile, ...]
    simulated: bool = False


def _read(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece


def _passing(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in {429, 502, 503, 504}
    return isinstance(error, httpx.TransportError)


patiently = retry(
    retry=retry_if_exception(_passing),
    stop=stop_after_attempt(4),
    wait=wait_exponential(multiplier=0.3, max=5),
    reraise=True,
)


@patiently
def _index(base: str) -> dict[str, Any]:
    response = httpx.get(f"{base.rstrip('/')}/{INDEX}", timeout=_TIMEOUT, follow_redirects=True)
    response.raise_for_status()
    content = response.json()
    if not isinstance(content, dict) or not isinstance(content.get("files"), list):
        raise DeliveryUnreadable(
            f"{base}/{INDEX} phải là JSON có danh sách 'files'.", f"{base}/{INDEX} must be JSON with a list 'files'."
        )
    return content


def _in_folder(folder: Path, source: Source) -> tuple[RemoteFile, ...]:
    found = [(sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]) for pattern in source.files]
    if not all(paths and all(p.is_file() for p in paths) for paths in found):
        return ()
    return tuple(RemoteFile(p.name, str(p)) for paths in found for p in paths)


def _at_url(base: str, source: Source) -> tuple[tuple[RemoteFile, ...], bool]:
    try:
        index = _index(base)
    except (httpx.HTTPError, ValueError) as error:
        raise DeliveryMissing(
            f"Không đọc được danh sách tệp tại {base}/{INDEX}: {error}. Hãy kiểm tra HANOI_SOURCES hoặc thử lại sau.",
            f"The list of files at {base}/{INDEX} could not be read: {error}. Check HANOI_SOURCES or try again later.",
        ) from error
    found = [[f for f in sorted(index["files"]) if fnmatch(f, pattern)] for pattern in source.files]
    if not all(found):
        return (), False
    files = (RemoteFile(f.rsplit("/", 1)[-1], f"{base.rstrip('/')}/{quote(f)}") for fs in found for f in fs)
    return tuple(files), bool(index.get("simulated"))


def locate(contract: Contract, sources: str | None, file: Path | None = None) -> Place:
    """Find the delivery of ``contract``: ``file`` when given, else the first declared source whose files are all there.

    Raises:
        DeliveryMissing: nothing lies where the contract looks; the message lists the places.
    """
    if file is not None:
        if not file.is_file():
            raise DeliveryMissing(
                f"Không có tệp {file}. Hãy kiểm tra đường dẫn.", f"There is no file {file}. Check the path."
            )
        return Place(contract.sources[0], str(file), (RemoteFile(file.name, str(file)),))
    looked: list[str] = []
    for source in contract.sources:
        if source.kind == "repository":
            if files := _in_folder(ROOT, source):
                return Place(source, "blueprint", files)
            looked += [f"blueprint/{f}" for f in source.files]
        elif sources is None:
            looked.append("HANOI_SOURCES")
        elif sources.startswith(("http://", "https://")):
            files, simulated = _at_url(sources, source)
            if files:
                return Place(source, sources, files, simulated)
            looked += [f"{sources.rstrip('/')}/{f}" for f in source.files]
        elif files := _in_folder(Path(sources), source):
            return Place(source, sources, files)
        else:
            looked += [str(Path(sources) / f) for f in source.files]
    raise DeliveryMissing(
        f"{contract.dataset}: không tìm thấy tệp của cơ quan. Đã tìm ở: {', '.join(looked)}. "
        "Hãy đặt HANOI_SOURCES, hoặc chỉ tệp bằng --file.",
        f"{contract.dataset}: the agency's files are not there. Looked at: {', '.join(looked)}. Set HANOI_SOURCES, or name a file with --file.",
    )
