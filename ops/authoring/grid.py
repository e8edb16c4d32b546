"""The first rows of a delivered file as a grid of texts, before anything is declared about it."""

import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from blueprint.errors import HanoiError
from dags.sources.encodings import AUTO, decoder, settled
from dags.sources.formats.sniff import Kind, called, sniff
from dags.sources.tables import cell_text
from dags.sources.workbooks import opened
from ops.authoring.doubts import Doubt

ROWS = 20_000
"""Rows that a profile reads: enough to tell types and codes, little enough for a large file."""
_DELIMITERS = ",;\t|"
_SEEN_BYTES = 1 << 20


class UnreadableSample(HanoiError):
    """The file gives no table to propose a contract for."""


@dataclass(frozen=True)
class Grid:
    """Rows of texts, ragged as they came; ``more`` says that the file goes on. ``sheets`` lists those with content."""

    name: str
    format: str
    rows: list[list[str]]
    more: bool
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    reading: dict[str, Any] = field(default_factory=dict[str, Any])
    """The whole reading, where the format says by itself which row is the header: the first."""
    doubts: tuple[Doubt, ...] = ()


def read(path: Path, sheet: str | None = None, encoding: str | None = None) -> Grid:
    """The grid of the file at ``path``: of ``sheet``, or of the sheet with the most rows. In an archive ``sheet`` names a file.

    Raises:
        UnreadableSample: it is missing, empty, or no table.
        DeliveryError: it is damaged, or its encoding cannot be told; the message holds what speaks for which one.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_SEEN_BYTES)
    except OSError as error:
        raise UnreadableSample(
            f"Không mở được {path}: {error.strerror}. Hãy kiểm tra đường dẫn.",
            f"{path} cannot be opened: {error.strerror}. Check the path.",
        ) from error
    if not head.strip():
        raise UnreadableSample(f"{path.name}: tệp trống.", f"{path.name}: the file is empty.")
    from ops.authoring.records import TAKEN, grid_of

    kind = sniff(path)
    if kind in TAKEN:
        return grid_of(path, kind, sheet, encoding)
    if kind in (Kind.TEXT, Kind.OTHER):
        return _csv(path, encoding)
    if kind in (Kind.EXCEL, Kind.HTML, Kind.CUT_ZIP):
        return _workbook(path, sheet, encoding)
    vi, en = called(kind)
    raise UnreadableSample(
        f"{path.name}: nội dung là {vi}, không có bảng nào đọc được. Hãy xuất dữ liệu dưới dạng CSV hoặc Excel.",
        f"{path.name}: the content is {en}, and no table can be read from it. Export the data as CSV or Excel.",
    )


def _workbook(path: Path, sheet: str | None, encoding: str | None) -> Grid:
    with opened(path, path.name, encoding or AUTO) as book:
        if sheet is not None and sheet not in book.sheet_names:
            listed = ", ".join(map(repr, book.sheet_names))
            raise UnreadableSample(
                f"{path.name}: không có trang tính {sheet!r}. Các trang có trong tệp: {listed}.",
                f"{path.name}: there is no sheet {sheet!r}. Sheets in the file: {listed}.",
            )
        cells = {name: book.rows(name) for name in book.sheet_names}
    filled = {name: rows for name, rows in cells.items() if rows}
    if not filled:
        raise UnreadableSample(f"{path.name}: sổ tính trống.", f"{path.name}: the workbook is empty.")
    chosen = sheet or max(filled, key=lambda name: len(filled[name]))
    rows = [[cell_text(cell) for cell in row] for row in cells[chosen][:ROWS]]
    return Grid(path.name, "excel", rows, len(cells[chosen]) > ROWS, sheet=chosen, sheets=tuple(filled))


def _csv(path: Path, declared: str | None) -> Grid:
    encoding, _ = settled(path, path.name, declared or AUTO)
    try:
        text = _start(path, encoding)
        delimiter = _delimiter(text)
        rows = list(itertools.islice(csv.reader(io.StringIO(text), delimiter=delimiter), ROWS + 1))
    except (UnicodeError, LookupError, csv.Error) as error:
        raise UnreadableSample(
            f"{path.name}: không đọc được theo bảng mã {encoding} ({error}). Hãy ghi --encoding.",
            f"{path.name}: it cannot be read as {encoding} ({error}). Say --encoding.",
        ) from error
    said = "utf-8-sig" if encoding == "utf-8" else encoding
    return Grid(path.name, "csv", rows[:ROWS], len(rows) > ROWS, encoding=said, delimiter=delimiter)


def _start(path: Path, encoding: str) -> str:
    """The first lines of the file as text, as many as a profile reads."""
    piecewise, lines = decoder(encoding), []
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(_SEEN_BYTES), b""):
            lines.append(piecewise.decode(piece))
            if sum(text.count("\n") for text in lines) > ROWS:
                break
        else:
            lines.append(piecewise.decode(b"", final=True))
    return "".join(lines).removeprefix("\ufeff")


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first rows into the same number of cells, and into the most."""
    lines = text.splitlines()[:200]

    def regularity(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        usual = max(set(widths), key=lambda w: (widths.count(w) if w > 1 else 0, w), default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=regularity)


@contextmanager
def local(place: str, max_bytes: int) -> Iterator[Path]:
    """The file at ``place``, a path or an http(s) address, as a file on this disk.

    Raises:
        UnreadableSample: the address does not answer with the file, or it is larger than ``max_bytes``.
    """
    address = urlsplit(place)
    if address.scheme not in ("http", "https"):
        yield Path(place)
        return
    import httpx

    from dags.sources.places import RemoteFile

    with TemporaryDirectory(prefix="hanoi-new-") as folder:
        path = Path(folder) / (Path(unquote(address.path)).name or "sample")
        try:
            with RemoteFile(path.name, place).chunks() as chunks, path.open("wb") as file:
                for chunk in chunks:
                    if file.tell() + len(chunk) > max_bytes:
                        raise UnreadableSample(
                            f"{place}: lớn hơn giới hạn {max_bytes:,} byte (HANOI_MAX_DELIVERY_BYTES).",
                            f"{place}: larger than the limit of {max_bytes:,} bytes (HANOI_MAX_DELIVERY_BYTES).",
                        )
                    file.write(chunk)
        except httpx.HTTPError as error:
            raise UnreadableSample(
                f"{place}: không tải được ({error}).", f"{place}: it cannot be fetched ({error})."
            ) from error
        yield path
