"""The faults that agencies really make, as changes to the bytes of a good delivery."""

import csv
import io
import unicodedata
from collections.abc import Callable

Delivery = dict[str, bytes]
"""Path -> bytes, for all files of one delivery."""


def late(files: Delivery) -> Delivery:
    """Nothing has come yet."""
    return {}


def truncated(files: Delivery) -> Delivery:
    """The transfer broke off in the middle of a row."""
    return {path: content[: _inside_a_row(content)] for path, content in files.items()}


def wrong_encoding(files: Delivery) -> Delivery:
    """Text saved in Windows-1258, as older Vietnamese systems write it; workbooks are damaged by a text transfer instead."""
    return {
        path: _windows_1258(content) if _is_text(content) else content.replace(b"\x00", b"")
        for path, content in files.items()
    }


def changed_header(files: Delivery) -> Delivery:
    """Someone renamed every column."""
    return {path: _renamed(content) if _is_text(content) else content for path, content in files.items()}


def duplicate(files: Delivery) -> Delivery:
    """Every row was exported twice."""
    return {path: _twice(content) if _is_text(content) else content for path, content in files.items()}


def wrong_units(files: Delivery) -> Delivery:
    """Temperatures in Fahrenheit, pressures in kPa, coordinates in metres: every number a thousand times too large."""
    return {path: _thousandfold(content) if _is_text(content) else content for path, content in files.items()}


FAULTS: dict[str, Callable[[Delivery], Delivery]] = {
    f.__name__.replace("_", "-"): f for f in (late, truncated, wrong_encoding, changed_header, duplicate, wrong_units)
}


def _is_text(content: bytes) -> bool:
    return not content.startswith(b"PK")


def _inside_a_row(content: bytes) -> int:
    """A place well inside the first cell after the middle of the file."""
    return content.index(b"\n", len(content) // 2) + 2 if _is_text(content) else len(content) // 2


def _windows_1258(content: bytes) -> bytes:
    """Windows-1258 has most letters whole and the tones as marks of their own."""
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    text = content.decode("utf-8-sig")
    if text.isascii():
        text = text.replace("\r\n", ",ghi chú đã sửa\r\n", 1)
    output = []
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in tones))
        output.append(base + "".join(p for p in parts if p in tones))
    return "".join(output).encode("windows-1258", "replace")


def _table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _written(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _renamed(content: bytes) -> bytes:
    rows = _table(content)
    return _written([[f"cột mới {n}" for n, _ in enumerate(rows[0], 1)], *rows[1:]])


def _twice(content: bytes) -> bytes:
    rows = _table(content)
    return _written([rows[0], *(row for row in rows[1:] for _ in range(2))])


def _thousandfold(content: bytes) -> bytes:
    rows = _table(content)

    def larger(text: str) -> str:
        try:
            return f"{float(text) * 1000:.1f}" if "." in text else text
        except ValueError:
            return text

    return _written([rows[0], *([larger(cell) for cell in row] for row in rows[1:])])
