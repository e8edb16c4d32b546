"""The text of delivered files, piece by piece: proved to be in its declared encoding, then handed on as UTF-8 bytes."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from dags.errors import DeliveryEmpty, WrongEncoding

PIECE = 8 * 1024 * 1024
"""Bytes read at a time."""


def inspect(path: Path, name: str, encoding: str) -> bool:
    """Read the whole file once; returns whether its last line ends with an end of line.

    Memory does not grow with the file.

    Raises:
        WrongEncoding: a byte that ``encoding`` does not have, with its line.
        DeliveryEmpty: nothing but white space.
    """
    last, blank = "", True
    for text in _checked(path, name, encoding):
        blank = blank and not text.strip()
        last = text[-1:] or last
    if blank:
        raise empty(name)
    return last in ("\n", "\r")


def pieces(path: Path, encoding: str) -> Iterator[bytes]:
    """The file's text as UTF-8 bytes without byte order mark, in pieces that may end anywhere."""
    bare, start = _bare(path, encoding)
    if codecs.lookup(bare).name == "utf-8":
        yield from _bytes(path, start)
        return
    decoder = codecs.getincrementaldecoder(bare)()
    for piece in _bytes(path, start):
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", True).encode()


def empty(name: str) -> DeliveryEmpty:
    """The error for a file without rows."""
    return DeliveryEmpty(
        f"{name}: tệp không có dòng dữ liệu nào. Hãy yêu cầu cơ quan gửi lại.",
        f"{name}: the file holds no rows. Ask the agency to send it again.",
    )


def _bare(path: Path, encoding: str) -> tuple[str, int]:
    """The encoding without its byte order mark, and how many bytes the mark takes in this file."""
    if codecs.lookup(encoding).name != "utf-8-sig":
        return encoding, 0
    with path.open("rb") as file:
        return "utf-8", len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0


def _bytes(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while piece := file.read(PIECE):
            yield piece


def _checked(path: Path, name: str, encoding: str) -> Iterator[str]:
    """The decoded text, piece by piece."""
    with path.open("rb") as file:
        if encoding.startswith("utf-8") and file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise WrongEncoding(
                f"{name}: hợp đồng dữ liệu cần mã {encoding}, nhưng tệp bắt đầu bằng dấu BOM của UTF-16. Hãy lưu lại bằng UTF-8.",
                f"{name}: the contract wants {encoding}, but the file begins with a UTF-16 byte order mark. Save it as UTF-8.",
            )
    bare, start = _bare(path, encoding)
    decoder, fed = codecs.getincrementaldecoder(bare)(), start
    try:
        for piece in _bytes(path, start):
            fed += len(piece)
            yield decoder.decode(piece)
        yield decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        at = fed - len(error.object) + error.start
        line = sum(piece.count(b"\n") for piece in _up_to(path, at)) + 1
        raise WrongEncoding(
            f"{name}, dòng {line}: byte 0x{error.object[error.start]:02x} không có trong mã {encoding} mà hợp đồng dữ liệu khai báo. "
            "Tệp có thể ở mã cũ (Windows-1258, TCVN3, VNI). Hãy lưu lại bằng UTF-8.",
            f"{name}, line {line}: byte 0x{error.object[error.start]:02x} is not {encoding}, which the contract declares. "
            "The file may be in a legacy encoding (Windows-1258, TCVN3, VNI). Save it as UTF-8.",
        ) from error


def _up_to(path: Path, end: int) -> Iterator[bytes]:
    for piece in _bytes(path, 0):
        yield piece[:end]
        end -= len(piece)
        if end <= 0:
            return
