"""The text of delivered files, piece by piece: proved to be in its declared encoding, then handed on as UTF-8 bytes."""

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dags.errors import DeliveryEmpty, WrongEncoding
from dags.sources.encodings import decoder, marked
from dags.sources.legacy import legacy_name

PIECE = 8 * 1024 * 1024
"""Bytes read at a time."""
_START = 1024 * 1024


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
    if bare == "utf-8":
        yield from _bytes(path, start)
        return
    decode = decoder(bare).decode
    for piece in _bytes(path, start):
        yield decode(piece).encode()
    yield decode(b"", True).encode()


def first_records(path: Path, encoding: str, delimiter: str, count: int) -> list[list[str]]:
    """The first ``count`` records of a delimited text file, as far as its first megabyte goes."""
    start = next(pieces(path, encoding), b"")[:_START].decode("utf-8", "ignore")
    return list(islice(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), count))


def empty(name: str) -> DeliveryEmpty:
    """The error for a file without rows."""
    return DeliveryEmpty(
        f"{name}: tệp không có dòng dữ liệu nào. Hãy yêu cầu cơ quan gửi lại.",
        f"{name}: the file holds no rows. Ask the agency to send it again.",
    )


def _bare(path: Path, encoding: str) -> tuple[str, int]:
    """The encoding without its byte order mark, and how many bytes the mark takes in this file."""
    if legacy_name(encoding) or "/" in encoding:
        return encoding, 0
    plain = codecs.lookup(encoding).name.removesuffix("-sig")
    with path.open("rb") as file:
        mark, length = marked(file.read(4)) or ("", 0)
    if plain == "utf-16":
        return mark or "utf-16-le", length  # what Windows writes where it writes no mark
    return plain, length if mark == plain else 0


def _bytes(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while piece := file.read(PIECE):
            yield piece


def _checked(path: Path, name: str, encoding: str) -> Iterator[str]:
    """The decoded text, piece by piece."""
    bare, start = _bare(path, encoding)
    decode, done = decoder(bare).decode, 0
    try:
        for piece in _bytes(path, start):
            yield decode(piece)
            done += 1
        yield decode(b"", True)
    except UnicodeDecodeError as error:
        again = decoder(bare).decode
        before = error.object[: error.start]
        line = 1 + sum(again(piece).count("\n") for piece in islice(_bytes(path, start), done))
        line += (before.decode(bare, "ignore") if bare.startswith("utf-16") else before.decode("latin-1")).count("\n")
        raise WrongEncoding(
            f"{name}, dòng {line}: byte 0x{error.object[error.start]:02x} không có trong mã {encoding}. "
            "Tệp có thể ở mã cũ (Windows-1258, TCVN3, VNI) hoặc lẫn nhiều bảng mã. Hãy lưu lại bằng UTF-8.",
            f"{name}, line {line}: byte 0x{error.object[error.start]:02x} is not {encoding}. "
            "The file may be in a legacy encoding (Windows-1258, TCVN3, VNI), or in several. Save it as UTF-8.",
        ) from error
