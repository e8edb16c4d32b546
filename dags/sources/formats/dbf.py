"""The attribute table of a Shapefile (.dbf): texts as they stand in the file, numbers with all their digits.

The libraries for this format make floats of numbers and nothing of what they cannot read; here both stay as they came.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dags.sources.encodings import decoder
from dags.sources.formats.records import Typed

_HEAD = struct.Struct("<4xIHH20x")
_FIELD = struct.Struct("<11sc4xBB14x")
_END = b"\r"
_DELETED = b"*"
_TYPES = frozenset("CNFDL")
_AT_ONCE = 1000
_TRUE, _FALSE = frozenset("TtYy1"), frozenset("FfNn0")
_LOST = "\ufffd"


class DamagedTable(ValueError):
    """The table is no .dbf, is cut off, or holds fields that a Shapefile does not have."""


@dataclass(frozen=True)
class Field:
    """A field and where it stands in the bytes of a record."""

    name: bytes
    kind: str
    start: int
    end: int


class AttributeTable:
    """The records of the .dbf file at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                raise DamagedTable("header")
            self.rows, self.start, self.width = _HEAD.unpack(head)
            self.fields = list(_fields(file.read(max(0, self.start - _HEAD.size))))
        if not self.fields or self.fields[-1].end > self.width:
            raise DamagedTable("fields")
        if self.start + self.rows * self.width > path.stat().st_size:
            raise DamagedTable("records")

    def names(self, encoding: str) -> list[str]:
        """The names of the fields."""
        return [decoded(field.name, encoding) for field in self.fields]

    def records(self, encoding: str) -> Iterator[list[str] | None]:
        """The cells of each record in the order of the fields; ``None`` for one that is marked as deleted."""
        for record in self.raw():
            yield None if record[:1] == _DELETED else [_cell(record, field, encoding) for field in self.fields]

    def raw(self) -> Iterator[bytes]:
        """The bytes of each record."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            for at in range(0, self.rows, _AT_ONCE):
                held = file.read(min(_AT_ONCE, self.rows - at) * self.width)
                for start in range(0, len(held), self.width):
                    yield held[start : start + self.width]


def _fields(described: bytes) -> Iterator[Field]:
    start = 1  # behind the mark of deletion
    for at in range(0, len(described) - _FIELD.size + 1, _FIELD.size):
        if described[at : at + 1] == _END:
            return
        name, kind, width, _ = _FIELD.unpack_from(described, at)
        type_ = kind.decode("latin-1").upper()
        if type_ not in _TYPES or not width:
            raise DamagedTable(f"field of type {type_!r}")
        yield Field(name.partition(b"\0")[0], type_, start, start + width)
        start += width


def _cell(record: bytes, field: Field, encoding: str) -> str:
    held = record[field.start : field.end].partition(b"\0")[0].strip(b" ")
    if field.kind == "C" or not held:
        return decoded(held, encoding)
    text = held.decode("latin-1")
    match field.kind:
        case "D" if len(text) == len("YYYYMMDD") and text.isdigit():
            return "" if not text.strip("0") else Typed(f"{text[:4]}-{text[4:6]}-{text[6:]}")
        case "L":
            return "" if text == "?" else Typed("true" if text in _TRUE else "false" if text in _FALSE else text)
        case "N" | "F":
            return Typed(text) if text.strip("*") else ""  # some programs write a missing number as asterisks
    return text


def decoded(held: bytes, encoding: str) -> str:
    """The text of ``held``; what was cut in the middle of a character or is of another encoding ends in U+FFFD."""
    if held.isascii():
        return held.decode()
    reader = decoder(encoding)
    try:
        return reader.decode(held, True)
    except UnicodeDecodeError:
        return held.decode("ascii", "replace").rstrip(_LOST) + _LOST
